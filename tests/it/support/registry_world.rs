//! A world whose model and reference are in a small MLflow server.

use serde_json::json;
use vigie_profile::window::Instant;

use super::{
    applicants::{DAY, applicants, training_csv},
    fake_mlflow::FakeMlflow,
    light_model::LightModel,
    watched::DAY_US,
    world::World,
};

pub(crate) const CHAMPION: &str = "models:/credit default@champion";
pub(crate) const INPUTS: [&str; 5] = ["AGE", "INCOME", "emp.var.rate", "JOB", "OWNS"];

/// A registry with V1 and V2, and a log with the scores of V1.
pub(crate) fn registry_world() -> (World, FakeMlflow) {
    let (world, server) = (World::new(), FakeMlflow::start());
    let (first, second) = (LightModel::new(), LightModel::new().first(60));
    {
        let mut registry = server.registry();
        registry.add(1, "lightgbm", "model.lgb", first.text(), &INPUTS);
        registry.add(2, "lightgbm", "model.lgb", second.text(), &INPUTS);
        registry.aliases = [("champion".to_owned(), 1), ("challenger".to_owned(), 2)].into();
    }
    world.file("train.csv", training_csv(1_000));
    rows(&world, "a", 600);
    configure(&world, &server, "", "");
    (world, server)
}

/// Writes a file of the log with scores of V1 on 2026-10-01.
pub(crate) fn rows(world: &World, name: &str, count: usize) {
    let model = LightModel::new();
    let lines = applicants(count, 5).into_iter().map(|one| {
        let score = model.probability(LightModel::row(&one));
        let id = format!("{name}-{}", one.id);
        format!("{}\n", json!({"ts": one.rfc3339(), "id": id, "inputs": one.inputs(), "p": score}))
    });
    world.file(&format!("log/{name}.ndjson"), lines.collect::<String>());
}

/// Writes the log of a day, counted from 2026-10-01, with scores of V1.
pub(crate) fn rows_of_day(world: &World, number: i64, count: usize) {
    let model = LightModel::new();
    let lines = applicants(count, 5).into_iter().map(|one| {
        let score = model.probability(LightModel::row(&one));
        let at = Instant(one.at + number * DAY_US).to_string();
        let id = format!("d{number}-{}", one.id);
        format!("{}\n", json!({"ts": at, "id": id, "inputs": one.inputs(), "p": score}))
    });
    let date = Instant(DAY + number * DAY_US).to_string()[..10].to_owned();
    world.file(&format!("log/dt={date}/a.ndjson"), lines.collect::<String>());
}

/// Writes the config; `mlflow`: further keys of that section; `more`: further sections.
pub(crate) fn configure(world: &World, server: &FakeMlflow, mlflow: &str, more: &str) {
    configure_url(world, &server.url(), mlflow, more);
}

/// The same for the server at an address.
pub(crate) fn configure_url(world: &World, url: &str, mlflow: &str, more: &str) {
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m, file: \"{CHAMPION}\"}}\nreference: \"{CHAMPION}\"\nmlflow: {{tracking_uri: \"{url}\"{mlflow}}}\n\
             source:\n  path: log\n  fields: {{timestamp: ts, features: inputs, probability: p, id: id}}\n\
             policy: {{min_rows: 100}}\nreports: {{dir: reports}}\n{more}"
        ),
    );
}

/// Learns the reference of a version, and puts it next to it.
pub(crate) fn register(world: &World, server: &FakeMlflow, address: &str) {
    learn_and_register(world, &server.url(), address);
}

/// The same on the server at a URL.
pub(crate) fn learn_and_register(world: &World, url: &str, address: &str) {
    let learn =
        ["learn", "--data", "train.csv", "--holdout", "yes", "--out", "ref.vigie", "--register", "--model", address];
    let environment =
        [("MLFLOW_TRACKING_URI", url.to_owned()), ("XDG_CACHE_HOME", world.path("cache").display().to_string())];
    let ran = world.vigie_with(&learn, &environment).ok();
    assert!((ran.stdout + &ran.stderr).contains("vigie/reference.vigie is next to"));
}
