//! What `learn` and `config check` say about models: the event of a score, and options that are missing or have no effect.

use std::{fmt::Write as _, fs};

use serde_json::json;

use crate::{
    story::{families::light_config, predicted_scores},
    support::{
        applicants::{applicants, training_csv},
        light_model::LightModel,
        world::{Ran, World},
    },
};

/// The rows of the training table with another column `TARGET`.
fn with_targets(target: impl Fn(usize) -> String) -> String {
    let csv = training_csv(1_000);
    let mut lines = csv.lines();
    let mut table = format!("{}\n", lines.next().unwrap());
    for (row, line) in lines.enumerate() {
        let (head, p) = line.rsplit_once(',').unwrap();
        let (head, _) = head.rsplit_once(',').unwrap();
        let _ = writeln!(table, "{head},{},{p}", target(row));
    }
    table
}

/// Whether the model says of each training row that it is likelier than half.
fn likely(model: &LightModel) -> Vec<bool> {
    applicants(1_000, 999).iter().map(|one| model.probability(LightModel::row(one)) > 0.5).collect()
}

fn light(model: &LightModel) -> World {
    let world = World::new();
    world.file("model.txt", model.text());
    world.file("train.csv", training_csv(1_000));
    world
}

fn learn(world: &World, model: &str, more: &[&str]) -> Ran {
    let arguments = ["learn", "--data", "train.csv", "--model", model, "--out", "ref.vigie", "--holdout", "yes"];
    world.vigie(&[&arguments[..], more].concat()).ok()
}

fn config_check(world: &World) -> Ran {
    world.vigie(&["config", "check", "--config", "vigie.yaml"])
}

#[test]
fn a_regression_has_no_event() {
    let world = World::new();
    world.file("model.json", predicted_scores::regression().to_string());
    world.file("train.csv", training_csv(1_000));
    // A continuous target, and one of 0 and 1.
    for target in ["p", "TARGET"] {
        let ran = learn(&world, "model.json", &["--target", target]);
        let expected = format!(
            "target `{target}`: the outcome, not a feature; score `score of the model`: the number that the model predicts"
        );
        assert!(ran.stdout.contains(&expected), "{}", ran.stdout);
        assert!(!ran.stdout.contains("event") && !ran.stderr.contains("event"), "{}{}", ran.stdout, ran.stderr);
    }
    let segments =
        "segments: {by: [JOB]}\nmodel: {name: m}\nreference: ref.vigie\nsource: {path: log, fields: {timestamp: ts}}\n";
    world.file("vigie.yaml", segments);
    let arguments =
        ["learn", "--data", "train.csv", "--model", "model.json", "--out", "b.vigie", "--segments", "--config"];
    let ran = world.vigie(&[&arguments[..], &["vigie.yaml"]].concat());
    assert!(ran.stderr.contains("the score is a predicted number; remove --segments"), "{}", ran.stderr);
}

#[test]
fn the_event_is_the_class_of_the_score() {
    let model = LightModel::new();
    let world = light(&model);
    let likely = likely(&model);
    let ones = likely.iter().filter(|likely| **likely).count() as f64 / 10.0;
    world.file("train.csv", with_targets(|row| u8::from(likely[row]).to_string()));
    let ran = learn(&world, "model.txt", &["--target", "TARGET"]);
    assert!(
        ran.stdout.contains(&format!("target `TARGET`: {ones:.1}% of its rows are the event `1`")),
        "{}",
        ran.stdout
    );
    let ran = learn(&world, "model.txt", &["--target", "TARGET", "--class", "0"]);
    let zeros = 100.0 - ones;
    assert!(
        ran.stdout.contains(&format!("target `TARGET`: {zeros:.1}% of its rows are the event `0`")),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("the probability of that event, AUC 1.0"), "{}", ran.stdout);
    assert!(!ran.stderr.contains("run against the outcomes"), "{}", ran.stderr);
    // Another event is the user's choice. No column holds the score, so none is blamed.
    let ran = learn(&world, "model.txt", &["--target", "TARGET", "--class", "0", "--event", "1"]);
    assert!(ran.stdout.contains("are the event `1`"), "{}", ran.stdout);
    let note =
        "high scores go with rows that are not the event `1`; check that it is what the model predicts (--event names";
    assert!(ran.stderr.contains(note) && !ran.stderr.contains("--probability"), "{}", ran.stderr);
    let likely_column = world.vigie(&[
        "learn",
        "--data",
        "train.csv",
        "--out",
        "c.vigie",
        "--target",
        "TARGET",
        "--probability",
        "p",
        "--event",
        "0",
    ]);
    let stderr = likely_column.ok().stderr;
    assert!(!stderr.contains("--class"), "{stderr}");
}

#[test]
fn the_event_is_one_of_several_classes() {
    let world = World::new();
    world.file("model.json", predicted_scores::classes().to_string());
    world.file("train.csv", with_targets(|row| ["low", "mid", "high", "high"][row % 4].to_owned()));
    let ran = learn(&world, "model.json", &["--target", "TARGET", "--class", "high"]);
    assert!(ran.stdout.contains("target `TARGET`: 50.0% of its rows are the event `high`; score"), "{}", ran.stdout);
    assert!(!ran.stderr.contains("not 0 and 1"), "{}", ran.stderr);
    // The target has other names.
    world.file("train.csv", with_targets(|row| ["a", "b", "c"][row % 3].to_owned()));
    let ran = learn(&world, "model.json", &["--target", "TARGET", "--class", "high"]);
    assert!(ran.stdout.contains("none of its values is known to be the event; score"), "{}", ran.stdout);
    assert!(ran.stderr.contains("say which value is the event"), "{}", ran.stderr);
}

#[test]
fn an_objective_of_ones_own_is_mentioned() {
    let model = LightModel::new();
    let world = light(&model);
    world.file("model.txt", model.text().replace("objective=binary sigmoid:1\n", ""));
    let note =
        "The model has an objective of its own, which the file does not hold, so that its score is the raw output";
    let ran = learn(&world, "model.txt", &[]);
    assert!(ran.stderr.contains(note) && ran.stderr.contains("`model.link: sigmoid`"), "{}", ran.stderr);
    let lines = applicants(50, 5)
        .into_iter()
        .map(|one| format!("{}\n", json!({"ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": 0.5})));
    world.file("log/a.ndjson", lines.collect::<String>());
    light_config(&world, "");
    let ran = config_check(&world);
    let refused = "vigie: source.fields.probability: the score of the reference is a predicted number";
    assert!(ran.code == Some(2) && ran.stderr.contains(refused), "{}", ran.stderr);
    fs::remove_file(world.path("ref.vigie")).unwrap();
    learn(&world, "model.txt", &["--link", "sigmoid"]);
    let ran = config_check(&world);
    let hint =
        "map `source.fields.prediction` instead, or set `model.link: sigmoid` if the service turns the number into a";
    assert!(ran.code == Some(2) && ran.stderr.contains(hint), "{}", ran.stderr);
    light_config(&world, ", link: sigmoid");
    let ran = config_check(&world).ok();
    assert!(!ran.stdout.contains(note) && !ran.stdout.contains("reference was learnt"), "{}", ran.stdout);
}

#[test]
fn terms_of_decisions_without_effect_are_a_warning() {
    let world = World::new();
    world.file("model.json", predicted_scores::regression().to_string());
    world.file("train.csv", training_csv(1_000));
    learn(&world, "model.json", &[]);
    let lines = applicants(50, 5)
        .into_iter()
        .map(|one| format!("{}\n", json!({"ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": 0.5})));
    world.file("log/a.ndjson", lines.collect::<String>());
    let configured = |model: &str, field: &str| {
        world.file(
            "vigie.yaml",
            format!(
                "reference: ref.vigie\nmodel:\n  name: m\n{model}source:\n  path: log\n  fields: {{timestamp: ts, features: inputs, \
                 {field}: p, id: id}}\nreports: {{dir: reports}}\n"
            ),
        );
        config_check(&world).ok().stderr
    };
    let warning = configured("  threshold: 0.3\n", "prediction");
    let expected = "vigie.yaml:4: `model.threshold` has no effect, because no decision follows from a predicted number \
                    (`source.fields.prediction`) — remove it, or map one probability in `source.fields.probability`";
    assert!(warning.contains(expected), "{warning}");
    let warning = configured("  cost: {false_negative: 10}\n", "prediction");
    assert!(warning.contains("vigie.yaml:4: `model.cost` has no effect"), "{warning}");
    assert_eq!(configured("", "prediction"), "");
}
