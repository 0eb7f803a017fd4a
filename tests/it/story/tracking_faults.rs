//! An MLflow server that fails: no run of vigie fails with it, one sentence says why, and the run is logged later.

use std::time::Instant;

use super::tracking::{WINDOW, check, tracked_world};
use crate::support::{
    fake_mlflow::{FakeMlflow, Trouble},
    registry_world::rows,
    world::World,
};

/// Part of the requests that fail, how, and what is said.
type FaultCase = (&'static str, fn() -> Trouble, &'static str);

/// Requests that contain `part` fail.
fn fail(server: &FakeMlflow, part: &'static str, trouble: fn() -> Trouble) {
    server.registry().script = Some(Box::new(move |request| request.contains(part).then(trouble)));
}

/// The reason in the outbox.
fn queued_reason(world: &World) -> String {
    let status = world.vigie(&["status", "--config", "vigie.yaml", "--format", "json"]).ok().stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let messages = status["undelivered"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!((&messages[0]["channel"], &messages[0]["to"]), (&"mlflow".into(), &"vigie/m".into()));
    assert_eq!(messages[0]["state"], "queued");
    messages[0]["reason"].as_str().unwrap().to_owned()
}

#[test]
fn a_failing_server_is_stated_once_and_the_run_is_logged_later() {
    let (world, server) = tracked_world();
    let cases: [FaultCase; 9] = [
        ("experiments/", || Trouble::Close, "check the address, and that the server is running"),
        ("experiments/", || Trouble::Slow, "it did not reply in time"),
        ("experiments/", || Trouble::Reply("401 Unauthorized", "text/plain", "no"), "requires credentials"),
        (
            "runs/create",
            || Trouble::Reply("403 Forbidden", "text/plain", "Permission denied"),
            "ask for the permission",
        ),
        ("runs/log-batch", || Trouble::Reply("404 Not Found", "text/html", "<html>"), "has no such call"),
        ("runs/search", || Trouble::Reply("200 OK", "text/html", "<html>log in"), "and not of a login page or proxy"),
        ("runs/get", || Trouble::CutShort, "the connection ended before the reply was complete"),
        (
            "experiments/",
            || Trouble::Reply("403 Forbidden", "text/plain", "Invalid Host header - possible DNS rebinding attack"),
            "start the server with --allowed-hosts",
        ),
        ("runs/log-batch", || Trouble::Reply("503 Unavailable", "text/html", ""), "replied with status 503"),
    ];
    for (round, (part, trouble, sentence)) in cases.into_iter().enumerate() {
        if round > 0 {
            // What was queued is dropped, so that each case has one message.
            std::fs::remove_file(world.path("state/ledger.sqlite")).unwrap();
        }
        fail(&server, part, trouble);
        let started = Instant::now();
        let ran = check(&world).ok();
        assert!(started.elapsed().as_secs() < 20);
        let notes: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("mlflow to vigie/m")).collect();
        assert_eq!(notes.len(), 1, "{}", ran.stderr);
        assert!(
            notes[0].contains(sentence) && notes[0].ends_with("it stays in the outbox"),
            "{sentence}: {}",
            notes[0]
        );
        assert!(queued_reason(&world).contains(sentence));
    }
    // The server is back: the daemon logs what is queued.
    server.registry().script = None;
    let now = [("VIGIE_NOW", "2026-10-02T07:00:00Z".to_owned())];
    world.vigie_with(&["run", "--once", "--config", "vigie.yaml"], &now).ok();
    let registry = server.registry();
    assert_eq!(registry.tracking.runs.len(), 2);
    assert_eq!(registry.tracking.run(WINDOW).status, "FINISHED");
}

/// Who may only read the model logs runs all the same; the version is not tagged, which is said once.
#[test]
fn a_reader_is_warned_once() {
    let (world, server) = tracked_world();
    fail(&server, "set-tag", || Trouble::Reply("403 Forbidden", "text/plain", "Permission denied"));
    let ran = check(&world).ok();
    let warned = ran.stderr.matches("the run is logged, but the model's version is not tagged").count();
    assert_eq!(warned, 1, "{}", ran.stderr);
    let registry = server.registry();
    assert_eq!(registry.tags, Vec::<String>::new());
    assert_eq!(registry.tracking.run("trend").status, "FINISHED");
}

/// Storage that the server does not pass files on to: the figures are logged.
#[test]
fn figures_are_logged_without_the_files_if_there_is_no_way_to_store_them() {
    let (world, server) = tracked_world();
    fail(&server, "PUT ", || Trouble::Reply("501 Not Implemented", "application/json", "{}"));
    let ran = check(&world).ok();
    assert!(ran.stderr.contains("MLflow has the figures without the report"), "{}", ran.stderr);
    let registry = server.registry();
    assert_eq!(registry.tracking.run(WINDOW).status, "FINISHED");
    assert_eq!(registry.tracking.run("trend").status, "FINISHED");
}

/// What MLflow rejects would be rejected again: it is not repeated, and the next run is logged.
#[test]
fn a_rejected_run_is_given_up() {
    let (world, server) = tracked_world();
    fail(&server, "runs/log-batch", || {
        Trouble::Reply("400 Bad Request", "application/json", "{\"error_code\": \"BAD\", \"message\": \"not so\"}")
    });
    let ran = check(&world).ok();
    assert!(ran.stderr.contains("not so") && ran.stderr.contains("it will not be retried"), "{}", ran.stderr);
    server.registry().script = None;
    rows(&world, "b", 50);
    check(&world).ok();
    assert_eq!(server.registry().tracking.run(WINDOW).tags["vigie.revision"], "1");
}
