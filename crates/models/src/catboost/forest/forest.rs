//! A CatBoost model in memory, checked so that kernels can rely on every index in it.

use super::{
    binning::BinningBuilder,
    bins::{BinColumn, Binning},
    feature::features,
    iterations,
    link::Outputs,
    missing,
    split::Split,
    trees::{TreeNode, Trees},
};
use crate::{
    allowance::Allowance,
    catboost::{
        file::{
            cbm, json,
            parts::ModelParts,
            refusal::{damaged, not_a_model, over_allowance},
        },
        score::{
            kernel::Kernel,
            search::SearchLayout,
            tables::{NARROW_DEPTH, Tables},
        },
    },
    error::Result,
    feature::ModelFeature,
    link::Link,
    options::ModelOptions,
};

/// A CatBoost model, which scores rows exactly as the official library does.
///
/// Rows are converted to bin columns ([`Binning`]), conditions on bins lead to leaves ([`Trees`]), leaf values are summed
/// in `f64` tree by tree, and the raw output is `scale · sum + bias`.
#[derive(Debug)]
pub struct Forest {
    pub(crate) features: Vec<ModelFeature>,
    pub(crate) binning: Binning,
    pub(crate) trees: Trees,
    /// Leaf by leaf, one value per dimension. Values may be infinite or NaN.
    pub(crate) leaf_values: Vec<f64>,
    /// Training weight of each leaf; empty if the file has none.
    pub(crate) leaf_weights: Vec<f64>,
    /// Values per leaf, at least 1.
    pub(crate) dimension: usize,
    pub(crate) scale: f64,
    /// One value per dimension.
    pub(crate) bias: Vec<f64>,
    pub(crate) outputs: Outputs,
    /// Name of the loss function; empty if unknown.
    pub(crate) loss: String,
    /// The level that represents a missing value, for each feature.
    pub(crate) missing_levels: Vec<&'static str>,
    sha256: [u8; 32],
    pub(crate) kernel: Kernel,
    pub(crate) search_layout: SearchLayout,
    /// For the SIMD kernels, if they can score these trees.
    pub(crate) tables: Option<Tables>,
}

impl Forest {
    /// Reads a model from the bytes of a `.cbm` file or of a JSON export. `name` (such as the path) prefixes error
    /// messages.
    ///
    /// Takes at most about four times the size of the file in memory, even for a damaged or crafted file.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        Self::with_options(name, bytes, &ModelOptions::default())
    }

    /// Like [`Forest::from_bytes`], with the number of iterations of the options; the format leaves no other option open.
    pub(crate) fn with_options(name: &str, bytes: &[u8], options: &ModelOptions) -> Result<Self> {
        Self::read(bytes, options).map_err(|error| error.context(name))
    }

    fn read(bytes: &[u8], options: &ModelOptions) -> Result<Self> {
        let allowance = Allowance::for_file(bytes);
        let mut parts = if bytes.starts_with(cbm::MAGIC) {
            cbm::read(bytes, &allowance)?
        } else if bytes.trim_ascii_start().starts_with(b"{") {
            json::read(bytes, &allowance)?
        } else {
            return Err(not_a_model());
        };
        iterations::select(&mut parts, options.iterations)?;
        Self::from_parts(parts, options.fingerprint(bytes), &allowance)
    }

    fn from_parts(mut parts: ModelParts, sha256: [u8; 32], allowance: &Allowance) -> Result<Self> {
        let ModelParts { dimension, .. } = parts;
        if dimension == 0 || parts.bias.len() != 1 && parts.bias.len() != dimension {
            return Err(damaged("its dimensions and its bias do not match"));
        }
        if !parts.scale.is_finite() || !parts.bias.iter().all(|bias| bias.is_finite()) {
            return Err(damaged("its scale or its bias is not a finite number"));
        }
        charge_layout(&parts, allowance).ok_or_else(over_allowance)?;
        let (mut features, numeric, categorical) = features(&parts)?;
        let mut builder = BinningBuilder::new(&parts, &numeric, &categorical)?;
        builder.add_ctrs(&mut parts, &categorical, allowance)?;
        let BinningBuilder { binning, splits, .. } = builder;
        let trees = Trees::from_parts(&parts, &splits)?;
        // Dropped now, to stay within the allowance.
        let ModelParts { floats, levels, one_hots, splits: ids, starts, sizes, steps, node_leaves, .. } = parts;
        drop((splits, floats, levels, one_hots, ids, starts, sizes, steps, node_leaves));
        mark_used(&mut features, &binning);
        allowance.spend(dimension, 32).ok_or_else(|| damaged("it has too many dimensions"))?;
        let outputs = Outputs::new(&parts.info, dimension, allowance)?;
        let loss = parts.info.loss();
        let ModelParts { leaf_values, mut leaf_weights, scale, mut bias, .. } = parts;
        if leaf_weights.len().checked_mul(dimension) != Some(leaf_values.len()) {
            leaf_weights.clear();
        }
        // A single bias for several dimensions can only be 0.
        if bias.len() < dimension && bias.iter().any(|&bias| bias != 0.0) {
            return Err(damaged("its dimensions and its bias do not match"));
        }
        bias.resize(dimension, 0.0);
        let missing_levels = (0..features.len()).map(|feature| missing::missing_level(&binning, feature)).collect();
        let borders = binning.columns.iter().map_while(|column| match column {
            BinColumn::Number { borders, .. } => binning.borders.get(borders.clone()),
            _ => None,
        });
        let search_layout = SearchLayout::new(borders);
        let mut forest = Self {
            features,
            binning,
            trees,
            leaf_values,
            leaf_weights,
            dimension,
            scale,
            bias,
            outputs,
            loss,
            missing_levels,
            sha256,
            kernel: Kernel::Portable,
            search_layout,
            tables: None,
        };
        forest.set_kernel(Kernel::best());
        Ok(forest)
    }

    /// The instruction set used for scoring; [`Kernel::best`] by default.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Changes the instruction set used for scoring. Scores stay bit-identical.
    pub fn set_kernel(&mut self, kernel: Kernel) {
        self.kernel = kernel;
        self.tables = None;
        let Trees::Oblivious(trees) = &self.trees else { return };
        let several = self.dimension > 1 && !matches!(kernel, Kernel::Avx512(_));
        if kernel == Kernel::Portable || several || !trees.is_within_depth(NARROW_DEPTH) {
            return;
        }
        let (Ok(targets), mut tables) = (u32::try_from(self.dimension), Tables::with_capacity(self.trees.len())) else {
            return;
        };
        for tree in 0..self.trees.len() {
            tables.add_tree(trees.splits_of(tree), 0..targets);
        }
        if matches!(kernel, Kernel::Avx512(_)) {
            let leaves = (0..self.trees.len()).map(|tree| 1 << trees.splits_of(tree).len());
            tables.split(&self.leaf_values, self.dimension, leaves);
        }
        self.tables = Some(tables);
    }

    /// Input features, in the order of their columns at training.
    #[must_use]
    pub fn features(&self) -> &[ModelFeature] {
        &self.features
    }

    /// Whether the model was trained with feature names. If not, each is named after its column.
    #[must_use]
    pub fn has_feature_names(&self) -> bool {
        self.features.iter().any(|feature| feature.name != feature.column.to_string())
    }

    /// How rows are converted to bins.
    #[must_use]
    pub fn binning(&self) -> &Binning {
        &self.binning
    }

    /// The trees.
    #[must_use]
    pub fn trees(&self) -> &Trees {
        &self.trees
    }

    /// Values of all leaves: leaf by leaf, one value per dimension.
    #[must_use]
    pub fn leaf_values(&self) -> &[f64] {
        &self.leaf_values
    }

    /// Training weight of each leaf (one for all dimensions); empty if the file has none.
    #[must_use]
    pub fn leaf_weights(&self) -> &[f64] {
        &self.leaf_weights
    }

    /// Number of values per leaf. A model has more outputs than dimensions if some declared classes did not occur in
    /// training.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// How raw outputs relate to probabilities.
    #[must_use]
    pub fn link(&self) -> Link {
        self.outputs.link
    }

    /// Class names, in the order of outputs: two for [`Link::Sigmoid`], none for [`Link::Identity`].
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.outputs.classes
    }

    /// Number of raw outputs per row.
    #[must_use]
    pub fn output_count(&self) -> usize {
        self.outputs.count
    }

    /// The dimension of an output; `None` for a class that did not occur in training.
    pub(crate) fn dimension_of(&self, output: usize) -> Option<usize> {
        self.outputs.by_dimension.iter().position(|own| *own == output)
    }

    /// The probability above which a row is in the second of two classes.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.outputs.threshold
    }

    /// SHA-256 of the model file.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// SHA-256 of the model file, in hexadecimal.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        self.sha256.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The level that represents a missing value of the feature at this index of [`Forest::features`].
    ///
    /// CatBoost rejects missing levels, so the training data must have contained some string instead. This is the first
    /// common spelling (`nan`, `None`, …) that the model knows as a level of the feature, or the empty string if it knows
    /// none of them (a missing level then counts as unseen).
    #[must_use]
    pub fn missing_level(&self, feature: usize) -> &'static str {
        self.missing_levels.get(feature).copied().unwrap_or_default()
    }

    /// Returns true if a condition tests for this level, or a CTR counts by this feature alone and has seen the level.
    /// Levels that only occur in combinations are not recognised.
    #[must_use]
    pub fn knows_level(&self, feature: usize, level: &str) -> bool {
        missing::knows_level(&self.binning, feature, level)
    }
}

/// Charges the memory for the layout that is built from the parts.
fn charge_layout(parts: &ModelParts, allowance: &Allowance) -> Option<()> {
    let borders = parts.floats.iter().map(|float| float.borders.len());
    let levels = parts.one_hots.iter().map(|one_hot| one_hot.values.len());
    let ctrs = parts.ctrs.iter().map(|ctr| ctr.borders.len());
    let conditions = borders.chain(levels).chain(ctrs).fold(0, usize::saturating_add);
    // A condition, and its border or level.
    allowance.spend(conditions, 8)?;
    if parts.steps.is_empty() {
        allowance.spend(parts.splits.len(), size_of::<Split>())?;
        allowance.spend(parts.starts.len(), 32)?;
        // The SIMD kernels keep a second copy of the leaves.
        let narrow = parts.sizes.iter().all(|size| usize::try_from(*size).is_ok_and(|size| size <= NARROW_DEPTH));
        allowance.spend(if narrow { parts.leaf_values.len() } else { 0 }, size_of::<f64>())
    } else {
        allowance.spend(parts.steps.len(), size_of::<TreeNode>() + size_of::<u32>())?;
        allowance.spend(parts.starts.len(), size_of::<usize>())
    }
}

/// Marks the features that some column is computed from.
fn mark_used(features: &mut [ModelFeature], binning: &Binning) {
    let keys = binning.projections.iter().flat_map(|projection| &projection.features).copied();
    let columns = binning.columns.iter().filter_map(|column| match column {
        BinColumn::Number { feature, .. } | BinColumn::Level { feature, .. } => Some(*feature),
        BinColumn::Ctr { .. } => None,
    });
    for used in columns.chain(keys) {
        if let Some(feature) = features.get_mut(used) {
            feature.used = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Forest;

    #[test]
    fn other_files_are_not_called_damaged_models() {
        let why = |bytes: &[u8]| Forest::from_bytes("m", bytes).unwrap_err().to_string();
        let others: [&[u8]; 5] = [b"PAR1\x15\x04", b"a,b\n1,2\n", b"", b"{\"a\": 1}", b"{\"a\": 1}\n{\"a\": 2}\n"];
        for other in others {
            assert_eq!(why(other), "m: not a CatBoost model; expected a .cbm file or a CatBoost JSON export");
        }
        for torn in ["CBM1 and no more", "{\"features_info\": {\"float_features\": [", "{\"ctr_data\": {"] {
            assert!(
                why(torn.as_bytes()).starts_with("m: this CatBoost model is damaged: "),
                "{}",
                why(torn.as_bytes())
            );
        }
    }
}
