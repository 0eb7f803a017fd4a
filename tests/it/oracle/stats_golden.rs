//! Compares `vigie_stats` with scipy. `tests/oracle/stats_golden.py` writes the expected values.

#![expect(
    clippy::float_cmp,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a missing golden value must fail the test, and some values are bit-identical"
)]

use serde_json::Value;
use vigie_stats::{
    chi2, fdr,
    jensen_shannon::jensen_shannon,
    ks, proportion,
    psi::{self, EmptyBins},
    psi_test, wasserstein,
};

/// One list of the golden file.
fn golden(list: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/stats_golden.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file[list].as_array().unwrap().clone()
}

fn float(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn counts(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(whole).collect()
}

/// Relative error; infinite if 0 is expected but not given.
fn relative_error(got: f64, expected: f64) -> f64 {
    if got == expected { 0.0 } else { ((got - expected) / expected).abs() }
}

/// Runs all cases; fails at the first with a relative error above `limit` and prints the largest error.
fn check(list: &str, limit: f64, mut case: impl FnMut(&Value) -> (f64, f64)) {
    let cases = golden(list);
    assert!(cases.len() > 3, "{list} has too few cases");
    let mut worst = 0.0_f64;
    for row in &cases {
        let (got, expected) = case(row);
        let error = relative_error(got, expected);
        assert!(error <= limit, "{list}: {row} gives {got:e}, not {expected:e}");
        worst = worst.max(error);
    }
    println!("{list}: {} cases, largest relative error {worst:e}", cases.len());
}

#[test]
fn ks_p_values() {
    check("ks_p", 1e-6, |row| (ks::p_value(float(&row[0]), whole(&row[1]), whole(&row[2])).unwrap(), float(&row[3])));
}

#[test]
fn ks_p_values_of_millions() {
    check("ks_p_large", 1e-6, |row| {
        (ks::p_value(float(&row[0]), whole(&row[1]), whole(&row[2])).unwrap(), float(&row[3]))
    });
}

/// Sorted distinct values with their counts.
fn values(side: &Value) -> Vec<(f64, u64)> {
    side.as_array().unwrap().iter().map(|entry| (float(&entry[0]), whole(&entry[1]))).collect()
}

#[test]
fn ks_statistics_to_the_bit() {
    check("ks_statistic", 0.0, |row| {
        (ks::exact(&values(&row["reference"]), &values(&row["window"])).unwrap(), float(&row["statistic"]))
    });
}

#[test]
fn homogeneity() {
    let run = |row: &Value| chi2::homogeneity(&counts(&row["reference"]), &counts(&row["window"])).unwrap();
    check("homogeneity", 1e-9, |row| (run(row).statistic.unwrap(), float(&row["statistic"])));
    check("homogeneity", 1e-9, |row| (run(row).p_value.unwrap(), float(&row["p"])));
    check("homogeneity", 1e-9, |row| (run(row).cramers_v, float(&row["cramers_v"])));
    for row in golden("homogeneity") {
        let got = run(&row);
        assert_eq!((got.dof as u64, got.pooled as u64), (whole(&row["dof"]), whole(&row["pooled"])));
    }
}

#[test]
fn chi_square_distribution() {
    let dof = |value: &Value| usize::try_from(whole(value)).unwrap();
    check("chi2_survival", 1e-9, |row| (chi2::survival(float(&row[0]), dof(&row[1])), float(&row[2])));
    check("chi2_quantile", 1e-12, |row| (chi2::quantile(float(&row[0]), dof(&row[1])), float(&row[2])));
}

#[test]
fn proportions() {
    type Test = fn(u64, u64, u64, u64) -> Option<f64>;
    let tests: [(&str, Test); 4] = [
        ("two_by_two", proportion::two_by_two),
        ("two_proportions", proportion::two_proportions),
        ("unseen", proportion::unseen_excess),
        ("outside_range", proportion::outside_range),
    ];
    for (list, test) in tests {
        check(list, 1e-9, |row| {
            (test(whole(&row[0]), whole(&row[1]), whole(&row[2]), whole(&row[3])).unwrap(), float(&row[4]))
        });
    }
}

#[test]
fn false_discovery() {
    let floats = |value: &Value| -> Vec<f64> { value.as_array().unwrap().iter().map(float).collect() };
    for row in golden("false_discovery") {
        assert_eq!(fdr::benjamini_hochberg(&floats(&row["p"])), floats(&row["q"]));
    }
}

#[test]
fn population_stability() {
    let run = |row: &Value| {
        let (reference, window) = (counts(&row["reference"]), counts(&row["window"]));
        let empty = row["floor"].as_f64().map_or(EmptyBins::HalfCount, EmptyBins::Floor);
        let value = psi::psi(&reference, &window, empty).unwrap();
        let test = psi_test::from_psi(value, reference.len(), reference.iter().sum(), window.iter().sum());
        (value, test.critical.unwrap(), test.p_value.unwrap())
    };
    check("psi", 1e-12, |row| (run(row).0, float(&row["psi"])));
    check("psi", 1e-12, |row| (run(row).1, float(&row["critical"])));
    check("psi", 1e-9, |row| (run(row).2, float(&row["p"])));
}

#[test]
fn jensen_shannon_distances() {
    check("jensen_shannon", 1e-12, |row| {
        (jensen_shannon(&counts(&row["reference"]), &counts(&row["window"])).unwrap(), float(&row["distance"]))
    });
}

#[test]
fn wasserstein_distances() {
    let run = |row: &Value| wasserstein::wasserstein(&values(&row["reference"]), &values(&row["window"])).unwrap();
    check("wasserstein", 1e-12, |row| (run(row), float(&row["distance"])));
    let mut constants = 0;
    for row in golden("wasserstein") {
        let got = wasserstein::normalised(run(&row), float(&row["deviation"]));
        match got.zip(row["normalised"].as_f64()) {
            Some((got, expected)) => assert!(relative_error(got, expected) <= 1e-12, "{row}"),
            None => {
                assert!(got.is_none() && row["normalised"].is_null(), "{row}");
                constants += 1;
            }
        }
    }
    assert_eq!(constants, 1, "one reference is constant");
}
