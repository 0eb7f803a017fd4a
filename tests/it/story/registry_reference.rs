//! The reference next to a version: `learn --register`, and the tag that states its SHA-256.

use std::fs;

use crate::support::{
    fake_mlflow::{FakeMlflow, Trouble},
    registry_world::{CHAMPION, register, registry_world},
    world::{Ran, World},
};

const CHECK: [&str; 7] = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
const PLACE: &str = "1/vigie/reference.vigie";

fn learn(world: &World, server: &FakeMlflow, address: &str) -> Ran {
    let learn = ["learn", "--data", "train.csv", "--out", "new.vigie", "--register", "--model", address];
    let environment =
        [("MLFLOW_TRACKING_URI", server.url()), ("XDG_CACHE_HOME", world.path("cache").display().to_string())];
    world.vigie_with(&learn, &environment)
}

#[test]
fn a_reference_belongs_to_the_version_it_was_learnt_from() {
    let (world, server) = registry_world();
    server.registry().script =
        Some(Box::new(|request| (!request.contains("registered-models/alias")).then_some(Trouble::Promote(2))));
    let ran = learn(&world, &server, CHAMPION).ok();
    let place = format!("{CHAMPION}, {}", server.url());
    let note = format!("vigie/reference.vigie is next to version 1 of credit default ({place})");
    assert!(ran.stderr.contains(&note), "{}", ran.stderr);
    let registry = server.registry();
    assert_eq!(registry.aliases["champion"], 2);
    assert_eq!(registry.files[PLACE], fs::read(world.path("new.vigie")).unwrap());
    assert!(!registry.files.contains_key("2/vigie/reference.vigie"));
    assert!(registry.tags.iter().all(|tag| tag.starts_with("1 ")), "{:?}", registry.tags);
}

/// Who may not set tags learns it before the rows are read, and nothing is changed.
#[test]
fn a_missing_permission_is_found_before_learning() {
    let (world, server) = registry_world();
    register(&world, &server, CHAMPION);
    let files = server.registry().files.clone();
    let tags = server.registry().tags.clone();
    server.registry().script = Some(Box::new(|request| {
        let is_tag = request.contains("-tag");
        is_tag.then_some(Trouble::Reply("403 Forbidden", "text/plain", "Permission denied"))
    }));
    let ran = learn(&world, &server, CHAMPION);
    assert!(ran.code == Some(2) && ran.stderr.contains("ask for the permission"), "{}", ran.stderr);
    assert!(!world.path("new.vigie").exists());
    let registry = server.registry();
    assert_eq!((&registry.files, &registry.tags), (&files, &tags));
}

/// At no moment does the tag state another reference than is there.
#[test]
fn an_interrupted_registration_leaves_a_usable_version() {
    let (world, server) = registry_world();
    register(&world, &server, CHAMPION);
    world.vigie(&CHECK).ok();
    let csv = fs::read_to_string(world.path("train.csv")).unwrap();
    world.file("train.csv", csv.lines().take(900).map(|line| format!("{line}\n")).collect::<String>());
    for step in ["PUT ", "POST /api/2.0/mlflow/model-versions/set-tag"] {
        server.registry().script = Some(Box::new(move |request| {
            request.starts_with(step).then_some(Trouble::Reply("403 Forbidden", "text/plain", "Permission denied"))
        }));
        let ran = learn(&world, &server, CHAMPION);
        let sentence = "new.vigie was written and is complete, but it is not registered";
        assert!(ran.code == Some(2) && ran.stderr.contains(sentence), "{step}: {}", ran.stderr);
        server.registry().script = None;
        let ran = world.vigie(&CHECK).ok();
        assert!(!ran.stderr.contains("kept"), "{}", ran.stderr);
    }
    learn(&world, &server, CHAMPION).ok();
    assert_eq!(server.registry().files[PLACE], fs::read(world.path("new.vigie")).unwrap());
}

#[test]
fn a_reference_that_the_tag_does_not_state_is_refused() {
    let (world, server) = registry_world();
    register(&world, &server, CHAMPION);
    let right = server.registry().tags.clone();
    let stated = right[0].rsplit(' ').next().unwrap().to_owned();
    let zeros = "0".repeat(64);
    let refused = |parts: &[&str]| {
        server.registry().requests.clear();
        let ran = world.vigie(&CHECK);
        assert!(ran.code == Some(2), "{}", ran.stderr);
        let command = format!(
            "MLFLOW_TRACKING_URI={} vigie learn --data train.parquet --target TARGET --model '{CHAMPION}' --register --out \
             reference.vigie",
            server.url()
        );
        for part in parts.iter().chain(&["register the reference again with", command.as_str()]) {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
    };
    server.registry().tags[0] = format!("1 vigie.reference.sha256 {zeros}");
    refused(&[&zeros, &stated]);
    // The tag is right, but the bytes were replaced.
    server.registry().tags.clone_from(&right);
    let bytes = server.registry().files[PLACE].clone();
    server.registry().files.insert(PLACE.to_owned(), [bytes.as_slice(), b"x"].concat());
    refused(&[&stated]);
    assert!(!world.path("state/models").join(&stated).exists());
    server.registry().files.insert(PLACE.to_owned(), bytes);
    world.vigie(&CHECK).ok();
}

/// The command that is printed works when it is pasted.
#[test]
fn a_version_without_a_reference_states_the_command_that_learns_it() {
    let (world, server) = registry_world();
    let ran = world.vigie(&CHECK);
    assert_eq!(ran.code, Some(2));
    let command = ran.stderr.split('`').nth(1).unwrap();
    let (variable, rest) = command.split_once(" vigie ").unwrap();
    assert_eq!(variable, format!("MLFLOW_TRACKING_URI={}", server.url()));
    let rest = rest.replace("train.parquet --target TARGET", "train.csv");
    let parts: Vec<&str> = rest.split('\'').collect();
    let words = [parts[0].split_whitespace().collect(), vec![parts[1]], parts[2].split_whitespace().collect()].concat();
    let cache = ("XDG_CACHE_HOME", world.path("cache").display().to_string());
    world.vigie_with(&words, &[("MLFLOW_TRACKING_URI", server.url()), cache]).ok();
    world.vigie(&CHECK).ok();
}
