//! The example config of the scoring API: valid with and without its comments, and served as it is.

use std::{fs, path::Path};

use serde_json::Value;

use super::process::{applicant, home_credit, logged, start};
use crate::support::world::World;

fn shipped() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples/serve.yaml")).unwrap()
}

/// The example with its paths in a world.
fn world(text: &str) -> World {
    let world = World::new();
    fs::copy(home_credit("model.cbm"), world.path("model.cbm")).unwrap();
    fs::copy(home_credit("reference.vigie"), world.path("credit-default.vigie")).unwrap();
    let adapted = text
        .replace("/var/lib/vigie-serve", &world.path("serving").display().to_string())
        .replace("/var/lib/vigie/", &format!("{}/", world.path("daemon").display()))
        .replace("127.0.0.1:8080", "127.0.0.1:0");
    assert!(!adapted.contains("/var/lib"), "{adapted}");
    for folder in ["serving", "daemon"] {
        fs::create_dir_all(world.path(folder)).unwrap();
    }
    world.file("vigie.yaml", adapted);
    world
}

#[test]
fn the_example_is_checked_served_and_read() {
    let world = world(&shipped());
    world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok();
    let server = start(&world, &[]);
    let body = Value::Object(applicant()).to_string();
    for _ in 0..150 {
        let answer = server.post("/predict", &body);
        assert_eq!((answer.status, answer.json()["model_version"].as_str()), (200, Some("2")), "{}", answer.text);
    }
    server.stop();
    assert_eq!(logged(&world, "serving/log").len(), 150);
    let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    let (from, to) = (today.yesterday().unwrap().to_string(), today.tomorrow().unwrap().to_string());
    let replay = world.vigie(&["replay", "--config", "vigie.yaml", "--from", &from, "--to", &to]).ok();
    assert!(replay.stdout.contains("All 150 rows scored again give the logged score"), "{}", replay.stdout);
}

/// Every option that the example shows in a comment is valid, and what it says of defaults is true.
#[test]
fn commented_options_of_the_example_are_valid() {
    let text = shipped();
    let mut seen = 0;
    for line in text.lines() {
        let bare = line.trim_start();
        let Some(option) = bare.strip_prefix("# ").filter(|rest| {
            let key = rest.split(':').next().unwrap_or_default();
            key.len() < rest.len() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        }) else {
            continue;
        };
        let enabled = format!("{}{option}", &line[..line.len() - bare.len()]);
        // An option may take the place of one that is set.
        let key = enabled.split_inclusive(':').next().unwrap_or_default();
        let others: Vec<&str> = text.lines().filter(|line| !line.starts_with(key)).collect();
        let world = world(&others.join("\n").replace(line, &enabled));
        let shown = world.vigie(&["config", "show", "--config", "vigie.yaml"]);
        assert_eq!(shown.code, Some(0), "{enabled}: {}", shown.stderr);
        seen += 1;
    }
    assert!(seen >= 12, "{seen}");
}
