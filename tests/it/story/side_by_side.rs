//! Two versions of a registered model that are watched side by side: each has its own rows, reference, reports and alerts.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    applicants::{DAY, applicants},
    fake_mlflow::FakeMlflow,
    light_model::LightModel,
    registry_world::{CHAMPION, register, registry_world},
    watched::{DAY_US, at},
    world::World,
};

/// Rows of a day: every third is scored by V2, the others by V1.
fn canary(world: &World, number: i64) {
    let models = [LightModel::new(), LightModel::new().first(60)];
    let lines = applicants(600, 5).into_iter().enumerate().map(|(index, one)| {
        let version = if index % 3 == 0 { 2 } else { 1 };
        let score = models[version - 1].probability(LightModel::row(&one));
        let time = vigie_profile::window::Instant(one.at + number * DAY_US).to_string();
        let version = format!("v{version}");
        format!("{}\n", json!({"ts": time, "id": format!("d{number}-{}", one.id), "inputs": one.inputs(), "p": score, "mv": version}))
    });
    let date = vigie_profile::window::Instant(DAY + number * DAY_US).to_string()[..10].to_owned();
    world.file(&format!("log/dt={date}/a.ndjson"), lines.collect::<String>());
}

fn configure(world: &World, server: &FakeMlflow, model: &str, fields: &str) {
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m, file: \"{CHAMPION}\"{model}}}\nreference: \"{CHAMPION}\"\n\
             mlflow: {{tracking_uri: \"{}\"}}\nsource:\n  path: log\n  \
             fields: {{timestamp: ts, features: inputs, probability: p, id: id{fields}}}\n\
             policy: {{min_rows: 100}}\nreports: {{dir: reports}}\nschedule: {{lateness: 2h}}\n",
            server.url()
        ),
    );
}

fn world() -> (World, FakeMlflow) {
    let (world, server) = registry_world();
    register(&world, &server, CHAMPION);
    register(&world, &server, "models:/credit default@challenger");
    fs::remove_dir_all(world.path("log")).unwrap();
    canary(&world, 0);
    configure(&world, &server, ", version: \"v{version}\", versions: [champion, challenger]", ", model_version: mv");
    (world, server)
}

fn report(world: &World, model: &str, number: i64) -> Value {
    let window = vigie_profile::window::Window { from: at(number, 0), to: at(number + 1, 0) };
    let text = fs::read_to_string(world.path(&format!("reports/{model}/{}/report.json", window.folder()))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The rows of a version, compared with its own model and reference.
fn assert_own(report: &Value, version: u64, rows: u64) {
    let model = &report["run"]["model"];
    assert_eq!((&model["registered"]["version"], &model["version"]), (&version.into(), &format!("v{version}").into()));
    assert_eq!(report["window"]["rows_used"], rows);
    assert_eq!((&report["replay"]["compared"], &report["replay"]["mismatches"]), (&rows.into(), &0.into()));
    let findings = report["verdict"]["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["test"] != "model_version"), "{findings:?}");
}

#[test]
fn each_version_has_its_own_rows_reference_and_reports() {
    let (world, server) = world();
    let stated = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout;
    for line in ["registry: m has the rows of version v1", "registry: m-challenger has the rows of version v2"] {
        assert!(stated.contains(line), "{stated}");
    }
    let run = |now: &str| {
        let now = [("VIGIE_NOW", now.to_owned())];
        world.vigie_with(&["run", "--once", "--config", "vigie.yaml"], &now).ok()
    };
    run("2026-10-02T06:00:00Z");
    let (champion, challenger) = (report(&world, "m", 0), report(&world, "m-challenger", 0));
    assert_own(&champion, 1, 400);
    assert_own(&challenger, 2, 200);
    assert_ne!(champion["run"]["reference_id"], challenger["run"]["reference_id"]);
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("m-challenger"), "{status}");

    // The numbers are kept while the registry is away.
    server.registry().is_down = true;
    canary(&world, 1);
    run("2026-10-03T06:00:00Z");
    assert_own(&report(&world, "m", 1), 1, 400);
    assert_eq!(report(&world, "m-challenger", 1)["run"]["kept_version"], "version 2 of credit default");
    server.registry().is_down = false;

    // After the promotion, the champion has the rows of V2, and the former champion those of V1.
    server.registry().aliases = [("champion".to_owned(), 2), ("challenger".to_owned(), 1)].into();
    canary(&world, 2);
    run("2026-10-04T06:00:00Z");
    assert_own(&report(&world, "m", 2), 2, 200);
    assert_own(&report(&world, "m-challenger", 2), 1, 400);

    // What is shown is the same config, written as two models.
    let shown = world.vigie(&["config", "show", "--config", "vigie.yaml"]).ok().stdout;
    assert!(shown.contains("name: m-challenger") && !shown.contains("versions:"), "{shown}");
    world.file("shown.yaml", &shown);
    let again = world.vigie(&["config", "show", "--config", "shown.yaml"]).ok().stdout;
    assert_eq!(shown.lines().skip(1).collect::<Vec<_>>(), again.lines().skip(1).collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_watched_side_by_side_is_refused() {
    let (world, server) = world();
    let refused = |model: &str, fields: &str, sentence: &str| {
        configure(&world, &server, model, fields);
        let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
        assert!(ran.code == Some(2) && ran.stderr.contains(sentence), "{}", ran.stderr);
        assert_eq!(ran.stderr.trim().lines().count(), 1, "{}", ran.stderr);
    };
    let versions = ", versions: [champion, challenger]";
    refused(versions, "", "vigie.yaml:1: `versions` needs to know which version made a row");
    refused(", versions: [a, a]", ", model_version: mv", "names an alias twice");
    refused(", versions: [\"a b\"]", ", model_version: mv", "has a name that no alias can have");
    let with_file = |file: &str, sentence: &str, model: &str| {
        configure(&world, &server, model, ", model_version: mv");
        let text = fs::read_to_string(world.path("vigie.yaml")).unwrap();
        world.file("vigie.yaml", text.replacen(CHAMPION, file, 1));
        let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
        assert!(ran.code == Some(2) && ran.stderr.contains(sentence), "{}", ran.stderr);
    };
    world.file("model.txt", LightModel::new().text());
    with_file("model.txt", "needs the address of a registered model", versions);
    with_file("models:/credit default/1", "needs the address of a registered model", versions);
    with_file(
        "model.txt",
        "model.version: model.file is not an address of the registry; set it to one, or write the version without {version}",
        ", version: \"v{version}\"",
    );
}
