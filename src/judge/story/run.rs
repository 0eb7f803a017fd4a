//! Groups features that changed in the same way and to the same extent, and finds the blocks of names among them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    StoryCase, StoryKind,
    group::{Suspect, SuspectGroup},
};
use crate::{
    drift::{Change, CommonValue, FeatureDrift},
    judge::{RepeatedBlock, Severity},
};

/// Extents that differ by less are the same, whatever the number of rows.
const SAME_GAP: f64 = 0.02;
const SAME_SHARE: f64 = 0.05;
/// Factors that differ by less are the same.
const SAME_FACTOR: f64 = 1.05;
/// Part of a block's features that must have changed.
const MOST: f64 = 0.8;
/// Features whose values are missing more often say nothing about a gap.
const MOSTLY_MISSING: f64 = 0.9;
/// Least number of features of a block of names, and of features that are missing together.
const MIN_BLOCK: usize = 3;
const MIN_TOGETHER: usize = 2;

/// Groups suspects by what happened to them. The result does not depend on their order.
pub(super) fn groups<'a>(case: &StoryCase<'a>, suspects: Vec<Suspect<'a>>) -> Vec<SuspectGroup<'a>> {
    let known: BTreeSet<usize> = suspects.iter().map(|suspect| suspect.index).collect();
    let mut by_kind: BTreeMap<StoryKind, Vec<Suspect<'a>>> = BTreeMap::new();
    for suspect in suspects {
        by_kind.entry(suspect.kind()).or_default().push(suspect);
    }
    by_kind
        .into_iter()
        .flat_map(|(kind, suspects)| match kind {
            StoryKind::Absent | StoryKind::Gap | StoryKind::Filled => {
                let runs = runs(suspects, gap_tolerance).into_iter();
                let groups = runs.flat_map(|run| cover(case, run, true));
                groups.map(|group| with_rest_of_block(case, group, &known)).collect()
            }
            StoryKind::Constant => constants(case, suspects),
            StoryKind::Unit | StoryKind::Sentinel | StoryKind::Atom | StoryKind::Offset => same_value(suspects),
            StoryKind::Repeated => repeated(case, suspects),
            StoryKind::Factor => factors(suspects),
            StoryKind::Spelling | StoryKind::NewLevel | StoryKind::Merged | StoryKind::Stale | StoryKind::Shift => {
                suspects.into_iter().map(|suspect| SuspectGroup::new(vec![suspect])).collect::<Vec<_>>()
            }
        })
        .collect()
}

/// Adds the features of a block that have lost the same share of their values without a finding of their own: a gap in a part of
/// the rows moves the missing share of a feature that is mostly missing by less than its limit.
fn with_rest_of_block<'a>(
    case: &StoryCase<'a>,
    mut group: SuspectGroup<'a>,
    known: &BTreeSet<usize>,
) -> SuspectGroup<'a> {
    let block = group.block.and_then(|block| case.blocks.get(block)).filter(|_| group.kind() == Some(StoryKind::Gap));
    let Some((_, features)) = block else { return group };
    let extents = || group.suspects.iter().map(Suspect::extent);
    let (least, most) = (extents().fold(1.0, f64::min), extents().fold(0.0, f64::max));
    let rest = features.iter().filter(|feature| !known.contains(feature)).filter_map(|&index| {
        let drift = case.drift.features.get(index)?;
        let (before, after) = drift.rows_without_value().shares();
        let change = Change::Gap { extent: (after - before) / (1.0 - before) };
        let suspect = Suspect {
            index,
            drift,
            change,
            severity: Severity::Stable,
            tests: Vec::new(),
            effect: 0.0,
            importance: case.importance_of(index),
        };
        let (extent, tolerance) = (suspect.extent(), gap_tolerance(&suspect));
        let is_same = extent > tolerance && (least - tolerance..=most + tolerance).contains(&extent);
        is_same.then_some(suspect)
    });
    let rest: Vec<Suspect<'a>> = rest.collect();
    group.suspects.extend(rest);
    group
}

/// Splits suspects into runs of neighbours whose extents differ by at most the tolerance of each.
fn runs<'a>(mut suspects: Vec<Suspect<'a>>, tolerance: impl Fn(&Suspect<'a>) -> f64) -> Vec<Vec<Suspect<'a>>> {
    suspects.sort_by(|a, b| a.extent().total_cmp(&b.extent()).then_with(|| a.drift.name.cmp(&b.drift.name)));
    let mut runs: Vec<Vec<Suspect<'a>>> = Vec::new();
    for suspect in suspects {
        let is_same = |last: &Suspect<'a>| suspect.extent() - last.extent() <= tolerance(last).max(tolerance(&suspect));
        match runs.last_mut().filter(|run| run.last().is_some_and(is_same)) {
            Some(run) => run.push(suspect),
            None => runs.push(vec![suspect]),
        }
    }
    runs
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn rows(drift: &FeatureDrift) -> f64 {
    (drift.n_window as f64).max(1.0)
}

/// Three standard errors of a gap's extent, at least [`SAME_GAP`].
fn gap_tolerance(suspect: &Suspect<'_>) -> f64 {
    let drift = suspect.drift;
    let (from, to) = (drift.missing.reference_share.unwrap_or(0.0), drift.missing.window_share.unwrap_or(0.0));
    let could_change = if matches!(suspect.change, Change::Filled { .. }) { from } else { 1.0 - from };
    let error = (to * (1.0 - to) / rows(drift)).sqrt() / could_change;
    if error.is_finite() { (3.0 * error).max(SAME_GAP) } else { SAME_GAP }
}

fn share_tolerance(suspect: &Suspect<'_>) -> f64 {
    SAME_SHARE.max(2.0 / rows(suspect.drift).sqrt())
}

/// Groups units by factor, offsets by amount, and sentinels and atoms by value, with similar extents.
fn same_value(suspects: Vec<Suspect<'_>>) -> Vec<SuspectGroup<'_>> {
    let mut by_value: BTreeMap<u64, Vec<Suspect<'_>>> = BTreeMap::new();
    for suspect in suspects {
        let value = match &suspect.change {
            Change::Unit { factor, .. } => *factor,
            Change::Offset { by } => *by,
            Change::Sentinel { value, .. } | Change::Atom { value, .. } => *value,
            _ => 0.0,
        };
        // The two zeros are one value.
        by_value.entry((value + 0.0).to_bits()).or_default().push(suspect);
    }
    by_value.into_values().flat_map(|same| runs(same, share_tolerance)).map(SuspectGroup::new).collect()
}

/// Groups factors that differ from the least of their group by less than 5%.
fn factors(mut suspects: Vec<Suspect<'_>>) -> Vec<SuspectGroup<'_>> {
    let factor = |suspect: &Suspect<'_>| match suspect.change {
        Change::Factor { factor } => factor,
        _ => 1.0,
    };
    suspects.sort_by(|a, b| factor(a).total_cmp(&factor(b)).then_with(|| a.drift.name.cmp(&b.drift.name)));
    let mut groups: Vec<SuspectGroup<'_>> = Vec::new();
    for suspect in suspects {
        let is_same = |least: &Suspect<'_>| factor(&suspect) <= factor(least) * SAME_FACTOR;
        match groups.last_mut().filter(|group| group.suspects.first().is_some_and(is_same)) {
            Some(group) => group.suspects.push(suspect),
            None => groups.push(SuspectGroup::new(vec![suspect])),
        }
    }
    groups
}

/// Groups features by the block in which many rows have the values of one row.
fn repeated<'a>(case: &StoryCase<'_>, suspects: Vec<Suspect<'a>>) -> Vec<SuspectGroup<'a>> {
    let mut by_block: BTreeMap<Option<&str>, Vec<Suspect<'a>>> = BTreeMap::new();
    for suspect in suspects {
        let block = repeated_block(case, &suspect.drift.name).map(|block| block.block.as_str());
        by_block.entry(block).or_default().push(suspect);
    }
    let group = |(prefix, suspects): (Option<&str>, Vec<Suspect<'a>>)| {
        let block = case.blocks.iter().position(|(own, _)| Some(own.as_str()) == prefix);
        SuspectGroup { block, ..SuspectGroup::new(suspects) }
    };
    by_block.into_iter().map(group).collect()
}

/// The block of a feature in which many rows have the values of one row.
fn repeated_block<'a>(case: &StoryCase<'a>, name: &str) -> Option<&'a RepeatedBlock> {
    case.repeated.iter().find(|one| name.starts_with(one.block.as_str()))
}

/// Returns the change of a feature of which many rows have the value of one row, if that may be all that happened to it: as many
/// rows have one value, none, or some where there were none, or the values moved.
pub(super) fn repeated_change(case: &StoryCase<'_>, drift: &FeatureDrift, change: &Change) -> Option<Change> {
    let share = repeated_block(case, &drift.name)?.share;
    let may_be = match change {
        Change::Shift | Change::Factor { .. } => true,
        Change::Sentinel { extent, .. }
        | Change::Atom { extent, .. }
        | Change::Gap { extent }
        | Change::Filled { extent } => (extent - share).abs() <= SAME_SHARE.max(3.0 / rows(drift).sqrt()),
        _ => false,
    };
    may_be.then_some(Change::Repeated { extent: share })
}

/// Groups constants by block; outside blocks those with the same value.
fn constants<'a>(case: &StoryCase<'_>, suspects: Vec<Suspect<'a>>) -> Vec<SuspectGroup<'a>> {
    let (blocks, rest): (Vec<SuspectGroup<'a>>, Vec<SuspectGroup<'a>>) =
        cover(case, suspects, false).into_iter().partition(|group| group.block.is_some());
    let mut by_value: BTreeMap<Result<u64, &str>, Vec<Suspect<'a>>> = BTreeMap::new();
    for suspect in rest.into_iter().flat_map(|group| group.suspects) {
        let value = match &suspect.change {
            Change::Constant { value: CommonValue::Number(number) } => Ok((number + 0.0).to_bits()),
            // Levels of different features are different values.
            _ => Err(suspect.drift.name.as_str()),
        };
        by_value.entry(value).or_default().push(suspect);
    }
    blocks.into_iter().chain(by_value.into_values().map(SuspectGroup::new)).collect()
}

/// Splits a run into blocks of which most features are in it, largest first, and one group of the rest. `is_of_missing`:
/// whether features that are missing in the same rows are a block, too.
fn cover<'a>(case: &StoryCase<'_>, run: Vec<Suspect<'a>>, is_of_missing: bool) -> Vec<SuspectGroup<'a>> {
    let mut left: BTreeMap<usize, Suspect<'a>> = run.into_iter().map(|suspect| (suspect.index, suspect)).collect();
    let named = case
        .blocks
        .iter()
        .enumerate()
        .map(|(block, (prefix, features))| (Some(block), prefix.as_str(), features.as_slice(), MIN_BLOCK));
    let together = case.missing_together.iter().filter(|_| is_of_missing);
    let candidates: Vec<_> = named.chain(together.map(|all| (None, "", all.as_slice(), MIN_TOGETHER))).collect();
    let mut groups = Vec::new();
    loop {
        let best = candidates
            .iter()
            .filter_map(|(block, prefix, features, least)| {
                let covered = features.iter().filter(|feature| left.contains_key(feature)).count();
                let is_block = covered >= *least && is_mostly(case, features, &left);
                is_block.then_some((covered, *block, *prefix, *features))
            })
            // Most features first, then a name, the shortest one, and the alphabet.
            .min_by_key(|(covered, block, prefix, features)| {
                (Reverse(*covered), block.is_none(), prefix.len(), *prefix, features.first().copied())
            });
        let Some((_, block, _, features)) = best else { break };
        let suspects = features.iter().filter_map(|feature| left.remove(feature)).collect();
        groups.push(SuspectGroup { block, ..SuspectGroup::new(suspects) });
    }
    if !left.is_empty() {
        groups.push(SuspectGroup::new(left.into_values().collect()));
    }
    groups
}

/// Returns whether most features of a block are among the suspects, of those that usually have a value.
fn is_mostly(case: &StoryCase<'_>, features: &[usize], suspects: &BTreeMap<usize, Suspect<'_>>) -> bool {
    let usually_present = |feature: &&usize| {
        let drift = case.drift.features.get(**feature);
        drift.is_some_and(|drift| drift.missing.reference_share.is_none_or(|share| share < MOSTLY_MISSING))
    };
    let present: Vec<&usize> = features.iter().filter(usually_present).collect();
    let found = present.iter().filter(|feature| suspects.contains_key(**feature)).count();
    #[expect(clippy::cast_precision_loss, reason = "a number of features")]
    let share = found as f64 / present.len() as f64;
    share >= MOST
}

/// Number of a block's features in the state of a group: those that are empty like all of the group, members or not.
pub(super) fn affected(case: &StoryCase<'_>, group: &SuspectGroup<'_>, features: &[usize]) -> usize {
    let is_member = |feature: usize| group.suspects.iter().any(|suspect| suspect.index == feature);
    if group.kind() == Some(StoryKind::Repeated) {
        return features.len();
    }
    let is_emptied =
        matches!(group.kind(), Some(StoryKind::Gap)) && group.suspects.iter().all(|one| is_full(one.extent()));
    let is_empty = |feature: usize| {
        let drift = case.drift.features.get(feature);
        is_emptied && drift.and_then(|drift| drift.missing.window_share).is_some_and(is_full)
    };
    features.iter().filter(|feature| is_member(**feature) || is_empty(**feature)).count()
}

/// Returns whether a share is all rows but for a few.
fn is_full(share: f64) -> bool {
    share >= 0.99
}
