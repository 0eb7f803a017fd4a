//! Roles of the columns of a training table, as specified by the user.

use vigie_profile::layout::Precision;

/// Roles of the columns.
#[derive(Debug, Clone, Default)]
pub struct ColumnRoles {
    pub target: Option<String>,
    /// The value of the target that is the event, if it is not 1.
    pub event: Option<String>,
    /// The score, if it is a probability.
    pub probability: Option<String>,
    /// The score, if it is the number that a regression predicts.
    pub prediction: Option<String>,
    /// Features, in this order; `None`: all columns without another role.
    pub features: Option<Vec<String>>,
    pub categorical: Vec<String>,
    /// Features that must be numbers because the model reads them as numbers.
    pub numeric: Vec<String>,
    pub ignore: Vec<String>,
    /// Whether the table is only compared with another one: notes about monitoring are left out.
    pub is_compared: bool,
    /// How the model compares numbers; `None`: as 32-bit floats if the table stores all its fractions as such.
    pub precision: Option<Precision>,
}

impl ColumnRoles {
    /// The column of the score.
    pub(crate) fn score(&self) -> Option<&String> {
        self.probability.as_ref().or(self.prediction.as_ref())
    }
}
