//! Blocks of features that repeat rows of the previous window: a source that returns yesterday's answers moves no distribution.

use std::collections::BTreeSet;

use vigie_profile::{
    repeat::{RepeatPlan, RepeatTally, RepeatedRows},
    window::Instant,
};
use vigie_stats::proportion::binomial_test;

use super::{Facts, Finding, Policy, Test, rules::reached};

/// Minimum number of distinct rows that come again, and their share.
const MIN_MATCHES: u64 = 5;
const MIN_SHARE: f64 = 0.01;
/// Largest p-value of [`BlockRepeat::p_value`].
const MAX_P: f64 = 1e-4;
/// A share of repeated rows is unusual if it is this many times the usual one.
const UNUSUAL: f64 = 3.0;
/// Minimum number of earlier pairs of windows that show which share is usual. A fault that has lasted for fewer windows must
/// not count as usual.
const MIN_PAIRS: usize = 14;

/// How many rows of a window repeat rows of the previous one in a block of features.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockRepeat {
    /// Prefix of the block; empty for the features outside all blocks.
    pub block: String,
    /// Positions of the features that were compared.
    pub features: Vec<usize>,
    pub counts: RepeatedRows,
    /// Share of the rows that repeat one; `None` without rows.
    pub share: Option<f64>,
    /// The share that repeats whatever the block: applicants who come again.
    pub whole_rows: f64,
    /// Probability of at least this many repeated rows if rows agree across the two windows as often as within each.
    pub p_value: f64,
}

/// A block that repeats rows of the previous window more often than applicants come again.
#[derive(Debug, Clone, PartialEq)]
pub struct StaleBlock {
    /// Prefix of the names of its features.
    pub block: String,
    /// Number of its features.
    pub features: usize,
    /// Share of the rows that repeat one of the previous window.
    pub share: f64,
    /// Start of the first window since which this has been so.
    pub since: Instant,
}

impl BlockRepeat {
    /// Returns whether more rows come again than chance, and applicants who come again, explain.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let is_more = |share: f64| share - self.whole_rows >= MIN_SHARE && share >= 2.0 * self.whole_rows;
        !self.block.is_empty()
            && self.counts.matched_hashes >= MIN_MATCHES
            && self.p_value <= MAX_P
            && self.share.is_some_and(is_more)
    }
}

/// First word of a block's prefix.
fn source(block: &str) -> &str {
    block.split_once('_').map_or(block, |(source, _)| source)
}

/// Compares the rows of two windows, block by block. `None` if they were hashed with another reference.
#[must_use]
pub fn block_repeats(plan: &RepeatPlan, window: &RepeatTally, previous: &RepeatTally) -> Option<Vec<BlockRepeat>> {
    if !window.is_of(plan) || !previous.is_of(plan) {
        return None;
    }
    let pairs = window.sketches().iter().zip(previous.sketches());
    let mut blocks: Vec<BlockRepeat> = plan
        .blocks()
        .iter()
        .zip(pairs)
        .map(|(block, (window, previous))| {
            let counts = window.repeats(previous);
            BlockRepeat {
                block: block.prefix.clone(),
                features: block.features.clone(),
                counts,
                share: share(counts.matched_rows, counts.rows),
                whole_rows: 0.0,
                p_value: p_value(&counts),
            }
        })
        .collect();
    let shares: Vec<(String, f64)> =
        blocks.iter().filter_map(|one| Some((source(&one.block).to_owned(), one.share?))).collect();
    for one in &mut blocks {
        let others = shares.iter().filter(|(other, _)| other != source(&one.block)).map(|(_, share)| *share);
        one.whole_rows = others.min_by(f64::total_cmp).unwrap_or(0.0);
    }
    Some(blocks)
}

fn share(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// If rows of one distribution agree by chance, of all pairs that agree those across the windows are `n·m` of
/// `n·m + (n² + m²) / 2`.
fn p_value(counts: &RepeatedRows) -> f64 {
    let RepeatedRows { rows, earlier_rows, matched_hashes, repeated_hashes, .. } = *counts;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let (ours, theirs) = (rows as f64, earlier_rows as f64);
    let across = 2.0 * ours * theirs / (ours + theirs).powi(2).max(1.0);
    binomial_test(matched_hashes, matched_hashes.saturating_add(repeated_hashes), across)
}

/// Returns the stale blocks of a window. `earlier`: for each earlier window, newest first, its start and its repeats of the
/// window before it.
///
/// A share that has been as high for all of at least 14 windows is usual: the same applicants are scored every day. Blocks of
/// one source are one if all of its hashed blocks are stale.
#[must_use]
pub fn stale_blocks(
    plan: &RepeatPlan,
    (from, repeats): (Instant, &[BlockRepeat]),
    earlier: &[(Instant, Vec<BlockRepeat>)],
) -> Vec<StaleBlock> {
    let mut stale: Vec<StaleBlock> = Vec::new();
    for (place, one) in repeats.iter().enumerate().filter(|(_, one)| one.is_stale()) {
        let Some(share) = one.share else { continue };
        let before = || earlier.iter().filter_map(|(start, blocks)| Some((*start, blocks.get(place)?)));
        let least = before().filter_map(|(_, block)| block.share).min_by(f64::total_cmp);
        let usual = least.filter(|_| earlier.len() >= MIN_PAIRS).unwrap_or(0.0);
        if share < UNUSUAL * usual {
            continue;
        }
        let since = before().take_while(|(_, block)| block.is_stale()).last().map_or(from, |(start, _)| start);
        stale.push(StaleBlock { block: one.block.clone(), features: plan.size(&one.block), share, since });
    }
    for whole in plan.sources() {
        let hashed = repeats.iter().filter(|one| one.block.starts_with(whole) && one.share.is_some());
        let hashed: BTreeSet<&str> = hashed.map(|one| one.block.as_str()).collect();
        let (parts, others): (Vec<StaleBlock>, Vec<StaleBlock>) =
            stale.iter().cloned().partition(|one| hashed.contains(one.block.as_str()));
        let since = parts.iter().map(|part| part.since).min();
        let share = parts.iter().map(|part| part.share).max_by(f64::total_cmp);
        if let (true, Some(since), Some(share)) = (parts.len() > 1 && parts.len() == hashed.len(), since, share) {
            stale = others;
            stale.push(StaleBlock { block: whole.to_owned(), features: plan.size(whole), share, since });
        }
    }
    stale.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.block.cmp(&b.block)));
    stale
}

/// Returns a finding if the share of repeated rows reaches a limit.
pub(super) fn finding(stale: &StaleBlock, policy: &Policy) -> Option<Finding> {
    let StaleBlock { block, features, share, since } = stale;
    let (severity, limit) = reached(policy.stale, *share)?;
    let facts = Facts::Stale { block: block.clone(), features: *features, share: *share, since: *since };
    Some(Finding { value: Some(*share), limit: Some(limit), ..Finding::of_run(Test::Stale, severity, facts) })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array};
    use vigie_profile::{
        batch::Rows,
        layout::{Cells, Feature, Layout, Precision, Shape},
        profile::Profile,
    };

    use super::*;
    use crate::judge::Severity;

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

    /// Distinct values, different for each row and feature.
    fn value(row: u64, feature: usize) -> f64 {
        let mixed = row.wrapping_mul(0x9e37_79b9).wrapping_add(feature as u64 * 77_777) % 1_000_003;
        f64::from(u32::try_from(mixed).unwrap())
    }

    /// Rows of which feature `feature` has the values of row `row(position, feature)`.
    fn batch(rows: u64, row: &dyn Fn(u64, usize) -> u64) -> Rows {
        let column = |feature: usize| -> ArrayRef {
            Arc::new((0..rows).map(|place| Some(value(row(place, feature), feature))).collect::<Float64Array>())
        };
        let features = (0..NAMES.len()).map(|feature| Some(column(feature))).collect();
        Rows { len: usize::try_from(rows).unwrap(), features, ..Rows::default() }
    }

    fn world() -> (Layout, RepeatPlan) {
        let values: Vec<(f64, u64)> = (0..1_000).map(|value| (f64::from(value) * 1_000.0, 1)).collect();
        let cells = Cells::learn(&values, Precision::F64);
        let features = NAMES.map(|name| Feature { name: name.to_owned(), shape: Shape::Numeric(cells.clone()) });
        let layout = Layout::new(Precision::F64, features.to_vec(), None);
        let mut reference = Profile::empty(&layout);
        reference.observe(&batch(1_000, &|place, _| place), &layout, 0.5);
        let plan = RepeatPlan::new(&layout, &reference, 9, 16);
        let blocks: Vec<&str> = plan.blocks().iter().map(|block| block.prefix.as_str()).collect();
        assert_eq!(blocks, ["", "BUREAU_AMT_", "BUREAU_DAYS_", "EXT_"]);
        (layout, plan)
    }

    fn tally(rows: u64, row: &dyn Fn(u64, usize) -> u64) -> RepeatTally {
        let (layout, plan) = world();
        let mut tally = RepeatTally::empty(&plan);
        tally.observe(&batch(rows, row), Some, &layout, &plan);
        tally
    }

    /// Stale blocks of a window after the one of rows 0 to 699, with their features and percentages.
    fn stale(rows: u64, row: &dyn Fn(u64, usize) -> u64) -> Vec<String> {
        let (_, plan) = world();
        let previous = tally(700, &|place, _| place);
        let repeats = block_repeats(&plan, &tally(rows, row), &previous).unwrap();
        let found = stale_blocks(&plan, (Instant(5), &repeats), &[]);
        found.into_iter().map(|one| format!("{} {} {:.0}", one.block, one.features, one.share * 100.0)).collect()
    }

    /// Rows from 10,000 on are new.
    fn new(place: u64) -> u64 {
        10_000 + place
    }

    #[test]
    fn a_source_that_repeats_is_one_block() {
        let old = |place: u64, feature: usize| if feature < 6 { place } else { new(place) };
        assert_eq!(stale(700, &old), ["BUREAU_ 6 100"]);
        // In 30 of 100 rows.
        let some = |place: u64, feature: usize| if feature < 6 && place % 10 < 3 { place } else { new(place) };
        assert_eq!(stale(700, &some), ["BUREAU_ 6 30"]);
        // One of its tables.
        let one = |place: u64, feature: usize| if feature < 3 { place } else { new(place) };
        assert_eq!(stale(700, &one), ["BUREAU_AMT_ 3 100"]);
    }

    #[test]
    fn new_rows_and_applicants_who_come_again_are_not_stale() {
        let none = [""; 0];
        assert_eq!(stale(700, &|place, _| new(place)), none);
        assert_eq!(stale(700, &|place, _| place), none, "whole rows");
        assert_eq!(stale(700, &|place, _| if place < 200 { place } else { new(place) }), none);
        // Four rows are too few.
        assert_eq!(stale(700, &|place, feature| if feature < 3 && place < 4 { place } else { new(place) }), none);
    }

    /// A block whose rows agree within a window agrees across windows as well.
    #[test]
    fn rows_that_agree_by_chance_are_not_stale() {
        let (_, plan) = world();
        // Requests of 509 customers at random, on both days.
        let draw = |number: u64| {
            let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33) % 509
        };
        let customer = |place: u64, feature: usize| if feature < 3 { draw(place) } else { new(place) };
        let other = |place: u64, feature: usize| if feature < 3 { draw(place + 700) } else { new(place) + 700 };
        let repeats = block_repeats(&plan, &tally(700, &customer), &tally(700, &other)).unwrap();
        let amounts = repeats.iter().find(|one| one.block == "BUREAU_AMT_").unwrap();
        assert!(amounts.share.unwrap() > 0.5 && amounts.p_value > 0.5, "{amounts:?}");
        assert_eq!(stale_blocks(&plan, (Instant(0), &repeats), &[]), []);
    }

    #[test]
    fn since_is_the_first_window_of_the_fault_and_what_is_usual_is_no_fault() {
        let (_, plan) = world();
        let previous = tally(700, &|place, _| place);
        let old = |place: u64, feature: usize| if feature < 3 { place } else { new(place) };
        let repeats = |row: &dyn Fn(u64, usize) -> u64| block_repeats(&plan, &tally(700, row), &previous).unwrap();
        let (bad, good) = (repeats(&old), repeats(&|place, _| new(place)));
        let since = |earlier: &[&Vec<BlockRepeat>]| {
            let earlier: Vec<(Instant, Vec<BlockRepeat>)> =
                (0..).map(|day: i64| Instant(-day)).zip(earlier.iter().map(|one| (*one).clone())).collect();
            stale_blocks(&plan, (Instant(1), &bad), &earlier).first().map(|one| one.since.0)
        };
        assert_eq!((since(&[]), since(&[&good]), since(&[&bad, &bad, &good, &bad])), (Some(1), Some(1), Some(-1)));
        assert_eq!(since(&[&bad; 13]), Some(-12), "a fault of thirteen windows");
        assert_eq!(since(&[&bad; 14]), None, "the same customers every day");
        let mut once = vec![&bad; 20];
        once[19] = &good;
        assert_eq!(since(&once), Some(-18));
    }

    #[test]
    fn half_of_the_rows_are_an_alarm() {
        let severity = |share| {
            let stale = StaleBlock { block: "B_".to_owned(), features: 3, share, since: Instant(0) };
            finding(&stale, &Policy::default()).map(|finding| finding.severity)
        };
        assert_eq!(severity(0.009), None);
        assert_eq!([0.01, 0.49, 0.5].map(severity), [Severity::Watch, Severity::Watch, Severity::Alarm].map(Some));
    }
}
