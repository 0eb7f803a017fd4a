//! One value layer: a value in a table is understood as in a file, by `learn` and by `check`.

use super::server::Server;
use crate::support::world::{World, feature};

/// The type of a column, two of its values in SQL, the same in JSON, and whether the column is numeric.
const CASES: [(&str, [&str; 2], [&str; 2], bool); 12] = [
    ("int8", ["9007199254740993", "9007199254740992"], ["9007199254740993", "9007199254740992"], true),
    ("int2", ["7", "-3"], ["7", "-3"], true),
    ("numeric", ["9007199254740993.00", "1.50"], ["9007199254740993", "1.5"], true),
    ("numeric(20)", ["18446744073709551615", "5"], ["18446744073709551615", "5"], true),
    ("float4", ["0.1", "2"], ["0.10000000149011612", "2"], true),
    ("float8", ["0.1", "2"], ["0.1", "2"], true),
    ("boolean", ["true", "false"], ["true", "false"], true),
    ("text", ["' Private'", "'Private'"], ["\" Private\"", "\"Private\""], false),
    ("bytea", ["'a'::bytea", "'\\xff00'::bytea"], ["\"a\"", "\"ff00\""], false),
    ("date", ["'2026-10-01'", "'2026-10-02'"], ["\"2026-10-01\"", "\"2026-10-02\""], false),
    (
        "timestamp",
        ["'2026-10-01 00:00:00.5'", "'2026-10-01'"],
        ["\"2026-10-01T00:00:00.5\"", "\"2026-10-01T00:00:00\""],
        false,
    ),
    (
        "timestamptz",
        ["'2026-10-01 00:00:00.5Z'", "'2026-10-01 00:00:00Z'"],
        ["\"2026-10-01T00:00:00.5Z\"", "\"2026-10-01T00:00:00Z\""],
        false,
    ),
];

#[test]
fn a_value_of_a_table_is_understood_as_in_a_file() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("values");
    let world = World::new();
    for (number, (kind, sql, json, is_numeric)) in CASES.into_iter().enumerate() {
        let table = format!("t{number}");
        database.sql(&format!(
            "CREATE TABLE {table} (v {kind}, ts timestamptz); \
             INSERT INTO {table} SELECT (CASE row % 4 WHEN 0 THEN NULL WHEN 1 THEN {} ELSE {} END)::{kind}, \
             '2026-10-01T08:00:00Z'::timestamptz + row * interval '1 second' FROM generate_series(0, 399) AS row",
            sql[0], sql[1]
        ));
        let value = |row: usize| ["null", json[0], json[1], json[1]][row % 4];
        world.file("train.ndjson", (0..400).map(|row| format!("{{\"v\": {}}}\n", value(row))).collect::<String>());
        for is_categorical in [true, false] {
            if !is_categorical && !is_numeric {
                continue;
            }
            let learn = |data: &str, out: &str| {
                let mut args = vec!["learn", "--config", "vigie.yaml", "--features", "v", "--precision", "f64"];
                args.extend(if is_categorical { ["--categorical", "v"].as_slice() } else { &[] });
                args.extend(["--data", data, "--out", out]);
                let output = world.vigie(&args).ok().stdout;
                output.split("reference ").nth(1).unwrap().trim().to_owned()
            };
            database.config(&world, &table, "fields: {timestamp: ts}\n");
            let of_file = learn("train.ndjson", "file.vigie");
            let of_table = learn(&format!("postgres:{table}"), "ref.vigie");
            assert_eq!(of_table, of_file, "{kind}, categorical: {is_categorical}");
            let report = world.check("2026-10-01", "2026-10-02");
            let found = feature(&report, "v");
            for bin in found["bins"].as_array().unwrap() {
                assert_eq!(bin["reference"], bin["window"], "{kind}, categorical: {is_categorical}: {found}");
            }
        }
    }
}
