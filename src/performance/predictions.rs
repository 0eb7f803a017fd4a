//! Performance of a model that predicts numbers or classes instead of one probability.

use vigie_stats::{Multiclass, PredictionErrors};

use super::LabelCounts;

/// Performance of a window's predictions, which only labels show.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// Number of rows used in the window.
    pub rows: u64,
    /// Result of the label join; `None` without `labels:`.
    pub labels: Option<LabelCounts>,
    pub realised: RealisedPredictions,
}

/// Performance of the labelled rows; `None` if there are none.
#[derive(Debug, Clone, PartialEq)]
pub enum RealisedPredictions {
    /// Predicted numbers (regression).
    Numbers(Option<PredictionErrors>),
    /// Several classes: their names, in the order of the figures.
    Classes(Vec<String>, Option<Multiclass>),
}
