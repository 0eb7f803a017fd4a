//! The example's log in a table gives the reports that its files give.

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

/// Every day's report, whole, but for who made it when from what.
#[track_caller]
fn assert_same(files: &World, table: &World) {
    for day in DAYS {
        let of = |world: &World| {
            let report = without_run(world.check(day, &next(day)));
            serde_json::to_string_pretty(&report).unwrap()
        };
        let (of_files, of_table) = (of(files), of(table));
        if let Some((ours, theirs)) = of_table.lines().zip(of_files.lines()).find(|(ours, theirs)| ours != theirs) {
            panic!("{day}: the table says {ours}, the files {theirs}");
        }
        assert_eq!(of_files.len(), of_table.len(), "{day}");
    }
}

fn files_place() -> String {
    format!("  path: {}", home_credit("log").display())
}

#[test]
fn the_table_of_a_scoring_api_gives_the_report_of_its_log_file() {
    let Some(server) = Server::shared() else { return };
    let database = with_example(server, "same");
    // The table has neither an id of the request nor the model's version.
    let without =
        |config: String| config.replace("    id: request_id\n", "").replace("    model_version: model_version\n", "");
    let place = format!("  kind: postgres\n  url: \"{}\"\n  table: prod_requests", database.url());
    assert_same(&world(&files_place(), without), &world(&place, without));
}

#[test]
fn so_does_a_query_over_json_text_with_every_field_of_the_log() {
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
fn without_dates_the_latest_day_that_holds_a_wanted_record_is_found_by_the_index() {
    let Some(server) = Server::shared() else { return };
    let database = with_example(server, "latest");
    // Health checks go on after the last prediction, more than are looked at first.
    database.sql(
        "INSERT INTO prod_requests (ts, endpoint) SELECT timestamptz '2026-10-20' + n * interval '1 minute', '/health' \
         FROM generate_series(1, 1000) AS n",
    );
    let place = format!("  kind: postgres\n  url: \"{}\"\n  table: public.prod_requests", database.url());
    let world = world(&place, |config| config.replace("    id: request_id\n", ""));
    let ran = world.vigie(&["check", "--config", "vigie.yaml"]).ok();
    assert!(ran.stdout.starts_with("credit-default  2026-10-14T00:00:00Z to 2026-10-15T00:00:00Z\n"), "{}", ran.stdout);
}
