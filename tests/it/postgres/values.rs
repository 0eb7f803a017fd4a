//! One value layer: a value in a table is understood as in a file, by every command that reads a table.

use std::fs;

use vigie::config::Settings;

use super::server::Server;
use crate::{
    story::inputs::{self, Expected, LoggedRow, MISSING_LEVEL},
    support::world::{World, feature},
};

/// The type of a column, two of its values in SQL, the same in JSON, and whether the column is numeric.
const CASES: [(&str, [&str; 2], [&str; 2], bool); 19] = [
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
    ("float8", ["'Infinity'", "'2'"], ["Infinity", "2"], true),
    ("numeric", ["'NaN'", "2.5"], ["null", "2.5"], true),
    ("text", ["' 2e0 '", "'007'"], ["\" 2e0 \"", "\"007\""], false),
    ("text", ["'NaN'", "''"], ["\"NaN\"", "\"\""], false),
    ("bytea", ["'1.5'", "'2'"], ["\"1.5\"", "\"2\""], false),
    ("time", ["'08:00'", "'09:00'"], ["\"08:00:00\"", "\"09:00:00\""], false),
    (
        "uuid",
        ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
        ["\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", "\"b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""],
        false,
    ),
];

const MISSING: Expected = Some(MISSING_LEVEL);
const NOTHING: Expected = Some(0.0);

/// The type of a column, a value in SQL, and what it adds to the score as a number and as a level.
const INPUTS: [(&str, &str, Expected, Expected); 58] = [
    ("int2", "0", Some(1.0), NOTHING),
    ("int4", "-2000", NOTHING, NOTHING),
    ("int8", "1", Some(3.0), Some(16.0)),
    ("int8", "9007199254740993", Some(15.0), Some(256.0)),
    ("int8", "9007199254740992", Some(15.0), NOTHING),
    ("int8", "NULL", NOTHING, MISSING),
    ("numeric", "9007199254740993.00", Some(15.0), Some(256.0)),
    ("numeric", "9007199254740992.00", Some(15.0), NOTHING),
    ("numeric", "'NaN'", NOTHING, MISSING),
    ("numeric", "'Infinity'", Some(15.0), NOTHING),
    ("numeric", "'-Infinity'", NOTHING, NOTHING),
    ("numeric(9,2)", "1", Some(3.0), Some(16.0)),
    ("numeric(9,2)", "2.5", Some(7.0), NOTHING),
    ("numeric(20)", "18446744073709551615", Some(15.0), NOTHING),
    ("numeric", "NULL", NOTHING, MISSING),
    ("amount", "1", Some(3.0), Some(16.0)),
    ("float4", "3", Some(15.0), NOTHING),
    ("float4", "0.1", Some(1.0), NOTHING),
    ("float4", "'NaN'", NOTHING, MISSING),
    ("float8", "1", Some(3.0), Some(16.0)),
    ("float8", "'NaN'", NOTHING, MISSING),
    ("float8", "'-Infinity'", NOTHING, NOTHING),
    ("float8", "NULL", NOTHING, MISSING),
    ("boolean", "true", Some(3.0), Some(16.0)),
    ("boolean", "false", Some(1.0), NOTHING),
    ("boolean", "NULL", NOTHING, MISSING),
    ("oid", "1", Some(3.0), Some(16.0)),
    ("text", "'1.0'", Some(3.0), Some(16.0)),
    ("text", "'1'", Some(3.0), Some(16.0)),
    ("text", "' 2e0 '", Some(7.0), NOTHING),
    ("text", "''", NOTHING, MISSING),
    ("text", "'None'", NOTHING, MISSING),
    ("text", "NULL", NOTHING, MISSING),
    ("text", "'b'", None, Some(32.0)),
    ("text", "' b '", None, Some(32.0)),
    ("text", "' d'", None, Some(128.0)),
    ("text", "'d'", None, NOTHING),
    ("text", "'12 EUR'", None, NOTHING),
    ("varchar(5)", "'b'", None, Some(32.0)),
    ("char(3)", "'b'", None, Some(32.0)),
    ("name", "'b'", None, Some(32.0)),
    ("letter", "'b'", None, Some(32.0)),
    ("bytea", "'b'", None, Some(32.0)),
    ("bytea", "'1.5'", Some(7.0), NOTHING),
    ("bytea", "'\\xff00'", None, NOTHING),
    ("date", "'2026-10-01'", None, NOTHING),
    ("timestamp", "'2026-10-01'", None, Some(512.0)),
    ("timestamptz", "'2026-10-01 00:00:00.5Z'", None, NOTHING),
    ("time", "'08:00'", None, NOTHING),
    ("interval", "'1 day'", None, NOTHING),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", None, NOTHING),
    ("inet", "'10.0.0.1'", None, NOTHING),
    ("json", "'1'", Some(3.0), Some(16.0)),
    ("jsonb", "'1.0'", Some(3.0), Some(16.0)),
    ("jsonb", "'\"b\"'", None, Some(32.0)),
    ("jsonb", "'null'", NOTHING, MISSING),
    ("json", "'[1]'", None, None),
    ("int4[]", "'{1}'", None, None),
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
             INSERT INTO {table} SELECT CAST(CASE row % 4 WHEN 0 THEN NULL WHEN 1 THEN {} ELSE {} END AS {kind}), \
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

/// `vigie score` reads no tables. The matrix of the formats of a file is in `story::inputs`.
#[test]
fn a_value_of_a_table_is_the_same_input_for_replay_and_explain() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("inputs");
    database.sql("CREATE DOMAIN amount AS numeric(9,2); CREATE TYPE letter AS ENUM ('a', 'b')");
    let world = inputs::world();
    database.config(&world, "requests", "fields: {timestamp: ts, probability: p, id: id}\n");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("version: \"1\"", "file: model.json"));
    let settings = Settings::load(&world.path("vigie.yaml")).unwrap();
    for (kind, value, number, level) in INPUTS {
        for is_number in [true, false] {
            let [n, c] = if is_number { [kind, "text"] } else { ["float8", kind] };
            let [of_n, of_c] = if is_number { [value, "NULL"] } else { ["NULL", value] };
            database.sql(&format!(
                "DROP TABLE IF EXISTS requests; \
                 CREATE TABLE requests (id text, ts timestamptz, p float8, n {n}, c {c}); \
                 INSERT INTO requests VALUES ('r1', '2026-10-01T08:00:00Z', 0.5, {of_n}, {of_c})"
            ));
            let expected = LoggedRow::expected(if is_number { number } else { level }, is_number, level == MISSING);
            let what = if is_number { "a number" } else { "a level" };
            assert_eq!(LoggedRow::read(&world, &settings), expected, "{kind} {value} as {what}");
        }
    }
}
