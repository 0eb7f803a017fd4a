//! What to compare, and how.

use std::path::{Path, PathBuf};

use vigie_profile::window::Instant;

use crate::{
    config::Cost,
    delimited::CsvForm,
    monitor::{learn::learn::LearnRequest, model::ModelFile},
    reference::{ColumnRoles, Holdout, Learnt},
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
    /// What wrong decisions cost, if that was stated.
    pub cost: Option<Cost>,
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

    /// What makes the comparison doubtful as a whole.
    pub(super) fn doubts(&self, learnt: &Learnt, min_rows: u64) -> Vec<String> {
        let rows = learnt.reference.provenance().rows;
        let is_same = |one: &PathBuf, other: &PathBuf| Some(one.canonicalize().ok()? == other.canonicalize().ok()?);
        let few = (rows < min_rows).then(|| {
            format!(
                "{} has {rows} rows: with fewer than {min_rows}, its bins follow single rows, so that findings may be chance",
                self.reference_name()
            )
        });
        let same = is_same(&self.reference, &self.current) == Some(true);
        few.into_iter().chain(same.then(|| "both tables are the same file".to_owned())).collect()
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

/// The last part of a path, or a glob.
fn name(path: &Path) -> String {
    let is_glob = path.to_string_lossy().contains('*');
    path.file_name()
        .filter(|_| !is_glob)
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
