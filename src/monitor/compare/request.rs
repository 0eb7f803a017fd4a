//! What to compare, and how.

use std::path::{Path, PathBuf};

use vigie_profile::window::Instant;

use crate::{
    delimited::CsvForm,
    monitor::{learn::learn::LearnRequest, model::ModelFile},
    reference::{ColumnRoles, Holdout},
};

/// Two tables, and what their columns are.
#[derive(Debug, Clone)]
pub struct CompareRequest {
    /// Files, folders or globs.
    pub reference: PathBuf,
    pub current: PathBuf,
    pub choice: ColumnRoles,
    /// Determines the features and their importance, and scores the rows of tables without a score.
    pub model: Option<ModelFile>,
    /// Whether the rows of the first table were held out of training.
    pub holdout: Holdout,
    /// The event is predicted at this probability or above.
    pub threshold: Option<f64>,
    /// The column of the second table that dates its rows.
    pub timestamp: Option<String>,
    /// How CSV is written; `None`: as the beginning of each table shows.
    pub csv: Option<CsvForm>,
    /// The folder of the report.
    pub out: PathBuf,
    pub now: Instant,
}

impl CompareRequest {
    /// What messages call the first table.
    pub(super) fn reference_name(&self) -> String {
        name(&self.reference)
    }

    /// What messages call the second table.
    pub(super) fn current_name(&self) -> String {
        name(&self.current)
    }

    /// The request that learns the first table from its files.
    pub(super) fn lesson(&self, data: Vec<PathBuf>, csv: CsvForm, out: &Path) -> LearnRequest {
        LearnRequest {
            data,
            database: None,
            csv,
            log: None,
            out: out.to_owned(),
            choice: self.choice.clone(),
            model: self.model.clone(),
            importance: None,
            dictionary: None,
            holdout: self.holdout,
            register: false,
            segments: None,
        }
    }
}

/// The last part of a path.
fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
