//! A run uses one version: its files, threshold and costs are never mixed with those of another.

use std::fs;

use serde_json::Value;

use crate::support::{
    fake_mlflow::{FakeMlflow, Trouble},
    registry_world::{CHAMPION, INPUTS, register, registry_world},
    world::World,
};

const FROM_TO: [&str; 4] = ["--from", "2026-10-01", "--to", "2026-10-02"];

/// V1 and V2 with references and thresholds of their own, which the config takes from tags.
fn tagged() -> (World, FakeMlflow) {
    let (world, server) = registry_world();
    register(&world, &server, CHAMPION);
    register(&world, &server, "models:/credit default/2");
    server.registry().tags.extend(["1 limit 0.2", "2 limit 0.6"].map(ToOwned::to_owned));
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replacen("{name: m,", "{name: m, tags: {threshold: limit},", 1));
    (world, server)
}

/// Version and threshold of a report, and whether the model scores the rows as V1 does.
fn facts(report: &Value) -> (i64, f64, bool) {
    let model = &report["run"]["model"];
    let version = model["registered"]["version"].as_i64().unwrap();
    (version, model["threshold"].as_f64().unwrap(), report["replay"]["mismatches"] == 0)
}

#[test]
fn an_alias_that_moves_in_the_middle_of_a_run_changes_nothing() {
    let (world, server) = tagged();
    server.registry().requests.clear();
    server.registry().script = Some(Box::new(|request| {
        let is_next = !request.contains("registered-models/alias");
        is_next.then_some(Trouble::Promote(2))
    }));
    assert_eq!(facts(&world.check("2026-10-01", "2026-10-02")), (1, 0.2, true));
    let asked = server.registry().requests.iter().filter(|request| request.contains("registered-models/alias")).count();
    assert_eq!(asked, 1);
    assert_eq!(facts(&world.check("2026-10-01", "2026-10-02")), (2, 0.6, false));
}

/// The registry replies, but the files of the new version cannot be downloaded.
#[test]
fn an_incomplete_version_never_lends_its_threshold() {
    let (world, server) = tagged();
    assert_eq!(facts(&world.check("2026-10-01", "2026-10-02")), (1, 0.2, true));
    server.registry().aliases.insert("champion".to_owned(), 2);
    let down = |path: &'static str| {
        move |request: &str| {
            let is_down = request.contains(path);
            is_down.then_some(Trouble::Reply("503 Service Unavailable", "text/plain", "down"))
        }
    };
    for path in ["artifacts/2/model.lgb", "artifacts/2/vigie", "get-download-uri"] {
        server.registry().script = Some(Box::new(down(path)));
        let report = world.check("2026-10-01", "2026-10-02");
        assert_eq!(facts(&report), (1, 0.2, true), "{path}");
        assert_eq!(report["run"]["kept_version"], "version 1 of credit default");
        assert_eq!(report["run"]["model"]["registered"]["address"], CHAMPION);
    }
    server.registry().script = None;
    assert_eq!(facts(&world.check("2026-10-01", "2026-10-02")), (2, 0.6, false));
    // Now V2 is kept with its own threshold.
    server.registry().is_down = true;
    assert_eq!(facts(&world.check("2026-10-01", "2026-10-02")), (2, 0.6, false));
}

/// A download that is not a model is neither kept nor taken for the version later.
#[test]
fn only_what_is_a_model_is_kept() {
    let (world, server) = tagged();
    let right = server.registry().files["1/model.lgb"].clone();
    server.registry().files.insert("1/model.lgb".to_owned(), b"maintenance".to_vec());
    let ran = world.vigie(&[&["check", "--config", "vigie.yaml"][..], &FROM_TO].concat());
    let called = "models:/credit default@champion (version 1 of credit default)";
    assert!(ran.code == Some(2) && ran.stderr.contains(called), "{}", ran.stderr);
    assert!(!ran.stderr.contains("state/models"), "{}", ran.stderr);
    let kept = |world: &World| {
        let names = fs::read_dir(world.path("state/models")).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.len() == 64).count()
    };
    assert_eq!(kept(&world), 0);
    server.registry().files.insert("1/model.lgb".to_owned(), right);
    world.check("2026-10-01", "2026-10-02");
    assert_eq!(kept(&world), 2);
    assert_eq!(INPUTS.len(), 5);
}

/// Tags of the version suffice: the run that made it may be gone.
#[test]
fn a_run_is_only_read_for_tags_that_the_version_lacks() {
    let (world, server) = tagged();
    server.registry().requests.clear();
    world.check("2026-10-01", "2026-10-02");
    assert!(!server.registry().requests.iter().any(|request| request.contains("runs/get")));
    server.registry().tags.retain(|tag| !tag.contains(" limit "));
    let ran = world.vigie(&[&["check", "--config", "vigie.yaml"][..], &FROM_TO].concat());
    let sentence =
        "neither the version that models:/credit default@champion means nor its run has a tag or parameter `limit`";
    assert!(ran.code == Some(2) && ran.stderr.contains(sentence), "{}", ran.stderr);
    assert!(server.registry().requests.iter().any(|request| request.contains("runs/get")));
}
