//! Benjamini–Hochberg over the tests of a run: the q-values that the rules use.
//!
//! The features' family pools every test with a p-value of every feature (psi, ks or chi2, missing,
//! unseen). The score is a separate family, and so are the values outside the reference's range,
//! which serve only as evidence for the guard bins of PSI.

use vigie_stats::benjamini_hochberg;

use crate::drift::{Drift, FeatureDrift, Ks};

/// The end of D's interval to judge by, as long as D is not exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KsEnd {
    /// The value that D has at least.
    Lower,
    /// The value that D has at most.
    Upper,
}

impl KsEnd {
    pub(super) fn d(self, ks: &Ks) -> f64 {
        match self {
            Self::Lower => ks.statistic,
            Self::Upper => ks.upper_bound,
        }
    }
}

/// The q-values of one feature; `None` for a test that could not be computed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct QValues {
    pub psi: Option<f64>,
    pub ks: Option<f64>,
    pub chi2: Option<f64>,
    pub missing: Option<f64>,
    pub unseen: Option<f64>,
    /// From a separate family.
    pub out_of_range: Option<f64>,
}

impl QValues {
    /// Returns the smallest q-value of the pooled family.
    #[must_use]
    pub fn smallest(&self) -> Option<f64> {
        [self.psi, self.ks, self.chi2, self.missing, self.unseen].into_iter().flatten().min_by(f64::total_cmp)
    }
}

/// All q-values of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// In the order of the drift's features.
    pub features: Vec<QValues>,
    pub score: QValues,
    pub share_refused: Option<f64>,
}

impl Evidence {
    pub(super) fn weigh(drift: &Drift, at: KsEnd) -> Self {
        let mut evidence = Self { features: vec![QValues::default(); drift.features.len()], ..Self::default() };
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

fn tests(feature: &FeatureDrift, at: KsEnd) -> [Option<f64>; 5] {
    let ks = feature.ks.as_ref().and_then(|ks| match at {
        KsEnd::Lower => ks.p_value,
        KsEnd::Upper => ks.p_at_bound,
    });
    [
        feature.psi.p_value,
        ks,
        feature.chi2.and_then(|chi2| chi2.p_value),
        feature.missing.p_value,
        feature.unseen.as_ref().and_then(|unseen| unseen.p_value),
    ]
}

fn slots(qs: &mut QValues) -> [&mut Option<f64>; 5] {
    [&mut qs.psi, &mut qs.ks, &mut qs.chi2, &mut qs.missing, &mut qs.unseen]
}

/// Computes the q-values of one family and writes each into its slot.
fn fill(family: Vec<(&mut Option<f64>, Option<f64>)>) {
    let p: Vec<f64> = family.iter().filter_map(|(_, p)| *p).collect();
    let mut q = benjamini_hochberg(&p).into_iter();
    for (slot, p) in family {
        *slot = p.and_then(|_| q.next());
    }
}
