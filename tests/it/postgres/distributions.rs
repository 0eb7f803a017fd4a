//! A stored table of distributions as a reduced reference: same PSI as a full reference, and no test that needs rows.

use super::server::Server;
use crate::support::world::{Ran, World, feature};

/// Five bins of AGE (0, 10], …, (40, 50] with 100, 200, 300, 250, 150 of 1,000 rows and no missing; JOB with three levels and missing.
const TABLE: &str = r#"
CREATE TABLE ref_feature_dist (feature text, kind text, bins_json jsonb, ref_dist_json jsonb, n_ref int);
INSERT INTO ref_feature_dist VALUES
 ('AGE', 'numeric', '{"edges": [0, 10, 20, 30, 40, 50]}', '{"labels": ["a", "b", "c", "d", "e"], "p": [0.1, 0.2, 0.3, 0.25, 0.15]}', 1000),
 ('INCOME', 'numeric', '{"edges": [null, 100, 200, null]}', '{"labels": ["low", "middle", "high", "missing"], "p": [0.2, 0.5, 0.2, 0.1]}', 1000),
 ('JOB', 'categorical', '{}', '{"labels": ["x", "y", "z", null], "p": [0.5, 0.3, 0.15, 0.05]}', 1000),
 ('p', 'numeric', '{"edges": [0, 0.25, 0.5, 1]}', '{"labels": ["1", "2", "3"], "p": [0.5, 0.3, 0.2]}', 1000);
CREATE TABLE log (ts timestamptz, "AGE" float8, "INCOME" float8, "JOB" text, p float8);
INSERT INTO log SELECT timestamptz '2026-10-01' + n * interval '1 minute', 50 * (n % 100) / 100.0 + 0.25,
  CASE WHEN n % 4 > 0 THEN 75 * (n % 4) END, (ARRAY['x', 'y', 'w'])[1 + n % 3], (n % 10) / 10.0 FROM generate_series(0, 599) AS n;
"#;

fn learn(world: &World, data: &str) -> Ran {
    world.vigie(&[
        "learn",
        "--config",
        "vigie.yaml",
        "--distributions",
        data,
        "--probability",
        "p",
        "--out",
        "ref.vigie",
    ])
}

/// Σ (w − r) ln(w / r) with half a row in an empty bin.
fn psi(reference: &[f64], window: &[f64]) -> f64 {
    let (n, m): (f64, f64) = (reference.iter().sum(), window.iter().sum());
    let share = |count: f64, all: f64| if count == 0.0 { 0.5 / all } else { count / all };
    reference
        .iter()
        .zip(window)
        .filter(|(r, w)| **r + **w > 0.0)
        .map(|(r, w)| (share(*w, m) - share(*r, n)) * (share(*w, m) / share(*r, n)).ln())
        .sum()
}

#[test]
fn psi_is_computed_from_the_bins_and_ks_is_null() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("distributions");
    database.sql(TABLE);
    let world = World::new();
    database.config(&world, "log", "fields: {timestamp: ts, probability: p}\n");
    let ran = learn(&world, "postgres:ref_feature_dist").ok();
    assert!(
        ran.stderr.contains("this is a reduced reference with bins only: PSI is measured, but not KS or chi-square")
    );
    assert!(
        ran.stdout.contains("3 features (2 numeric, 1 categorical) and the score from 1000 rows"),
        "{}",
        ran.stdout
    );
    let report = world.check("2026-10-01", "2026-10-02");
    let value = |name: &str| {
        let part = if name == "p" { &report["score"] } else { feature(&report, name) };
        assert_eq!(part["ks"], serde_json::Value::Null, "{part}");
        assert_eq!(part["chi2"], serde_json::Value::Null, "{part}");
        part["psi"]["value"].as_f64().unwrap()
    };
    // AGE: 0.25, 0.75, … 49.75: of 100 values 20 in (0, 10], …; n = 600.
    let close = |name: &str, want: f64| assert!((value(name) - want).abs() < 1e-9, "{name}: {} {want}", value(name));
    close("AGE", psi(&[100.0, 200.0, 300.0, 250.0, 150.0], &[120.0, 120.0, 120.0, 120.0, 120.0]));
    // INCOME: 75 | 150 | 225 | missing, 150 each.
    close("INCOME", psi(&[200.0, 500.0, 200.0, 100.0], &[150.0, 150.0, 150.0, 150.0]));
    // JOB: x, y, z, missing, unseen.
    close("JOB", psi(&[500.0, 300.0, 150.0, 50.0, 0.0], &[200.0, 200.0, 0.0, 0.0, 200.0]));
    // p: 0, 0.1, 0.2 | 0.3, 0.4, 0.5 | 0.6 … 0.9.
    close("p", psi(&[500.0, 300.0, 200.0], &[180.0, 180.0, 240.0]));
    assert_eq!(report["reference"]["provenance"]["reduced"], true);
    assert!(feature(&report, "AGE")["null_reasons"]["ks"].as_str().unwrap().contains("PSI only"));
    assert!(report["score"]["null_reasons"]["ks"].as_str().unwrap().contains("PSI only"));
    let html = std::fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    assert!(html.contains("imported as a table of binned distributions"));
}

#[test]
fn invalid_distribution_tables_are_rejected_with_one_sentence() {
    let world = World::new();
    let message = |kind: &str, bins: &str, shares: &str, rows: &str| {
        let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let csv =
            format!("feature,kind,bins_json,ref_dist_json,n_ref\nAGE,{kind},{},{},{rows}\n", cell(bins), cell(shares));
        world.file("dist.csv", csv);
        let ran = world.vigie(&["learn", "--distributions", "dist.csv", "--out", "ref.vigie"]);
        if ran.code == Some(0) {
            return String::new();
        }
        assert!(!world.path("ref.vigie").exists());
        ran.stderr.trim_end().replace("vigie: --distributions dist.csv: feature `AGE`: ", "")
    };
    let (edges, shares) = ("{\"edges\": [0, 1, 2]}", "{\"labels\": [\"a\", \"b\"], \"p\": [0.5, 0.5]}");
    assert_eq!(message("vector", edges, shares, "9"), "kind must be numeric or categorical, not `vector`");
    assert_eq!(message("numeric", "", shares, "9"), "bins_json has no list `edges`");
    assert_eq!(message("numeric", "{\"edges\": [0, 1, 1]}", shares, "9"), "the edges are not in ascending order");
    assert_eq!(message("numeric", "{\"edges\": [0, 1]}", shares, "9"), "2 edges define 1 bins, but there are 2 shares");
    assert_eq!(
        message("numeric", edges, "?", "9"),
        "ref_dist_json is not valid JSON; it must be an object with `labels` and `p`"
    );
    assert_eq!(message("numeric", edges, "{\"labels\": [\"a\"], \"p\": [0.5, 0.5]}", "9"), "1 labels but 2 shares");
    assert_eq!(
        message("numeric", edges, "{\"labels\": [\"a\", \"b\"], \"p\": [0.5, 0.1]}", "9"),
        "the shares add up to 0.6, not 1"
    );
    assert_eq!(message("numeric", edges, shares, "0"), "n_ref must be an integer of at least 1");
    assert_eq!(message("numeric", "{\"edges\": [-Infinity, 1, Infinity]}", shares, "9"), "");
}
