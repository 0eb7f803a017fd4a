//! Why it could not be measured which drift matters for the score.

/// Why contributions or restored values were not measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmeasured {
    /// The reference was learnt without a model.
    NoModel,
    /// The reference was learnt with another model file.
    OtherModel,
    /// The model file does not support it; the error in English.
    Model(String),
    /// The reference was imported as distributions and has no values.
    Distributions,
    /// The score is a predicted number, from which neither decisions nor costs follow.
    Prediction,
    TooFewRows,
    NoRows,
}
