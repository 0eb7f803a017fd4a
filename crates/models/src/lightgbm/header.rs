//! The header of a model file.

use super::{
    objective::transform_of,
    output::Transform,
    refusal::{damaged, unsupported},
    text::{TextBlock, excerpt, tokens},
};
use crate::error::Result;

/// The lines before the first tree.
#[derive(Debug)]
pub(crate) struct ModelHeader<'a> {
    /// `v4`.
    pub version: &'a str,
    /// Number of raw outputs per row.
    pub outputs: usize,
    pub transform: Transform,
    /// Whether the prediction is the mean over iterations: a random forest.
    pub is_mean: bool,
    /// Whether there is an objective; if not, predictions are raw outputs of unknown meaning.
    pub has_objective: bool,
    pub features: usize,
    /// Names of the features, separated by blanks.
    pub names: &'a str,
    /// What the features were in training, separated by blanks.
    pub ranges: &'a str,
    /// Number of trees; old versions do not write it.
    pub trees: Option<usize>,
}

impl<'a> ModelHeader<'a> {
    pub(crate) fn new(block: &TextBlock<'a>) -> Result<Self> {
        let version = match block.find("version") {
            Some(version @ ("v2" | "v3" | "v4")) => version,
            Some(version) => {
                return Err(unsupported(format_args!(
                    "has the format version `{}`, which vigie does not know; it reads v2, v3 and v4",
                    excerpt(version)
                )));
            }
            None => {
                return Err(unsupported(
                    "has no format version, so LightGBM older than 2.1 wrote it, whose conditions mean something else; load \
                     it in a newer version, compare its predictions, and save it again",
                ));
            }
        };
        let classes: usize = block.number("num_class")?;
        let outputs =
            block.find("num_tree_per_iteration").map_or(Ok(classes), |_| block.number("num_tree_per_iteration"))?;
        if outputs == 0 {
            return Err(block.damaged("no outputs"));
        }
        let objective = block.find("objective");
        let last: usize = block.number("max_feature_idx")?;
        let features = last.checked_add(1).ok_or_else(|| block.damaged("too many features"))?;
        let listed = |key| {
            let text = block.value(key)?;
            let found = tokens(text).count();
            if found == features {
                Ok(text)
            } else {
                Err(block.damaged(format_args!("{found} values in its line `{key}` for {features} features")))
            }
        };
        Ok(Self {
            version,
            outputs,
            transform: transform_of(objective, outputs)?,
            is_mean: block.find("average_output").is_some(),
            has_objective: objective.is_some_and(|name| !["", "custom", "none", "null", "na"].contains(&name.trim())),
            features,
            names: listed("feature_names")?,
            ranges: listed("feature_infos")?,
            trees: block.find("tree_sizes").map(|sizes| tokens(sizes).count()),
        })
    }

    /// Checks the number of trees in the file.
    pub(crate) fn check_trees(&self, trees: usize) -> Result<()> {
        match self.trees {
            Some(listed) if listed != trees => {
                Err(damaged(format_args!("its header lists {listed} trees, but it has {trees}")))
            }
            _ if !trees.is_multiple_of(self.outputs) => {
                let outputs = self.outputs;
                Err(damaged(format_args!("its {trees} trees are not a multiple of its {outputs} outputs")))
            }
            _ => Ok(()),
        }
    }
}
