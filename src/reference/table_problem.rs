//! What readers of training tables return.

use super::training::TrainingColumn;

/// Number of rows, and the columns.
pub(super) type Table = (usize, Vec<TrainingColumn>);

/// Why a table cannot be read, and what to do about it if that is known.
#[derive(Debug)]
pub(super) struct TableProblem {
    pub(super) why: String,
    pub(super) remedy: Option<String>,
}

impl TableProblem {
    pub(super) fn with_remedy(why: impl Into<String>, remedy: String) -> Self {
        Self { why: why.into(), remedy: Some(remedy) }
    }
}

impl From<String> for TableProblem {
    fn from(why: String) -> Self {
        Self { why, remedy: None }
    }
}
