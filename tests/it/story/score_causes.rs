//! Why logged scores differ, where the cause is in the score, in one value or in a part of the rows.

use serde_json::{Value, json};

use crate::{
    story::families::{checked, light_config, light_world},
    support::{
        applicants::{Applicant, applicants, training_csv},
        light_model::LightModel,
        world::World,
    },
};

fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn own(model: &LightModel, one: &Applicant) -> f64 {
    model.probability(LightModel::row(one))
}

#[test]
fn scores_in_another_unit_are_named() {
    let model = LightModel::new();
    let world = light_world(&model, |_, one| (own(&model, one) * 1e4).round() / 1e6);
    let report = checked(&world);
    let cause = &report["replay"]["cause"];
    assert_eq!((&cause["kind"], &cause["ratio"]), (&"scores_scaled".into(), &json!({"over": 100})), "{cause}");
    assert!(cause["words"].as_str().unwrap().contains("the model’s score divided by 100 gives"), "{cause}");
}

#[test]
fn a_number_that_is_missing_to_the_library_is_named() {
    let model = LightModel::new();
    let without = |one: &Applicant| {
        let (numbers, job) = LightModel::row(one);
        rounded(
            model.probability((numbers.map(|number| if (number - 55.0).abs() < 0.5 { f64::NAN } else { number }), job)),
        )
    };
    let report = checked(&light_world(&model, |_, one| without(one)));
    let cause = &report["replay"]["cause"];
    assert_eq!((&cause["kind"], &cause["value"]), (&"value_missing".into(), &55.into()), "{}", report["replay"]);
}

/// One of two instances of the service loses a column.
#[test]
fn a_cause_may_concern_some_rows_only() {
    let model = LightModel::new();
    let world = light_world(&model, |row, one| {
        let ([age, income, rate, owns], job) = LightModel::row(one);
        let income = if row % 3 == 0 { f64::NAN } else { income };
        rounded(model.probability(([age, income, rate, owns], job)))
    });
    let report = checked(&world);
    let cause = &report["replay"]["cause"];
    assert_eq!(
        (&cause["kind"], &cause["features"]),
        (&"lost_column".into(), &json!(["INCOME"])),
        "{}",
        report["replay"]
    );
}

/// Large incomes only are lost: the others show that the column is not.
#[test]
fn rows_that_agree_refute_a_lost_column() {
    let model = LightModel::new();
    let world = light_world(&model, |_, one| {
        let ([age, income, rate, owns], job) = LightModel::row(one);
        let income = if income > 70_000.0 { f64::NAN } else { income };
        rounded(model.probability(([age, income, rate, owns], job)))
    });
    let report = checked(&world);
    assert!(report["replay"]["mismatches"].as_u64().unwrap() > 50, "{}", report["replay"]);
    assert_eq!(report["replay"]["cause"], Value::Null, "{}", report["replay"]["cause"]);
}

/// A regression with a log link, and a log of what `write` gives for each predicted number.
fn poisson(write: impl Fn(f64, f64) -> f64) -> Value {
    let model = LightModel::new();
    let world = World::new();
    world.file("model.txt", model.text().replace("objective=binary sigmoid:1", "objective=poisson"));
    world.file("train.csv", training_csv(1_000));
    world.vigie(&["learn", "--data", "train.csv", "--model", "model.txt", "--out", "ref.vigie"]).ok();
    let lines = applicants(600, 5).into_iter().map(|one| {
        let raw = model.raw(LightModel::row(&one));
        let score = write(raw, raw.exp());
        format!("{}\n", json!({"ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": score}))
    });
    world.file("log/a.ndjson", lines.collect::<String>());
    light_config(&world, "");
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("probability: p", "prediction: p"));
    checked(&world)
}

#[test]
fn raw_scores_are_named() {
    assert_eq!(poisson(|_, score| score)["replay"]["mismatches"], 0);
    let report = poisson(|raw, _| raw);
    assert_eq!(report["replay"]["cause"]["kind"], "raw_scores", "{}", report["replay"]);
}
