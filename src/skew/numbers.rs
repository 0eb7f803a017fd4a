//! Compares the numbers of a feature, and finds out how they differ.

use std::collections::{BTreeSet, HashMap};

use super::{
    compare::Unequal,
    kind::{MIN_ROWS, SkewKind, are_nearly_all},
    precision::{LoggedPrecision, is_same},
};
use crate::drift::CommonValue;

/// A logged number and the stored one; NaN is missing.
#[derive(Debug, Clone, Copy)]
pub(super) struct NumberPair {
    pub logged: f64,
    pub stored: f64,
}

/// Multiples of units: they are reported as such.
const WELL_KNOWN: [f64; 16] =
    [2.0, 7.0, 10.0, 12.0, 24.0, 30.0, 52.0, 60.0, 100.0, 365.0, 365.25, 1e3, 3_600.0, 1e4, 86_400.0, 1e6];
/// Relative distance of a measured factor from a well-known one.
const NEAR: f64 = 1e-3;
/// Relative error of a factor of numbers of which both are rounded.
const FACTOR_ERROR: f64 = 1e-5;
/// A factor or an amount is common only if there are as many distinct values.
const MIN_DISTINCT: usize = 3;

/// Compares pairs of which none is missing on both sides. `logged`: all logged numbers, which show how they are rounded.
pub(super) fn compare(pairs: &[NumberPair], logged: &dyn Fn() -> Vec<f64>) -> (Unequal, Option<SkewKind>) {
    let mut unequal = Unequal::default();
    let mut different: Vec<NumberPair> = Vec::new();
    let mut without_stored: Vec<f64> = Vec::new();
    for pair in pairs {
        match (pair.logged.is_nan(), pair.stored.is_nan()) {
            (true, true) => {}
            (true, false) => unequal.missing_in_log += 1,
            (false, true) => without_stored.push(pair.logged),
            (false, false) if !is_same(pair.logged, pair.stored) => different.push(*pair),
            (false, false) => {}
        }
    }
    let precision = LoggedPrecision::infer(if different.is_empty() { Vec::new() } else { logged() });
    different.retain(|pair| !precision.explains(pair.logged, pair.stored));
    unequal.missing_in_table = without_stored.len() as u64;
    unequal.different = different.len() as u64;
    let kind = (unequal.rows() > 0).then(|| kind(unequal, &without_stored, &different, precision));
    (unequal, kind)
}

fn kind(unequal: Unequal, without_stored: &[f64], different: &[NumberPair], precision: LoggedPrecision) -> SkewKind {
    let rows = unequal.rows();
    if let Some(kind) = unequal.of_missing(&|| constant(rows, without_stored, different)) {
        return kind;
    }
    if rows < MIN_ROWS {
        return SkewKind::Other;
    }
    if let Some(value) = constant(rows, without_stored, different) {
        return SkewKind::Constant { value, of_missing: without_stored.len() > different.len() };
    }
    let distinct: BTreeSet<u64> = different.iter().map(|pair| pair.stored.to_bits()).take(10_000).collect();
    if distinct.len() < MIN_DISTINCT {
        return SkewKind::Other;
    }
    factor(rows, different, precision).or_else(|| offset(rows, different, precision)).unwrap_or(SkewKind::Other)
}

/// The logged value that nearly all unequal rows share.
fn constant(rows: u64, without_stored: &[f64], different: &[NumberPair]) -> Option<CommonValue> {
    let mut counts: HashMap<u64, u64> = HashMap::new();
    for logged in without_stored.iter().copied().chain(different.iter().map(|pair| pair.logged)) {
        // Both zeros are one value.
        *counts.entry((logged + 0.0).to_bits()).or_default() += 1;
    }
    let (bits, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let value = f64::from_bits(bits);
    (rows >= MIN_ROWS && are_nearly_all(count, rows) && value.is_finite()).then_some(CommonValue::Number(value))
}

fn factor(rows: u64, different: &[NumberPair], precision: LoggedPrecision) -> Option<SkewKind> {
    let quotients = different.iter().map(|pair| pair.logged / pair.stored);
    let measured = median(quotients.filter(|quotient| quotient.is_finite() && *quotient != 0.0).collect())?;
    let fits = |factor: f64| {
        let is_explained = |pair: &&NumberPair| {
            let expected = factor * pair.stored;
            (pair.logged - expected).abs() <= precision.allowance(pair.logged) + FACTOR_ERROR * expected.abs()
                && pair.logged != 0.0
        };
        are_nearly_all(different.iter().filter(is_explained).count() as u64, rows)
    };
    let known = WELL_KNOWN.into_iter().flat_map(|known| [known, 1.0 / known]);
    let known = known.chain([-1.0]).find(|known| (measured / known - 1.0).abs() <= NEAR && fits(*known));
    known.or_else(|| Some(measured).filter(|measured| fits(*measured))).map(|factor| SkewKind::Factor { factor })
}

fn offset(rows: u64, different: &[NumberPair], precision: LoggedPrecision) -> Option<SkewKind> {
    let by = median(different.iter().map(|pair| pair.logged - pair.stored).filter(|by| by.is_finite()).collect())?;
    let is_explained = |pair: &&NumberPair| {
        let expected = pair.stored + by;
        let error = FACTOR_ERROR * by.abs() + 1e-9 * expected.abs();
        (pair.logged - expected).abs() <= precision.allowance(pair.logged) + error
    };
    let explained = different.iter().filter(is_explained).count() as u64;
    // Rounding alone would explain less.
    let is_beyond = different.iter().all(|pair| by.abs() > precision.allowance(pair.logged));
    (are_nearly_all(explained, rows) && is_beyond).then_some(SkewKind::Offset { by })
}

/// The lower median.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}
