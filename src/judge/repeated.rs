//! Blocks of features in which many rows of a window have the values of one row: a join gave one client's answer to many.

use std::collections::BTreeSet;

use vigie_profile::{
    profile::{Counts, Profile},
    repeat::{CommonRows, RepeatPlan, RepeatTally},
};
use vigie_stats::proportion::binomial_test;

/// Least share of the rows with one row's values, and the largest probability of them by chance.
const MIN_SHARE: f64 = 0.05;
const MAX_P: f64 = 1e-6;
/// From here on the block is constant.
const ALL: f64 = 0.99;

/// A block in which many rows have the values of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatedBlock {
    /// Prefix of the names of its features.
    pub block: String,
    /// Share of the rows that have a value.
    pub share: f64,
}

/// Returns these blocks, by prefix. Blocks of one source are one if all of its hashed blocks are among them. If whole records
/// come again, no block is: that is one applicant who is scored many times.
#[must_use]
pub fn repeated_blocks(plan: &RepeatPlan, window: &RepeatTally, reference: &Profile) -> Vec<RepeatedBlock> {
    if !window.is_of(plan) {
        return Vec::new();
    }
    let hashed = plan.blocks().iter().zip(window.sketches()).filter(|(_, sketch)| sketch.rows() > 0);
    let shares: Vec<(&str, Option<f64>)> = hashed
        .map(|(block, sketch)| {
            let usual = most_usual(reference, &block.features);
            (block.prefix.as_str(), repeated_share(sketch.commonest(), sketch.rows(), usual))
        })
        .collect();
    if shares.iter().any(|(prefix, share)| prefix.is_empty() && share.is_some()) {
        return Vec::new();
    }
    let mut repeated: Vec<RepeatedBlock> = shares
        .iter()
        .filter_map(|(prefix, share)| Some(RepeatedBlock { block: (*prefix).to_owned(), share: (*share)? }))
        .collect();
    for source in plan.sources() {
        let of_source = |block: &&str| block.starts_with(source);
        let hashed: BTreeSet<&str> = shares.iter().map(|(prefix, _)| *prefix).filter(of_source).collect();
        let (parts, others): (Vec<RepeatedBlock>, Vec<RepeatedBlock>) =
            repeated.iter().cloned().partition(|one| hashed.contains(one.block.as_str()));
        if parts.len() > 1 && parts.len() == hashed.len() {
            let share = parts.iter().map(|part| part.share).fold(0.0, f64::max);
            repeated = others;
            repeated.push(RepeatedBlock { block: source.to_owned(), share });
        }
    }
    repeated.sort_by(|a, b| a.block.cmp(&b.block));
    repeated
}

/// The share of rows with one hash if the usual share does not explain it.
fn repeated_share(common: CommonRows, rows: u64, usual: f64) -> Option<f64> {
    let share = real(common.rows) / real(rows);
    let is_evident = real(common.at_least) >= MIN_SHARE * real(rows)
        && binomial_test(common.at_least, rows, usual.clamp(0.0, 1.0)) <= MAX_P;
    (is_evident && share < ALL).then_some(share)
}

/// Upper bound on the share of the reference's rows that have one hash, among those with a value in the block: they agree in each
/// feature, and so are in one cell, have one level, or no value.
fn most_usual(reference: &Profile, features: &[usize]) -> f64 {
    let counts = || features.iter().filter_map(|feature| reference.features().get(*feature));
    let missing = |counts: &Counts| match counts {
        Counts::Numeric(counts) => counts.missing(),
        Counts::Categorical(counts) => counts.missing(),
    };
    let commonest = |counts: &Counts| match counts {
        Counts::Numeric(counts) => counts.cells().iter().copied().max(),
        Counts::Categorical(counts) => counts.levels().iter().copied().max(),
    };
    let alike = counts().map(|one| commonest(one).unwrap_or(0).max(missing(one))).min().unwrap_or(0);
    let empty = counts().map(missing).min().unwrap_or(0);
    real(alike) / real(reference.rows().saturating_sub(empty)).max(1.0)
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn real(rows: u64) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array};
    use vigie_profile::{
        batch::Rows,
        layout::{Cells, Feature, Layout, Precision, Shape},
    };

    use super::*;

    const NAMES: [&str; 12] = [
        "BUREAU_AMT_1",
        "BUREAU_AMT_2",
        "BUREAU_AMT_3",
        "BUREAU_DAYS_1",
        "BUREAU_DAYS_2",
        "BUREAU_DAYS_3",
        "EXT_1",
        "EXT_2",
        "EXT_3",
        "age",
        "income",
        "amount",
    ];

    /// Rows of which feature `feature` has the values of row `row(position, feature)`; `None`: no value.
    fn batch(rows: u64, row: &dyn Fn(u64, usize) -> Option<u64>) -> Rows {
        let value = |row: u64, feature: usize| {
            let mixed = row.wrapping_mul(0x9e37_79b9).wrapping_add(feature as u64 * 77_777) % 1_000_003;
            f64::from(u32::try_from(mixed).unwrap())
        };
        let column = |feature: usize| -> ArrayRef {
            let values = (0..rows).map(|place| row(place, feature).map(|row| value(row, feature)));
            Arc::new(values.collect::<Float64Array>())
        };
        let features = (0..NAMES.len()).map(|feature| Some(column(feature))).collect();
        Rows { len: usize::try_from(rows).unwrap(), features, ..Rows::default() }
    }

    /// The repeated blocks of 700 rows, with percentages. In every fifth row of the reference, the bureau knows nothing.
    fn repeated(row: &dyn Fn(u64, usize) -> Option<u64>) -> Vec<String> {
        let values: Vec<(f64, u64)> = (0..1_000).map(|value| (f64::from(value) * 1_000.0, 1)).collect();
        let cells = Cells::learn(&values, Precision::F64);
        let features = NAMES.map(|name| Feature { name: name.to_owned(), shape: Shape::Numeric(cells.clone()) });
        let layout = Layout::new(Precision::F64, features.to_vec(), None);
        let mut reference = Profile::empty(&layout);
        let known = |place: u64, feature: usize| (feature >= 6 || !place.is_multiple_of(5)).then_some(place);
        reference.observe(&batch(1_000, &known), &layout, 0.5);
        let plan = RepeatPlan::new(&layout, &reference, 9, 16);
        let mut tally = RepeatTally::empty(&plan);
        tally.observe(&batch(700, row), Some, &layout, &plan);
        let found = repeated_blocks(&plan, &tally, &reference);
        found.into_iter().map(|one| format!("{} {:.0}", one.block, one.share * 100.0)).collect()
    }

    #[test]
    fn one_answer_for_many_rows_is_found_by_block() {
        let client = |place: u64, feature: usize, of: &dyn Fn(usize) -> bool| {
            Some(if place % 20 < 9 && of(feature) { 7_777 } else { 10_000 + place })
        };
        assert_eq!(repeated(&|place, feature| client(place, feature, &|feature| feature < 6)), ["BUREAU_ 45"]);
        assert_eq!(repeated(&|place, feature| client(place, feature, &|feature| feature < 3)), ["BUREAU_AMT_ 45"]);
        let none = [""; 0];
        assert_eq!(
            repeated(&|place, feature| client(place, feature, &|_| true)),
            none,
            "one applicant, again and again"
        );
        assert_eq!(repeated(&|place, feature| client(place, feature, &|_| false)), none);
    }

    #[test]
    fn usual_shares_constants_and_empty_rows_are_not_repeated() {
        let none = [""; 0];
        assert_eq!(repeated(&|place, feature| (feature >= 6).then_some(place)), none, "no row has a value");
        assert_eq!(repeated(&|place, feature| Some(if feature < 6 { 1 } else { place })), none, "constant");
        // As many rows as those in which the reference has no value may have a default.
        let default = |place: u64, feature: usize| Some(if feature < 6 && place.is_multiple_of(5) { 1 } else { place });
        assert_eq!(repeated(&default), none);
        let few = |place: u64, feature: usize| {
            Some(if (6..9).contains(&feature) && place.is_multiple_of(25) { 1 } else { place })
        };
        assert_eq!(repeated(&few), none, "four percent");
    }
}
