//! The scoring API with a real database: features by id, and a log in a table that the daemon reads.

use std::{
    thread,
    time::{Duration, Instant as StdInstant},
};

use serde_json::{Value, json};

use super::server::{Database, Server};
use crate::{
    serve::process::{Response, Served, configure, example_records, home_credit, start},
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

fn world(database: &Database<'_>, log: &str) -> World {
    let world = World::new();
    std::fs::copy(home_credit("model.cbm"), world.path("model.cbm")).unwrap();
    configure(&world, "version: \"1\", file: model.cbm", log);
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let url = database.url();
    let source = format!(
        "source:\n  kind: postgres\n  url: \"{url}\"\n  table: prod_requests\n  fields: {{timestamp: ts, features: inputs, \
         probability: outputs.proba_default, decision: outputs.decision, latency_ms: latency_ms, status: status_code, error: \
         error, id: request_id, entity: sk_id_curr, model_version: model_version}}\n"
    );
    let (before, rest) = config.split_once("source:\n").unwrap();
    let (_, after) = rest.split_once("reports:").unwrap();
    let features = "features: {kind: postgres, table: features_store, id: sk_id_curr, features: data}\n";
    world.file("vigie.yaml", format!("{before}{source}{features}reports:{after}"));
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
    let world = world(&database, "log: {table: prod_requests}");
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
    let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    let (from, to) = (today.yesterday().unwrap().to_string(), today.tomorrow().unwrap().to_string());
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
fn a_database_that_is_away_refuses_requests_and_heals() {
    // Its own server, because it is stopped.
    let Some(server) = Server::start() else { return };
    let database = server.database("serve");
    tables(&database);
    let world = world(&database, "log: {table: prod_requests}");
    let api = start(&world, &[]);
    let id = json!(example_records(1)[0]["sk_id_curr"].as_str().unwrap());
    assert_eq!(ask(&api, &id).status, 200);
    server.crash();
    let away = ask(&api, &id);
    assert_eq!((away.status, away.retry_after.as_deref()), (503, Some("1")), "{}", away.text);
    assert_eq!(api.get("/healthz").status, 200);
    server.revive();
    let end = StdInstant::now() + Duration::from_secs(30);
    while ask(&api, &id).status != 200 {
        assert!(StdInstant::now() < end, "not healed");
        thread::sleep(Duration::from_millis(100));
    }
    drop(api);
    assert_eq!(database.sql("SELECT count(*) FROM prod_requests WHERE status_code = 200"), "2");
}
