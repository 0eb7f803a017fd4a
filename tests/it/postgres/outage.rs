//! The daemon during a database outage in the middle of a run, and what emails must not quote from database errors.

use std::{
    fmt::Write as _,
    fs,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::server::{Database, Server};
use crate::support::{
    applicants::{LEARN, applicants, training_csv},
    fake_smtp::FakeSmtp,
    watched::{DAY_US, at},
    world::World,
};

/// A world with a reference, and a table `log (ts, inputs, p)` with two days of records.
fn world(database: &Database<'_>) -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    let mut log = String::new();
    for number in 0..2 {
        for one in applicants(200, 4) {
            let ts = vigie_profile::window::Instant(one.at + number * DAY_US).to_string();
            let _ = writeln!(log, "{}", json!({"ts": ts, "inputs": one.inputs(), "p": one.probability}));
        }
    }
    database.load_lines(log.as_bytes());
    database.sql(
        "CREATE TABLE log AS SELECT (line::jsonb->>'ts')::timestamptz AS ts, line::jsonb->'inputs' AS inputs, \
         (line::jsonb->>'p')::float8 AS p FROM raw; CREATE INDEX ON log (ts)",
    );
    world
}

fn config(world: &World, database: &Database<'_>, query: &str, smtp: &FakeSmtp, more: &str) {
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m}}\nreference: ref.vigie\nsource:\n  kind: postgres\n  url: \"{}\"\n  query: \"{query}\"\n  \
             fields: {{timestamp: ts, features: inputs, probability: p}}\npolicy: {{min_rows: 50}}\nreports: {{dir: reports}}\n\
             schedule: {{lateness: 2h, start: 2026-10-01}}\nalerts:\n  ignore: [psi, ks, chi2, missing, unseen, score, share_refused]\n{more}  \
             email: {{smtp: \"smtp://127.0.0.1:{}\", from: vigie@example.com, to: risk@example.com, starttls: never}}\n",
            database.url(),
            smtp.port
        ),
    );
}

struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_mins(2), "never: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// The failed runs are retried and reported once, and the alert is resolved when the database is back.
#[test]
fn runs_are_retried_after_a_database_outage() {
    let Some(mut server) = Server::start() else { return };
    let database = server.database("away");
    let smtp = FakeSmtp::accepting_all();
    let world = world(&database);
    // Slow enough to be interrupted, for as long as the table `slow` says so.
    database.sql(
        "CREATE TABLE slow (seconds float8); INSERT INTO slow VALUES (0.05); \
         CREATE FUNCTION nap() RETURNS float8 LANGUAGE plpgsql VOLATILE AS \
         $$ BEGIN PERFORM pg_sleep((SELECT seconds FROM slow)); RETURN 0; END $$",
    );
    // The server commits asynchronously and is about to crash.
    database.sql("CHECKPOINT");
    config(&world, &database, "SELECT ts, inputs, p + nap() AS p FROM log", &smtp, "");
    let stderr = || fs::read_to_string(world.path("stderr")).unwrap_or_default();
    let mut daemon = Daemon(
        Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(["run", "--config", "vigie.yaml", "--log-format", "json"])
            .current_dir(world.root())
            .env("VIGIE_NOW", at(2, 6).to_string())
            .stdout(Stdio::null())
            .stderr(fs::File::create(world.path("stderr")).unwrap())
            .spawn()
            .unwrap(),
    );
    let reading = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vigie' AND query LIKE 'COPY%' AND wait_event = 'PgSleep'";
    eventually("the daemon is reading", || server.sql("postgres", reading) == "1");
    server.crash();
    let report = |number: i64| {
        let window = vigie_profile::window::Window { from: at(number, 0), to: at(number + 1, 0) };
        world.path(&format!("reports/m/{}/report.json", window.folder()))
    };
    let failures = || {
        let log = stderr();
        log.matches("the daemon will retry").count() + log.matches("check that the server is running").count()
    };
    eventually("both runs failed", || failures() >= 2);
    // Retried during the outage, without another alert.
    eventually("a run was retried", || failures() >= 3);
    assert!(daemon.0.try_wait().unwrap().is_none(), "the daemon is alive");
    assert!(!report(0).exists() && !report(1).exists(), "nothing is half-written");
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("failed: source: PostgreSQL at "), "{status}");
    let opened = smtp.received().len();
    assert!(opened <= 1, "{opened} emails for one outage");
    server.revive();
    database.sql("UPDATE slow SET seconds = 0");
    eventually("both windows have a report", || report(0).exists() && report(1).exists());
    let list = || -> serde_json::Value {
        let listed = world.vigie(&["alert", "list", "--config", "vigie.yaml", "--format", "json"]).ok().stdout;
        serde_json::from_str(&listed).unwrap()
    };
    eventually("no alert is open", || list()["alerts"].as_array().unwrap().is_empty());
    eventually("the recovery is sent to every recipient", || smtp.received().len() == 2 * opened);
    let alerts = list();
    assert_eq!(alerts["recovered"].as_array().unwrap().len(), opened, "{alerts}");
    println!(
        "{opened} alerts opened; errors logged by the daemon: {}",
        stderr().lines().filter(|line| line.contains("ERROR")).count()
    );
    Command::new("kill").arg(daemon.0.id().to_string()).status().unwrap();
    assert_eq!(daemon.0.wait().unwrap().code(), Some(0));
    server.crash();
    server.stop();
}

/// PostgreSQL quotes a value that is not a number. The terminal may show it, a mail may not.
#[test]
fn values_quoted_in_database_errors_are_not_mailed() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("quoted");
    let smtp = FakeSmtp::accepting_all();
    let world = world(&database);
    database.sql("UPDATE log SET inputs = jsonb_set(inputs, '{JOB}', '\"Zuleika Quasebarth\"')");
    for (query, words) in [
        ("SELECT ts, inputs, (inputs->>'JOB')::float8 AS p FROM log", "invalid input syntax"),
        ("SELECT ts, inputs, cry(inputs->>'JOB') AS p FROM log", "it is not Zuleika"),
    ] {
        database.sql(
            "CREATE OR REPLACE FUNCTION cry(name text) RETURNS float8 LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'it is not %', name; END $$",
        );
        let before = smtp.received().len();
        config(&world, &database, query, &smtp, "  after: 1\n");
        let _ = fs::remove_dir_all(world.path("state"));
        let ran =
            world.vigie(&["check", "--config", "vigie.yaml", "--send", "--from", "2026-10-01", "--to", "2026-10-02"]);
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        assert!(ran.stderr.contains(words) && ran.stderr.contains("Zuleika"), "{}", ran.stderr);
        let messages = smtp.received();
        assert_eq!(messages.len(), before + 1, "{}", ran.stderr);
        let text = String::from_utf8_lossy(&messages[before].bytes).into_owned();
        assert!(!text.contains("Zuleika") && !text.contains("Quasebarth"), "{text}");
        assert!(text.contains("SQLSTATE"), "{text}");
        let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
        assert!(status.contains("Zuleika"), "{status}");
    }
}
