//! Counts the leaves of the rows that are rescored, and compares them with the reference's.

use vigie_models::Inputs;

use super::{
    context::{RunContext, SAMPLE},
    leaf_mode::LeafMode,
};
use crate::{
    fault::Result,
    replay::{LeafBaseline, LeafCounts, LeafDrift, Rescorer, Unmeasured},
};

/// Counts the leaves of a window's rows, or of the sample of them that parity is judged on.
pub(crate) struct LeafCounter<'a> {
    baseline: &'a LeafBaseline,
    below: Option<u128>,
}

impl<'a> LeafCounter<'a> {
    /// `None` if leaves are not counted.
    pub(crate) fn new(run: &'a RunContext<'_>, rows: u64) -> Option<Self> {
        match &run.leaves {
            LeafMode::On(baseline) => Some(Self { baseline, below: SAMPLE.below(rows) }),
            LeafMode::Off | LeafMode::Unavailable(_) => None,
        }
    }

    pub(crate) fn empty(&self) -> LeafCounts {
        self.baseline.empty_counts()
    }

    /// Scores rows, and counts the leaves of those in the sample in the same pass.
    pub(crate) fn score(
        &self,
        counts: &mut LeafCounts,
        model: &Rescorer,
        inputs: &Inputs,
        keys: &[u128],
    ) -> Result<Vec<f64>> {
        let in_sample = |key: &u128| self.below.is_none_or(|below| *key < below);
        model.scores_with_leaves(inputs, keys.len(), &mut |tree, first, leaves| {
            let own = keys.iter().skip(first).zip(leaves).filter(|(key, _)| in_sample(key));
            counts.observe(tree, own.map(|(_, leaf)| *leaf));
        })
    }

    pub(crate) fn finish(
        &self,
        counts: &LeafCounts,
        run: &RunContext<'_>,
        model: &Rescorer,
    ) -> Result<LeafDrift, Unmeasured> {
        self.baseline.compare(counts, |feature| feature_name(run, model, feature))
    }
}

/// The name of a feature of the model in the reference, which a model without feature names does not know.
fn feature_name(run: &RunContext<'_>, model: &Rescorer, feature: usize) -> String {
    let column = model.columns().get(feature).copied().flatten();
    let known = column.and_then(|column| run.reference.layout().features().get(column)).map(|own| own.name.clone());
    let own = || model.model().features().get(feature).map(|own| own.name.clone());
    known.or_else(own).unwrap_or_default()
}

/// The reason why leaf drift is not measured, if there is one to state.
pub(crate) fn unavailable_leaves(run: &RunContext<'_>) -> Option<Result<LeafDrift, Unmeasured>> {
    match &run.leaves {
        LeafMode::Unavailable(why) => Some(Err(why.clone())),
        LeafMode::Off | LeafMode::On(_) => None,
    }
}
