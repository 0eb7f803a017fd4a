//! Benjamini–Hochberg over the tests of a run: the q-value each rule asks.
//!
//! The features' family is every test with a p-value of every feature (psi, ks or chi2, missing,
//! unseen), pooled. The score is a family of its own, and so are the values outside the reference's
//! range, which serve only as evidence for the guard bins of PSI.

use vigie_stats::benjamini_hochberg;

use crate::drift::{Drift, FeatureDrift, Ks};

/// Which value of D a KS test stands for while it is not exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// What is certain already.
    Grid,
    /// What is still possible.
    Bound,
}

impl At {
    pub(super) fn d(self, ks: &Ks) -> f64 {
        match self {
            Self::Grid => ks.statistic,
            Self::Bound => ks.upper_bound,
        }
    }
}

/// The q-values of one feature; `None` is a test that could not be made.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Qs {
    pub psi: Option<f64>,
    pub ks: Option<f64>,
    pub chi2: Option<f64>,
    pub missing: Option<f64>,
    pub unseen: Option<f64>,
    /// A family of its own.
    pub out_of_range: Option<f64>,
}

impl Qs {
    /// The smallest of the pooled family.
    #[must_use]
    pub fn least(&self) -> Option<f64> {
        [self.psi, self.ks, self.chi2, self.missing, self.unseen].into_iter().flatten().min_by(f64::total_cmp)
    }
}

/// All q-values of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// In the order of the drift's features.
    pub features: Vec<Qs>,
    pub score: Qs,
    pub share_refused: Option<f64>,
}

impl Evidence {
    pub(super) fn weigh(drift: &Drift, at: At) -> Self {
        let mut evidence = Self { features: vec![Qs::default(); drift.features.len()], ..Self::default() };
        let mut family = Vec::new();
        for (qs, feature) in evidence.features.iter_mut().zip(&drift.features) {
            family.extend(slots(qs).into_iter().zip(tests(feature, at)));
        }
        fill(family);
        let ranges = drift.features.iter().map(|feature| feature.out_of_range.and_then(|range| range.p_value));
        fill(evidence.features.iter_mut().map(|qs| &mut qs.out_of_range).zip(ranges).collect());
        if let Some(score) = &drift.score {
            let mut family: Vec<_> = slots(&mut evidence.score).into_iter().zip(tests(&score.distance, at)).collect();
            family.push((&mut evidence.share_refused, score.refused.p_value));
            fill(family);
            evidence.score.out_of_range = score.distance.out_of_range.and_then(|range| range.p_value);
        }
        evidence
    }
}

fn tests(feature: &FeatureDrift, at: At) -> [Option<f64>; 5] {
    let ks = feature.ks.as_ref().and_then(|ks| match at {
        At::Grid => ks.p_value,
        At::Bound => ks.p_at_bound,
    });
    [
        feature.psi.p_value,
        ks,
        feature.chi2.and_then(|chi2| chi2.p_value),
        feature.missing.p_value,
        feature.unseen.as_ref().and_then(|unseen| unseen.p_value),
    ]
}

fn slots(qs: &mut Qs) -> [&mut Option<f64>; 5] {
    [&mut qs.psi, &mut qs.ks, &mut qs.chi2, &mut qs.missing, &mut qs.unseen]
}

/// Turns the p-values of one family into q-values, each into its slot.
fn fill(family: Vec<(&mut Option<f64>, Option<f64>)>) {
    let p: Vec<f64> = family.iter().filter_map(|(_, p)| *p).collect();
    let mut q = benjamini_hochberg(&p).into_iter();
    for (slot, p) in family {
        *slot = p.and_then(|_| q.next());
    }
}
