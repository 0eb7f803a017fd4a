//! The second baseline: whether a drift from the reference is new, or whether a feature has changed that still resembles the
//! reference. It explains the verdict and does not change it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_stats::benjamini_hochberg;

use super::{FeatureVerdict, Policy, Severity, Verdict};
use crate::drift::{RecentDrift, RecentDrifts};

/// PSI against the windows before at which a window may be new, if the policy sets no limit for PSI.
const EFFECT: f64 = 0.10;

/// How a feature's drift from the reference has come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// It differs from the reference and from the windows before: a jump.
    Jump,
    /// It differs from the reference but not from the windows before: a slow drift since training, or an old jump.
    Slow,
    /// It differs from the windows before but not from the reference: it has returned.
    Return,
}

/// Comparison of a feature, or of the score, with the windows before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecentVerdict {
    pub drift: RecentDrift,
    /// Benjamini–Hochberg over the features.
    pub q_value: Option<f64>,
    /// `None`: it differs from neither, or the window has no verdict.
    pub pace: Option<Pace>,
}

/// Comparisons of all features with the windows before.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentVerdicts {
    /// `None`: too few windows.
    pub features: Vec<Option<RecentVerdict>>,
    pub score: Option<RecentVerdict>,
}

/// The PSI at which a window differs from the windows before.
#[must_use]
pub fn recent_effect(policy: &Policy) -> f64 {
    policy.limits.psi.watch.unwrap_or(EFFECT)
}

/// Judges the distances from the windows before. A window is unlike them if its PSI reaches the effect and is more than
/// chance, and if none of them is as far from the others: days of one month differ more than rows drawn at random.
#[must_use]
pub fn judge_recent(recent: &RecentDrifts, verdict: &Verdict, policy: &Policy) -> RecentVerdicts {
    let p: Vec<f64> = recent.features.iter().flatten().filter_map(|drift| drift.p_value).collect();
    let mut q = benjamini_hochberg(&p).into_iter();
    let one = |drift: &RecentDrift, q_value: Option<f64>, judged: Option<&FeatureVerdict>| {
        let is_new = drift.psi >= recent_effect(policy) && q_value.is_some_and(|q| q <= policy.q) && drift.rank == 1;
        let pace = match judged.map(|judged| judged.severity)? {
            Severity::TooFew | Severity::NoData => None,
            severity => match (severity.is_drift(), is_new) {
                (true, true) => Some(Pace::Jump),
                (true, false) => Some(Pace::Slow),
                (false, true) => Some(Pace::Return),
                (false, false) => None,
            },
        };
        Some(RecentVerdict { drift: *drift, q_value, pace })
    };
    let features = recent.features.iter().enumerate().map(|(place, drift)| {
        let drift = drift.as_ref()?;
        let q_value = drift.p_value.and_then(|_| q.next());
        one(drift, q_value, verdict.features.get(place))
    });
    let features = features.collect();
    let score = recent.score.as_ref().and_then(|drift| one(drift, drift.p_value, verdict.score.as_ref()));
    RecentVerdicts { features, score }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "features without a drift are `None`")]
    fn drift(psi: f64, p_value: f64, rank: usize) -> Option<RecentDrift> {
        Some(RecentDrift { psi, p_value: Some(p_value), rank, windows: 28, left_out: 0 })
    }

    fn paces(cases: &[(Severity, Option<RecentDrift>)]) -> Vec<Option<Pace>> {
        let judged = |severity: &Severity| FeatureVerdict {
            severity: *severity,
            qs: crate::judge::QValues::default(),
            opinions: Vec::new(),
        };
        let verdict = Verdict {
            severity: Severity::Stable,
            findings: Vec::new(),
            stories: Vec::new(),
            features: cases.iter().map(|(severity, _)| judged(severity)).collect(),
            score: None,
            share_refused_q: None,
            drifted_share: None,
            weighted_drifted_share: None,
        };
        let recent = RecentDrifts { features: cases.iter().map(|(_, drift)| *drift).collect(), score: None };
        let judged = judge_recent(&recent, &verdict, &Policy::default());
        judged.features.iter().map(|one| one.and_then(|one| one.pace)).collect()
    }

    #[test]
    fn reference_and_recent_windows_together_name_the_pace() {
        let (new, old) = (drift(0.3, 1e-9, 1), drift(0.03, 0.2, 9));
        let cases = [
            (Severity::Alarm, new),
            (Severity::Watch, old),
            (Severity::Stable, new),
            (Severity::Stable, old),
            (Severity::Alarm, None),
        ];
        let expected = [Some(Pace::Jump), Some(Pace::Slow), Some(Pace::Return), None, None];
        assert_eq!(paces(&cases), expected);
    }

    #[test]
    fn new_is_large_significant_and_without_precedent() {
        let stable = |drift| paces(&[(Severity::Stable, drift)])[0];
        assert_eq!(stable(drift(0.10, 0.01, 1)), Some(Pace::Return));
        assert_eq!(stable(drift(0.09, 1e-9, 1)), None);
        assert_eq!(stable(drift(0.10, 0.02, 1)), None);
        assert_eq!(stable(drift(0.50, 1e-9, 2)), None, "an earlier day was as far from the others");
        assert_eq!(paces(&[(Severity::TooFew, drift(0.50, 1e-9, 1))]), [None]);
        // Over all features: 0.008 is not evidence among 100 tests.
        let mut many = vec![(Severity::Stable, drift(0.01, 0.5, 3)); 99];
        many.push((Severity::Stable, drift(0.2, 0.008, 1)));
        assert_eq!(paces(&many)[99], None);
    }
}
