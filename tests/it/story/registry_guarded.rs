//! A real MLflow server with TLS, client certificates and passwords, used by vigie with a user who may only read the model.
//!
//! `VIGIE_MLFLOW_PYTHON` names a Python with the requirements of `crates/mlflow/tests`.

use std::{fmt::Write as _, fs};

use serde_json::{Value, json};

use super::tracking::{WINDOW, figures, report_of};
use crate::support::{
    guarded_server::{ADMIN, GUARDED, GuardedServer, USER},
    mlflow_server::python,
    world::{Ran, World},
};

/// Writes the config; `more`: the login.
fn configure(world: &World, guarded: &GuardedServer, more: &str) {
    let GuardedServer { server, ca, client } = guarded;
    let address = format!("models:/{GUARDED}@champion");
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m, file: \"{address}\"}}\nreference: \"{address}\"\nmlflow:\n  tracking_uri: \"{}\"\n  \
             ca_file: \"{ca}\"\n  client_certificate: \"{client}\"\n  tracking: true\n{more}\
             source:\n  path: log\n  fields: {{timestamp: ts, features: inputs}}\npolicy: {{min_rows: 100}}\n\
             reports: {{dir: reports}}\n",
            server.url
        ),
    );
}

fn check(world: &World) -> Ran {
    let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
    world.vigie_with(&args, &[("MLFLOW_HTTP_REQUEST_TIMEOUT", "120".to_owned())])
}

#[test]
fn a_reader_with_a_password_logs_its_runs() {
    let Some(python) = python("VIGIE_MLFLOW_PYTHON", "requirements.txt") else { return };
    let guarded = GuardedServer::start(&python);
    let world = World::new();
    let row = |index: u32| (f64::from(index % 97) / 97.0, f64::from(index * 7_919 % 1_000_000));
    let (mut csv, mut log) = ("EXT_SOURCE_3,AMT CREDIT (€)\n".to_owned(), String::new());
    for index in 0..400 {
        let (source, amount) = row(index);
        let _ = writeln!(csv, "{source},{amount}");
        let inputs = json!({"EXT_SOURCE_3": source, "AMT CREDIT (€)": amount});
        let _ = writeln!(log, "{}", json!({"ts": "2026-10-01T12:00:00Z", "inputs": inputs}));
    }
    world.file("train.csv", csv);
    world.file("log/a.ndjson", log);

    // Who may change the model puts the reference next to it, with the login of the environment.
    let address = format!("models:/{GUARDED}@champion");
    let learn = ["learn", "--data", "train.csv", "--out", "ref.vigie", "--register", "--model", &address];
    let environment = |user| {
        let cache = ("XDG_CACHE_HOME", world.path("cache").display().to_string());
        let own = guarded.environment(user).map(|(name, value)| (name, value.to_owned()));
        own.into_iter().chain([cache]).collect::<Vec<_>>()
    };
    let denied = world.vigie_with(&learn, &environment(USER));
    assert!(denied.code == Some(2) && denied.stderr.contains("user \"vigie\""), "{}", denied.stderr);
    world.vigie_with(&learn, &environment(ADMIN)).ok();

    world.file("password", format!("{}\n", USER.1));
    configure(&world, &guarded, "  username: vigie\n  password_file: password\n");
    let stated = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout;
    assert!(stated.contains(&format!("registry: {address} is version 1 of {GUARDED}")), "{stated}");
    let ran = check(&world).ok();
    let untagged = "the run is logged, but the model's version is not tagged";
    assert_eq!(ran.stderr.matches(untagged).count(), 1, "{}", ran.stderr);
    assert!(!ran.stderr.contains("mlflow to"), "{}", ran.stderr);
    let admin = guarded.environment(ADMIN);
    let seen = guarded.server.official(&["read", "vigie/m", GUARDED], &admin[1..]);
    let run = seen["runs"].as_array().unwrap().iter().find(|run| run["name"] == WINDOW).unwrap();
    assert_eq!(run["metrics"], json!(figures(&report_of(&world, "m"))));
    assert_eq!(run["status"], "FINISHED");
    assert!(run["files"]["report.html"].is_string());
    assert_eq!(seen["versions"][0]["tags"].get("vigie.severity"), None::<&Value>);

    // With a login that has expired, the kept files serve, and the run says so.
    world.file("password", "another word\n");
    let expired = check(&world).ok();
    let sentence = "the registry refuses the credentials";
    assert!(expired.stderr.contains(sentence) && expired.stderr.contains("user \"vigie\""), "{}", expired.stderr);
    assert_eq!(report_of(&world, "m")["run"]["registry_denied"], true);
    assert!(!expired.stderr.contains("another word"));
    // Without kept files, a wrong or missing login is one sentence without the password.
    fs::remove_dir_all(world.path("state/models")).unwrap();
    let wrong = check(&world);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("user \"vigie\""), "{}", wrong.stderr);
    assert!(!wrong.stderr.contains("another word"));
    configure(&world, &guarded, "");
    let anonymous = check(&world);
    assert!(anonymous.code == Some(2) && anonymous.stderr.contains("requires credentials"), "{}", anonymous.stderr);
    for ran in [&wrong, &anonymous] {
        assert_eq!(ran.stderr.trim().lines().count(), 1, "{}", ran.stderr);
    }
    // Without the certificate that signed the server's.
    let text = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", text.replace("  ca_file", "  # ca_file"));
    let untrusted = check(&world);
    assert!(untrusted.code == Some(2) && untrusted.stderr.contains("the CA file"), "{}", untrusted.stderr);
    println!("a reader with a password over TLS: runs checked");
}
