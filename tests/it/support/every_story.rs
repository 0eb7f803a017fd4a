//! Facts of stories, one for each kind and reason, for tests of words.

use vigie::{
    drift::{Change, CommonValue, Onset, OnsetOf, Respelled},
    judge::{Facts, Member, Severity, Story, StoryBlock, StoryReason, StorySide, Subject, Test},
};
use vigie_profile::window::Instant;

use super::applicants::DAY;

const HOUR: i64 = 3_600_000_000;

/// Stories of a feature, a block and a group, of every kind and for every reason.
pub(crate) fn every_story() -> Vec<(Subject, Test, Facts)> {
    let level = || Some("Astronaut".to_owned());
    let respelled = |found| Respelled { known: "Core staff".to_owned(), found, rows: 3 };
    let changes = [
        Change::Absent,
        Change::Gap { extent: 1.0 },
        Change::Gap { extent: 0.3 },
        Change::Filled { extent: 0.3 },
        Change::Sentinel { value: 365_243.0, extent: 0.06 },
        Change::Atom { value: 0.0, extent: 0.3 },
        Change::Unit { factor: 0.001, extent: 0.3 },
        Change::Unit { factor: -1.0, extent: 1.0 },
        Change::Factor { factor: 1.3 },
        Change::Offset { by: -365.0 },
        Change::Merged { from: "Core staff".to_owned(), into: "Astronaut".to_owned(), extent: 0.3 },
        Change::Repeated { extent: 0.3 },
        Change::Spelling { levels: vec![respelled(level())], extent: 0.3 },
        Change::Spelling { levels: vec![respelled(None)], extent: 0.3 },
        Change::NewLevel { level: level(), others: 2, extent: 0.3 },
        Change::Constant { value: CommonValue::Number(0.0) },
        Change::Constant { value: CommonValue::Level(level()) },
        Change::Constant { value: CommonValue::Level(None) },
        Change::Stale { extent: 0.3 },
        Change::Shift,
    ];
    let age = || "AGE".to_owned();
    let reasons = vec![
        StoryReason::FieldGone,
        StoryReason::Emptied,
        StoryReason::PartlyEmptied,
        StoryReason::Filled,
        StoryReason::WholeBlock,
        StoryReason::Unit,
        StoryReason::OutOfRange,
        StoryReason::Respelled,
        StoryReason::Constant,
        StoryReason::Repeated,
        StoryReason::OneAnswer,
        StoryReason::LevelMerged,
        StoryReason::Began { at: Instant(DAY) },
        StoryReason::Passed { from: Instant(DAY), until: Instant(DAY + HOUR) },
        StoryReason::StoodStill { feature: age() },
        StoryReason::MovedAlong { features: vec![age()] },
        StoryReason::SharedFactor,
        StoryReason::SharedOffset,
        StoryReason::PopulationMoved { feature: age() },
        StoryReason::PlausibleValue,
        StoryReason::NewLevel,
        StoryReason::LevelGone { level: "Astronaut".to_owned() },
        StoryReason::NoRelative,
        StoryReason::TooFewRows,
        StoryReason::Mixed,
    ];
    let onset = |until| Onset { at: Instant(DAY), until, resolution_s: 60, of: OnsetOf::Low, before: 0.1, after: 0.9 };
    let test = Test::Absent;
    let blocks = [None, Some(3), Some(2)]
        .map(|affected| affected.map(|affected| StoryBlock { prefix: "AGE_".to_owned(), features: 3, affected }));
    // Two reasons each, because messages cut long sentences off.
    let stories = changes.into_iter().enumerate().flat_map(|(place, change)| {
        let own: Vec<StoryReason> = reasons.iter().cycle().skip(2 * place).take(2).cloned().collect();
        let member = Member {
            feature: age(),
            change: change.clone(),
            severity: Severity::Watch,
            tests: vec![test],
            table: Some("applications".to_owned()),
        };
        let sides = [StorySide::Pipeline, StorySide::Population, StorySide::Unknown];
        let parts = blocks.clone().into_iter().zip(sides).zip([1, 2, 5]);
        parts.map(move |((block, side), members)| Story {
            members: vec![member.clone(); members],
            block,
            extent: change.extent().map(|extent| (extent, extent)),
            change: change.clone(),
            onset: (members > 1).then(|| onset((members > 2).then_some(Instant(DAY + HOUR)))),
            severity: Severity::Watch,
            side,
            reasons: own.clone(),
        })
    });
    let facts = |story: Story| {
        let strongest = Box::new(Facts::Absent { near: None });
        (story.subject(), story.kind().test(), Facts::Story { story: Box::new(story), test, strongest })
    };
    stories.map(facts).collect()
}
