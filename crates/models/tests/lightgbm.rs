//! Compares LightGBM models with the official library, on the files written by `tests/oracle/lightgbm_golden.py`.
//!
//! Every raw output, probability and predicted value must be bit-identical. If `VIGIE_LIGHTGBM` names a folder made by
//! `lightgbm_golden.py --large` (larger models, 2,500 rows each), it is checked too.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests panic on failure")]

mod support;

use std::{fs, path::Path};

use serde::Deserialize;
use support::{
    column::files,
    golden::{Golden, committed},
};
use vigie_models::{InputPrecision, Iterations, Link, Model, ModelOptions};

/// A golden file of LightGBM, and how its model is read.
#[derive(Deserialize)]
struct LightGbmGolden {
    #[serde(flatten)]
    golden: Golden,
    options: Options,
}

#[derive(Deserialize)]
struct Options {
    categories: Option<Vec<String>>,
    single_inputs: bool,
    first: Option<usize>,
}

impl Options {
    fn model_options(&self) -> ModelOptions {
        ModelOptions {
            categories: self.categories.clone(),
            single_inputs: self.single_inputs,
            iterations: self.first.map_or(Iterations::AsLibrary, Iterations::First),
            ..ModelOptions::default()
        }
    }
}

fn read(name: &str) -> Model {
    read_with(name, &ModelOptions::default()).unwrap()
}

fn read_with(name: &str, options: &ModelOptions) -> vigie_models::Result<Model> {
    Model::with_options(name, &bytes(name), options)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(committed("lightgbm").join(name)).unwrap()
}

fn text(name: &str) -> String {
    String::from_utf8(bytes(name)).unwrap()
}

fn refusal(text: impl AsRef<[u8]>) -> String {
    Model::from_bytes("m.txt", text.as_ref()).unwrap_err().to_string()
}

/// Checks all models of a folder. Returns the numbers of models, rows, raw outputs and predictions.
fn check_all(folder: &Path) -> (usize, usize, usize, usize) {
    let mut sums = (0, 0, 0, 0);
    for path in files(folder, "json") {
        let name = path.file_stem().unwrap().to_string_lossy();
        let golden: LightGbmGolden = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let file = fs::read(path.with_extension("txt")).unwrap();
        let model = Model::with_options(&name, &file, &golden.options.model_options()).unwrap();
        let (raw, predictions) = golden.golden.check(&name, &model);
        sums = (sums.0 + 1, sums.1 + golden.golden.rows, sums.2 + raw, sums.3 + predictions);
    }
    sums
}

#[test]
fn committed_models_score_to_the_bit() {
    let (models, rows, raw, predictions) = check_all(&committed("lightgbm"));
    println!("{models} models, {rows} rows: {raw} raw outputs and {predictions} predictions, every bit equal");
    assert!(models >= 51 && rows == models * 50, "{models} models, {rows} rows");
}

#[test]
fn large_models_score_to_the_bit() {
    let Some(folder) = std::env::var_os("VIGIE_LIGHTGBM") else {
        println!("not run: set VIGIE_LIGHTGBM to a folder made by `lightgbm_golden.py --large DIR`");
        return;
    };
    let (models, rows, raw, predictions) = check_all(Path::new(&folder));
    println!("{models} models, {rows} rows: {raw} raw outputs and {predictions} predictions, every bit equal");
    assert!(models >= 51 && rows == models * 2_500, "{models} models, {rows} rows");
}

#[test]
fn objectives_have_their_links() {
    for (name, link, outputs) in [
        ("binary", Link::Sigmoid, 1),
        ("random_forest", Link::Sigmoid, 1),
        ("cross_entropy", Link::Sigmoid, 1),
        ("multiclass", Link::Softmax, 4),
        ("multiclass_ova", Link::OneVersusAll, 3),
        ("poisson", Link::Exp, 1),
        ("gamma", Link::Exp, 1),
        ("tweedie", Link::Exp, 1),
        ("cross_entropy_lambda", Link::Log1pExp, 1),
        ("regression_sqrt", Link::SignedSquare, 1),
        ("regression", Link::Identity, 1),
        ("huber", Link::Identity, 1),
        ("lambdarank", Link::Identity, 1),
        ("custom_objective", Link::Identity, 1),
    ] {
        let model = read(&format!("{name}.txt"));
        assert_eq!((model.link(), model.output_count()), (link, outputs), "{name}");
    }
    assert_eq!(read("multiclass.txt").classes(), ["0", "1", "2", "3"]);
    assert_eq!(read("binary.txt").classes(), ["0", "1"]);
    assert_eq!(
        (read("binary.txt").kind(), read("edited_version_2.txt").kind()),
        ("LightGBM text v4", "LightGBM text v2")
    );
}

#[test]
fn raw_outputs_without_an_objective_may_be_read_as_log_odds() {
    let options = ModelOptions { sigmoid: true, ..ModelOptions::default() };
    let model = read_with("custom_objective.txt", &options).unwrap();
    assert!(model.is_binary() && model.classes() == ["0", "1"]);
    let mut raw = [0.0, 1.0];
    assert!(model.probabilities(&mut raw));
    assert_eq!(raw.map(f64::to_bits), [0.5, 1.0 / (1.0 + (-1.0_f64).exp())].map(f64::to_bits));
    assert!(read_with("binary.txt", &options).unwrap().is_binary());
    for known in ["regression.txt", "multiclass.txt"] {
        let message = read_with(known, &options).unwrap_err().to_string();
        assert!(message.contains("not read as log-odds"), "{message}");
    }
}

#[test]
fn the_precision_of_inputs_is_an_option() {
    assert_eq!(read("binary.txt").precision(), InputPrecision::Double);
    let options = ModelOptions { single_inputs: true, ..ModelOptions::default() };
    let model = read_with("binary.txt", &options).unwrap();
    assert_eq!(model.precision(), InputPrecision::Single);
    assert_ne!(model.sha256(), read("binary.txt").sha256());
}

#[test]
fn names_are_those_of_the_file_and_columns_may_have_blanks() {
    let model = read("pandas_plain.txt");
    let names: Vec<&str> = model.features().iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(names, ["n_0", "text_level", "n1", "whole", "float", "truth", "flag", "n2=x"]);
    assert!(model.has_feature_names() && !read("binary.txt").has_feature_names());
    assert_eq!((model.trained_name("text level"), model.trained_name("n1")), ("text_level".into(), "n1".into()));
    assert_eq!(read("named.txt").features()[3].name, "d\te");
}

#[test]
fn levels_of_pandas_are_matched_with_their_features() {
    let model = read("pandas_plain.txt");
    let feature = |name: &str| model.features().iter().position(|feature| feature.name == name).unwrap();
    assert!(model.knows_level(feature("text_level"), "été") && !model.knows_level(feature("text_level"), "été "));
    assert!(model.knows_level(feature("whole"), "-3") && !model.knows_level(feature("whole"), "3"));
    assert!(model.knows_level(feature("float"), "2.5") && model.knows_level(feature("truth"), "True"));
    assert!(!model.knows_level(feature("n1"), "1"));
    let [note] = model.notes() else { panic!("{:?}", model.notes()) };
    assert!(note.contains("4 columns") && note.contains("`text_level`, `whole`, `float`, `truth`"), "{note}");
}

#[test]
fn levels_that_cannot_be_matched_are_asked_for() {
    let named = |names: &[&str]| {
        let categories = Some(names.iter().map(ToString::to_string).collect());
        read_with("pandas_categories.txt", &ModelOptions { categories, ..ModelOptions::default() })
    };
    // An ordered and a constant column are not marked, but nothing else can be a column of three levels or of one.
    let model = read_with("pandas_categories.txt", &ModelOptions::default()).unwrap();
    let [note] = model.notes() else { panic!("{:?}", model.notes()) };
    assert!(
        note.contains("the only features that fit, `text_level`, `whole`, `float`, `ordered`, `constant`, `truth`"),
        "{note}"
    );
    let golden: LightGbmGolden = serde_json::from_str(&text("pandas_categories.json")).unwrap();
    assert!(golden.golden.check("pandas_categories", &model).0 > 0, "the same bits as with the names");
    // Without the constant list, the ordered one may belong to either column.
    let file = text("pandas_categories.txt").replace(", [\"only\"]", "");
    let message = Model::from_bytes("m", file.as_bytes()).unwrap_err().to_string();
    for part in ["levels of 5 columns", "marks 4 features", "`model.categories`", "`1`, `-3`, `0.0`, `low`, `False`"] {
        assert!(message.contains(part), "{message}");
    }
    let right = ["text level", "whole", "float", "ordered", "constant", "truth"];
    assert!(named(&right).unwrap().notes().is_empty());
    assert!(named(&["text_level", "whole", "float", "ordered", "constant", "truth"]).is_ok());
    for (wrong, why) in [
        (vec!["text level"], "levels of 6 columns, but `model.categories` names 1"),
        (vec!["text level", "whole", "float", "ordered", "constant", "age"], "has no feature `age`"),
        (vec!["whole", "whole", "float", "ordered", "constant", "truth"], "names `whole` twice"),
        // Three levels for a feature that had four, and one for a feature that had two.
        (vec!["whole", "text level", "float", "ordered", "truth", "constant"], "had more levels of `text_level`"),
    ] {
        let message = named(&wrong).unwrap_err().to_string();
        assert!(message.contains(why), "{message}");
    }
    let categories = Some(vec!["Column_0".to_owned()]);
    let message =
        read_with("binary.txt", &ModelOptions { categories, ..ModelOptions::default() }).unwrap_err().to_string();
    assert!(message.contains("does not list levels"), "{message}");
}

#[test]
fn random_forests_of_version_2_have_a_note() {
    let old = text("random_forest.txt").replace("version=v4", "version=v2");
    let model = Model::from_bytes("m", old.as_bytes()).unwrap();
    assert!(model.notes()[0].contains("before 2.2.3"), "{:?}", model.notes());
    assert!(read("random_forest.txt").notes().is_empty());
    let regression = text("random_forest_regression.txt").replace("version=v4", "version=v2");
    assert!(Model::from_bytes("m", regression.as_bytes()).unwrap().notes().is_empty(), "its predictions are the same");
}

#[test]
fn iterations_are_counted() {
    let first = |iterations| read_with("binary.txt", &ModelOptions { iterations, ..ModelOptions::default() });
    assert!(first(Iterations::All).is_ok() && first(Iterations::First(5)).is_ok());
    for wrong in [0, 6] {
        let message = first(Iterations::First(wrong)).unwrap_err().to_string();
        assert!(message.contains(&format!("has 5 iterations, but `model.iterations` asks for {wrong}")), "{message}");
    }
    let best = first(Iterations::Best).unwrap();
    assert!(best.notes()[0].contains("all 5 are used"), "{:?}", best.notes());
}

#[test]
fn files_that_the_library_reads_wrongly_are_refused() {
    let cut = refusal(bytes("refused_cut_in_half.txt"));
    assert!(cut.starts_with("m.txt: this LightGBM model is damaged: "), "{cut}");
    let short = refusal(bytes("refused_short_sizes.txt"));
    assert!(short.contains("its header lists 3 trees, but it has 4"), "{short}");
    let dump = refusal(bytes("refused_dump.txt"));
    assert!(dump.contains("a JSON dump") && dump.contains("booster.save_model('model.txt')"), "{dump}");
}

#[test]
fn every_cut_of_a_file_is_refused() {
    let text = text("categorical.txt");
    let end = text.find("end of trees").unwrap();
    for at in (0..end + 12).filter(|at| text.is_char_boundary(*at)) {
        assert!(Model::from_bytes("m", &text.as_bytes()[..at]).is_err(), "cut at {at} of {end}");
    }
}

#[test]
fn damaged_files_are_refused_with_the_place() {
    let text = text("categorical.txt");
    let edited = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        refusal(text.replacen(from, to, 1))
    };
    let line = |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    let value = |key: &str| line(key).split_once('=').unwrap().1.split(' ').next().unwrap().to_owned();
    for (message, why) in [
        (edited("num_leaves=8", "num_leaves=9"), "tree 0 has 8 values in its line `leaf_value`, instead of 9"),
        (edited("num_leaves=8", "num_leaves=4000000000"), "instead of 4000000000"),
        (edited("num_leaves=8", "num_leaves=0"), "tree 0 has no leaves"),
        (edited("left_child=", "left_child=100 "), "values in its line `left_child`, instead of 7"),
        (edited(&line("left_child="), "left_child=0 0 0 0 0 0 0"), "tree 0: a child comes before its parent"),
        (
            edited(&line("split_feature="), "split_feature=99 0 0 0 0 0 0"),
            "a condition reads a feature that does not exist",
        ),
        (edited(&line("decision_type="), "decision_type=12 2 2 2 2 2 2"), "tree 0 has the unknown `decision_type` 12"),
        (edited(&line("threshold="), "threshold=nan nan nan nan nan nan nan"), "tree 0 has "),
        (edited(&line("threshold="), "threshold=99 99 99 99 99 99 99"), "tree 0 has a condition on set 99 of"),
        (
            edited(&format!("leaf_value={}", value("leaf_value=")), "leaf_value=1,5"),
            "tree 0 has `1,5` in its line `leaf_value`",
        ),
        (edited("cat_boundaries=0 ", "cat_boundaries=1 "), "do not ascend from 0"),
        (edited("version=v4", "version=v5"), "has the format version `v5`, which vigie does not know"),
        (edited("version=v4\n", ""), "has no format version"),
        (edited("num_class=1", "num_class="), "its header has `` in its line `num_class`"),
        (
            edited("max_feature_idx=6", "max_feature_idx=7"),
            "its header has 7 values in its line `feature_names` for 8 features",
        ),
        (edited("objective=binary sigmoid:1", "objective=logistic"), "has the objective `logistic`"),
        (edited("num_tree_per_iteration=1", "num_tree_per_iteration=3"), "has one output per row, not 3"),
        (edited("\n\nTree=1", "\n\nTrees=1"), "`Trees=1` follows tree 0"),
    ] {
        assert!(message.contains(why), "{message}\n instead of: {why}");
    }
    let latin = [b"tree\nversion=v4\nfeature_names=\xe9".as_slice(), text.as_bytes()].concat();
    assert!(refusal(latin).contains("it is not UTF-8 text (the byte at 30 is not)"));
}
