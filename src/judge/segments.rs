//! Findings about segments: their score has drifted, or they are accepted less often than others.
//!
//! Benjamini–Hochberg runs over three families, each across all segments: the PSI of the score, the disparity, and the PSI of
//! the features tracked within segments. The drifted ones among the last are only counted and are not findings.

use vigie_profile::shown::shown;
use vigie_stats::benjamini_hochberg;

use super::{
    Finding, Limits, Policy, Severity, Test,
    numbers::{number, percent, q_value},
    rules::reached,
};
use crate::drift::{SegmentDrift, SegmentsDrift};

/// Verdict on one segment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SegmentVerdict {
    /// `None`: the segment was not compared with anything.
    pub severity: Option<Severity>,
    pub score_q: Option<f64>,
    pub disparity_q: Option<f64>,
    /// Number of features that drifted within the segment, of those tracked there.
    pub drifted: Option<usize>,
}

/// Judges the segments and returns a verdict for each, and the findings.
#[must_use]
pub fn judge_segments(segments: &SegmentsDrift, policy: &Policy) -> (Vec<SegmentVerdict>, Vec<Finding>) {
    let list = &segments.list;
    let score = family(list.iter().map(|one| one.score.as_ref().and_then(|score| score.psi.p_value)));
    let disparity = family(list.iter().map(|one| one.disparity.as_ref().and_then(|disparity| disparity.p_value)));
    let within = family(list.iter().flat_map(|one| one.features.iter().map(|feature| feature.psi.p_value)));
    let mut within = within.into_iter();
    let mut findings = Vec::new();
    let verdicts = list
        .iter()
        .zip(score.into_iter().zip(disparity))
        .map(|(one, (score_q, disparity_q))| {
            let qs: Vec<Option<f64>> = within.by_ref().take(one.features.len()).collect();
            let moved = one.features.iter().zip(qs).filter(|(feature, q)| {
                let value = feature.psi.value.unwrap_or(0.0);
                is_evident(*q, policy) && reached(policy.limits_of(&feature.name).psi, value).is_some()
            });
            let drifted = (!one.features.is_empty()).then(|| moved.count());
            let own: Vec<Finding> = [score_finding(one, score_q, policy), disparity_finding(one, disparity_q, policy)]
                .into_iter()
                .flatten()
                .collect();
            let compared = one.score.is_some() || one.disparity.is_some();
            let worst = own.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Stable);
            findings.extend(own);
            SegmentVerdict { severity: compared.then_some(worst), score_q, disparity_q, drifted }
        })
        .collect();
    (verdicts, findings)
}

fn is_evident(q: Option<f64>, policy: &Policy) -> bool {
    q.is_some_and(|q| q <= policy.q)
}

/// Returns the q-value of each test of a family that has a p-value.
fn family(p: impl Iterator<Item = Option<f64>>) -> Vec<Option<f64>> {
    let p: Vec<Option<f64>> = p.collect();
    let mut q = benjamini_hochberg(&p.iter().flatten().copied().collect::<Vec<_>>()).into_iter();
    p.into_iter().map(|p| p.and_then(|_| q.next())).collect()
}

fn finding(
    one: &SegmentDrift,
    test: Test,
    value: f64,
    limits: Limits,
    q: Option<f64>,
    policy: &Policy,
) -> Option<Finding> {
    let (severity, limit) = reached(limits, value).filter(|_| is_evident(q, policy))?;
    Some(Finding {
        severity,
        feature: Some(one.name.clone()),
        test,
        value: Some(value),
        limit: Some(limit),
        q_value: q,
        reason: String::new(),
    })
}

fn score_finding(one: &SegmentDrift, q: Option<f64>, policy: &Policy) -> Option<Finding> {
    let value = one.score.as_ref()?.psi.value?;
    let limits = policy.limits_of("score").psi;
    let finding = finding(one, Test::SegmentScore, value, limits, q, policy)?;
    let refused = one
        .refused
        .reference
        .zip(one.refused.window)
        .map_or(String::new(), |(from, to)| format!(", refusal rate {} → {}", percent(from), percent(to)));
    let reason = format!(
        "the score of its {} rows has drifted from the same segment of the reference: PSI {}{refused}; {} limit {}, q {}",
        one.rows,
        number(value),
        finding.severity,
        finding.limit.map_or(String::new(), number),
        q_value(q)
    );
    Some(Finding { reason, ..finding })
}

fn disparity_finding(one: &SegmentDrift, q: Option<f64>, policy: &Policy) -> Option<Finding> {
    let disparity = one.disparity.as_ref()?;
    let shortfall = 1.0 - disparity.ratio.value;
    let finding = finding(one, Test::Disparity, shortfall, policy.disparity, q, policy)?;
    let against = disparity.against.as_deref().map_or("all other rows".to_owned(), |name| format!("“{}”", shown(name)));
    let reason = format!(
        "accepted {} times as often as {against} (95% interval {} to {}); {} below {}, q {}",
        number(disparity.ratio.value),
        number(disparity.ratio.low),
        number(disparity.ratio.high),
        finding.severity,
        finding.limit.map_or(String::new(), |limit| number(1.0 - limit)),
        q_value(q)
    );
    Some(Finding { reason, ..finding })
}
