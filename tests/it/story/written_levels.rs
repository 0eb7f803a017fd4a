//! Levels that are one to a reference but several to a model: the model reads them as the log has them.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use serde_json::{Value, json};

use crate::{story::layouts::write_parquet, support::world::World};

/// The levels of `CODE` that the model was trained with, in the order of their codes.
const CODES: [&str; 8] = ["", "1", "1.0", "7", "7.00", "None", "nan", "true"];
/// Those that the model does not know are missing to the library.
const LOGGED: [Option<&str>; 11] = [
    None,
    Some(""),
    Some("1"),
    Some("1.0"),
    Some("7"),
    Some("7.00"),
    Some("None"),
    Some("nan"),
    Some("true"),
    Some("NaN"),
    Some("other"),
];

/// The score of a row as LightGBM computes it: one stump for each level, and one for the age.
fn probability(code: Option<&str>, age: f64) -> f64 {
    let of_code = |place: usize| if code == Some(CODES[place]) { 0.3 + 0.1 * place as f64 } else { -0.05 };
    let raw = (0..CODES.len()).map(of_code).fold(0.0, |sum, leaf| sum + leaf);
    1.0 / (1.0 + (-(raw + if age <= 40.0 { -0.4 } else { 0.2 })).exp())
}

fn model() -> String {
    let mut text = String::from(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n\
         objective=binary sigmoid:1\nfeature_names=CODE AGE\nfeature_infos=0:1:2:3:4:5:6:7 [20:70]\n\n",
    );
    for tree in 0..=CODES.len() {
        let (split, leaves) = if tree < CODES.len() {
            let sets = format!("cat_boundaries=0 1\ncat_threshold={}\n", 1 << tree);
            (
                format!("num_cat=1\nsplit_feature=0\nsplit_gain=1\nthreshold=0\ndecision_type=9\n{sets}"),
                (0.3 + 0.1 * tree as f64, -0.05),
            )
        } else {
            ("num_cat=0\nsplit_feature=1\nsplit_gain=1\nthreshold=40\ndecision_type=2\n".to_owned(), (-0.4, 0.2))
        };
        let _ = write!(
            text,
            "Tree={tree}\nnum_leaves=2\n{split}left_child=-1\nright_child=-2\nleaf_value={} {}\nleaf_weight=10 20\n\
             leaf_count=100 200\ninternal_value=0\ninternal_weight=30\ninternal_count=300\nis_linear=0\nshrinkage=1\n\n\n",
            leaves.0, leaves.1
        );
    }
    text + &format!(
        "end of trees\n\nfeature_importances:\n\nparameters:\n[boosting: gbdt]\n\nend of parameters\n\npandas_categorical:{}\n",
        json!([CODES])
    )
}

struct Row {
    id: String,
    ts: String,
    code: Option<&'static str>,
    age: f64,
    p: f64,
}

fn rows(codes: &[Option<&'static str>]) -> Vec<Row> {
    let row = |row: usize| {
        let (code, age) = (codes[row % codes.len()], (20 + row % 50) as f64);
        let ts = format!("2026-10-01T{:02}:{:02}:00Z", row / 60 % 24, row % 60);
        Row { id: format!("r{row}"), ts, code, age, p: probability(code, age) }
    };
    (0..660).map(row).collect()
}

/// A world that logs these rows in a file of this name.
fn world(rows: &[Row], name: &str, content: impl AsRef<[u8]>, more: &str) -> World {
    let world = World::new();
    world.file("model.txt", model());
    let lines =
        rows.iter().map(|row| format!("{},{},{}\n", row.code.unwrap_or_default(), row.age, u8::from(row.p > 0.5)));
    world.file("train.csv", format!("CODE,AGE,TARGET\n{}", lines.collect::<String>()));
    let learn = [
        "learn",
        "--data",
        "train.csv",
        "--target",
        "TARGET",
        "--model",
        "model.txt",
        "--out",
        "ref.vigie",
        "--holdout",
        "yes",
    ];
    world.vigie(&learn).ok();
    world.file(name, content);
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m, file: model.txt{more}}}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {{timestamp: ts, \
             probability: p, id: id}}\npolicy: {{min_rows: 100}}\nreports: {{dir: reports}}\n"
        ),
    );
    world
}

fn ndjson(rows: &[Row]) -> String {
    let line = |row: &Row| {
        json!({"ts": row.ts, "id": row.id, "CODE": row.code, "AGE": row.age, "p": row.p}).to_string() + "\n"
    };
    rows.iter().map(line).collect()
}

#[track_caller]
fn assert_parity(report: &Value) {
    let replay = &report["replay"];
    assert_eq!((&replay["compared"], &replay["mismatches"]), (&660.into(), &0.into()), "{replay}");
    // The reference counts them as one.
    let code = report["features"].as_array().unwrap().iter().find(|feature| feature["name"] == "CODE").unwrap();
    assert_eq!(code["unseen"]["distinct"], 0, "{code}");
}

/// A null is missing to the service's library, and the texts for it are levels.
const NULL: &str = ", missing_level: {CODE: null}";

#[test]
fn a_log_of_json_lines() {
    let rows = rows(&LOGGED);
    let world = world(&rows, "log/a.ndjson", ndjson(&rows), NULL);
    assert_parity(&world.check("2026-10-01", "2026-10-02"));
}

#[test]
fn a_log_of_parquet_and_one_of_csv() {
    let written = rows(&LOGGED);
    let texts = |of: fn(&Row) -> Option<&str>| Arc::new(written.iter().map(of).collect::<StringArray>()) as ArrayRef;
    let numbers = |of: fn(&Row) -> f64| Arc::new(written.iter().map(of).collect::<Float64Array>()) as ArrayRef;
    let columns = [
        ("ts", texts(|row| Some(&row.ts))),
        ("id", texts(|row| Some(&row.id))),
        ("CODE", texts(|row| row.code)),
        ("AGE", numbers(|row| row.age)),
        ("p", numbers(|row| row.p)),
    ];
    let parquet = write_parquet(&RecordBatch::try_from_iter(columns).unwrap());
    assert_parity(&world(&written, "log/a.parquet", parquet, NULL).check("2026-10-01", "2026-10-02"));
    // In CSV, a missing value and an empty text are one.
    let written = rows(&LOGGED[1..]);
    let lines =
        written.iter().map(|row| format!("{},{},{},{},{}\n", row.ts, row.id, row.code.unwrap(), row.age, row.p));
    let csv = format!("ts,id,CODE,AGE,p\n{}", lines.collect::<String>());
    assert_parity(&world(&written, "log/a.csv", csv, NULL).check("2026-10-01", "2026-10-02"));
}

#[test]
fn explain_and_replay_read_what_check_reads() {
    let rows = rows(&LOGGED);
    let world = world(&rows, "log/a.ndjson", ndjson(&rows), NULL);
    let mut by_code: BTreeMap<Option<&str>, &Row> = BTreeMap::new();
    rows.iter().for_each(|row| {
        by_code.insert(row.code, row);
    });
    for (code, row) in by_code {
        let explained = world.vigie(&["explain", "--config", "vigie.yaml", "--id", &row.id, "--format", "json"]).ok();
        let explained: Value = serde_json::from_str(&explained.stdout).unwrap();
        assert_eq!(
            (&explained["probability"], &explained["logged"]["agrees"]),
            (&row.p.into(), &true.into()),
            "{code:?}"
        );
        world.file("row.json", json!({"CODE": row.code, "AGE": row.age}).to_string());
        let explained =
            world.vigie(&["explain", "--config", "vigie.yaml", "--row", "row.json", "--format", "json"]).ok();
        let explained: Value = serde_json::from_str(&explained.stdout).unwrap();
        assert_eq!(explained["probability"], row.p, "{code:?}");
    }
    let replay = [
        "replay",
        "--config",
        "vigie.yaml",
        "--from",
        "2026-10-01",
        "--to",
        "2026-10-02",
        "--model",
        "model.txt",
        "--format",
        "json",
    ];
    let replayed: Value = serde_json::from_str(&world.vigie(&replay).ok().stdout).unwrap();
    assert_eq!(replayed["replay"]["mismatches"], 0, "{}", replayed["replay"]);
}
