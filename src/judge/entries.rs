//! Entries that users see for a window: stories instead of findings about single features.

use std::cmp::Reverse;

use super::{Facts, Finding, Story, StoryKind, Test, Verdict};

impl Verdict {
    /// Returns one finding for each story, and the findings that are not about features; worst first, and among equals the
    /// service and the score, then stories, then segments.
    #[must_use]
    pub fn entries(&self) -> Vec<Finding> {
        let (whole, parts): (Vec<&Finding>, Vec<&Finding>) =
            self.others().into_iter().partition(|finding| finding.subject.is_whole());
        let stories = self.stories.iter().filter_map(|story| self.entry(story));
        let mut entries: Vec<Finding> =
            whole.into_iter().cloned().chain(stories).chain(parts.into_iter().cloned()).collect();
        entries.sort_by_key(|finding| Reverse(finding.severity));
        entries
    }

    /// Returns the findings that no story tells, in their order.
    #[must_use]
    pub fn others(&self) -> Vec<&Finding> {
        let is_told = |finding: &Finding| {
            finding.subject.feature().is_some() || self.stories.iter().any(|story| is_of_block(finding, story))
        };
        self.findings.iter().filter(|finding| !is_told(finding)).collect()
    }

    /// Returns a story as a finding, with the figures of its lead's strongest test; `None` if that test is not in the verdict.
    #[must_use]
    pub fn entry(&self, story: &Story) -> Option<Finding> {
        let strongest = self.strongest_of(story)?;
        let test = strongest.test;
        Some(Finding {
            subject: story.subject(),
            test: story.kind().test(),
            severity: story.severity,
            value: strongest.value,
            limit: strongest.limit,
            q_value: strongest.q_value,
            facts: Facts::Story { story: Box::new(story.clone()), test, strongest: Box::new(strongest.facts.clone()) },
        })
    }

    /// Returns the strongest finding about the feature that leads a story, or the one about its block.
    #[must_use]
    pub fn strongest_of(&self, story: &Story) -> Option<&Finding> {
        if story.kind() == StoryKind::Stale {
            return self.findings.iter().find(|finding| is_of_block(finding, story));
        }
        let lead = story.lead()?;
        self.finding_of(&lead.feature, *lead.tests.first()?)
    }

    /// Returns the finding of a test about a feature.
    #[must_use]
    pub fn finding_of(&self, feature: &str, test: Test) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.test == test && finding.subject.feature() == Some(feature))
    }

    /// Returns the findings about the member of a story that has only one, but for the strongest, which the story itself states.
    #[must_use]
    pub fn further_findings(&self, story: &Story) -> Vec<&Finding> {
        let [only] = story.members.as_slice() else { return Vec::new() };
        only.tests.iter().skip(1).filter_map(|test| self.finding_of(&only.feature, *test)).collect()
    }
}

/// Returns whether a finding is what a story about a block whose values are old tells.
fn is_of_block(finding: &Finding, story: &Story) -> bool {
    let Facts::Stale { block, .. } = &finding.facts else { return false };
    story.kind() == StoryKind::Stale && story.block.as_ref().is_some_and(|own| own.prefix == *block)
}
