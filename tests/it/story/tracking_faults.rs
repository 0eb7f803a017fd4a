//! An MLflow server that fails: no run of vigie fails with it, one sentence says why, and the run is logged later.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    time::{Duration, Instant as StdInstant},
};

use serde_json::{Value, json};
use vigie::{config::Settings, daemon::send_due, ledger::Ledger};
use vigie_profile::window::Instant;

use super::tracking::{WINDOW, check, figures, report_of, tracked_world};
use crate::support::{
    fake_mlflow::{FakeMlflow, Trouble},
    fake_tracking::TrackingStore,
    registry_world::rows,
    world::World,
};

/// Part of the requests that fail, how, and what is said.
type FaultCase = (&'static str, fn() -> Trouble, &'static str);

/// Requests that contain `part` fail.
fn fail(server: &FakeMlflow, part: &'static str, trouble: fn() -> Trouble) {
    server.registry().script = Some(Box::new(move |request| request.contains(part).then(trouble)));
}

/// The one message of the outbox that is not delivered.
fn undelivered(world: &World) -> Value {
    let status = world.vigie(&["status", "--config", "vigie.yaml", "--format", "json"]).ok().stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    let messages = status["undelivered"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!((&messages[0]["channel"], &messages[0]["to"]), (&"mlflow".into(), &"vigie/m".into()));
    messages[0].clone()
}

/// The reason in the outbox.
fn queued_reason(world: &World) -> String {
    let message = undelivered(world);
    assert_eq!(message["state"], "queued");
    message["reason"].as_str().unwrap().to_owned()
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
        ("runs/update", || Trouble::CutShort, "the connection ended before the reply was complete"),
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
        let started = StdInstant::now();
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

/// A proxy that is down is named, and its login is not shown.
#[test]
fn a_proxy_is_named() {
    let (world, server) = tracked_world();
    let proxied = |no_proxy: &str| {
        let variables = [
            ("VIGIE_NOW", "2026-10-02T06:00:00Z"),
            ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0"),
            ("HTTP_PROXY", "http://me:hunter2@127.0.0.1:9"),
            ("NO_PROXY", no_proxy),
        ];
        let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
        world.vigie_with(&args, &variables.map(|(name, value)| (name, value.to_owned())))
    };
    let ran = proxied("example.com");
    let sentence = "(through the proxy 127.0.0.1:9): ";
    assert!(ran.stderr.contains(sentence) && ran.stderr.contains("server and proxy are running"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    assert_eq!(server.registry().requests.len(), 0);
    let ran = proxied("127.0.0.1").ok();
    assert!(!ran.stderr.contains("mlflow to "), "{}", ran.stderr);
    assert_eq!(server.registry().tracking.runs.len(), 2);
}

/// Who may only read the model logs runs all the same; the version is not tagged, which is said once.
#[test]
fn a_reader_is_warned_once() {
    let (world, server) = tracked_world();
    // Nor can such a user link a run to the model.
    server.registry().script = Some(Box::new(|request| {
        let is_denied = request.contains("set-tag") || request.contains("runs/log-inputs");
        is_denied.then_some(Trouble::Reply("403 Forbidden", "text/plain", "Permission denied"))
    }));
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

/// A rejection may be temporary, whichever request it is about: the run is logged when it is over. One that lasts for almost
/// three days is final, so that later runs are logged.
#[test]
fn a_rejected_run_is_logged_later_or_given_up() {
    const NOT_SO: Trouble =
        Trouble::Reply("400 Bad Request", "application/json", "{\"error_code\": \"BAD\", \"message\": \"not so\"}");
    let (world, server) = tracked_world();
    for (round, part) in
        ["runs/search", "runs/create", "runs/log-batch", "runs/update", "experiments/"].iter().enumerate()
    {
        server.registry().tracking = TrackingStore::default();
        fail(&server, part, || NOT_SO);
        rows(&world, "b", 50 + round);
        let ran = check(&world).ok();
        assert!(ran.stderr.contains("not so") && ran.stderr.contains("it stays in the outbox"), "{}", ran.stderr);
        server.registry().script = None;
        let now = [("VIGIE_NOW", format!("2026-10-02T{:02}:00:00Z", 8 + round))];
        world.vigie_with(&["run", "--once", "--config", "vigie.yaml"], &now).ok();
        let registry = server.registry();
        assert_eq!(registry.tracking.run(WINDOW).status, "FINISHED", "{part}");
    }

    fail(&server, "runs/log-batch", || NOT_SO);
    rows(&world, "b", 70);
    check(&world).ok();
    let settings = Settings::load(&world.path("vigie.yaml")).unwrap_or_else(|problems| panic!("{problems}"));
    let mut ledger = Ledger::open(&settings.state, Duration::from_secs(1)).unwrap();
    let mut hours = 0;
    for attempt in 1..72 {
        if [1, 40, 71].contains(&attempt) {
            let message = undelivered(&world);
            assert_eq!((&message["attempts"], &message["state"]), (&attempt.into(), &"queued".into()));
        }
        hours += 2;
        let later = || Instant(Instant::now().0 + hours * 3_600_000_000);
        send_due(&mut ledger, "mlflow", &settings, &later, &|| false).unwrap();
    }
    let message = undelivered(&world);
    assert!(message["state"] == "refused" && message["reason"].as_str().unwrap().contains("not so"), "{message}");
}

const WIDE: usize = 400;

/// A window of so many features that its figures need two requests.
fn wide_world() -> (World, FakeMlflow) {
    let (world, server) = (World::new(), FakeMlflow::start());
    let value = |row: usize, index: usize| (row * 7_919 + index * 104_729 + row * index) % 1_000;
    let mut csv = (0..WIDE).map(|index| format!("F{index}")).collect::<Vec<_>>().join(",") + "\n";
    let mut log = String::new();
    for row in 0..120 {
        csv += &((0..WIDE).map(|index| value(row, index).to_string()).collect::<Vec<_>>().join(",") + "\n");
        let inputs: BTreeMap<String, usize> =
            (0..WIDE).map(|index| (format!("F{index}"), value(row + 3, index))).collect();
        let _ = writeln!(log, "{}", json!({"ts": "2026-10-01T12:00:00Z", "inputs": inputs}));
    }
    world.file("train.csv", csv);
    world.file("log/a.ndjson", log);
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie"]).ok();
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m}}\nreference: ref.vigie\nmlflow: {{tracking_uri: \"{}\", tracking: true}}\n\
             source:\n  path: log\n  fields: {{timestamp: ts, features: inputs}}\npolicy: {{min_rows: 100}}\n\
             reports: {{dir: reports}}\n",
            server.url()
        ),
    );
    (world, server)
}

/// The server fails in the middle of a batch of two requests, before or after it has stored the second one. The next attempt
/// sends what is missing, and no figure is stored twice.
#[test]
fn a_batch_that_is_stored_by_half_is_completed() {
    for (trouble, stored) in [
        ((|| Trouble::Reply("503 Service Unavailable", "text/html", "")) as fn() -> Trouble, false),
        (|| Trouble::LoseReply, true),
    ] {
        let (world, server) = wide_world();
        let mut batches = 0;
        server.registry().script = Some(Box::new(move |request| {
            batches += usize::from(request.contains("runs/log-batch"));
            (batches == 2 && request.contains("runs/log-batch")).then(trouble)
        }));
        let ran = check(&world).ok();
        assert!(ran.stderr.contains("it stays in the outbox"), "{}", ran.stderr);
        let expected = figures(&report_of(&world, "m"));
        assert!(expected.len() > 1_000, "{}", expected.len());
        let logged = |server: &FakeMlflow| -> BTreeMap<String, f64> {
            let registry = server.registry();
            let run = registry.tracking.run(WINDOW);
            let points: BTreeMap<String, f64> =
                run.points.iter().map(|point| (point.key.clone(), point.value)).collect();
            assert_eq!(points.len(), run.points.len(), "a figure is stored twice");
            points
        };
        let half = logged(&server);
        assert_eq!(half.len() == expected.len(), stored, "{}", half.len());
        assert!(!half.is_empty());

        server.registry().script = None;
        server.registry().requests.clear();
        let now = [("VIGIE_NOW", "2026-10-02T07:00:00Z".to_owned())];
        world.vigie_with(&["run", "--once", "--config", "vigie.yaml"], &now).ok();
        assert_eq!(logged(&server), expected);
        let registry = server.registry();
        assert_eq!(registry.tracking.run(WINDOW).status, "FINISHED");
        // One request has what was missing of the window, one is that of the trend.
        let batches = registry.requests.iter().filter(|request| request.contains("runs/log-batch")).count();
        assert_eq!(batches, if stored { 1 } else { 2 });
    }
}
