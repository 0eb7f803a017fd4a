//! A feature table of a real server, in both shapes, compared like one in files.

use serde_json::{Value, json};

use super::{
    example::{TABLE, lines},
    server::{Database, Server},
};
use crate::{
    skew::table::{DAYS, check, clients, log, ndjson, parquet, unequal, with_features},
    support::world::World,
};

const DAY: &str = DAYS[2];

/// A world whose log has one feature in another unit and another without its sentinel cleaned.
fn world() -> World {
    let world = World::new();
    log(&world, DAY, |_, inputs| {
        if let Some(credit) = inputs["AMT_CREDIT"].as_f64() {
            inputs["AMT_CREDIT"] = json!(credit / 1000.0);
        }
        if inputs["DAYS_EMPLOYED"].is_null() {
            inputs["DAYS_EMPLOYED"] = json!(365_243);
        }
    });
    world
}

/// A table with a JSONB column, and one with a column for each feature, of which ids are numbers.
fn fill(database: &Database<'_>) {
    let table = clients(&DAYS);
    database.load_lines(ndjson(&table).as_bytes());
    database.sql(
        "CREATE TABLE features_store AS SELECT line::jsonb->>'SK_ID_CURR' AS sk_id_curr, line::jsonb - 'SK_ID_CURR' AS data \
         FROM raw; CREATE INDEX ON features_store (sk_id_curr); ANALYZE features_store",
    );
    let columns = table[0].1.iter().map(|(name, value)| {
        let kind = match value {
            Value::Bool(_) => "bool",
            _ if table.iter().any(|(_, features)| features[name].is_string()) => "text",
            _ => "float8",
        };
        format!("(data->>'{name}')::{kind} AS \"{name}\"")
    });
    database.sql(&format!(
        "CREATE TABLE wide AS SELECT sk_id_curr::int AS \"SK_ID_CURR\", {} FROM features_store; \
         ALTER TABLE wide ADD PRIMARY KEY (\"SK_ID_CURR\"); ANALYZE wide",
        columns.collect::<Vec<_>>().join(", ")
    ));
}

#[test]
fn both_shapes_of_a_table_give_the_comparison_of_files() {
    let Some(server) = Server::shared() else { return };
    let (world, database) = (world(), server.database("features"));
    fill(&database);
    world.file("features.parquet", parquet(&clients(&DAYS)));
    with_features(&world, "features: {path: features.parquet, id: SK_ID_CURR}");
    let of_files = check(&world, DAY)["skew"].clone();
    assert_eq!(of_files["compared"], 700);
    let kinds: Vec<String> =
        of_files["features"].as_array().unwrap().iter().map(|one| one["kind"].to_string()).collect();
    assert_eq!(kinds, ["\"factor\"", "\"constant\""]);

    let place = |rest: &str| format!("features:\n  kind: postgres\n  url: \"{}\"\n  {rest}", database.url());
    for rest in [
        "table: features_store\n  id: sk_id_curr\n  features: data",
        "query: SELECT sk_id_curr::numeric AS id, data::text AS data FROM features_store\n  id: id\n  features: data",
        "table: wide\n  id: SK_ID_CURR",
    ] {
        with_features(&world, &place(rest));
        assert_eq!(check(&world, DAY)["skew"], of_files, "{rest}");
        let ran = world.vigie(&["config", "check", "--connect", "--config", "vigie.yaml"]).ok();
        assert!(ran.stdout.contains("features found: 125 of 125"), "{}", ran.stdout);
    }
    // An id that is inside a column cannot be looked up by the server.
    database
        .sql("CREATE VIEW nested AS SELECT jsonb_build_object('id', sk_id_curr) AS client, data FROM features_store");
    with_features(&world, &place("table: nested\n  id: client.id\n  features: data"));
    assert_eq!(check(&world, DAY)["skew"], of_files);

    for (rest, expected) in [
        ("table: wide\n  id: CLIENT", "features.id: features.table has no column `CLIENT`"),
        ("table: nowhere\n  id: id", "features.table"),
    ] {
        with_features(&world, &place(rest));
        let report = check(&world, DAY);
        assert!(report["skew"]["reason"].as_str().unwrap().contains(expected), "{}", report["skew"]);
        let ran = world.vigie(&["config", "check", "--connect", "--config", "vigie.yaml"]);
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}

/// Only the rows of the sampled ids leave the server, and a slow one is cancelled.
#[test]
fn the_server_looks_up_the_ids_within_its_time() {
    let Some(server) = Server::shared() else { return };
    let (world, database) = (world(), server.database("looked_up"));
    fill(&database);
    // Rows of other clients, which would end the query.
    database.sql(
        "CREATE FUNCTION fail(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'row %', $1; END $$; \
         CREATE VIEW guarded AS SELECT sk_id_curr, CASE WHEN sk_id_curr = '999999999' THEN fail(sk_id_curr)::jsonb ELSE data \
         END AS data FROM (SELECT * FROM features_store UNION ALL SELECT '999999999', '{}') AS all_rows",
    );
    let place = |rest: &str| format!("features:\n  kind: postgres\n  url: \"{}\"\n  {rest}", database.url());
    with_features(&world, &place("table: guarded\n  id: sk_id_curr\n  features: data"));
    let report = check(&world, DAY);
    assert_eq!((&report["skew"]["compared"], unequal(&report).len()), (&json!(700), 2), "{}", report["skew"]);

    let slow = "query: SELECT s.*, pg_sleep(60) FROM features_store AS s\n  id: sk_id_curr\n  features: data\n  statement_timeout: 1s";
    with_features(&world, &place(slow));
    let begun = std::time::Instant::now();
    let report = check(&world, DAY);
    assert!(begun.elapsed().as_secs() < 50);
    let reason = report["skew"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("features.query: ") && reason.contains("statement_timeout"), "{reason}");
    assert!(report["features"].as_array().unwrap().len() == 125);
}

/// The seed's two tables: requests and features of one database, by its connection.
#[test]
fn log_and_features_may_be_in_one_database() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("one_database");
    database.load_lines(&lines());
    database.sql(TABLE);
    database.sql(
        "CREATE TABLE features_store AS SELECT DISTINCT ON (sk_id_curr) sk_id_curr::int AS sk_id_curr, inputs AS data \
         FROM prod_requests WHERE inputs ? 'AMT_CREDIT'; ALTER TABLE features_store ADD PRIMARY KEY (sk_id_curr)",
    );
    let world = World::new();
    with_features(&world, "features: {kind: postgres, table: features_store, id: sk_id_curr, features: data}");
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let place = format!("kind: postgres\n  url: \"{}\"\n  table: prod_requests", database.url());
    let config = config.replace("kind: files\n  path: log", &place);
    assert!(config.contains("prod_requests"), "{config}");
    let config =
        config.replace("    id: request_id\n", "    id: id\n").replace("    model_version: model_version\n", "");
    world.file("vigie.yaml", config);
    let report = check(&world, DAY);
    assert_eq!((&report["skew"]["compared"], unequal(&report)), (&json!(700), Vec::new()), "{}", report["skew"]);
}
