//! The input features of a model: names, kinds, columns and precision.

/// The type of an input feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// A number, compared with borders.
    Numeric,
    /// A level of a category.
    Categorical,
}

/// One input feature of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFeature {
    /// Name at training, or the number of the column if the feature had none.
    pub name: String,
    /// Numeric or categorical.
    pub kind: InputKind,
    /// 0-based column at training. Models that have dropped unused features have gaps here.
    pub column: usize,
    /// Whether a tree depends on it. Unused features must still be supplied, but are ignored.
    pub used: bool,
}

/// The precision in which a model compares numbers. Values that round to the same number are the same to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputPrecision {
    /// 32-bit floats.
    Single,
    /// 64-bit floats.
    Double,
}
