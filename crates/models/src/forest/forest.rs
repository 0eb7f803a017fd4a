//! A CatBoost model, read and checked: nothing in it can lead a kernel astray.

use sha2::{Digest, Sha256};

use super::{
    binning::Draft,
    bins::{BinColumn, Binning, Split},
    feature::{Feature, features},
    link::{Link, Outputs},
    missing,
    trees::{Node, Trees},
};
use crate::{
    error::Result,
    file::{
        allowance::Allowance,
        cbm, json,
        parts::Parts,
        refusal::{damaged, tight},
    },
    score::{
        kernel::Kernel,
        search::Searches,
        tables::{NARROW, Tables},
    },
};

/// A model that scores rows exactly as the official library does.
///
/// A block of rows becomes bin columns ([`Binning`]), conditions on bins lead to leaves ([`Trees`]), leaf values are
/// summed in `f64`, tree after tree, and `scale · sum + bias` is the raw output. Made of the bytes of a `.cbm` file, or
/// of CatBoost's JSON.
#[derive(Debug)]
pub struct Forest {
    pub(crate) features: Vec<Feature>,
    pub(crate) binning: Binning,
    pub(crate) trees: Trees,
    /// Leaf after leaf, of each a value per dimension. No value is checked to be finite.
    pub(crate) leaf_values: Vec<f64>,
    /// Training weight of each leaf, without dimensions; empty if the file has none.
    pub(crate) leaf_weights: Vec<f64>,
    /// Values per leaf, at least 1.
    pub(crate) dimension: usize,
    pub(crate) scale: f64,
    /// One a dimension.
    pub(crate) bias: Vec<f64>,
    pub(crate) outputs: Outputs,
    /// What training minimised; empty if the model does not say.
    pub(crate) loss: String,
    /// How training spelt a missing level, a text a feature.
    pub(crate) missing_levels: Vec<&'static str>,
    sha256: [u8; 32],
    pub(crate) kernel: Kernel,
    pub(crate) searches: Searches,
    /// For the wide kernels, if they can score these trees.
    pub(crate) tables: Option<Tables>,
}

impl Forest {
    /// Reads a model; `name` is for the operator.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        Self::read(bytes).map_err(|fault| fault.context(name))
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let allowance = Allowance::of(bytes);
        let parts = if bytes.starts_with(cbm::MAGIC) {
            cbm::read(bytes, &allowance)?
        } else if bytes.trim_ascii_start().starts_with(b"{") {
            json::read(bytes, &allowance)?
        } else {
            return Err(damaged("it begins neither with CBM1 nor, as JSON, with {"));
        };
        Self::grow(parts, Sha256::digest(bytes).into(), &allowance)
    }

    fn grow(mut parts: Parts, sha256: [u8; 32], allowance: &Allowance) -> Result<Self> {
        let Parts { dimension, .. } = parts;
        if dimension == 0 || parts.bias.len() != 1 && parts.bias.len() != dimension {
            return Err(damaged("its dimensions and its bias do not match"));
        }
        if !parts.scale.is_finite() || !parts.bias.iter().all(|bias| bias.is_finite()) {
            return Err(damaged("its scale or bias is no number"));
        }
        pay(&parts, allowance).ok_or_else(tight)?;
        let (mut features, numeric, categorical) = features(&parts)?;
        let mut draft = Draft::of(&parts, &numeric, &categorical)?;
        draft.add_ctrs(&mut parts, &categorical, allowance)?;
        let Draft { binning, splits, .. } = draft;
        let trees = Trees::grow(&parts, &splits)?;
        // What is laid out anew is let go first: reading has only so much room.
        let Parts { floats, levels, one_hots, splits: ids, starts, sizes, steps, node_leaves, .. } = parts;
        drop((splits, floats, levels, one_hots, ids, starts, sizes, steps, node_leaves));
        mark_used(&mut features, &binning);
        allowance.spend(dimension, 32).ok_or_else(|| damaged("it has too many dimensions"))?;
        let outputs = Outputs::of(&parts.about, dimension, allowance)?;
        let loss = parts.about.loss();
        let Parts { leaf_values, mut leaf_weights, scale, mut bias, .. } = parts;
        if leaf_weights.len().checked_mul(dimension) != Some(leaf_values.len()) {
            leaf_weights.clear();
        }
        // One bias for several dimensions is 0: more would not have been written so.
        if bias.len() < dimension && bias.iter().any(|&bias| bias != 0.0) {
            return Err(damaged("its dimensions and its bias do not match"));
        }
        bias.resize(dimension, 0.0);
        let missing_levels = (0..features.len()).map(|feature| missing::spelling(&binning, feature)).collect();
        let borders = binning.columns.iter().map_while(|column| match column {
            BinColumn::Number { borders, .. } => binning.borders.get(borders.clone()),
            _ => None,
        });
        let searches = Searches::of(borders);
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
            searches,
            tables: None,
        };
        forest.choose(Kernel::best());
        Ok(forest)
    }

    /// Which instructions score; [`Kernel::best`] unless chosen otherwise.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Scores with other instructions from now on. No bit of any score changes.
    pub fn choose(&mut self, kernel: Kernel) {
        self.kernel = kernel;
        self.tables = None;
        let Trees::Oblivious(trees) = &self.trees else { return };
        let several = self.dimension > 1 && !matches!(kernel, Kernel::Avx512(_));
        if kernel == Kernel::Portable || several || !trees.are_within(NARROW) {
            return;
        }
        let (Ok(targets), mut tables) = (u32::try_from(self.dimension), Tables::of(self.trees.len())) else { return };
        for tree in 0..self.trees.len() {
            tables.add_tree(trees.of(tree), 0..targets);
        }
        if matches!(kernel, Kernel::Avx512(_)) {
            let leaves = (0..self.trees.len()).map(|tree| 1 << trees.of(tree).len());
            tables.split(&self.leaf_values, self.dimension, leaves);
        }
        self.tables = Some(tables);
    }

    /// What the model reads, in the order of columns at training.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// How rows become bins.
    #[must_use]
    pub fn binning(&self) -> &Binning {
        &self.binning
    }

    #[must_use]
    pub fn trees(&self) -> &Trees {
        &self.trees
    }

    /// Values of all leaves: leaf after leaf, of each a value per dimension.
    #[must_use]
    pub fn leaf_values(&self) -> &[f64] {
        &self.leaf_values
    }

    /// Training weight of each leaf, one for all its dimensions; empty if the file has none.
    #[must_use]
    pub fn leaf_weights(&self) -> &[f64] {
        &self.leaf_weights
    }

    /// Values per leaf. A model has more outputs than dimensions if training has not met all its classes.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// What raw outputs mean.
    #[must_use]
    pub fn link(&self) -> Link {
        self.outputs.link
    }

    /// Names of the classes, in the order of outputs; two for [`Link::Sigmoid`], none for [`Link::Identity`].
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.outputs.classes
    }

    /// How many raw outputs a row has.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs.count
    }

    /// The probability above which a row is in the second of two classes.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.outputs.threshold
    }

    /// SHA-256 of the file's bytes.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The SHA-256 as people write it.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        self.sha256.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Pays for what is laid out of the parts, beside them.
fn pay(parts: &Parts, allowance: &Allowance) -> Option<()> {
    let borders = parts.floats.iter().map(|float| float.borders.len());
    let levels = parts.one_hots.iter().map(|one_hot| one_hot.values.len());
    let ctrs = parts.ctrs.iter().map(|ctr| ctr.borders.len());
    let conditions = borders.chain(levels).chain(ctrs).fold(0, usize::saturating_add);
    // A condition, and what it compares with.
    allowance.spend(conditions, 8)?;
    if parts.steps.is_empty() {
        allowance.spend(parts.splits.len(), size_of::<Split>())?;
        allowance.spend(parts.starts.len(), 32)?;
        // The wide kernels have the leaves in an order of their own.
        let narrow = parts.sizes.iter().all(|size| usize::try_from(*size).is_ok_and(|size| size <= NARROW));
        allowance.spend(if narrow { parts.leaf_values.len() } else { 0 }, size_of::<f64>())
    } else {
        allowance.spend(parts.steps.len(), size_of::<Node>() + size_of::<u32>())?;
        allowance.spend(parts.starts.len(), size_of::<usize>())
    }
}

/// A feature is used if a column is made of it.
fn mark_used(features: &mut [Feature], binning: &Binning) {
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
