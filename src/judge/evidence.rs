//! Benjamini–Hochberg over the tests of a run: the q-values that the rules use.
//!
//! The features' family pools every test of every feature: each measure with a p-value of its own. The score is a
//! separate family, and so are the values outside the reference's range, which serve only as evidence for the guard
//! bins of PSI.

use vigie_stats::benjamini_hochberg;

use super::{Bound, Measure, PerMeasure};
use crate::drift::{Drift, FeatureDrift};

/// The q-values of one feature; `None` for a test that could not be computed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct QValues {
    /// Measures that rely on the test of another have none here.
    tests: PerMeasure<Option<f64>>,
    /// From a separate family.
    pub out_of_range: Option<f64>,
}

impl QValues {
    /// Returns the q-value that is the evidence for a measure.
    #[must_use]
    pub fn get(&self, measure: Measure) -> Option<f64> {
        *self.tests.get(measure.tested_by())
    }

    /// Returns the smallest q-value of the pooled family.
    #[must_use]
    pub fn smallest(&self) -> Option<f64> {
        Measure::ALL.iter().filter_map(|measure| *self.tests.get(*measure)).min_by(f64::total_cmp)
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
    pub(super) fn weigh(drift: &Drift, at: Bound) -> Self {
        let mut evidence = Self { features: vec![QValues::default(); drift.features.len()], ..Self::default() };
        let mut family = Vec::new();
        for (qs, feature) in evidence.features.iter_mut().zip(&drift.features) {
            family.extend(tests(qs, feature, at));
        }
        fill(family);
        let ranges = drift.features.iter().map(|feature| feature.out_of_range.and_then(|range| range.p_value));
        fill(evidence.features.iter_mut().map(|qs| &mut qs.out_of_range).zip(ranges).collect());
        if let Some(score) = &drift.score {
            let mut family: Vec<_> = tests(&mut evidence.score, &score.distance, at).collect();
            family.push((&mut evidence.share_refused, score.refused.p_value));
            fill(family);
            evidence.score.out_of_range = score.distance.out_of_range.and_then(|range| range.p_value);
        }
        evidence
    }
}

/// Returns the slot for the q-value of each measure, with its p-value.
fn tests<'a>(
    qs: &'a mut QValues,
    feature: &'a FeatureDrift,
    at: Bound,
) -> impl Iterator<Item = (&'a mut Option<f64>, Option<f64>)> {
    qs.tests.each_mut().map(move |(measure, q)| (q, measure.p_value(feature, at)))
}

/// Computes the q-values of one family and writes each into its slot.
fn fill(family: Vec<(&mut Option<f64>, Option<f64>)>) {
    let p: Vec<f64> = family.iter().filter_map(|(_, p)| *p).collect();
    let mut q = benjamini_hochberg(&p).into_iter();
    for (slot, p) in family {
        *slot = p.and_then(|_| q.next());
    }
}
