//! Drift of manual overrides: more or fewer decisions against the score than in earlier windows.

use serde::{Deserialize, Serialize};
use vigie_stats::{benjamini_hochberg, proportion::two_proportions};

use super::{Facts, Finding, Policy, Test, rules::reached};

/// Decisions of one or more windows that can be compared with their scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverrideCounts {
    pub rows: u64,
    /// Rows accepted and refused against the score.
    pub accepted: u64,
    pub refused: u64,
}

impl OverrideCounts {
    /// Adds the counts of another window.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            accepted: self.accepted + other.accepted,
            refused: self.refused + other.refused,
        }
    }

    /// Shares of rows accepted and refused against the score; `None` without rows.
    #[must_use]
    pub fn shares(self) -> Option<(f64, f64)> {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let share = |part: u64| part as f64 / self.rows as f64;
        (self.rows > 0).then(|| (share(self.accepted), share(self.refused)))
    }
}

/// One kind of override in this window and in earlier ones.
struct Moved {
    refused: bool,
    from: f64,
    to: f64,
    p_value: Option<f64>,
}

/// Returns the findings about a window compared with the sum of `windows` earlier ones, and the largest change as a share of
/// its limit, if it is more than chance. Nothing without enough rows on both sides.
#[must_use]
pub fn override_drift(
    now: OverrideCounts,
    (before, windows): (OverrideCounts, usize),
    policy: &Policy,
) -> (Vec<Finding>, Option<f64>) {
    let enough = now.rows.min(before.rows) >= policy.min_rows;
    let Some((was, is)) = before.shares().zip(now.shares()).filter(|_| enough) else { return (Vec::new(), None) };
    let test = |one: u64, other: u64| two_proportions(one, before.rows, other, now.rows);
    let moved = [
        Moved { refused: false, from: was.0, to: is.0, p_value: test(before.accepted, now.accepted) },
        Moved { refused: true, from: was.1, to: is.1, p_value: test(before.refused, now.refused) },
    ];
    let p: Vec<f64> = moved.iter().filter_map(|one| one.p_value).collect();
    let mut q_values = benjamini_hochberg(&p).into_iter();
    let mut findings = Vec::new();
    let mut nearness = None;
    for Moved { refused, from, to, p_value } in moved {
        let Some((p_value, q)) = p_value.and_then(|p| Some((p, q_values.next()?))) else { continue };
        let value = to - from;
        if let Some(limit) = policy.overrides.watch.or(policy.overrides.alarm).filter(|limit| *limit > 0.0)
            && p_value <= 0.05
        {
            nearness = Some(f64::max(nearness.unwrap_or(0.0), value.abs() / limit));
        }
        if let Some((severity, limit)) = reached(policy.overrides, value.abs()).filter(|_| q <= policy.q) {
            let facts = Facts::Overrides { refused, from, to, windows };
            findings.push(Finding {
                value: Some(value),
                limit: Some(limit),
                q_value: Some(q),
                ..Finding::of_run(Test::Overrides, severity, facts)
            });
        }
    }
    // Both kinds are one alert, whose severity is that of the worse.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    (findings, nearness)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Severity;

    fn counts(rows: u64, accepted: u64, refused: u64) -> OverrideCounts {
        OverrideCounts { rows, accepted, refused }
    }

    fn found(now: OverrideCounts, before: OverrideCounts) -> Vec<(Severity, bool)> {
        let (findings, _) = override_drift(now, (before, 28), &Policy::default());
        let one = |finding: &Finding| match finding.facts {
            Facts::Overrides { refused, .. } => (finding.severity, refused),
            _ => unreachable!("only overrides"),
        };
        findings.iter().map(one).collect()
    }

    #[test]
    fn a_change_needs_size_and_evidence() {
        let before = counts(20_000, 600, 400);
        assert_eq!(found(counts(700, 21, 14), before), []);
        assert_eq!(found(counts(700, 27, 14), before), [], "one point more");
        assert_eq!(found(counts(700, 46, 14), before), [(Severity::Watch, false)]);
        assert_eq!(found(counts(700, 21, 60), before), [(Severity::Alarm, true)]);
        assert_eq!(found(counts(2_000, 0, 40), before), [(Severity::Watch, false)], "fewer than before");
        assert_eq!(found(counts(100, 10, 0), before), [], "too few rows");
        assert_eq!(found(counts(700, 46, 14), OverrideCounts::default()), [], "no earlier window");
    }
}
