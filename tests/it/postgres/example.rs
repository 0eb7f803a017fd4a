//! The example's log: its lines, a table, and a config.

use std::{fs, io::Read, path::PathBuf};

use crate::support::world::World;

pub(super) fn home_credit(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reference_data/home_credit").join(name)
}

/// Returns all lines of the example's log.
pub(super) fn lines() -> Vec<u8> {
    let mut lines = Vec::new();
    let mut files: Vec<PathBuf> =
        fs::read_dir(home_credit("log")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        flate2::read::MultiGzDecoder::new(fs::File::open(file).unwrap()).read_to_end(&mut lines).unwrap();
    }
    lines
}

/// Creates the table of a scoring API and fills it from the lines.
pub(super) const TABLE: &str = "
CREATE TABLE prod_requests (id bigserial PRIMARY KEY, ts timestamptz, endpoint text, status_code int,
  latency_ms double precision, sk_id_curr text, inputs jsonb, outputs jsonb, error text, message text);
CREATE INDEX ON prod_requests (ts);
INSERT INTO prod_requests (ts, endpoint, status_code, latency_ms, sk_id_curr, inputs, outputs, error)
SELECT (r->>'ts')::timestamptz, r->>'endpoint', (r->>'status_code')::int, (r->>'latency_ms')::double precision,
  r->>'sk_id_curr', nullif(r->'inputs', 'null'), nullif(r->'outputs', 'null'), r->>'error'
FROM (SELECT line::jsonb AS r FROM raw) AS lines;
ANALYZE prod_requests;";

/// The shipped config with its log at `place`.
pub(super) fn world(place: &str, fields: impl Fn(String) -> String) -> World {
    let world = World::new();
    let shipped = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/vigie.yaml")).unwrap();
    let path =
        shipped.lines().find(|line| line.trim_start().starts_with("path: ../reference_data")).unwrap().to_owned();
    let config = shipped
        .replace("  kind: files\n", "")
        .replace(&path, place)
        .replace("../reference_data/home_credit/", &home_credit("").display().to_string())
        .replace("dir: ../reports", "dir: reports")
        .replace("state: ../.vigie", "state: state");
    world.file("vigie.yaml", fields(config));
    world
}
