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
    /// Raw outputs are probabilities already: one output, that of the second of two classes, or one per class.
    Probability,
    /// No probabilities: regression or ranking. The predicted value is the raw output, or its mean over the iterations of
    /// a random forest.
    Identity,
    /// No probabilities: the predicted value is the exponential of the raw output.
    Exp,
    /// No probabilities: the predicted value is log(1 + exp(raw)).
    Log1pExp,
    /// No probabilities: the predicted value is the square of the raw output, with its sign.
    SignedSquare,
}

impl Link {
    /// Whether raw outputs become probabilities.
    #[must_use]
    pub fn has_probabilities(self) -> bool {
        match self {
            Self::Sigmoid | Self::Softmax | Self::OneVersusAll | Self::Labels | Self::Probability => true,
            Self::Identity | Self::Exp | Self::Log1pExp | Self::SignedSquare => false,
        }
    }
}
