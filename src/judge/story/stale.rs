//! Stories of blocks whose rows repeat those of the previous window. No feature of theirs need have a finding: a source that
//! returns old answers moves no distribution.

use super::{Member, Story, StoryBlock, StoryCase, StoryReason, StorySide};
use crate::{
    drift::Change,
    judge::{Facts, Finding},
};

/// Returns the story of a finding about a stale block, with its weight among equally severe ones; `None` for any other finding.
pub(super) fn stale_story(case: &StoryCase<'_>, finding: &Finding) -> Option<(f64, Story)> {
    let Facts::Stale { block: prefix, share, .. } = &finding.facts else { return None };
    let features = case.drift.features.iter().enumerate().filter(|(_, drift)| drift.name.starts_with(prefix.as_str()));
    let mut features: Vec<(f64, &str)> =
        features.map(|(index, drift)| (case.importance_of(index), drift.name.as_str())).collect();
    features.sort_by(|(one, a), (other, b)| other.total_cmp(one).then_with(|| a.cmp(b)));
    let change = Change::Stale { extent: *share };
    let weight = features.iter().map(|(importance, _)| importance * share).sum();
    let member = |(_, name): &(f64, &str)| Member {
        feature: (*name).to_owned(),
        change: change.clone(),
        severity: finding.severity,
        tests: Vec::new(),
        table: None,
    };
    let members: Vec<Member> = features.iter().map(member).collect();
    let block = StoryBlock { prefix: prefix.clone(), features: members.len(), affected: members.len() };
    let story = Story {
        members,
        block: Some(block),
        extent: Some((*share, *share)),
        change,
        onset: None,
        severity: finding.severity,
        side: StorySide::Pipeline,
        reasons: vec![StoryReason::Repeated, StoryReason::WholeBlock],
    };
    Some((weight, story))
}
