//! A story: its members, what happened to them, and the words' brief of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{StoryKind, StoryReason, StorySide};
use crate::{
    drift::{Change, Onset},
    judge::{Severity, Subject, Test, led_by, subject::AND_OTHERS},
};

/// Features that changed in the same way. Every feature with a finding is in exactly one story, but for those of features whose
/// values are old, which need no finding.
///
/// Stories are stored in the ledger: a field may be added, but not renamed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// Worst first; the first one leads.
    pub members: Vec<Member>,
    /// The features of one source that the members are, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<StoryBlock>,
    /// What happened to the lead.
    pub change: Change,
    /// Least and greatest share of rows that changed, among the members; `None` if the change has no extent.
    pub extent: Option<(f64, f64)>,
    /// Since when, if that was inside the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<Onset>,
    /// Severity of the worst member.
    pub severity: Severity,
    pub side: StorySide,
    /// Why that side, or why none.
    pub reasons: Vec<StoryReason>,
}

/// A feature in a story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub feature: String,
    pub change: Change,
    pub severity: Severity,
    /// Tests over their limit, strongest first.
    pub tests: Vec<Test>,
    /// The source table, if the reference has a data dictionary that states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
}

/// The features whose names begin alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryBlock {
    /// With its separator: `BUREAU_`.
    pub prefix: String,
    /// Number of features of the block.
    pub features: usize,
    /// Number of those that are in the story's state, also if they are not members because no test is over its limit.
    pub affected: usize,
}

/// What a sentence about a story names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryBrief {
    /// The first members, at most three.
    pub named: Vec<String>,
    /// Number of further members.
    pub more: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<StoryBlock>,
    pub change: Change,
    pub extent: Option<(f64, f64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<Onset>,
}

/// Number of members that a sentence names if there are more; one more is named, too, which is as short as “and 1 more”.
const NAMED: usize = 3;

impl Story {
    #[must_use]
    pub fn kind(&self) -> StoryKind {
        StoryKind::new(&self.change)
    }

    /// Returns the member that names and illustrates the story.
    #[must_use]
    pub fn lead(&self) -> Option<&Member> {
        self.members.first()
    }

    /// Returns whether a feature is a member.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.members.iter().any(|member| member.feature == feature)
    }

    /// Returns what the story is about: a feature, the block `BUREAU_*`, or the group `AMT_CREDIT+`, which is the lead and
    /// others.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match (&self.block, self.members.as_slice()) {
            (Some(block), _) => Subject::Group(block.name()),
            (None, [only]) => Subject::Feature(only.feature.clone()),
            (None, members) => {
                let lead = members.first().map(|member| member.feature.as_str()).unwrap_or_default();
                Subject::Group(format!("{lead}{AND_OTHERS}"))
            }
        }
    }

    /// Returns whether `subject` still names the story, although it may not be its own name: the block of all its members, or a
    /// group that is led by one of several members.
    #[must_use]
    pub fn fits(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Feature(name) => {
                self.block.is_none() && self.members.len() == 1 && self.members.iter().all(|one| one.feature == *name)
            }
            Subject::Group(name) => {
                if let Some(prefix) = name.strip_suffix(ALL_OF) {
                    return self.members.iter().all(|member| member.feature.starts_with(prefix));
                }
                let lead = led_by(name);
                self.block.is_none() && self.members.len() > 1 && lead.is_some_and(|lead| self.has(lead))
            }
            Subject::Run | Subject::Score | Subject::Segment(_) => false,
        }
    }

    /// States which table each member comes from. `table_of`: the table of a feature, by name.
    #[must_use]
    pub fn with_tables(mut self, table_of: &dyn Fn(&str) -> Option<String>) -> Self {
        for member in &mut self.members {
            member.table = table_of(&member.feature);
        }
        self
    }

    /// Returns the parts that a sentence names.
    #[must_use]
    pub fn brief(&self) -> StoryBrief {
        let features: Vec<String> = self.members.iter().map(|member| member.feature.clone()).collect();
        let named = if features.len() == NAMED + 1 { features.len() } else { NAMED };
        StoryBrief {
            more: features.len().saturating_sub(named),
            named: features.into_iter().take(named).collect(),
            block: self.block.clone(),
            change: self.change.clone(),
            extent: self.extent,
            onset: self.onset,
        }
    }

    /// Returns the story of the findings that are left, by feature and test with their severity; `None` if no member has one.
    /// `is_stale`: whether the finding about the old values of a block is left.
    #[must_use]
    pub(in crate::judge) fn of_findings(
        &self,
        left: &BTreeMap<(&str, Test), Severity>,
        is_stale: &dyn Fn(&str) -> bool,
    ) -> Option<Self> {
        if self.kind() == StoryKind::Stale {
            return self.block.as_ref().is_some_and(|block| is_stale(&block.prefix)).then(|| self.clone());
        }
        let members = self.members.iter().filter_map(|member| {
            let severity_of = |test: &Test| left.get(&(member.feature.as_str(), *test)).copied();
            let tests: Vec<Test> = member.tests.iter().filter(|test| severity_of(test).is_some()).copied().collect();
            let severity = tests.iter().filter_map(severity_of).max()?;
            Some(Member { severity, tests, ..member.clone() })
        });
        let members: Vec<Member> = members.collect();
        // What happened to several features in different ways is still that.
        let first = members.first()?;
        let is_its_own = members.len() == 1 || first.kind() == self.kind();
        let change = if is_its_own { first.change.clone() } else { self.change.clone() };
        let severity = members.iter().map(|member| member.severity).max()?;
        Some(Self { members, change, severity, ..self.clone() })
    }

    /// Returns the story without values of single rows.
    ///
    /// Every field is named, so that adding one forces a decision here on whether it may leave the organisation.
    #[must_use]
    pub fn redacted(self) -> Self {
        let Self { members, block, change, extent, onset, severity, side, reasons } = self;
        let members = members.into_iter().map(|Member { feature, change, severity, tests, table }| Member {
            feature,
            change: change.redacted(),
            severity,
            tests,
            table,
        });
        let (members, change) = (members.collect(), change.redacted());
        // Aggregates of many rows, and names of features and tables.
        Self { members, block, change, extent, onset, severity, side, reasons }
    }
}

/// Ends the name of a block, in place of the rest of its features' names.
const ALL_OF: &str = "*";

impl StoryBlock {
    /// Returns the block's name: `BUREAU_*`.
    #[must_use]
    pub fn name(&self) -> String {
        Self::name_of(&self.prefix)
    }

    /// Returns the name of the block with this prefix.
    #[must_use]
    pub fn name_of(prefix: &str) -> String {
        format!("{prefix}{ALL_OF}")
    }

    /// Returns whether no feature of the block is excepted.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.affected == self.features
    }
}

impl Member {
    #[must_use]
    pub fn kind(&self) -> StoryKind {
        StoryKind::new(&self.change)
    }
}

impl StoryBrief {
    #[must_use]
    pub fn kind(&self) -> StoryKind {
        StoryKind::new(&self.change)
    }

    /// Returns the only feature, unless the story is about several.
    #[must_use]
    pub fn only(&self) -> Option<&str> {
        match self.named.as_slice() {
            [only] if self.more == 0 && self.block.is_none() => Some(only),
            _ => None,
        }
    }

    /// Returns the brief without values of single rows.
    #[must_use]
    pub fn redacted(self) -> Self {
        let Self { named, more, block, change, extent, onset } = self;
        Self { named, more, block, change: change.redacted(), extent, onset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Measure;

    fn story(names: &[&str], block: Option<&str>) -> Story {
        let tests = vec![Test::Measure(Measure::Missing), Test::Measure(Measure::Psi)];
        let change = Change::Gap { extent: 1.0 };
        let member = |name: &&str| Member {
            feature: (*name).to_owned(),
            change: change.clone(),
            severity: Severity::Alarm,
            tests: tests.clone(),
            table: None,
        };
        Story {
            members: names.iter().map(member).collect(),
            block: block.map(|prefix| StoryBlock { prefix: prefix.to_owned(), features: 3, affected: 3 }),
            change: change.clone(),
            extent: Some((1.0, 1.0)),
            onset: None,
            severity: Severity::Alarm,
            side: StorySide::Pipeline,
            reasons: vec![StoryReason::Emptied],
        }
    }

    #[test]
    fn a_name_fits_as_long_as_it_is_true() {
        let (feature, group) =
            (|name: &str| Subject::Feature(name.to_owned()), |name: &str| Subject::Group(name.to_owned()));
        let (one, two, all) =
            (story(&["B_X"], None), story(&["B_X", "B_Y"], None), story(&["B_X", "B_Y", "B_Z"], Some("B_")));
        assert_eq!([&one, &two, &all].map(Story::subject), [feature("B_X"), group("B_X+"), group("B_*")]);
        for (name, fits) in [
            (feature("B_X"), [true, false, false]),
            (feature("B_Y"), [false, false, false]),
            (group("B_Y+"), [false, true, false]),
            (group("B_Z+"), [false, false, false]),
            (group("B_*"), [true, true, true]),
            (group("C_*"), [false, false, false]),
            (Subject::Run, [false, false, false]),
        ] {
            assert_eq!([&one, &two, &all].map(|story| story.fits(&name)), fits, "{name:?}");
        }
    }

    #[test]
    fn what_is_left_of_a_story() {
        let whole = story(&["A", "B"], None);
        let left = BTreeMap::from([(("B", Test::Measure(Measure::Psi)), Severity::Watch)]);
        let rest = whole.of_findings(&left, &|_| false).unwrap();
        assert_eq!(rest.subject(), Subject::Feature("B".to_owned()));
        assert_eq!(
            (rest.severity, rest.members[0].tests.as_slice()),
            (Severity::Watch, &[Test::Measure(Measure::Psi)][..])
        );
        assert_eq!(whole.of_findings(&BTreeMap::new(), &|_| true), None);
        // A move of the applicants, of which the lead is left out.
        let mut moved = story(&["A", "B", "C"], None);
        moved.change = Change::Shift;
        moved.members.iter_mut().for_each(|member| member.change = Change::Factor { factor: 0.6 });
        let change_of = |names: &[&'static str]| {
            let left = names.iter().map(|name| ((*name, Test::Measure(Measure::Psi)), Severity::Watch)).collect();
            moved.of_findings(&left, &|_| false).unwrap().change
        };
        assert_eq!(change_of(&["B", "C"]), Change::Shift);
        assert_eq!(change_of(&["B"]), Change::Factor { factor: 0.6 });
        let stale = Story { change: Change::Stale { extent: 0.3 }, ..story(&["A", "B"], Some("B_")) };
        assert_eq!(stale.of_findings(&BTreeMap::new(), &|prefix| prefix == "B_"), Some(stale.clone()));
        assert_eq!(stale.of_findings(&left, &|_| false), None);
    }

    #[test]
    fn stories_are_read_as_they_were_written() {
        let whole = story(&["A", "B"], Some("B_"));
        let json = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<Story>(&json).unwrap(), whole, "{json}");
    }
}
