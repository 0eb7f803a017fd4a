//! A finding: a test over its limit, with its facts.

use serde::{Deserialize, Serialize};

use super::{Facts, Measure, Severity, Story, Subject, Test, dead};

/// A test over its limit, with evidence where evidence is required. An effect that chance explains has severity `Stable`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub subject: Subject,
    pub test: Test,
    pub severity: Severity,
    pub value: Option<f64>,
    pub limit: Option<f64>,
    pub q_value: Option<f64>,
    pub facts: Facts,
}

impl Finding {
    /// A finding of the run without figures.
    #[must_use]
    pub fn of_run(test: Test, severity: Severity, facts: Facts) -> Self {
        Self { subject: Subject::Run, test, severity, value: None, limit: None, q_value: None, facts }
    }

    /// Returns whether a feature is absent or without values beyond any doubt, which is an alarm of the run however little the
    /// feature matters to the model.
    #[must_use]
    pub fn is_dead_input(&self) -> bool {
        self.severity == Severity::Alarm
            && matches!(self.test, Test::Dead | Test::Absent)
            && dead::is_evident(self.q_value)
    }

    /// Returns the story if the finding is one.
    #[must_use]
    pub fn story(&self) -> Option<&Story> {
        match &self.facts {
            Facts::Story { story, .. } => Some(story),
            _ => None,
        }
    }

    /// Returns the test that `value`, `limit` and `q_value` belong to.
    #[must_use]
    pub fn measured(&self) -> Test {
        match &self.facts {
            Facts::Story { test, .. } => *test,
            _ => self.test,
        }
    }

    /// Returns the strongest finding of a story's lead, as it would be without the story; `None` if this is not a story.
    #[must_use]
    pub fn strongest(&self) -> Option<Self> {
        let Facts::Story { story: _, test, strongest } = &self.facts else { return None };
        Some(Self { test: *test, facts: (**strongest).clone(), ..self.clone() })
    }

    /// Returns the finding without values of single rows.
    #[must_use]
    pub fn redacted(self) -> Self {
        let facts = match self.facts {
            // The sentence may list levels or quote the input.
            Facts::Stored { .. }
                if matches!(self.test, Test::Measure(Measure::Unseen) | Test::Source | Test::Labels) =>
            {
                Facts::Stored { sentence: None }
            }
            facts => facts.redacted(),
        };
        Self { facts, ..self }
    }
}
