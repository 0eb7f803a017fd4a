//! Drift among the leaves of the model's trees: how strong the evidence is, which features explain it, and in which trees.

use vigie_profile::shown::shown;

use crate::report::{Report, words::Language};

/// Table row of a feature.
pub(crate) struct ExplainingLine {
    /// Link and name.
    pub name: (String, String),
    pub excess: String,
}

/// Table row of a tree.
pub(crate) struct TreeLine {
    pub tree: String,
    pub statistic: String,
    pub dof: String,
    /// Links and names.
    pub features: Vec<(String, String)>,
}

/// Content of the section.
pub(crate) struct LeafDriftCard {
    pub sentences: Vec<String>,
    pub features: Vec<ExplainingLine>,
    pub trees: Vec<TreeLine>,
}

pub(crate) fn card(report: &Report, language: Language) -> Option<LeafDriftCard> {
    let drift = match report.leaf_drift.as_ref()? {
        Ok(drift) => drift,
        Err(why) => {
            let sentences = vec![language.not_measured(why)];
            return Some(LeafDriftCard { sentences, features: Vec::new(), trees: Vec::new() });
        }
    };
    let link = |name: &String| {
        let place = report.drift.features.iter().position(|feature| feature.name == *name);
        (place.map_or(String::new(), |place| format!("#f{place}")), shown(name))
    };
    let mut sentences = vec![language.leaf_shift(drift)];
    sentences.extend(drift.pair.as_ref().map(|pair| language.changed_tie(pair)));
    let features = drift.features.iter();
    let trees = drift.trees.iter().map(|tree| TreeLine {
        tree: tree.tree.to_string(),
        statistic: language.number(tree.statistic),
        dof: tree.dof.to_string(),
        features: tree.features.iter().map(link).collect(),
    });
    Some(LeafDriftCard {
        sentences,
        features: features
            .map(|one| ExplainingLine { name: link(&one.name), excess: language.number(one.excess) })
            .collect(),
        trees: trees.collect(),
    })
}
