//! Pipeline or population: what caused the change of a group of features.

use vigie_profile::window::Instant;

use super::{
    StoryCase, StoryKind, StoryReason, StorySide,
    group::{Suspect, SuspectGroup},
    moved::Moves,
    run::affected,
};
use crate::drift::{Change, CommonValue, Onset, Summary};

/// Least extent of a gap that no other applicants explain.
const EMPTIED: f64 = 0.9;
/// A change inside a window of at most this length is sudden. A day has 25 hours when the clocks are set back.
const MAX_SUDDEN_US: i64 = 25 * 3_600_000_000;

/// Sets the side of a group and its reasons, without regard to the other groups.
pub(super) fn set_side(case: &StoryCase<'_>, moves: &Moves<'_>, group: &mut SuspectGroup<'_>) {
    let Some(kind) = group.kind() else { return };
    let (side, reason) = match kind {
        StoryKind::Absent => (StorySide::Pipeline, StoryReason::FieldGone),
        StoryKind::Gap if group.suspects.iter().all(|one| one.extent() >= EMPTIED) => {
            (StorySide::Pipeline, StoryReason::Emptied)
        }
        StoryKind::Gap => (StorySide::Pipeline, StoryReason::PartlyEmptied),
        StoryKind::Filled => (StorySide::Pipeline, StoryReason::Filled),
        StoryKind::Unit => (StorySide::Pipeline, StoryReason::Unit),
        StoryKind::Spelling => (StorySide::Pipeline, StoryReason::Respelled),
        StoryKind::Sentinel | StoryKind::Atom if group.suspects.iter().all(is_out_of_range) => {
            (StorySide::Pipeline, StoryReason::OutOfRange)
        }
        StoryKind::Constant if group.suspects.iter().all(is_number) => (StorySide::Pipeline, StoryReason::Constant),
        StoryKind::Sentinel | StoryKind::Atom | StoryKind::Constant => {
            (StorySide::Unknown, StoryReason::PlausibleValue)
        }
        StoryKind::NewLevel => (StorySide::Unknown, StoryReason::NewLevel),
        StoryKind::Merged => (StorySide::Pipeline, StoryReason::LevelMerged),
        StoryKind::Stale => (StorySide::Pipeline, StoryReason::Repeated),
        StoryKind::Repeated => (StorySide::Pipeline, StoryReason::OneAnswer),
        StoryKind::Offset => (StorySide::Pipeline, StoryReason::SharedOffset),
        StoryKind::Factor | StoryKind::Shift => match group.suspects.as_slice() {
            [only] => match only.drift.level_gone() {
                Some(level) => (StorySide::Unknown, StoryReason::LevelGone { level: level.to_owned() }),
                None => moves.side(only.index),
            },
            shared => moves.side_of_shared(shared),
        },
    };
    (group.side, group.reasons) = (side, vec![reason]);
    if group.side == StorySide::Pipeline && is_whole_block(case, group) {
        group.reasons.push(StoryReason::WholeBlock);
    }
    let Some(Onset { at, until, .. }) = onset(group).filter(|_| is_sudden(case)) else { return };
    let reason = until.map_or(StoryReason::Began { at }, |until| StoryReason::Passed { from: at, until });
    match group.side {
        // Applicants of an hour may differ from those of the day.
        StorySide::Unknown | StorySide::Population if until.is_some() && kind.is_move() => {}
        // The applicants do not change from one minute to the next, for good.
        StorySide::Unknown | StorySide::Population => (group.side, group.reasons) = (StorySide::Pipeline, vec![reason]),
        StorySide::Pipeline => group.reasons.push(reason),
    }
}

/// Onsets that are at most this many slots apart are one: the row before may have been low or missing by chance.
const SAME_ONSET_SLOTS: u64 = 15;

/// Returns since when a group has changed: the median of the onsets that are close to each other, if half of its features have
/// one of them.
pub(super) fn onset(group: &SuspectGroup<'_>) -> Option<Onset> {
    let mut onsets: Vec<Onset> = group.suspects.iter().filter_map(|suspect| suspect.drift.onset).collect();
    // Changes that last first, so that those of one kind are neighbours.
    onsets.sort_by(|a, b| {
        (a.until.is_some(), a.at, a.of).cmp(&(b.until.is_some(), b.at, b.of)).then_with(|| a.after.total_cmp(&b.after))
    });
    let is_close = |a: &Onset, b: &Onset| {
        let most = a.resolution_s.saturating_mul(SAME_ONSET_SLOTS * 1_000_000);
        a.until.is_some() == b.until.is_some() && a.at.0.abs_diff(b.at.0) <= most
    };
    let same = onsets.chunk_by(is_close).min_by_key(|same| std::cmp::Reverse(same.len()))?;
    let mut ends: Vec<Option<Instant>> = same.iter().map(|onset| onset.until).collect();
    ends.sort_unstable();
    let middle = same.len() / 2;
    let onset = Onset { until: ends.get(middle).copied().flatten(), ..*same.get(middle)? };
    (2 * same.len() >= group.suspects.len()).then_some(onset)
}

fn is_sudden(case: &StoryCase<'_>) -> bool {
    case.window.is_some_and(|window| window.to.0 - window.from.0 <= MAX_SUDDEN_US)
}

fn is_whole_block(case: &StoryCase<'_>, group: &SuspectGroup<'_>) -> bool {
    let block = group.block.and_then(|block| case.blocks.get(block));
    block.is_some_and(|(_, features)| affected(case, group, features) == features.len())
}

fn is_out_of_range(suspect: &Suspect<'_>) -> bool {
    let (Change::Sentinel { value, .. } | Change::Atom { value, .. }) = &suspect.change else { return false };
    match &suspect.drift.reference {
        Summary::Numeric { min: Some(min), max: Some(max), .. } => value < min || value > max,
        Summary::Numeric { .. } | Summary::Categorical { .. } => false,
    }
}

fn is_number(suspect: &Suspect<'_>) -> bool {
    matches!(suspect.change, Change::Constant { value: CommonValue::Number(_) })
}
