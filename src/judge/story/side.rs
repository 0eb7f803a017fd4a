//! Pipeline or population: what caused the change of a group of features.

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
        StoryKind::Stale => (StorySide::Pipeline, StoryReason::Repeated),
        StoryKind::Factor | StoryKind::Shift => match group.suspects.as_slice() {
            [only] => moves.side(only.index),
            _ => (StorySide::Unknown, StoryReason::SharedFactor),
        },
    };
    (group.side, group.reasons) = (side, vec![reason]);
    if group.side == StorySide::Pipeline && is_whole_block(case, group) {
        group.reasons.push(StoryReason::WholeBlock);
    }
    if let Some(Onset { at, .. }) = onset(group).filter(|_| is_sudden(case)) {
        let began = StoryReason::Began { at };
        match group.side {
            // The applicants do not change from one minute to the next.
            StorySide::Unknown | StorySide::Population => {
                (group.side, group.reasons) = (StorySide::Pipeline, vec![began]);
            }
            StorySide::Pipeline => group.reasons.push(began),
        }
    }
}

/// Onsets that are at most this many slots apart are one: the row before may have been low or missing by chance.
const SAME_ONSET_SLOTS: u64 = 15;

/// Returns since when a group has changed: the median of the onsets that are close to each other, if half of its features have
/// one of them.
pub(super) fn onset(group: &SuspectGroup<'_>) -> Option<Onset> {
    let mut onsets: Vec<Onset> = group.suspects.iter().filter_map(|suspect| suspect.drift.onset).collect();
    onsets.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.of.cmp(&b.of)).then_with(|| a.after.total_cmp(&b.after)));
    let is_close =
        |a: &Onset, b: &Onset| a.at.0.abs_diff(b.at.0) <= a.resolution_s.saturating_mul(SAME_ONSET_SLOTS * 1_000_000);
    let same = onsets.chunk_by(is_close).min_by_key(|same| std::cmp::Reverse(same.len()))?;
    (2 * same.len() >= group.suspects.len()).then(|| same.get(same.len() / 2).copied()).flatten()
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
