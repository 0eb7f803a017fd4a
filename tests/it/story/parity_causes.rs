//! Why logged scores differ from the model's: the likely cause is named.

use serde_json::{Value, json};

use crate::{
    story::{
        families::{checked, light_config, light_world},
        parity::model,
    },
    support::{
        applicants::{Applicant, LEARN, applicants, training_csv},
        light_model::{LightModel, LightRow, NumberModel},
        world::World,
    },
};

/// The log's precision in the tests below.
fn rounded(probability: f64) -> f64 {
    (probability * 1e6).round() / 1e6
}

/// Asserts the cause in the report and in the finding.
#[track_caller]
fn assert_cause(report: &Value, kind: &str, words: &str) {
    let replay = &report["replay"];
    assert!(replay["mismatches"].as_u64().unwrap() >= 20, "{replay}");
    assert_eq!(replay["cause"]["kind"], kind, "{replay}");
    assert!(replay["cause"]["words"].as_str().unwrap().contains(words), "{replay}");
    let finding = &report["verdict"]["findings"][0];
    assert_eq!(finding["test"], "parity");
    // The sentence of the finding is a clause, which begins with a small letter.
    assert!(finding["reason"].as_str().unwrap().contains(words), "{finding}");
}

/// The report on a log with the probabilities of changed rows by the model that the config names.
fn changed(change: impl Fn(LightRow) -> LightRow) -> Value {
    let model = LightModel::new();
    checked(&light_world(&model, |_, one| rounded(model.probability(change(LightModel::row(one))))))
}

#[test]
fn exchanged_columns_are_named() {
    let report = changed(|([age, income, rate, owns], job)| ([age, rate, income, owns], job));
    assert_cause(&report, "swapped_columns", "are probably exchanged: the model with their values swapped");
    let mut names: Vec<&str> =
        report["replay"]["cause"]["features"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["INCOME", "emp.var.rate"]);
}

#[test]
fn inputs_rounded_to_single_precision_are_named() {
    let single = |numbers: [f64; 4]| numbers.map(|number| f64::from(number as f32));
    let report = changed(|(numbers, job)| (single(numbers), job));
    assert_cause(&report, "inputs_rounded", "model.inputs: f32 gives the logged scores");
    // With that option, all agree.
    let model = LightModel::new();
    let world = light_world(&model, |_, one| {
        let (numbers, job) = LightModel::row(one);
        rounded(model.probability((single(numbers), job)))
    });
    light_config(&world, ", inputs: f32");
    assert_eq!(checked(&world)["replay"]["mismatches"], 0);
}

#[test]
fn zeros_that_are_missing_to_the_library_are_named() {
    let report = changed(|(numbers, job)| (numbers.map(|number| if number == 0.0 { f64::NAN } else { number }), job));
    assert_cause(&report, "zeros_missing", "as in sparse rows");
}

#[test]
fn missing_numbers_that_are_zeros_to_the_library_are_named() {
    let report = changed(|(numbers, job)| (numbers.map(|number| if number.is_nan() { 0.0 } else { number }), job));
    assert_cause(&report, "missing_zeros", "with zeros in place of missing values");
}

#[test]
fn another_number_of_iterations_is_named() {
    let model = LightModel::new();
    let world = light_world(&model, |_, one| rounded(model.probability(LightModel::row(one))));
    light_config(&world, &format!(", iterations: {}", model.trees() - 100));
    assert_cause(&checked(&world), "iterations", "model.iterations: all gives the logged scores");
}

#[test]
fn fewer_iterations_than_the_file_has_are_counted() {
    let model = LightModel::new();
    let deployed = model.first(model.trees() - 37);
    let world = light_world(&model, |_, one| rounded(deployed.probability(LightModel::row(one))));
    let report = checked(&world);
    let count = model.trees() - 37;
    assert_cause(&report, "iterations", &format!("model.iterations: {count} gives the logged scores"));
    assert_eq!(report["replay"]["cause"]["iterations"], json!({"first": count}));
    light_config(&world, &format!(", iterations: {count}"));
    assert_eq!(checked(&world)["replay"]["mismatches"], 0);
}

#[test]
fn scores_that_are_cut_off_are_named() {
    let model = LightModel::new();
    let world = light_world(&model, |_, one| (model.probability(LightModel::row(one)) * 1e4).trunc() / 1e4);
    let report = checked(&world);
    assert_cause(&report, "scores_cut", "cuts scores off after 4 decimals");
    assert_eq!(report["replay"]["cause"]["decimals"], 4);
}

#[test]
fn a_column_that_does_not_reach_the_library_is_named() {
    let lost = |([age, _, rate, owns], job): LightRow| ([age, f64::NAN, rate, owns], job);
    let report = changed(lost);
    assert_cause(&report, "lost_column", "INCOME is probably missing to the library");
    assert_eq!(report["replay"]["cause"]["features"], json!(["INCOME"]));
    let report = changed(|([age, _, rate, owns], job)| ([age, 0.0, rate, owns], job));
    assert_cause(&report, "zero_column", "INCOME is probably zero to the library");
}

#[test]
fn a_column_in_another_unit_is_named() {
    let report = changed(|([age, income, rate, owns], job)| ([age, income / 12.0, rate, owns], job));
    assert_cause(&report, "scaled_column", "INCOME probably reaches the library in another unit");
    assert_eq!(report["replay"]["cause"]["ratio"], json!({"over": 12}));
    let report = changed(|([age, income, rate, owns], job)| ([age, income, -rate, owns], job));
    assert_cause(&report, "scaled_column", "with the other sign");
    assert_eq!(report["replay"]["cause"]["ratio"], "negated");
}

/// The model knows a level that is spelt like a missing value, and its service passes missing values as such.
#[test]
fn missing_levels_that_stay_missing_are_named() {
    let model = LightModel::new();
    // The applicants' own level is unseen to this model, so that the library takes it for missing.
    let own = |one: &Applicant| {
        let (numbers, job) = LightModel::row(one);
        (numbers, job.filter(|code| *code != 1))
    };
    let world = light_world(&model, |_, one| rounded(model.probability(own(one))));
    world.file("model.txt", model.text().replace("Accordé", "None"));
    let learn = ["learn", "--data", "train.csv", "--model", "model.txt", "--out", "ref.vigie", "--holdout", "yes"];
    world.vigie(&learn).ok();
    let report = checked(&world);
    assert_cause(&report, "levels_missing", "model.missing_level: {JOB: null}");
    assert_eq!(report["replay"]["cause"]["features"], json!(["JOB"]));
    light_config(&world, ", missing_level: {JOB: null}");
    assert_eq!(checked(&world)["replay"]["mismatches"], 0);
    // A feature that the model does not have.
    light_config(&world, ", missing_level: {JOBS: null}");
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("the model has no feature `JOBS`"), "{}", ran.stderr);
}

/// A frame whose columns are in alphabetical order, to a library that reads them by their order.
#[test]
fn columns_in_alphabetical_order_are_named() {
    let world = World::new();
    let model = NumberModel { names: ["rate", "age", "income"] };
    world.file("model.txt", model.text());
    let value = |row: usize| [(row * 37 % 101) as f64, (row * 53 % 97) as f64, (row * 29 % 89) as f64];
    let cells = |row: usize| value(row).map(|value| value.to_string()).join(",") + "\n";
    world.file("train.csv", model.names.join(",") + "\n" + &(0..500).map(cells).collect::<String>());
    let learn = ["learn", "--data", "train.csv", "--model", "model.txt", "--out", "ref.vigie", "--holdout", "yes"];
    world.vigie(&learn).ok();
    let lines = (0..400).map(|row| {
        let [rate, age, income] = value(row);
        let at = format!("2026-10-01T{:02}:{:02}:00Z", row / 60, row % 60);
        let inputs = json!({"rate": rate, "age": age, "income": income});
        let score = rounded(NumberModel::probability([age, income, rate]));
        format!("{}\n", json!({"ts": at, "id": format!("r{row}"), "inputs": inputs, "p": score}))
    });
    world.file("log/a.ndjson", lines.collect::<String>());
    light_config(&world, "");
    assert_cause(&checked(&world), "columns_sorted", "in alphabetical order");
}

#[test]
fn a_changed_leaf_is_named() {
    let model = LightModel::new();
    let deployed = model.with_leaf(2, 0.5);
    let world = light_world(&model, |_, one| rounded(deployed.probability(LightModel::row(one))));
    let report = checked(&world);
    assert_cause(&report, "changed_leaf", "ne leaf of tree 3");
    assert_eq!(report["replay"]["cause"]["tree"], 3);
}

/// The logged rows agree until a service with another order of columns is deployed.
#[test]
fn a_cause_may_come_up_within_the_window() {
    let model = LightModel::new();
    let world = light_world(&model, |row, one| {
        let ([age, income, rate, owns], job) = LightModel::row(one);
        let own = if row < 300 { ([age, income, rate, owns], job) } else { ([income, age, rate, owns], job) };
        rounded(model.probability(own))
    });
    assert_cause(&checked(&world), "swapped_columns", "are probably exchanged");
}

/// A world with a hand-written CatBoost model and a log of what `write` gives.
fn cat_world(write: impl Fn(usize, &Applicant) -> f64) -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.file("model.txt", model().to_string());
    let lines = applicants(300, 5).into_iter().enumerate().map(|(row, one)| {
        format!("{}\n", json!({"ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": write(row, &one)}))
    });
    world.file("log/a.ndjson", lines.collect::<String>());
    light_config(&world, "");
    world
}

#[test]
fn the_probability_of_the_other_class_is_named() {
    let own = |one: &Applicant| crate::story::parity::probability(one);
    let report = checked(&cat_world(|_, one| rounded(1.0 - own(one))));
    assert_cause(&report, "other_class", "1 minus the model’s gives the logged scores");
}

#[test]
fn another_model_is_named_if_nothing_else_explains_the_scores() {
    let report = checked(&cat_world(|row, _| rounded((row * 37 % 300) as f64 / 301.0)));
    assert_cause(&report, "other_model", "nother model probably scored the rows");
    let own = |one: &Applicant| crate::story::parity::probability(one);
    let report = checked(&cat_world(|row, one| rounded(own(one) * 0.9 + row as f64 * 1e-5)));
    assert_cause(&report, "other_model", "nother version of the model probably scored the rows");
}

/// Another model would not agree to the last of six decimals.
#[test]
fn another_model_is_not_named_where_rows_agree() {
    let own = |one: &Applicant| crate::story::parity::probability(one);
    let report = checked(&cat_world(|row, one| {
        rounded(if row % 12 == 0 { own(one) } else { own(one) * 0.9 + row as f64 * 1e-5 })
    }));
    assert!(report["replay"]["mismatches"].as_u64().unwrap() > 270, "{}", report["replay"]);
    assert_eq!(report["replay"]["cause"], Value::Null);
}

#[test]
fn the_terminal_states_the_cause() {
    let own = |one: &Applicant| crate::story::parity::probability(one);
    let world = cat_world(|_, one| rounded(1.0 - own(one)));
    let printed =
        world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]).ok().stdout;
    assert!(printed.contains("the log probably has the probability of the other class"), "{printed}");
}

#[test]
fn a_few_differing_rows_name_no_cause() {
    let own = |one: &Applicant| crate::story::parity::probability(one);
    let report = checked(&cat_world(|row, one| rounded(if row < 4 { 0.999 } else { own(one) })));
    assert_eq!((&report["replay"]["mismatches"], &report["replay"]["cause"]), (&4.into(), &Value::Null));
    let reason = report["verdict"]["findings"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("either another model produced the scores"), "{reason}");
}
