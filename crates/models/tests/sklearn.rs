//! Compares scores of `.skops` files with those of scikit-learn, on the files written by `tests/oracle/sklearn_golden.py`.
//!
//! Results must be as close as the model promises: to the bit, or within a tolerance. If `VIGIE_SKLEARN` names a folder
//! made by `sklearn_golden.py --large` (larger models, 2,400 rows each), it is checked too, and so is one of another version
//! of scikit-learn named by `VIGIE_SKLEARN_OTHER`.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests panic on failure"
)]

#[path = "support/column.rs"]
mod column;
#[path = "support/sklearn_archive.rs"]
mod sklearn_archive;
#[path = "support/sklearn_golden.rs"]
mod sklearn_golden;

use std::{collections::BTreeMap, fs, path::Path};

use column::{double, files};
use sklearn_archive::{committed, unzip, zip};
use sklearn_golden::SklearnGolden;
use vigie_models::{Agreement, Background, Iterations, Link, Model, ModelOptions};

/// What a comparison has found.
#[derive(Default)]
struct Compared {
    values: usize,
    equal: usize,
    worst: f64,
}

impl Compared {
    fn add(&mut self, what: &str, agreement: Agreement, got: &[f64], expected: &[String]) {
        assert_eq!(got.len(), expected.len(), "{what}");
        for (got, expected) in got.iter().zip(expected.iter().map(double)) {
            self.values += 1;
            self.equal += usize::from(got.to_bits() == expected.to_bits());
            let off = (got - expected).abs() / expected.abs().max(1.0);
            match agreement {
                Agreement::Bits => assert_eq!(got.to_bits(), expected.to_bits(), "{what}: {got:e} for {expected:e}"),
                Agreement::Within(tolerance) => assert!(off <= tolerance, "{what}: {got:e} for {expected:e}"),
            }
            self.worst = self.worst.max(off);
        }
    }
}

/// Compares one model with its golden file. Returns the number of rows.
fn check(path: &Path) -> usize {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let golden = SklearnGolden::read(&path.with_extension("json"));
    let model = Model::with_options(&name, &fs::read(path).unwrap(), &golden.options()).unwrap();
    assert!(model.kind().starts_with("scikit-learn 1.") || model.kind().ends_with(" (.skops)"), "{}", model.kind());
    assert_eq!(model.has_feature_names(), golden.named, "{name}");
    for feature in model.features().iter().filter(|_| golden.named) {
        assert_eq!(feature.name, model.trained_name(golden.column_name(feature.column)), "{name}");
    }
    assert_eq!(model.classes(), golden.classes.clone().unwrap_or_default(), "{name}");
    let (outputs, promise) = (model.output_count(), model.promise());
    let (mut raws, mut probabilities, mut refused) = (Compared::default(), Compared::default(), 0);
    for encoding in 0..3 {
        let mut raw = vec![0.0; golden.rows * outputs];
        model.predict_raw(&golden.inputs(&model, encoding), 0..golden.rows, &mut raw).unwrap();
        let mut probability = raw.clone();
        let has_probability = model.probabilities(&mut probability);
        for row in 0..golden.rows {
            let what = format!("{name}, row {row}");
            let own = row * outputs..(row + 1) * outputs;
            let (raw, probability) = (&raw[own.clone()], &probability[own]);
            if golden.raw[row].is_none() && golden.probability[row].is_none() {
                // Rows that XGBoost refuses are scored, and listed.
                let is_listed = || !model.refused_rows(&golden.inputs(&model, encoding), row..row + 1).is_empty();
                assert!(raw.iter().all(|raw| raw.is_nan()) || is_listed(), "{what}: {raw:?} for a refused row");
                refused += 1;
                continue;
            }
            if let Some(expected) = &golden.raw[row] {
                raws.add(&what, promise.raw, raw, expected);
            }
            assert_eq!(golden.probability[row].is_some(), has_probability, "{what}");
            if let Some(expected) = &golden.probability[row] {
                probabilities.add(&what, promise.probability, probability, expected);
            }
            let decided = model.decision(raw).map(|class| &model.classes()[class]);
            assert_eq!(decided, golden.decision[row].as_ref(), "{what}");
        }
    }
    let share = |found: &Compared| format!("{}/{} equal, worst {:.1e}", found.equal, found.values, found.worst);
    println!(
        "{name}: raw {} ({}), probability {} ({}), {refused} refused",
        share(&raws),
        promise.raw,
        share(&probabilities),
        promise.probability
    );
    check_explanations(&name, &model, &golden);
    golden.rows
}

/// Compares SHAP values of trees with those of the package shap, summed over the columns of each feature.
fn check_explanations(name: &str, model: &Model, golden: &SklearnGolden) {
    let Some(rows) = &golden.explained else { return };
    let explainer = model.explainer().unwrap();
    let inputs = golden.inputs(model, 0);
    let (mut values, mut raw) = (vec![0.0; explainer.width()], vec![0.0; model.output_count()]);
    let mut compared = Compared::default();
    for (row, expected) in rows {
        explainer.values(model, &inputs, *row..row + 1, &mut values).unwrap();
        // Columns that the pipeline drops have no feature and contribute nothing.
        let places: Vec<_> = model.features().iter().map(|feature| feature.column).chain([golden.columns()]).collect();
        let whole = values.chunks(places.len()).flat_map(|values| {
            let mut whole = vec![0.0; golden.columns() + 1];
            places.iter().zip(values).for_each(|(place, value)| whole[*place] = *value);
            whole
        });
        let whole: Vec<_> = whole.collect();
        compared.add(&format!("{name}, SHAP values of row {row}"), Agreement::Within(1e-12), &whole, expected);
        explainer.sums(model, &inputs, *row..row + 1, &mut raw).unwrap();
        assert!(explainer.gap(model, &values, &raw) <= explainer.tolerance(), "{name}, row {row}");
    }
    println!("{name}: {} SHAP values, worst difference {:.1e}", compared.values, compared.worst);
}

fn check_all(folder: &Path) -> (usize, usize) {
    let models = files(folder, "skops");
    let models = models.iter().filter(|path| path.with_extension("json").exists());
    models.fold((0, 0), |(count, rows), path| (count + 1, rows + check(path)))
}

#[test]
fn committed_models_score_as_promised() {
    let (models, rows) = check_all(&committed());
    println!("{models} models, {rows} rows");
    assert!(models >= 62 && rows == models * 50);
}

#[test]
fn large_models_score_as_promised() {
    let Some(folder) = std::env::var_os("VIGIE_SKLEARN") else {
        println!("not run: set VIGIE_SKLEARN to a folder made by `sklearn_golden.py --large DIR`");
        return;
    };
    let (models, rows) = check_all(Path::new(&folder));
    println!("{models} models, {rows} rows");
    assert!(models >= 62 && rows == models * 2400);
}

#[test]
fn models_of_other_versions_score_as_promised() {
    let Some(folder) = std::env::var_os("VIGIE_SKLEARN_OTHER") else {
        println!("not run: set VIGIE_SKLEARN_OTHER to a folder made by `sklearn_golden.py --other DIR`");
        return;
    };
    let (models, rows) = check_all(Path::new(&folder));
    println!("{models} models, {rows} rows");
    assert!(models > 0);
}

fn read(name: &str) -> Model {
    Model::from_bytes(name, &fs::read(committed().join(name)).unwrap()).unwrap()
}

#[test]
fn other_estimators_are_refused_by_name() {
    let phrases = BTreeMap::from([
        ("refused_imputer", "IterativeImputer (scikit-learn 1.9.1), which is not read; the nearest is SimpleImputer"),
        ("refused_function", "has a FunctionTransformer, whose function is Python code"),
        ("refused_svc", "SVC (scikit-learn 1.9.1), which is not read; the nearest is LogisticRegression"),
        ("refused_voting", "VotingClassifier (scikit-learn 1.9.1), which is not read; the nearest is RandomForest"),
        ("refused_temperature", "use method=\"sigmoid\" or \"isotonic\""),
        ("refused_targets", "has several targets"),
        ("refused_start", "starts boosting from a LogisticRegression"),
        (
            "refused_one_vs_rest",
            "with two classes, that one gives the same probabilities: `skops.io.dump(model.estimators_[0], ",
        ),
        ("refused_own_class", "uses __main__.OwnEstimator, a class of other code, which is not read"),
        ("refused_search", "is a GridSearchCV without its best estimator, because it was made with refit=False"),
        ("refused_threshold", "is a FixedThresholdClassifier whose threshold is not one for the probability"),
        (
            "refused_behind_steps",
            "ends in lightgbm.sklearn.LGBMClassifier behind steps that change its columns, which is not read together; save \
             that step alone with `pipeline[-1].booster_.save_model(\"model.txt\")`",
        ),
        (
            "refused_calibrated_lgbm",
            "has lightgbm.sklearn.LGBMClassifier inside another estimator, which is not read together; save it alone with \
             `model.booster_.save_model(\"model.txt\")`",
        ),
        ("refused_unfitted", "has a LogisticRegression that is not fitted, so it cannot score; save it after fitting"),
        ("refused_unfitted_step", "has a SimpleImputer that is not fitted"),
        ("refused_unfitted_lgbm", "has a LGBMClassifier that is not fitted"),
        ("refused_unfitted_search", "has a GridSearchCV that is not fitted"),
    ]);
    for (name, phrase) in phrases {
        let file = fs::read(committed().join(format!("{name}.skops"))).unwrap();
        let message = Model::from_bytes(name, &file).unwrap_err().to_string();
        assert!(message.starts_with(&format!("{name}: this scikit-learn model ")), "{message}");
        assert!(message.contains(phrase), "{message}");
    }
}

/// Changes the graph of a golden file, and reads it.
fn read_edited(name: &str, from: &str, to: &str) -> String {
    let mut members = unzip(&fs::read(committed().join(format!("{name}.skops"))).unwrap());
    let (_, schema) = members.iter_mut().find(|(name, _)| name == "schema.json").unwrap();
    let text = String::from_utf8(schema.clone()).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    *schema = text.replace(from, to).into_bytes();
    Model::from_bytes("it", &zip(&members, false))
        .map_or_else(|error| error.to_string(), |model| model.kind().to_owned())
}

#[test]
fn boosters_without_content_are_refused_with_the_line_that_saves_them() {
    let message = read_edited("lgbm_numbers", "\"_handle\"", "\"_other\"");
    let sentence = "it: this scikit-learn model is lightgbm.sklearn.LGBMClassifier without the content of its booster";
    assert!(
        message.starts_with(sentence) && message.ends_with("save it with `model.booster_.save_model(\"model.txt\")`")
    );
    let message = read_edited("xgb_numbers", "\"handle\"", "\"other\"");
    assert!(message.contains("is xgboost.sklearn.XGBClassifier without the content of its booster"), "{message}");
    assert!(message.ends_with("save it with `model.save_model(\"model.ubj\")`"), "{message}");
    let message = read_edited("search_mixed", "LogisticRegression\"", "RidgeClassifier\"");
    assert!(message.contains("RidgeClassifier (scikit-learn 1.9.1), which is not read"), "{message}");
    // An estimator of another library is not one of those by its name alone.
    let message = read_edited("xgb_numbers", "\"xgboost.sklearn\"", "\"xgboosted\"");
    assert!(message.contains("xgboosted.XGBClassifier, a class of other code"), "{message}");
}

#[test]
fn models_of_other_libraries_keep_their_own_promises_and_options() {
    let read_with = |name: &str, options: &ModelOptions| {
        Model::with_options(name, &fs::read(committed().join(format!("{name}.skops"))).unwrap(), options)
    };
    let model = read("lgbm_numbers.skops");
    assert_eq!((model.kind(), model.promise().raw), ("LightGBM text v4 (.skops)", Agreement::Bits));
    assert!(model.explainer().is_ok() && model.classes() == ["accordé", "refusé"]);
    assert_eq!((read("xgb_numbers.skops").kind(), model.link()), ("XGBoost 3.2 (.skops)", Link::Sigmoid));
    assert!(read("xgb_stopped.skops").notes()[0].contains("as XGBoost's scikit-learn wrapper does"));
    let notes = read("lgbm_booster.skops").notes().to_vec();
    assert!(notes[0].contains("uses the first 4 of 6 iterations, up to the best one"), "{notes:?}");
    let all = ModelOptions { iterations: Iterations::All, ..ModelOptions::default() };
    let whole = read_with("lgbm_booster", &all).unwrap();
    assert!(whole.notes().is_empty() && whole.sha256() != read("lgbm_booster.skops").sha256());
    let missing = ModelOptions { missing: Some(-1.0), ..ModelOptions::default() };
    assert!(read_with("xgb_missing", &missing).is_ok());
    let message = read_with("lgbm_numbers", &missing).unwrap_err().to_string();
    assert!(message.starts_with("lgbm_numbers: a LightGBM file leaves only"), "{message}");
    let message = read_with("ridge", &missing).unwrap_err().to_string();
    assert_eq!(
        message,
        "ridge: a scikit-learn file leaves only `inputs` open, so that `missing` has no effect; remove it"
    );
}

#[test]
fn thresholds_of_classifiers_decide() {
    assert_eq!(read("threshold_fixed.skops").threshold().to_bits(), 0.2_f64.to_bits());
    let tuned = read("threshold_tuned.skops");
    assert!(tuned.threshold() > 0.0 && tuned.threshold().to_bits() != 0.5_f64.to_bits());
    assert_eq!((tuned.decision(&[f64::NAN]), read("lr_mixed.skops").threshold().to_bits()), (None, 0.5_f64.to_bits()));
}

#[test]
fn stored_and_deflated_archives_are_the_same_model() {
    let members = unzip(&fs::read(committed().join("lr_mixed.skops")).unwrap());
    let golden = SklearnGolden::read(&committed().join("lr_mixed.json"));
    let score = |file: &[u8]| {
        let model = Model::from_bytes("it", file).unwrap();
        let mut raw = vec![0.0; golden.rows];
        model.predict_raw(&golden.inputs(&model, 0), 0..golden.rows, &mut raw).unwrap();
        raw.iter().map(|raw| raw.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(score(&zip(&members, false)), score(&zip(&members, true)));
}

#[test]
fn features_are_those_that_the_pipeline_reads() {
    let model = read("lr_remainder.skops");
    let names: Vec<_> = model.features().iter().map(|feature| (feature.name.as_str(), feature.column)).collect();
    assert_eq!(names, [("amount", 0), ("age", 1), ("ratio", 2), ("small", 3), ("code", 4)]);
    let model = read("lr_mixed.skops");
    let city = model.features().iter().position(|feature| feature.name == "city").unwrap();
    assert!(model.knows_level(city, "日本") && model.knows_level(city, "none") && !model.knows_level(city, "Tokyo"));
    assert!(!model.knows_level(0, "1"));
    assert_eq!((model.link(), model.is_binary()), (Link::Sigmoid, true));
    assert_eq!((read("rf_mixed.skops").link(), read("rf_mixed.skops").is_binary()), (Link::Probability, true));
    assert_eq!((read("rf_classes.skops").link(), read("rf_classes.skops").is_binary()), (Link::Probability, false));
    assert_eq!(read("hgb_poisson.skops").link(), Link::Exp);
    assert_eq!(read("rf_value.skops").link(), Link::Identity);
}

#[test]
fn options_that_mean_nothing_are_refused() {
    let file = fs::read(committed().join("ridge.skops")).unwrap();
    let plain = Model::from_bytes("it", &file).unwrap();
    let single = ModelOptions { single_inputs: true, ..ModelOptions::default() };
    assert_ne!(plain.sha256(), Model::with_options("it", &file, &single).unwrap().sha256());
    let sigmoid = ModelOptions { sigmoid: true, ..ModelOptions::default() };
    let message = Model::with_options("it", &file, &sigmoid).unwrap_err().to_string();
    assert_eq!(message, "it: a scikit-learn file leaves only `inputs` open, so that `link` has no effect; remove it");
}

#[test]
fn contributions_of_linear_models_are_differences_from_means() {
    for name in ["lr_mixed", "lr_multinomial", "linear_regression"] {
        let model = read(&format!("{name}.skops"));
        let message = model.explainer().unwrap_err().to_string();
        assert!(message.contains("need rows of the reference as a background"), "{message}");
        let golden = SklearnGolden::read(&committed().join(format!("{name}.json")));
        let inputs = golden.inputs(&model, 0);
        let explainer = model.explainer_with(Some(Background::Rows(&inputs))).unwrap();
        let (width, outputs) = (explainer.width(), model.output_count());
        assert_eq!((width, explainer.dimensions()), (outputs * (model.features().len() + 1), outputs));
        let mut raw = vec![0.0; golden.rows * outputs];
        model.predict_raw(&inputs, 0..golden.rows, &mut raw).unwrap();
        let mut values = vec![0.0; golden.rows * width];
        explainer.values(&model, &inputs, 0..golden.rows, &mut values).unwrap();
        let (mut scored, mut sums) = (0, vec![0.0; width]);
        for (row, raw) in values.chunks(width).zip(raw.chunks(outputs)) {
            if raw[0].is_nan() {
                assert!(row.iter().any(|value| value.is_nan()), "{name}");
                continue;
            }
            assert!(explainer.gap(&model, row, raw) <= explainer.tolerance(), "{name}");
            scored += 1;
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value.abs());
        }
        assert!(scored > 40, "{name}");
        let importance = explainer.importance(&model, &inputs, 0..golden.rows).unwrap();
        for (feature, importance) in importance.iter().enumerate() {
            let sum: f64 = (0..outputs).map(|output| sums[output * (model.features().len() + 1) + feature]).sum();
            assert!((sum / f64::from(scored) - importance).abs() <= 1e-9 * importance.max(1.0), "{name}");
        }
        // The means are all that is needed to prepare the same explainer again.
        let again = model.explainer_with(Some(Background::Means(explainer.means()))).unwrap();
        assert_eq!(again.expected(), explainer.expected());
    }
}

#[test]
fn leaves_add_up_to_the_raw_outputs() {
    for name in ["rf_mixed", "gb_mixed", "hgb_categories", "hgb_classes"] {
        let (model, golden) =
            (read(&format!("{name}.skops")), SklearnGolden::read(&committed().join(format!("{name}.json"))));
        let (trees, outputs) = (model.leaf_trees().unwrap(), model.output_count());
        let inputs = golden.inputs(&model, 0);
        let (mut raw, mut with_leaves) = (vec![0.0; golden.rows * outputs], vec![0.0; golden.rows * outputs]);
        model.predict_raw(&inputs, 0..golden.rows, &mut raw).unwrap();
        let mut sums = vec![0.0; golden.rows * outputs];
        let sink = &mut |tree: usize, first: usize, leaves: &[u32]| {
            for (row, leaf) in (first..).zip(leaves) {
                let values = &trees[tree].values[*leaf as usize * outputs..][..outputs];
                sums[row * outputs..][..outputs].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
        };
        model.predict_raw_with_leaves(&inputs, 0..golden.rows, &mut with_leaves, sink).unwrap();
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&raw), bits(&with_leaves), "{name}");
        for (place, (raw, sum)) in raw.iter().zip(&sums).enumerate() {
            // All rows start from the same base.
            let base = with_leaves[place % outputs] - sums[place % outputs];
            assert!((raw - sum - base).abs() <= 1e-12, "{name}, {place}");
        }
        let features = trees.iter().flat_map(|tree| &tree.features);
        assert!(features.map(|choice| choice.feature).all(|feature| feature < model.features().len()), "{name}");
    }
}

#[test]
fn importance_is_the_mean_size_of_contributions() {
    let (model, golden) = (read("rf_mixed.skops"), SklearnGolden::read(&committed().join("rf_mixed.json")));
    let (explainer, inputs) = (model.explainer().unwrap(), golden.inputs(&model, 0));
    let mut values = vec![0.0; golden.rows * explainer.width()];
    explainer.values(&model, &inputs, 0..golden.rows, &mut values).unwrap();
    let rows: Vec<_> = values.chunks(explainer.width()).filter(|row| !row[0].is_nan()).collect();
    let importance = explainer.importance(&model, &inputs, 0..golden.rows).unwrap();
    assert_eq!(importance.len(), model.features().len());
    for (feature, importance) in importance.iter().enumerate() {
        let mean = rows.iter().map(|row| row[feature].abs()).sum::<f64>() / rows.len() as f64;
        assert!((mean - importance).abs() <= 1e-15, "{feature}");
    }
}

#[test]
fn models_without_contributions_name_the_reason() {
    let message = |name: &str| read(name).explainer().unwrap_err().to_string();
    assert!(message("mlp_mixed.skops").contains("is a neural network"));
    assert!(message("calibrated_lr.skops").contains("is a CalibratedClassifierCV"));
    assert_eq!(read("mlp_mixed.skops").promise().contributions, None);
}
