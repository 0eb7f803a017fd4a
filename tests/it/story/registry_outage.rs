//! What stands between vigie and the registry: kept files serve, and the outage is an alert.

use std::fs;

use serde_json::Value;
use vigie::report::Language;

use crate::support::{
    fake_mlflow::{FakeMlflow, Script, Trouble},
    registry_world::{CHAMPION, configure, register, registry_world, rows_of_day},
    watched::{Watcher, at},
    world::{Ran, World},
};

/// A world whose version is kept.
fn kept() -> (World, FakeMlflow) {
    let (world, server) = registry_world();
    register(&world, &server, CHAMPION);
    world.check("2026-10-01", "2026-10-02");
    (world, server)
}

fn always(status: &'static str, kind: &'static str, body: &'static str) -> Script {
    Box::new(move |_| Some(Trouble::Reply(status, kind, body)))
}

fn check(world: &World, environment: &[(&str, String)]) -> (Ran, Value) {
    let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02", "--format", "json"];
    let ran = world.vigie_with(&args, environment).ok();
    let report = serde_json::from_str(&ran.stdout).unwrap();
    (ran, report)
}

#[test]
fn whatever_is_no_reply_of_a_registry_is_an_outage() {
    let (world, server) = kept();
    let outages = [
        ("200 OK", "text/html", "<html>log in</html>"),
        ("200 OK", "application/json", "<html>log in</html>"),
        ("200 OK", "application/json", "{}"),
        ("302 Found", "text/html", ""),
        ("404 Not Found", "text/html", "<html>nginx</html>"),
        ("401 Unauthorized", "text/plain", "log in"),
        ("403 Forbidden", "text/plain", "Permission denied"),
    ];
    for (status, kind, body) in outages {
        server.registry().script = Some(always(status, kind, body));
        let (ran, report) = check(&world, &[]);
        assert_eq!(report["run"]["kept_version"], "version 1 of credit default", "{status}");
        let is_denied = ["401", "403"].iter().any(|code| status.starts_with(code));
        assert_eq!(report["run"]["registry_denied"] == true, is_denied, "{status}");
        let sentence =
            if is_denied { "the registry refuses the credentials" } else { "the registry cannot be reached" };
        assert!(ran.stderr.contains(sentence), "{status}: {}", ran.stderr);
        // Whether the registry can be used is what `config check` is asked.
        let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
        assert!(ran.code == Some(2) && ran.stderr.contains("model.file: "), "{status}: {}", ran.stderr);
    }
    // An answer of the registry itself is not an outage.
    let missing = r#"{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such model"}"#;
    server.registry().script = Some(always("404 Not Found", "application/json", missing));
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("no such model"), "{}", ran.stderr);
}

/// A server that accepts and does not reply costs two attempts of the first call, and nothing more.
#[test]
fn a_silent_registry_is_asked_once() {
    let (world, server) = kept();
    server.registry().requests.clear();
    server.registry().script = Some(Box::new(|_| Some(Trouble::Slow)));
    let (_, report) = check(&world, &[("MLFLOW_HTTP_REQUEST_TIMEOUT", "1".to_owned())]);
    assert_eq!(report["run"]["kept_version"], "version 1 of credit default");
    assert_eq!(server.registry().requests.len(), 2, "{:?}", server.registry().requests);
}

/// After one outage, the other windows of the same check do not ask again.
#[test]
fn a_check_of_several_windows_asks_a_silent_registry_once() {
    let (world, server) = kept();
    fs::remove_dir_all(world.path("log")).unwrap();
    configure(&world, &server, "", "schedule: {lateness: 2h}\nalerts: {after: 1}\n");
    for number in 0..3 {
        rows_of_day(&world, number, 200);
    }
    server.registry().requests.clear();
    server.registry().script = Some(always("401 Unauthorized", "text/plain", "log in"));
    let watcher = Watcher::new(&world);
    watcher.check(at(3, 6));
    assert_eq!(watcher.events(), ["10-02 Opened - registry"]);
    let notifications = watcher.notifications.lock().unwrap();
    let finding = &notifications[0].events[0].finding;
    assert_eq!(
        Language::English.statement(finding),
        "the model registry refuses vigie's credentials; version 1 of credit default, which was kept, is in use"
    );
    assert!(Language::French.statement(finding).contains("refuse les identifiants"));
    drop(notifications);

    server.registry().requests.clear();
    server.registry().script = Some(always("503 Service Unavailable", "text/plain", "down"));
    for number in 3..6 {
        rows_of_day(&world, number, 200);
    }
    assert_eq!(watcher.check(at(6, 6)).reported, 3);
    assert_eq!(server.registry().requests.len(), 2, "{:?}", server.registry().requests);
}
