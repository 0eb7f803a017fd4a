//! The example's log gives the same reports from a table as from files.

use super::{
    example::{TABLE, home_credit, lines, world},
    server::{Database, Server},
};
use crate::support::world::{World, without_run};

fn with_example<'s>(server: &'s Server, name: &str) -> Database<'s> {
    let database = server.database(name);
    database.load_lines(&lines());
    database.sql(TABLE);
    database
}

const DAYS: [&str; 7] =
    ["2026-10-01", "2026-10-02", "2026-10-04", "2026-10-05", "2026-10-11", "2026-10-12", "2026-10-14"];

fn next(day: &str) -> String {
    let number: u32 = day[8..].parse().unwrap();
    format!("2026-10-{:02}", number + 1)
}

/// Compares the reports of all days, except for the `run` section.
#[track_caller]
fn assert_same(files: &World, table: &World) {
    for day in DAYS {
        let report = |world: &World| {
            let report = without_run(world.check(day, &next(day)));
            serde_json::to_string_pretty(&report).unwrap()
        };
        let (from_files, from_table) = (report(files), report(table));
        if let Some((table, files)) = from_table.lines().zip(from_files.lines()).find(|(table, files)| table != files) {
            panic!("{day}: {table} from the table, {files} from the files");
        }
        assert_eq!(from_files.len(), from_table.len(), "{day}");
    }
}

fn files_place() -> String {
    format!("  path: {}", home_credit("log").display())
}

#[test]
fn a_table_gives_the_same_report_as_files() {
    let Some(server) = Server::shared() else { return };
    let database = with_example(server, "same");
    // The table has neither the request id nor the model version.
    let without =
        |config: String| config.replace("    id: request_id\n", "").replace("    model_version: model_version\n", "");
    let place = format!("  kind: postgres\n  url: \"{}\"\n  table: prod_requests", database.url());
    assert_same(&world(&files_place(), without), &world(&place, without));
}

#[test]
fn a_query_over_json_text_gives_the_same_report_as_files() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("same_query");
    database.load_lines(&lines());
    let query = "SELECT (r->>'ts')::timestamptz AS ts, r->>'endpoint' AS endpoint, (r->>'status_code')::numeric AS status_code, \
                 (r->>'latency_ms')::numeric AS latency_ms, r->>'request_id' AS request_id, r->>'model_version' AS model_version, \
                 r->>'inputs' AS inputs, (r->'outputs')::json AS outputs, r->>'error' AS error \
                 FROM (SELECT line::jsonb AS r FROM raw) AS lines -- all of it";
    let place = format!("  kind: postgres\n  url: \"{}\"\n  query: \"{query}\"", database.url());
    let same = |config| config;
    assert_same(&world(&files_place(), same), &world(&place, same));
}

#[test]
fn the_latest_day_with_matching_records_is_found_by_the_index() {
    let Some(server) = Server::shared() else { return };
    let database = with_example(server, "latest");
    // After the last prediction there are more health checks than the first query reads.
    database.sql(
        "INSERT INTO prod_requests (ts, endpoint) SELECT timestamptz '2026-10-20' + n * interval '1 minute', '/health' \
         FROM generate_series(1, 1000) AS n",
    );
    let place = format!("  kind: postgres\n  url: \"{}\"\n  table: public.prod_requests", database.url());
    let world = world(&place, |config| config.replace("    id: request_id\n", ""));
    let ran = world.vigie(&["check", "--config", "vigie.yaml"]).ok();
    assert!(ran.stdout.starts_with("credit-default  2026-10-14T00:00:00Z to 2026-10-15T00:00:00Z\n"), "{}", ran.stdout);
}
