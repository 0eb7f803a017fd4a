//! Compares XGBoost models with the official library, on the files written by `tests/oracle/xgboost_golden.py`.
//!
//! Every raw output and every prediction must be bit-identical. If `VIGIE_XGBOOST` names a folder made by
//! `xgboost_golden.py --large` (larger models, 2,400 rows each), it is checked too, and likewise `VIGIE_XGBOOST_PUBLIC`
//! with models of other projects, made by `public_models_xgboost.py`.

#![expect(
    clippy::cast_possible_truncation,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic on failure"
)]

#[path = "support/xgboost_golden.rs"]
mod golden;

use std::{fs, path::Path, sync::Arc};

use arrow_array::{ArrayRef, Float32Array, StringArray};
use golden::{Golden, assert_same, check_all, committed, names};
use serde_json::{Value, json};
use vigie_models::{Agreement, InputKind, InputPrecision, Iterations, Link, Model, ModelOptions};

#[test]
fn committed_models_score_to_the_bit() {
    let (models, files, rows) = check_all(&committed());
    println!("{models} models ({files} files), {rows} rows, every bit equal");
    assert!(models >= 65 && files >= 127 && rows == files * 50, "{models} models, {files} files, {rows} rows");
}

#[test]
fn large_models_score_to_the_bit() {
    let Some(folder) = std::env::var_os("VIGIE_XGBOOST") else {
        println!("not run: set VIGIE_XGBOOST to a folder made by `xgboost_golden.py --large DIR`");
        return;
    };
    let (models, files, rows) = check_all(Path::new(&folder));
    println!("{models} models ({files} files), {rows} rows, every bit equal");
    assert!(models >= 56 && files >= 2 * models - 8 && rows == files * 2400);
}

#[test]
fn public_models_give_their_published_predictions() {
    let Some(folder) = std::env::var_os("VIGIE_XGBOOST_PUBLIC") else {
        println!("not run: set VIGIE_XGBOOST_PUBLIC to a folder made by `public_models_xgboost.py DIR`");
        return;
    };
    let (models, files, rows) = check_all(Path::new(&folder));
    println!("{models} public models ({files} files), {rows} rows, every bit equal");
    assert!(models >= 30 && files == 2 * models, "{models} models");
    let message = error(&fs::read(Path::new(&folder).join("refused.model")).unwrap(), &ModelOptions::default());
    assert!(message.contains("an XGBoost model in its old binary format"), "{message}");
}

#[test]
fn any_division_of_the_rows_gives_the_same_bits() {
    for name in ["logistic", "softprob", "gblinear_multiclass"] {
        let golden = Golden::read(&committed().join(format!("{name}.json")));
        let model = Model::from_bytes(name, &fs::read(committed().join(format!("{name}.ubj"))).unwrap()).unwrap();
        let inputs = golden.inputs(&model, false);
        let mut whole = vec![0.0; golden.rows * golden.outputs];
        model.predict_raw(&inputs, 0..golden.rows, &mut whole).unwrap();
        for cut in [0, 1, 7, 49, 50] {
            let mut raw = vec![0.0; golden.rows * golden.outputs];
            let (head, tail) = raw.split_at_mut(cut * golden.outputs);
            model.predict_raw(&inputs, 0..cut, head).unwrap();
            model.predict_raw(&inputs, cut..golden.rows, tail).unwrap();
            assert_same(name, &raw, &whole);
        }
    }
}

/// Reads a golden model as JSON, edits it, and compares it with the results for the unedited one.
fn check_edited(name: &str, edit: impl FnOnce(&mut Value)) {
    let golden = Golden::read(&committed().join(format!("{name}.json")));
    let file = fs::read(committed().join(format!("{name}.model.json"))).unwrap();
    let mut file: Value = serde_json::from_slice(&file).unwrap();
    edit(&mut file);
    golden.check(name, &serde_json::to_vec_pretty(&file).unwrap());
}

fn remove(from: &mut Value, key: &str) -> Value {
    from.as_object_mut().unwrap().remove(key).unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn dart_weights_are_found_in_each_of_their_places() {
    for name in ["dart", "dart_3_4", "dart_forest"] {
        let take = |booster: &mut Value| {
            if booster.get("gbtree").is_some() {
                let weights = remove(booster, "weight_drop");
                (remove(&mut remove(booster, "gbtree"), "model"), weights)
            } else {
                let mut model = remove(booster, "model");
                let weights = remove(&mut model, "weight_drop");
                (model, weights)
            }
        };
        let place = |put: &dyn Fn(Value, Value) -> Value| {
            check_edited(name, |file| {
                let booster = &mut file["learner"]["gradient_booster"];
                let (model, weights) = take(booster);
                *booster = put(model, weights);
            });
        };
        place(
            &|model, weights| json!({"gbtree": {"model": model, "name": "gbtree"}, "name": "dart", "weight_drop": weights}),
        );
        place(&|model, weights| json!({"model": model, "name": "gbtree", "weight_drop": weights}));
        place(&|mut model, weights| {
            model["weight_drop"] = weights;
            json!({"model": model, "name": "gbtree"})
        });
    }
}

/// The scikit-learn wrapper of XGBoost 3.2 predicts in place, and adds up the trees of dart models in another way.
#[test]
fn the_promise_of_dart_models_holds_for_both_ways_of_predicting() {
    // Both ways of the library differ by 9.5e-7 and 6.0e-8, and not at all where the raw base score is 0.
    for (name, bits, most) in [("dart", true, 0.0), ("dart_base_score", false, 1e-5), ("dart_forest", false, 2e-6)] {
        let model = Model::from_bytes(name, &read(&format!("{name}.ubj"))).unwrap();
        let golden = Golden::read(&committed().join(format!("{name}.json")));
        assert_eq!(golden.in_place_raw().unwrap() == golden.raw(), bits, "{name}");
        let promise = model.promise();
        assert_eq!(promise.raw, promise.probability);
        match promise.raw {
            Agreement::Bits => assert!(bits, "{name}"),
            Agreement::Within(tolerance) => assert!(!bits && tolerance <= most, "{name}: {tolerance:e}"),
        }
    }
    let mut file: Value = serde_json::from_slice(&read("dart_base_score.model.json")).unwrap();
    file["version"] = json!([3, 3, 0]);
    let model = Model::from_bytes("m", &serde_json::to_vec(&file).unwrap()).unwrap();
    assert_eq!(model.promise().raw, Agreement::Bits, "since 3.3 both ways are alike");
    assert_eq!(Model::from_bytes("m", &read("dart_3_4.ubj")).unwrap().promise().raw, Agreement::Bits);
}

#[test]
fn old_files_lack_keys() {
    for name in ["logistic", "softprob", "exact_with_deleted_nodes"] {
        check_edited(name, |file| {
            remove(file, "version");
            let learner = &mut file["learner"];
            remove(learner, "attributes");
            remove(learner, "feature_names");
            remove(learner, "feature_types");
            remove(&mut learner["learner_model_param"], "num_target");
            let booster = &mut learner["gradient_booster"]["model"];
            remove(booster, "cats");
            remove(booster, "iteration_indptr");
            for tree in booster["trees"].as_array_mut().unwrap() {
                for key in [
                    "split_type",
                    "categories",
                    "categories_nodes",
                    "categories_segments",
                    "categories_sizes",
                    "parents",
                ] {
                    remove(tree, key);
                }
                let is_left: Vec<bool> =
                    tree["default_left"].as_array().unwrap().iter().map(|left| left != 0).collect();
                tree["default_left"] = json!(is_left);
            }
        });
    }
}

#[test]
fn vector_leaves_of_xgboost_3_0_are_in_the_base_weights() {
    for name in ["softprob_vector_leaf", "multi_target_vector_leaf", "multi_target_vector_leaf_3_4"] {
        check_edited(name, |file| {
            for tree in file["learner"]["gradient_booster"]["model"]["trees"].as_array_mut().unwrap() {
                let weights = remove(tree, "leaf_weights");
                let outputs = tree["tree_param"]["size_leaf_vector"].as_str().unwrap().parse::<usize>().unwrap();
                for node in 0..tree["left_children"].as_array().unwrap().len() {
                    if tree["left_children"][node] != -1 {
                        continue;
                    }
                    let leaf = usize::try_from(tree["right_children"][node].as_u64().unwrap()).unwrap();
                    for output in 0..outputs {
                        tree["base_weights"][node * outputs + output] = weights[leaf * outputs + output].clone();
                    }
                    tree["right_children"][node] = json!(-1);
                }
            }
        });
    }
}

#[test]
fn boosters_in_memory_hold_a_model() {
    for name in ["logistic", "dart_3_4", "gblinear"] {
        check_edited(name, |file| *file = json!({"Config": {"learner": {}}, "Model": file.clone()}));
    }
}

#[test]
fn a_base_score_is_text_or_a_number_or_a_list() {
    for base in [json!("0.3"), json!("[3E-1]"), json!("  3.0000000000000000e-01 "), json!(0.3), json!("[0.3]")] {
        check_edited("base_score_03", |file| file["learner"]["learner_model_param"]["base_score"] = base);
    }
    check_edited("gblinear_multiclass", |file| {
        file["learner"]["learner_model_param"]["base_score"] = json!("[3E-1,3E-1,3E-1,3E-1]");
    });
}

fn read(name: &str) -> Vec<u8> {
    fs::read(committed().join(name)).unwrap()
}

fn error(file: &[u8], options: &ModelOptions) -> String {
    Model::with_options("m", file, options).unwrap_err().to_string()
}

#[test]
fn models_say_what_they_are() {
    let model = Model::from_bytes("m", &read("logistic.ubj")).unwrap();
    assert_eq!((model.kind(), model.link(), model.classes().len()), ("XGBoost 3.2 (UBJSON)", Link::Sigmoid, 2));
    assert_eq!((model.precision(), model.has_feature_names()), (InputPrecision::Single, false));
    assert_eq!((model.promise().raw, model.promise().output), (Agreement::Bits, InputPrecision::Single));
    assert_eq!((model.threshold(), model.decision(&[0.1]), model.decision(&[-0.1])), (0.5, Some(1), Some(0)));
    let kinds = [
        ("dart_3_4", "XGBoost 3.4 (JSON)", Link::Sigmoid, 2),
        ("old_form", "XGBoost (JSON)", Link::Softmax, 4),
        ("poisson", "XGBoost 3.2 (JSON)", Link::Exp, 0),
        ("hinge", "XGBoost 3.2 (JSON)", Link::Identity, 0),
        ("multi_label", "XGBoost 3.2 (JSON)", Link::Labels, 3),
        ("gblinear", "XGBoost 3.2 (JSON)", Link::Sigmoid, 2),
        ("logitraw", "XGBoost 3.2 (JSON)", Link::Identity, 0),
    ];
    for (name, kind, link, classes) in kinds {
        let model = Model::from_bytes("m", &read(&format!("{name}.model.json"))).unwrap();
        assert_eq!((model.kind(), model.link(), model.classes().len()), (kind, link, classes), "{name}");
    }
}

#[test]
fn levels_are_those_of_the_file() {
    for name in ["pandas_categories.ubj", "pandas_categories_3_4.model.json"] {
        let model = Model::from_bytes("m", &read(name)).unwrap();
        let at = |name: &str| model.features().iter().position(|feature| feature.name == name).unwrap();
        assert!(model.has_feature_names());
        for (feature, known, unknown) in [
            ("a=b", &["a", "", "z=1"][..], "A"),
            ("int levels", &["-3", "700"], "5"),
            ("ordered", &["middle"], "unheard"),
            ("hôtel", &[], "1"),
        ] {
            assert!(known.iter().all(|level| model.knows_level(at(feature), level)), "{feature}");
            assert!(!model.knows_level(at(feature), unknown), "{feature}");
        }
    }
    let model = Model::from_bytes("m", &read("pandas_categories_3_4.ubj")).unwrap();
    assert!(model.knows_level(1, "été") && model.knows_level(1, "b é"));
    let model = Model::from_bytes("m", &read("categories_auto.ubj")).unwrap();
    assert!(model.knows_level(3, "5") && model.knows_level(3, "5.0") && !model.knows_level(3, "-1"));
}

#[test]
fn levels_that_xgboost_3_2_cut_are_refused() {
    let default = ModelOptions::default();
    let message = error(&read("non_ascii_levels.ubj"), &default);
    let mut whole: Value = serde_json::from_slice(&read("pandas_categories_3_4.model.json")).unwrap();
    for (version, is_read) in [([3, 3, 0], false), ([3, 4, 0], true), ([4, 0, 0], true)] {
        whole["version"] = json!(version);
        assert_eq!(Model::with_options("m", &serde_json::to_vec(&whole).unwrap(), &default).is_ok(), is_read);
    }
    assert!(
        message.starts_with("m: this XGBoost model lists the levels of its feature \"a=b\" incompletely"),
        "{message}"
    );
    assert!(message.contains("train it with XGBoost 3.4 or later"), "{message}");
}

#[test]
fn unknown_levels_are_missing_and_refused() {
    let model = Model::from_bytes("m", &read("pandas_categories_3_4.ubj")).unwrap();
    let row = |level: Option<&str>| {
        let columns = model.features().iter().map(|feature| -> ArrayRef {
            match feature.kind {
                InputKind::Numeric => Arc::new(Float32Array::from(vec![1.0])),
                InputKind::Categorical if feature.name == "a=b" => Arc::new(StringArray::from(vec![level])),
                InputKind::Categorical => Arc::new(StringArray::from(vec![None::<&str>])),
            }
        });
        let inputs = model.inputs(1, &columns.map(Some).collect::<Vec<_>>()).unwrap();
        let mut raw = [0.0];
        model.predict_raw(&inputs, 0..1, &mut raw).unwrap();
        (raw[0], model.refused_rows(&inputs, 0..1).len())
    };
    assert_eq!(row(Some("never seen")), (row(None).0, 1));
    assert_eq!(row(None).1, 0);
    assert_ne!(row(Some("a")), row(Some("été")));
}

#[test]
fn early_stopping_is_noted() {
    let model = Model::from_bytes("m", &read("wrapper_early_stopping.ubj")).unwrap();
    assert!(model.notes()[0].contains("as XGBoost's scikit-learn wrapper does"), "{:?}", model.notes());
    let booster = Model::from_bytes("m", &read("booster_early_stopping.ubj")).unwrap();
    assert!(booster.notes()[0].contains("as `Booster.predict` does"), "{:?}", booster.notes());
    let with = |iterations| ModelOptions { iterations, ..ModelOptions::default() };
    let best = Model::with_options("m", &read("booster_early_stopping.ubj"), &with(Iterations::Best)).unwrap();
    assert!(best.notes().is_empty() && best.sha256() != booster.sha256());
    let message = error(&read("logistic.ubj"), &with(Iterations::Best));
    assert!(message.contains("trained without early stopping"), "{message}");
    let message = error(&read("logistic.ubj"), &with(Iterations::First(4)));
    assert!(message.contains("has 3 iterations, but its options ask for the first 4"), "{message}");
    let message = error(&read("gblinear.ubj"), &with(Iterations::First(1)));
    assert!(message.contains("is linear and has no iterations"), "{message}");
}

#[test]
fn raw_outputs_of_a_custom_objective_may_be_log_odds() {
    let options = ModelOptions { sigmoid: true, ..ModelOptions::default() };
    let model = Model::with_options("m", &read("logitraw.ubj"), &options).unwrap();
    assert_eq!((model.link(), model.classes().len(), model.is_binary()), (Link::Sigmoid, 2, true));
    let mut raw = [0.0];
    assert!(model.probabilities(&mut raw));
    assert_eq!(raw.map(f64::to_bits), [0.5_f64.to_bits()]);
    let message = error(&read("poisson.ubj"), &options);
    assert!(message.contains("raw outputs are not log-odds"), "{message}");
    assert_eq!(Model::with_options("m", &read("logistic.ubj"), &options).unwrap().link(), Link::Sigmoid);
}

type Edit<'a> = &'a dyn Fn(&mut Value);

#[test]
fn other_files_of_xgboost_are_refused() {
    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut file: Value = serde_json::from_slice(&read("logistic.model.json")).unwrap();
        edit(&mut file);
        error(&serde_json::to_vec(&file).unwrap(), &ModelOptions::default())
    };
    let cases: [(Edit<'_>, &str); 10] = [
        (
            &|file| file["learner"]["objective"]["name"] = json!("reg:expectileerror"),
            "objective \"reg:expectileerror\"",
        ),
        (&|file| file["learner"]["gradient_booster"]["name"] = json!("gbforest"), "a booster of the kind \"gbforest\""),
        (&|file| drop(remove(&mut file["learner"]["gradient_booster"], "model")), "a configuration from `save_config`"),
        (&|file| *file = json!({"Model": {"version": [3, 2, 0]}, "Config": {}}), "it has no learner"),
        (&|file| drop(remove(file, "learner")), "it has no learner"),
        (
            &|file| file["learner"]["learner_model_param"]["base_score"] = json!("[5E-1,5E-1]"),
            "base scores do not match",
        ),
        (&|file| file["learner"]["learner_model_param"]["base_score"] = json!("nan"), "base score \"nan\""),
        (&|file| file["learner"]["learner_model_param"]["num_feature"] = json!("3"), "a feature that does not exist"),
        (&|file| file["learner"]["learner_model_param"]["num_class"] = json!("4000000000"), "more than four times"),
        (
            &|file| file["learner"]["gradient_booster"]["model"]["gbtree_model_param"]["num_trees"] = json!("4"),
            "its number of trees is contradictory",
        ),
    ];
    for (edit, expected) in cases {
        let message = edited(edit);
        assert!(message.starts_with("m: this XGBoost model ") && message.contains(expected), "{message}");
    }
    let default = ModelOptions::default();
    assert!(error(b"binf\x00\x00\x00?", &default).contains("load it with XGBoost below 3.1 and save it as .ubj"));
    assert!(error(b"[{\"nodeid\": 0}]", &default).contains("a dump of trees"));
}

#[test]
fn contributions_of_linear_models_are_those_of_the_library() {
    let mut count = 0;
    for name in names(&committed()).iter().filter(|name| name.contains("gblinear")) {
        let golden = Golden::read(&committed().join(format!("{name}.json")));
        let model = Model::with_options(name, &read(&format!("{name}.ubj")), &golden.options()).unwrap();
        let explainer = model.explainer().unwrap();
        let rows = golden.contributions_shape.as_ref().unwrap()[0];
        let mut values = vec![f64::NAN; rows * explainer.width()];
        let inputs = golden.inputs(&model, true);
        explainer.values(&model, &inputs, 0..rows, &mut values).unwrap();
        assert_same(name, &values, &golden.contributions().unwrap());
        count += 1;
        let raw = &golden.raw()[..rows * golden.outputs];
        if !raw.iter().all(|raw| raw.is_finite()) {
            // Infinite numbers were scored, whose contributions have no sum.
            assert!(name.starts_with("missing_infinity"), "{name}");
            continue;
        }
        assert!(explainer.gap(&model, &values, raw) <= explainer.tolerance(), "{name}");
        let importance = explainer.importance(&model, &inputs, 0..rows).unwrap();
        assert!(importance.len() == 6 && importance.iter().all(|value| *value >= 0.0), "{importance:?}");
    }
    assert_eq!(count, 7);
}

#[test]
fn a_number_may_stand_for_missing_values() {
    for name in ["missing_zero", "missing_minus_999_gblinear", "missing_one_pandas", "missing_infinity"] {
        let golden = Golden::read(&committed().join(format!("{name}.json")));
        let file = read(&format!("{name}.ubj"));
        let (with, without) =
            (Model::with_options(name, &file, &golden.options()).unwrap(), Model::from_bytes(name, &file).unwrap());
        let raw = |model: &Model| {
            let mut raw = vec![0.0; golden.rows];
            model.predict_raw(&golden.inputs(model, false), 0..golden.rows, &mut raw).unwrap();
            raw
        };
        let differ =
            raw(&with).iter().zip(raw(&without)).filter(|(with, without)| with.to_bits() != without.to_bits()).count();
        assert!(differ > 5 && with.sha256() != without.sha256(), "{name}: {differ} rows differ");
        let refused = |model: &Model| model.refused_rows(&golden.inputs(model, false), 0..golden.rows).len();
        let is_more = refused(&without) > refused(&with);
        assert_eq!(is_more, name == "missing_infinity", "{name}");
    }
    let one = ModelOptions { missing: Some(1.0), ..ModelOptions::default() };
    let model = Model::with_options("m", &read("missing_one_pandas.ubj"), &one).unwrap();
    // The second level in the order of the file has the code 1.
    assert!(model.knows_level(1, "z=1") && !model.knows_level(1, "ete"));
}
