//! Findings about segments: their score has drifted, or they are accepted less often than others.
//!
//! Benjamini–Hochberg runs over three families, each across all segments: the PSI of the score, the disparity, and the PSI of
//! the features tracked within segments. The drifted ones among the last are only counted and are not findings.

use vigie_stats::benjamini_hochberg;

use super::{Facts, Finding, Limits, Policy, Severity, Subject, Test, rules::reached};
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
    (value, limits): (f64, Limits),
    q: Option<f64>,
    policy: &Policy,
    facts: Facts,
) -> Option<Finding> {
    let (severity, limit) = reached(limits, value).filter(|_| is_evident(q, policy))?;
    Some(Finding {
        subject: Subject::Segment(one.name.clone()),
        test,
        severity,
        value: Some(value),
        limit: Some(limit),
        q_value: q,
        facts,
    })
}

fn score_finding(one: &SegmentDrift, q: Option<f64>, policy: &Policy) -> Option<Finding> {
    let psi = one.score.as_ref()?.psi.value?;
    let limits = policy.limits_of("score").psi;
    let facts = Facts::SegmentScore { rows: one.rows, psi, refused: one.refused.reference.zip(one.refused.window) };
    finding(one, Test::SegmentScore, (psi, limits), q, policy, facts)
}

fn disparity_finding(one: &SegmentDrift, q: Option<f64>, policy: &Policy) -> Option<Finding> {
    let disparity = one.disparity.as_ref()?;
    let ratio = disparity.ratio;
    let facts =
        Facts::Disparity { against: disparity.against.clone(), ratio: ratio.value, low: ratio.low, high: ratio.high };
    finding(one, Test::Disparity, (1.0 - ratio.value, policy.disparity), q, policy, facts)
}
