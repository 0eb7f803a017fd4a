//! Models and references by their addresses in MLflow's registry.

use std::fs;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{
    fake_mlflow::{MODEL, Trouble},
    light_model::LightModel,
    registry_world::{CHAMPION, INPUTS, register, registry_world as world},
    world::World,
};

fn checked(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")
}

#[test]
fn the_version_behind_an_alias_is_watched() {
    let (world, server) = world();
    let ran = world.vigie(&["check", "--config", "vigie.yaml"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("version 1 of credit default has no reference (vigie/reference.vigie); create it with"),
        "{}",
        ran.stderr
    );
    register(&world, &server, CHAMPION);
    let hash = Sha256::digest(fs::read(world.path("ref.vigie")).unwrap());
    let hash = hash.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let tags = [format!("1 vigie.reference.sha256 {hash}"), "1 vigie.reference vigie/reference.vigie".to_owned()];
    assert_eq!(server.registry().tags, tags);
    assert_eq!(server.registry().files["1/vigie/reference.vigie"], fs::read(world.path("ref.vigie")).unwrap());
    fs::remove_file(world.path("ref.vigie")).unwrap();

    let report = checked(&world);
    assert_eq!((&report["replay"]["compared"], &report["replay"]["mismatches"]), (&600.into(), &0.into()));
    let first = report["run"]["model"]["sha256"].clone();
    let page = fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    assert!(page.contains("version 1 (models:/credit default@champion)"), "the page names the version");
    let stated = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout;
    assert!(stated.contains("registry: models:/credit default@champion is version 1 of credit default"), "{stated}");
    assert!(!stated.contains("signature"), "{stated}");

    // A promotion: no key of the config changes.
    register(&world, &server, "models:/credit default/2");
    server.registry().aliases.insert("champion".to_owned(), 2);
    let report = checked(&world);
    assert_ne!(report["run"]["model"]["sha256"], first);
    assert!(report["replay"]["mismatches"].as_u64().unwrap() > 500, "the log has the scores of V1");
    // V1 is compared with the logged decisions like any other challenger.
    let replay = ["replay", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02", "--format", "json"];
    let summary = world.vigie(&[&replay[..], &["--model", "models:/credit default/1"]].concat()).ok().stdout;
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["run"]["model"]["sha256"], first);
    assert_eq!(summary["replay"]["mismatches"], 0);
    assert_eq!(summary["run"]["model"]["file"], "models:/credit default/1 (version 1 of credit default)");
    let printed = |more: &[&str]| world.vigie(&[&replay[..replay.len() - 2], more].concat()).ok().stdout;
    let challenger = printed(&["--model", "models:/credit default@challenger"]);
    let scored_by = "scored by models:/credit default@challenger (version 2 of credit default) (";
    assert!(challenger.contains(scored_by), "{challenger}");
    assert!(
        challenger.contains("differ from those of models:/credit default@challenger (version 2 of"),
        "{challenger}"
    );
    let own = printed(&[]);
    assert!(own.contains("scored by models:/credit default@champion (version 2 of credit default) ("), "{own}");
    assert!(own.contains("differ from those of the model file."), "{own}");
}

#[test]
fn a_reference_that_could_not_be_registered_was_written() {
    let (world, server) = world();
    register(&world, &server, CHAMPION);
    server.registry().script = Some(Box::new(|request| request.starts_with("PUT ").then_some(Trouble::Close)));
    let learn = ["learn", "--data", "train.csv", "--out", "new.vigie", "--register", "--model", CHAMPION];
    let environment =
        [("MLFLOW_TRACKING_URI", server.url()), ("XDG_CACHE_HOME", world.path("cache").display().to_string())];
    let ran = world.vigie_with(&learn, &environment);
    let expected = "vigie: new.vigie was written and is complete, but it is not registered; run the same command again to register \
                    it: --register: ";
    assert!(ran.code == Some(2) && ran.stderr.contains(expected), "{}", ran.stderr);
    assert!(world.path("new.vigie").exists());
    server.registry().script = None;
    world.vigie_with(&learn, &environment).ok();
    assert_eq!(server.registry().files["1/vigie/reference.vigie"], fs::read(world.path("new.vigie")).unwrap());
}

#[test]
fn a_version_is_downloaded_once() {
    let (world, server) = world();
    register(&world, &server, CHAMPION);
    let first = checked(&world)["run"]["reference_id"].clone();
    let requests = || {
        server.registry().requests.clear();
        let report = checked(&world);
        let asked = server.registry().requests.len();
        (report["run"]["reference_id"].clone(), asked, server.registry().downloads())
    };
    // Which version is it?
    assert_eq!(requests(), (first.clone(), 1, 0));
    // A reference that is replaced next to the same version is downloaded.
    let csv = fs::read_to_string(world.path("train.csv")).unwrap();
    world.file("train.csv", csv.lines().take(900).map(|line| format!("{line}\n")).collect::<String>());
    register(&world, &server, CHAMPION);
    let (second, _, downloads) = requests();
    assert_eq!((second == first, downloads), (false, 1));
    assert_eq!(requests(), (second.clone(), 1, 0));
    // Without the tag, only its bytes say whether it was replaced.
    server.registry().tags.clear();
    for _ in 0..2 {
        let (again, _, downloads) = requests();
        assert_eq!((again, downloads), (second.clone(), 1));
    }
}

#[test]
fn the_kept_files_serve_while_the_registry_is_away() {
    let (world, server) = world();
    register(&world, &server, CHAMPION);
    let before = checked(&world);
    server.registry().is_down = true;
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]).ok();
    assert!(ran.stderr.contains("which the address meant last, serves until it can"), "{}", ran.stderr);
    assert!(ran.stderr.contains("version 1 of credit default"), "{}", ran.stderr);
    // What was never asked for is not there.
    let text = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", text.replacen("@champion", "@challenger", 1));
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("model.file: "), "{}", ran.stderr);
    server.registry().is_down = false;
    world.file("vigie.yaml", text);
    let after = checked(&world);
    assert_eq!(after["run"]["model"], before["run"]["model"]);
}

/// Kept files are named by their hash, and belong to one server.
#[test]
fn kept_files_are_those_of_the_registry() {
    let (world, server) = world();
    register(&world, &server, CHAMPION);
    let before = checked(&world)["run"]["model"].clone();
    let folder = world.path("state/models");
    for entry in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_none() {
            fs::write(&entry, LightModel::new().first(3).text()).unwrap();
        }
    }
    assert_eq!(checked(&world)["run"]["model"], before, "damaged files are downloaded again");
    let text = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", text.replace(&server.url(), "http://127.0.0.1:1"));
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("127.0.0.1:1"), "{}", ran.stderr);
    world.file("vigie.yaml", &text);
    let shown = world.vigie(&["config", "show", "--config", "vigie.yaml"]).ok().stdout;
    assert!(shown.contains("credit default@champion"), "{shown}");
    // A version without a reference is a problem of the config.
    server.registry().aliases.insert("champion".to_owned(), 2);
    let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    assert!(
        ran.code == Some(2) && ran.stderr.contains("version 2 of credit default has no reference"),
        "{}",
        ran.stderr
    );
}

#[test]
fn addresses_that_mean_nothing_are_refused_in_one_sentence() {
    let (world, server) = world();
    let text = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let refused = |address: &str, sentence: &str| {
        world.file("vigie.yaml", text.replacen(CHAMPION, address, 1));
        let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
        assert!(ran.code == Some(2) && ran.stderr.contains(sentence), "{address}: {}", ran.stderr);
        assert_eq!(ran.stderr.trim().lines().count(), 1, "{}", ran.stderr);
    };
    register(&world, &server, CHAMPION);
    refused("models:/credit default@nobody", "nobody");
    refused("models:/credit default", "models:/");
    server.registry().add(3, "sklearn", "model.pkl", b"\x80\x05\x95pickle".to_vec(), &INPUTS);
    refused("models:/credit default/3", "skops");
    let ran = world.vigie(&["score", "--model", "models:/a b@c", "--data", "train.csv", "--out", "a.csv"]);
    assert!(
        ran.code == Some(2) && ran.stderr.contains("is not set; set MLFLOW_TRACKING_URI, such as"),
        "{}",
        ran.stderr
    );
    let register = ["learn", "--data", "train.csv", "--model", "model.txt", "--register", "--out", "other.vigie"];
    world.file("model.txt", LightModel::new().text());
    let ran = world.vigie(&register);
    assert!(ran.code == Some(2) && ran.stderr.contains("--register: --model names a file"), "{}", ran.stderr);
}

#[test]
fn inputs_that_the_signature_lacks_are_noted() {
    let (world, server) = world();
    server.registry().add(1, "lightgbm", "model.lgb", LightModel::new().text(), &INPUTS[..3]);
    register(&world, &server, CHAMPION);
    let stated = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout;
    assert!(
        stated.contains("the signature in the registry lacks 2 of the model's features (`JOB`, `OWNS`)"),
        "{stated}"
    );
    assert_eq!(MODEL, "credit default");
}
