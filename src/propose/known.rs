//! What is known besides the log: the model's features, and the columns of a table of training rows.

use crate::delimited::CsvForm;

/// A column of the training table.
#[derive(Debug, Clone, PartialEq)]
pub struct DataColumn {
    pub name: String,
    /// Whether it has two values, such as 0 and 1.
    pub is_binary: bool,
    /// Whether all values are from 0 to 1, and not only these two.
    pub is_share: bool,
    /// Whether hardly any value occurs twice.
    pub is_distinct: bool,
}

/// What is known besides the log.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Names of the model's features in their order; empty if there is no model, or if it has no names.
    pub model_features: Vec<String>,
    /// Number of the model's features, if there is one.
    pub model_width: Option<usize>,
    /// Whether the model predicts a number instead of a probability.
    pub is_regression: bool,
    /// How the training table is written if it is CSV.
    pub csv: CsvForm,
    /// Columns of the training table in their order.
    pub columns: Vec<DataColumn>,
}

/// Names of columns that hold the outcome.
const TARGETS: [&str; 12] = [
    "target",
    "label",
    "y",
    "default",
    "outcome",
    "class",
    "bad",
    "event",
    "actual",
    "is_default",
    "defaulted",
    "churn",
];

impl Known {
    /// The column that is probably the outcome.
    #[must_use]
    pub fn target(&self, inputs: &[String]) -> Option<&str> {
        let may_be = |column: &&DataColumn| column.is_binary && !inputs.contains(&column.name);
        let mut columns = self.columns.iter().filter(may_be);
        let named = |column: &&DataColumn| TARGETS.contains(&column.name.to_lowercase().as_str());
        columns
            .clone()
            .find(named)
            .or_else(|| columns.next().filter(|_| columns.next().is_none()))
            .map(|own| own.name.as_str())
    }

    /// The column that is probably the score.
    #[must_use]
    pub fn score(&self, inputs: &[String]) -> Option<&str> {
        let may_be = |column: &&DataColumn| column.is_share && !inputs.contains(&column.name);
        let is_score = |column: &&DataColumn| super::names::score_rank(&column.name) > 0;
        self.columns.iter().filter(may_be).find(is_score).map(|own| own.name.as_str())
    }

    /// Columns that are features, in their order: all but outcome, score and identifiers.
    pub(super) fn features(&self) -> Vec<String> {
        if !self.model_features.is_empty() {
            return self.model_features.clone();
        }
        let (target, score) = (self.target(&[]), self.score(&[]));
        let is_feature = |column: &&DataColumn| {
            let name = Some(column.name.as_str());
            name != target && name != score && !(column.is_distinct && super::names::id_rank(&column.name) > 0)
        };
        self.columns.iter().filter(is_feature).map(|column| column.name.clone()).collect()
    }
}
