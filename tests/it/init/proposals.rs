//! What a model and a training table add to a proposal, and what is never overwritten.

use serde_json::{Value, json};

use super::cases::{Case, ROWS, is_refused, lines, next, plain_time, proves, run, settings, two_days};
use crate::support::{
    applicants::{Applicant, training_csv},
    light_model::LightModel,
    world::World,
};

/// A log without a telling name: the inputs are inside a body, next to numbers that look like scores.
fn odd_line(one: &Applicant) -> Value {
    json!({"time": plain_time(one), "trace": one.id, "in": {"method": "POST", "app": one.inputs()},
        "out": {"status": 200, "elapsed": one.latency_ms / 1000.0, "margin": one.age as f64 / 100.0,
            "default_probability": LightModel::new().probability(LightModel::row(one)), "says": if is_refused(one) { "KO" } else { "OK" }}})
}

/// An unmapped log and a LightGBM model: three commands, the last of which verifies the logged scores.
#[test]
fn a_log_and_a_lightgbm_model_get_to_a_report_in_three_steps() {
    let world = World::new();
    world.file("logs/api-1.jsonl", lines(&two_days()[..ROWS], odd_line));
    world.file("logs/api-2.jsonl", lines(&two_days()[ROWS..], odd_line));
    world.file("model.txt", LightModel::new().text());
    let ran = world.vigie(&["init", "--log", "logs", "--model", "model.txt", "--yes"]).ok();
    let fields = json!({"timestamp": "time", "features": "in.app", "probability": "out.default_probability",
        "latency_ms": {"path": "out.elapsed", "scale": 1000.0}, "status": "out.status", "id": "trace"});
    let mut own = serde_json::to_value(&settings(&world).source.fields).unwrap();
    // The words are no function of the model's score.
    own.as_object_mut().unwrap().remove("decision");
    assert_eq!(own, fields, "{}", ran.stdout);
    let [learn, mut check] = next(&ran);
    run(&world, &learn).ok();
    check.extend(["--format", "json"].map(ToOwned::to_owned));
    let report: Value = serde_json::from_str(&run(&world, &check).ok().stdout).unwrap();
    assert_eq!((&report["replay"]["compared"], &report["replay"]["mismatches"]), (&json!(ROWS), &json!(0)));
    let text = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    assert!(text.contains("read as a time without a zone") && text.contains("in seconds by its size"), "{text}");
}

/// The columns of a table name the values of a list, and the reference is learnt from the table.
#[test]
fn a_training_table_names_a_list_and_the_roles_of_its_columns() {
    let world = World::new();
    let table = world.file("train.csv", training_csv(1_000));
    let case = Case {
        name: "a list, with a table",
        file: "a.ndjson",
        write: |applicants| {
            lines(applicants, |one| json!({"ts": one.rfc3339(), "v": one.array(), "p": one.probability}))
        },
        fields: json!({"timestamp": "ts", "features": "v", "probability": "p"}),
        more: json!({"source": {"feature_names": ["AGE", "INCOME", "emp.var.rate", "JOB", "OWNS"]}}),
    };
    let report = proves(&case, &["--data", table.to_str().unwrap()]);
    assert_eq!(report["features"][0]["n_reference"], 1_000);
    assert_eq!(report["score"]["n_reference"], 1_000, "the column p is the score");
    assert!(!report["performance"].is_null(), "TARGET is the outcome");
}

#[test]
fn an_existing_config_is_kept_unless_forced() {
    let world = World::new();
    world.file("log/a.ndjson", lines(&two_days(), odd_line));
    world.file("vigie.yaml", "mine");
    let args = ["init", "--log", "log", "--yes"];
    let ran = world.vigie(&args);
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        ran.stderr,
        "vigie: --out vigie.yaml: exists already; choose another name, or replace it with --force\n"
    );
    assert_eq!(std::fs::read_to_string(world.path("vigie.yaml")).unwrap(), "mine");
    world.vigie(&[args.as_slice(), &["--force"]].concat()).ok();
    assert_eq!(settings(&world).source.fields.timestamp.iter().collect::<Vec<_>>(), ["time"]);
}

/// Without a terminal nothing is asked; what was taken is stated.
#[test]
fn open_questions_are_answered_with_the_likeliest_and_stated() {
    let world = World::new();
    let line = |one: &Applicant| json!({"ts": plain_time(one), "inputs": one.inputs(), "score_a": one.probability, "score_b": 1.0 - one.probability});
    world.file("log/a.ndjson", lines(&two_days(), line));
    let ran = world.vigie(&["init", "--log", "log", "--out", "conf.yaml"]).ok();
    assert!(ran.stderr.contains("open: Which field is the model's score? Taken: score_a\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Times in `ts` state no zone."), "{}", ran.stderr);
    let text = std::fs::read_to_string(world.path("conf.yaml")).unwrap();
    assert!(text.contains("# or probability: score_b"), "{text}");
    assert!(text.contains("timestamp_timezone: UTC"), "{text}");
}

/// Reports inside the log's folder would be read as records.
#[test]
fn a_config_inside_the_folder_of_the_log_names_the_logs_files_only() {
    let world = World::new();
    world.file("a.ndjson", lines(&two_days(), odd_line));
    let ran = world.vigie(&["init", "--log", ".", "--yes"]).ok();
    let [learn, check] = next(&ran);
    for command in [&learn, &check, &check] {
        let ran = run(&world, command).ok();
        assert!(!ran.stdout.contains("skipped"), "{}", ran.stdout);
    }
    world.file("b.csv", "ts,AGE,p\n2026-10-01,41,0.5\n");
    let ran = world.vigie(&["init", "--log", ".", "--yes", "--force"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.starts_with("vigie: --log .: the config and its reports would be among"), "{}", ran.stderr);
}
