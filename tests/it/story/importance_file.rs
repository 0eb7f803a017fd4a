//! `vigie learn --importance`: weights for a model that vigie cannot read, and what they do to the verdict.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{
    applicants::{applicants, training_csv},
    world::{Ran, World, feature},
};

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p, id: id}\n";

fn learn(world: &World, importance: &str, more: &[&str]) -> Ran {
    world.file("train.csv", training_csv(1_000));
    world.file("importance", importance);
    let args = ["learn", "--data", "train.csv", "--out", "ref.vigie", "--target", "TARGET", "--probability", "p"];
    world.vigie(&[&args[..], &["--importance", "importance"], more].concat())
}

/// A day on which everybody is forty years older.
fn report(importance: &str) -> Value {
    let world = World::new();
    learn(&world, importance, &[]).ok();
    world.config(SOURCE);
    let mut log = String::new();
    for one in applicants(600, 4) {
        let mut inputs = one.inputs();
        inputs["AGE"] = json!(one.age + 40);
        let _ = writeln!(log, "{}", json!({"ts": one.rfc3339(), "id": one.id, "inputs": inputs, "p": one.probability}));
    }
    world.file("log/a.ndjson", log);
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("policy: {", "policy: {top: 1, "));
    world.check("2026-10-01", "2026-10-02")
}

#[test]
fn an_alarm_on_a_feature_counts_as_much_as_the_feature() {
    let heavy = report("feature,importance\nAGE,0.9\nINCOME,0.1\nemp.var.rate,0\nJOB,0\nOWNS,0\n");
    assert_eq!(feature(&heavy, "AGE")["importance"], 0.9);
    assert_eq!(
        (&heavy["verdict"]["severity"], &heavy["verdict"]["weighted_drifted_share"]),
        (&json!("alarm"), &json!(0.9))
    );
    let light = report(r#"{"AGE": 0.1, "INCOME": 0.9, "emp.var.rate": 0, "JOB": 0, "OWNS": 0}"#);
    assert_eq!(feature(&light, "AGE")["severity"], "alarm");
    assert_eq!(
        (&light["verdict"]["severity"], &light["verdict"]["weighted_drifted_share"]),
        (&json!("watch"), &json!(0.1))
    );
    assert_ne!(heavy["run"]["reference_id"], light["run"]["reference_id"], "importance decides verdicts");
}

#[test]
fn names_and_numbers_are_checked() {
    let world = World::new();
    let refused = |importance: &str, more: &[&str]| {
        let ran = learn(&world, importance, more);
        assert_eq!(ran.code, Some(2), "{importance}: {}", ran.stdout);
        assert!(!world.path("ref.vigie").exists());
        ran.stderr.trim_end().to_owned()
    };
    assert_eq!(
        refused("AGES,1\n", &[]),
        "vigie: --importance importance: the reference has no feature `AGES`; did you mean `AGE`? Available: AGE, INCOME, \
         emp.var.rate, JOB, OWNS"
    );
    assert_eq!(
        refused("AGE,a lot\nJOB,much\n", &[]),
        "vigie: --importance importance: line 2: the importance of `JOB` is `much`, which is not a number"
    );
    assert!(refused("AGE,1\n", &["--model", "m.cbm"]).contains("cannot be used with"));
    std::fs::remove_file(world.path("importance")).unwrap();
    let args = ["learn", "--data", "train.csv", "--out", "ref.vigie", "--importance", "nowhere.csv"];
    let ran = world.vigie(&args);
    assert_eq!(
        (ran.code, ran.stderr.trim_end()),
        (
            Some(2),
            "vigie: --importance nowhere.csv: no such file or directory; expected CSV (feature,importance) or a JSON object"
        )
    );
    let noted = learn(&world, "AGE,1\nJOB,2\n", &[]).ok().stderr;
    assert!(noted.contains("3 of 5 features are not listed and count as 0: INCOME, emp.var.rate, OWNS"), "{noted}");
}
