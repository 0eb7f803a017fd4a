//! Makes stories from findings about features: what changed in the same way, why, and in which order it is reported.

use std::collections::BTreeMap;

use super::{
    Member, Story, StoryBlock, StoryCase, StoryKind, StoryReason, StorySide,
    change_of::change_of,
    group::{Suspect, SuspectGroup},
    moved::Moves,
    run::{affected, groups, repeated_change},
    side::{onset, set_side},
    stale::stale_story,
};
use crate::{
    drift::{Change, FeatureDrift},
    judge::{Finding, Measure, Severity, Test},
};

/// Returns the stories of all features with a finding, and of blocks whose rows are old, worst first: by severity, then by rows and importance, then by name. The
/// result does not depend on the order of findings, blocks or features.
#[must_use]
pub fn stories(case: &StoryCase<'_>) -> Vec<Story> {
    let suspects = settle_offsets(suspects(case));
    let moves = Moves::new(case, &suspects);
    let mut groups = groups(case, suspects);
    groups.iter_mut().for_each(|group| set_side(case, &moves, group));
    let groups = join_population(&moves, groups);
    let groups = groups.into_iter().filter_map(|group| tell(case, &moves, group));
    let stale = case.findings.iter().filter_map(|finding| {
        let (weight, story) = stale_story(case, finding)?;
        Some((weight, effect(finding), story))
    });
    let mut weighed: Vec<(f64, f64, Story)> = groups.chain(stale).collect();
    weighed.sort_by(|(weight_a, effect_a, a), (weight_b, effect_b, b)| {
        let name = |story: &Story| story.subject().name().map(ToOwned::to_owned);
        b.severity
            .cmp(&a.severity)
            .then_with(|| weight_b.total_cmp(weight_a))
            .then_with(|| effect_b.total_cmp(effect_a))
            .then_with(|| name(a).cmp(&name(b)))
    });
    weighed.into_iter().map(|(_, _, story)| story).collect()
}

fn suspects<'a>(case: &StoryCase<'a>) -> Vec<Suspect<'a>> {
    let mut by_name: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in case.findings.iter().filter(|finding| finding.severity.is_drift()) {
        if let Some(name) = finding.subject.feature() {
            by_name.entry(name).or_default().push(finding);
        }
    }
    let features: BTreeMap<&str, (usize, &FeatureDrift)> =
        case.drift.features.iter().enumerate().map(|(index, drift)| (drift.name.as_str(), (index, drift))).collect();
    by_name
        .into_iter()
        .filter_map(|(name, mut findings)| {
            let (index, drift) = *features.get(name)?;
            let change = change_of(drift, &findings);
            let change = repeated_change(case, drift, &change).unwrap_or(change);
            let first = first_test(StoryKind::new(&change));
            findings.sort_by(|a, b| {
                b.severity
                    .cmp(&a.severity)
                    .then_with(|| first(b.test).cmp(&first(a.test)))
                    .then_with(|| effect(b).total_cmp(&effect(a)))
                    .then_with(|| a.test.cmp(&b.test))
            });
            let strongest = findings.first()?;
            Some(Suspect {
                index,
                drift,
                change,
                severity: strongest.severity,
                effect: effect(strongest),
                tests: findings.iter().map(|finding| finding.test).collect(),
                importance: case.importance_of(index),
            })
        })
        .collect()
}

/// Turns amounts that no other feature with a finding shares into plain moves: other applicants may move a feature by an amount.
fn settle_offsets(mut suspects: Vec<Suspect<'_>>) -> Vec<Suspect<'_>> {
    let amount = |suspect: &Suspect<'_>| match suspect.change {
        Change::Offset { by } => Some(by.to_bits()),
        _ => None,
    };
    let mut features: BTreeMap<u64, usize> = BTreeMap::new();
    for amount in suspects.iter().filter_map(amount) {
        *features.entry(amount).or_default() += 1;
    }
    for suspect in &mut suspects {
        if amount(suspect).is_some_and(|amount| features.get(&amount) == Some(&1)) {
            suspect.change = Change::Shift;
        }
    }
    suspects
}

/// Returns which tests show a kind of change best: among equally severe ones, they come first.
fn first_test(kind: StoryKind) -> impl Fn(Test) -> bool {
    move |test| match kind {
        StoryKind::Absent => test == Test::Absent,
        StoryKind::Gap | StoryKind::Filled => matches!(test, Test::Dead | Test::Measure(Measure::Missing)),
        StoryKind::Constant => test == Test::Constant,
        StoryKind::Spelling | StoryKind::NewLevel => test == Test::Measure(Measure::Unseen),
        _ => false,
    }
}

/// A finding's value as a share of its limit; infinite without a limit.
fn effect(finding: &Finding) -> f64 {
    match (finding.value, finding.limit) {
        (Some(value), Some(limit)) if limit > 0.0 => value.abs() / limit,
        _ => f64::INFINITY,
    }
}

/// Makes one group of all moves that other applicants explain, led by the largest. Moves that may be part of it join it, and
/// partial gaps that it explains. If the reference does not know whether it does, the cause of a gap is unknown.
fn join_population<'a>(moves: &Moves<'_>, groups: Vec<SuspectGroup<'a>>) -> Vec<SuspectGroup<'a>> {
    let is_population = |group: &SuspectGroup<'a>| group.side == StorySide::Population;
    let (population, others): (Vec<SuspectGroup<'a>>, Vec<SuspectGroup<'a>>) =
        groups.into_iter().partition(is_population);
    let lead = population
        .iter()
        .flat_map(|group| &group.suspects)
        .max_by(|a, b| {
            moves.size(a.index).total_cmp(&moves.size(b.index)).then_with(|| b.drift.name.cmp(&a.drift.name))
        })
        .map(|suspect| (suspect.index, suspect.drift.name.clone()));
    let Some((lead, name)) = lead else { return others };
    let others: Vec<SuspectGroup<'a>> = others.into_iter().flat_map(|group| take_apart(moves, lead, group)).collect();
    let follows = |group: &SuspectGroup<'a>| {
        // More rows with a value that the reference has are a move of the distribution, too.
        let is_move = group.kind().is_some_and(|kind| kind.is_move() || kind == StoryKind::Atom);
        let is_lone = group.suspects.len() == 1 && group.side == StorySide::Unknown;
        let follows = |suspect: &Suspect<'a>| {
            moves.may_follow(suspect.index, lead) || moves.explains_levels(lead, (suspect.index, suspect.drift))
        };
        is_move && is_lone && group.suspects.iter().all(follows)
    };
    let is_partial_gap = |group: &SuspectGroup<'a>| {
        matches!(group.reasons.as_slice(), [StoryReason::PartlyEmptied | StoryReason::Filled, ..])
            && onset(group).is_none()
    };
    let joins = |group: &SuspectGroup<'a>| {
        follows(group) || is_partial_gap(group) && moves.explains_missing(lead, &group.suspects) == Some(true)
    };
    let (followers, mut others): (Vec<SuspectGroup<'a>>, Vec<SuspectGroup<'a>>) = others.into_iter().partition(joins);
    for group in others.iter_mut().filter(|group| is_partial_gap(group)) {
        if moves.explains_missing(lead, &group.suspects).is_none() {
            (group.side, group.reasons) =
                (StorySide::Unknown, vec![StoryReason::PopulationMoved { feature: name.clone() }]);
        }
    }
    let reasons = population
        .iter()
        .find(|group| group.suspects.iter().any(|suspect| suspect.index == lead))
        .map(|group| group.reasons.clone())
        .unwrap_or_default();
    let suspects = population.into_iter().chain(followers).flat_map(|group| group.suspects).collect();
    others.push(SuspectGroup { side: StorySide::Population, reasons, lead: Some(lead), ..SuspectGroup::new(suspects) });
    others
}

/// Takes apart features that share a factor, if some of them may follow the lead of the population's moves: they only happen to
/// share it. A single one that is left is treated like any other, but never attributed to the population.
fn take_apart<'a>(moves: &Moves<'_>, lead: usize, group: SuspectGroup<'a>) -> Vec<SuspectGroup<'a>> {
    let is_shared = group.kind() == Some(StoryKind::Factor) && group.suspects.len() > 1;
    if !is_shared || group.side != StorySide::Unknown {
        return vec![group];
    }
    let SuspectGroup { suspects, side, reasons, .. } = group;
    let (followers, rest): (Vec<Suspect<'a>>, Vec<Suspect<'a>>) =
        suspects.into_iter().partition(|suspect| moves.may_follow(suspect.index, lead));
    let (side, reasons) = match rest.as_slice() {
        [only] => match moves.side(only.index) {
            (StorySide::Population, _) => (StorySide::Unknown, vec![StoryReason::Mixed]),
            (side, reason) => (side, vec![reason]),
        },
        _ => (side, reasons),
    };
    let rest = (!rest.is_empty()).then(|| SuspectGroup { side, reasons, ..SuspectGroup::new(rest) });
    followers.into_iter().map(|follower| SuspectGroup::new(vec![follower])).chain(rest).collect()
}

/// Turns a group into a story, with its weight and effect among equally severe ones.
fn tell(case: &StoryCase<'_>, moves: &Moves<'_>, group: SuspectGroup<'_>) -> Option<(f64, f64, Story)> {
    let onset = onset(&group);
    let block = group.block.and_then(|block| case.blocks.get(block)).map(|(prefix, features)| StoryBlock {
        prefix: prefix.clone(),
        features: features.len(),
        affected: affected(case, &group, features),
    });
    let SuspectGroup { mut suspects, side, reasons, lead, .. } = group;
    suspects.sort_by(|a, b| {
        (Some(b.index) == lead)
            .cmp(&(Some(a.index) == lead))
            .then_with(|| b.severity.cmp(&a.severity))
            .then_with(|| b.importance.total_cmp(&a.importance))
            .then_with(|| moves.size(b.index).total_cmp(&moves.size(a.index)))
            .then_with(|| a.drift.name.cmp(&b.drift.name))
    });
    let first = suspects.first()?;
    // Followers of a population's largest move share its cause, and not its factor.
    let is_same = suspects.iter().all(|suspect| suspect.kind() == first.kind());
    let change = if is_same && (lead.is_none() || suspects.len() == 1) { first.change.clone() } else { Change::Shift };
    let effect = first.effect;
    let weight = suspects.iter().map(|suspect| suspect.importance * suspect.extent()).sum();
    let is_of_story = |suspect: &&Suspect<'_>| suspect.kind() == StoryKind::new(&change);
    let mut extents: Vec<f64> = suspects.iter().filter(is_of_story).filter_map(|one| one.change.extent()).collect();
    extents.sort_by(f64::total_cmp);
    let extent = extents.first().copied().zip(extents.last().copied());
    let severity = suspects.iter().map(|suspect| suspect.severity).max().unwrap_or(Severity::Stable);
    let members = suspects.into_iter().map(|suspect| Member {
        feature: suspect.drift.name.clone(),
        change: suspect.change,
        severity: suspect.severity,
        tests: suspect.tests,
        table: None,
    });
    let members = members.collect();
    Some((weight, effect, Story { members, block, change, extent, onset, severity, side, reasons }))
}
