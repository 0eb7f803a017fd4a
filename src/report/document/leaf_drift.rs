//! The `leaf_drift` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    replay::{LeafDrift, MovedFeature, MovedTree, Unmeasured},
    report::words::Language,
};

/// Drift of the window's rows among the leaves of the model's trees, compared with the reference's rows: shifts in how
/// features go together, which no single feature shows. It does not affect the verdict. Only `reason` is present if it was
/// not measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeafDriftSection {
    /// Features that explain most of the shift, first. Empty unless `p_value` is at most 0.01, like `trees`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<MovedFeatureEntry>,
    /// Pearson's statistics of all trees, weighted by how much each tree moves the score, divided by their expectation
    /// without drift: about 1 without drift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overall: Option<f64>,
    /// Probability of a shift this large without drift: twice the smaller one of the p-values of `overall` and `strongest`.
    pub p_value: Option<f64>,
    /// The first feature, and the one that explains most in the trees that contain it: if the tie between two features is
    /// broken, these are probably its ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair: Option<[String; 2]>,
    /// Why there is no p-value, or why nothing was measured.
    pub reason: Option<String>,
    /// Rows of the reference that were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_rows: Option<u64>,
    /// Whether the reference has less than ten times the window's rows. Its own noise is shared by all windows, so that p is
    /// too small for some references, day after day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_small: Option<bool>,
    /// Rows of the window that were counted: all, or a sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Mean of the 5% of the trees with the largest standardized statistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strongest: Option<f64>,
    /// Trees that shifted most, first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trees: Vec<MovedTreeEntry>,
}

/// A feature whose decisions divide the window's rows differently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MovedFeatureEntry {
    /// Pearson's statistics of its decisions in all trees, given all other decisions, minus their expectation without drift.
    pub excess: Option<f64>,
    pub name: String,
}

/// A tree whose rows have shifted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MovedTreeEntry {
    /// Degrees of freedom, the expectation of `statistic` without drift. Leaves with less than 1% of the reference's rows are
    /// pooled.
    pub dof: usize,
    /// Features that the tree reads.
    pub features: Vec<String>,
    /// Pearson's statistic of homogeneity over the tree's leaves.
    pub statistic: Option<f64>,
    /// Number of the tree in the model file, from 0.
    pub tree: usize,
}

impl LeafDriftSection {
    pub(super) fn new(drift: &Result<LeafDrift, Unmeasured>) -> Self {
        let drift = match drift {
            Ok(drift) => drift,
            Err(why) => return Self { reason: Some(Language::English.unmeasured(why)), ..Self::default() },
        };
        Self {
            features: drift.features.iter().map(MovedFeatureEntry::new).collect(),
            overall: Some(drift.shift.overall),
            p_value: drift.p_value.ok(),
            pair: drift.pair.clone(),
            reason: drift.p_value.err().map(|why| Language::English.no_p_value(why)),
            reference_rows: Some(drift.reference_rows),
            reference_small: Some(drift.is_reference_small()),
            rows: Some(drift.rows),
            strongest: Some(drift.shift.strongest),
            trees: drift.trees.iter().map(MovedTreeEntry::new).collect(),
        }
    }
}

impl MovedFeatureEntry {
    fn new(feature: &MovedFeature) -> Self {
        Self { excess: Some(feature.excess), name: feature.name.clone() }
    }
}

impl MovedTreeEntry {
    fn new(tree: &MovedTree) -> Self {
        Self { dof: tree.dof, features: tree.features.clone(), statistic: Some(tree.statistic), tree: tree.tree }
    }
}

#[cfg(test)]
mod tests {
    use vigie_stats::LeafShift;

    use super::*;
    use crate::replay::NoPValue;

    fn moved() -> LeafDrift {
        LeafDrift {
            rows: 2_001,
            reference_rows: 20_000,
            shift: LeafShift { overall: 1.5, strongest: 4.0 },
            p_value: Ok(0.001),
            trees: vec![MovedTree { tree: 7, statistic: 30.0, dof: 8, features: vec!["A".to_owned()] }],
            features: vec![MovedFeature { name: "A".to_owned(), excess: 90.0 }],
            pair: Some(["A".to_owned(), "B".to_owned()]),
        }
    }

    #[test]
    fn keys_are_alphabetical() {
        for drift in [Ok(moved()), Err(Unmeasured::OtherModel)] {
            let section = LeafDriftSection::new(&drift);
            let text = serde_json::to_string(&section).unwrap();
            assert_eq!(text, serde_json::to_value(&section).unwrap().to_string());
            assert_eq!(serde_json::from_str::<LeafDriftSection>(&text).unwrap(), section);
        }
    }

    #[test]
    fn a_missing_p_value_has_a_reason() {
        let drift = LeafDrift { p_value: Err(NoPValue::FewRows(500)), ..moved() };
        let section = LeafDriftSection::new(&Ok(drift));
        assert_eq!((section.p_value, section.reason.as_deref()), (None, Some("the window has fewer than 500 rows")));
        assert_eq!(section.reference_small, Some(true));
        let other = LeafDriftSection::new(&Err(Unmeasured::OtherModel));
        assert!(other.reason.unwrap().starts_with("the reference was learnt with another model file"));
        assert_eq!(other.rows, None);
    }
}
