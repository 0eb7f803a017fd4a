//! The scoring API with a real database: features by id, and a log in a table that the daemon reads.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant as StdInstant},
};

use serde_json::{Value, json};

use super::server::{Database, Server};
use crate::{
    serve::{
        days::{assert_proven, assert_replayed, days, send},
        kills::{around_now, assert_no_gap, counted},
        process::{Response, Served, agent, example_records, post, start, world_with},
    },
    support::world::World,
};

pub(super) fn tables(database: &Database<'_>) {
    let script = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/examples/serve.sql")).unwrap();
    database.sql(&script);
    let records = example_records(50);
    let lines: Vec<String> = records
        .iter()
        .map(|record| json!({"id": record["sk_id_curr"], "data": record["inputs"]}).to_string())
        .collect();
    database.load_lines(lines.join("\n").as_bytes());
    database.sql(
        "INSERT INTO features_store SELECT DISTINCT ON (1) (line::jsonb->>'id')::bigint, line::jsonb->'data' FROM raw",
    );
}

fn world(database: &Database<'_>) -> World {
    let features =
        "features: {kind: postgres, table: features_store, id: sk_id_curr, features: data}\npolicy: {min_rows: 50}";
    let world = world_with(features, "log: {table: prod_requests}");
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let source = format!("source: {{kind: vigie, url: \"{}\", table: prod_requests}}", database.url());
    world.file("vigie.yaml", config.replace("source: {kind: vigie, path: log}", &source));
    world
}

pub(super) fn ask(server: &Served, id: &Value) -> Response {
    server.post("/predict", &json!({"sk_id_curr": id}).to_string())
}

#[test]
fn a_client_is_scored_by_id_and_logged_in_the_table() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("serve");
    tables(&database);
    let world = world(&database);
    let api = start(&world, &[]);
    for record in example_records(20) {
        let id = record["sk_id_curr"].as_str().unwrap();
        let answer = ask(&api, &json!(id.parse::<i64>().unwrap()));
        assert_eq!(answer.status, 200, "{}", answer.text);
        let (own, logged) =
            (answer.json()["proba_default"].as_f64().unwrap(), record["outputs"]["proba_default"].as_f64().unwrap());
        assert!((own - logged).abs() <= 5.1e-7, "{own} for {logged}");
    }
    let absent = ask(&api, &json!(1));
    assert_eq!((absent.status, &absent.json()["error"]["code"]), (404, &json!("NOT_FOUND")));
    assert_eq!(ask(&api, &json!("x'; DROP TABLE features_store; --")).status, 404);
    assert_eq!(ask(&api, &json!({"a": 1})).status, 422);
    let rows =
        database.sql("SELECT count(*), count(DISTINCT request_id), max(seq), count(sk_id_curr) FROM prod_requests");
    assert_eq!(rows, "23|23|23|20");
    drop(api);
    let (from, to) = around_now();
    let replay = world.vigie(&["replay", "--config", "vigie.yaml", "--from", &from, "--to", &to]).ok();
    assert!(replay.stdout.contains("All 20 rows scored again give the logged score"), "{}", replay.stdout);
    assert!(replay.stdout.contains("(full precision)"), "{}", replay.stdout);
    let check = ["check", "--config", "vigie.yaml", "--from", &from, "--to", &to, "--format", "json"];
    let report: Value = serde_json::from_str(&world.vigie(&check).ok().stdout).unwrap();
    let skew = &report["skew"];
    assert_eq!((&skew["compared"], &skew["features"]), (&json!(20), &json!([])), "{skew}");
    assert_eq!(report["service"]["errors"], 3, "{}", report["service"]);
}

#[test]
fn a_database_that_is_restarted_under_load_refuses_requests_and_heals() {
    // Its own server, because it is stopped.
    let Some(server) = Server::start() else { return };
    let database = server.database("serve");
    tables(&database);
    let world = world(&database);
    let api = start(&world, &[]);
    let client = example_records(1)[0]["sk_id_curr"].as_str().unwrap().parse::<i64>().unwrap();
    let body = json!({"sk_id_curr": client}).to_string();
    let (answered, refused) = (Mutex::new(BTreeSet::new()), AtomicU64::new(0));
    let (next, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let own = agent();
                while !is_over.load(Ordering::SeqCst) {
                    let id = format!("r{}", next.fetch_add(1, Ordering::SeqCst));
                    let answer = post(&own, &api.address, "/predict", &body, &[("x-request-id", &id)]).unwrap();
                    match answer.status {
                        200 => drop(answered.lock().unwrap().insert(id)),
                        503 => {
                            assert_eq!(answer.retry_after.as_deref(), Some("1"), "{}", answer.text);
                            refused.fetch_add(1, Ordering::SeqCst);
                            thread::sleep(Duration::from_millis(20));
                        }
                        other => panic!("{other}: {}", answer.text),
                    }
                }
            });
        }
        let wait_for = |what: &dyn Fn() -> bool| {
            let end = StdInstant::now() + Duration::from_mins(1);
            while !what() {
                assert!(StdInstant::now() < end, "the database is away, or not back");
                thread::sleep(Duration::from_millis(20));
            }
        };
        let count = || answered.lock().unwrap().len();
        for _ in 0..2 {
            let before = count();
            wait_for(&|| count() > before + 20);
            let before = refused.load(Ordering::SeqCst);
            server.crash();
            wait_for(&|| refused.load(Ordering::SeqCst) > before + 3);
            assert_eq!(api.get("/healthz").status, 200);
            server.revive();
        }
        let before = count();
        wait_for(&|| count() > before + 20);
        is_over.store(true, Ordering::SeqCst);
    });
    drop(api);
    let rows = database.sql("SELECT request_id FROM prod_requests WHERE status_code = 200");
    let logged: Vec<&str> = rows.lines().collect();
    let distinct: BTreeSet<String> = logged.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(distinct.len(), logged.len(), "none is there twice");
    let answered = answered.into_inner().unwrap();
    let lost: Vec<&String> = answered.difference(&distinct).collect();
    assert!(lost.is_empty(), "answered, but not in the table: {lost:?}");
    assert_no_gap(&world);
    // Of the first writer: after a failure, numbers begin again under another name.
    database.sql(
        "DELETE FROM prod_requests WHERE seq IN (5, 6, 9) AND instance = (SELECT min(instance) FROM prod_requests)",
    );
    assert_eq!(counted(&world)["missing"], 3);
}

/// The example's days, with faults planted on some of them: see `serve::days`.
#[test]
fn the_log_in_a_table_is_proven_day_by_day() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("days");
    let script = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/examples/serve.sql")).unwrap();
    // The owner's table has no columns for what proves the log: it is kept in `outputs`.
    let script = script.replace(
        "text,\n    model_version text,\n    model_sha256  text,\n    instance      text,\n    seq           bigint",
        "text",
    );
    assert!(!script.contains("instance"), "{script}");
    database.sql(&script);
    let days = days();
    let clients: Vec<_> = days.iter().flat_map(|day| day.clients.clone()).collect();
    let lines: Vec<String> = clients.iter().map(|(id, data)| json!({"id": id, "data": data}).to_string()).collect();
    database.load_lines(lines.join("\n").as_bytes());
    database.sql("INSERT INTO features_store SELECT (line::jsonb->>'id')::bigint, line::jsonb->'data' FROM raw");
    let world = world(&database);
    for day in &days {
        let api = start(&world, &[("VIGIE_NOW", &format!("{}T12:00:00Z", day.date))]);
        send(&api, day, &days[0].clients, "sk_id_curr");
        api.stop();
        assert_proven(&world, day);
    }
    assert_replayed(&world, clients.len());
}
