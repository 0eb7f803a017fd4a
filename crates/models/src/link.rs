//! How raw outputs relate to probabilities.

/// How raw outputs relate to probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Two classes, one output, whose sigmoid is the probability of the second class.
    Sigmoid,
    /// One output per class; their softmax gives the probabilities.
    Softmax,
    /// One output per class, each with its own sigmoid; the model decides for one class.
    OneVersusAll,
    /// One output per label, each with its own sigmoid; any number of labels may apply.
    Labels,
    /// No probabilities: regression or ranking.
    Identity,
}
