//! Training files → a reference file.

use std::{fs, path::PathBuf};

use sha2::{Digest, Sha256};

use super::{
    importance::{self, explained},
    model::read_forest,
    whole::write_whole,
};
use crate::{
    archive::spoken,
    fault::{Fault, Outcome},
    reference::{self, Choice, Holdout, Learnt, Provenance, SourceFile, Training, read_table},
    window::Instant,
};

/// What `vigie learn` was asked for.
#[derive(Debug, Clone)]
pub struct Lesson {
    pub data: Vec<PathBuf>,
    pub out: PathBuf,
    pub choice: Choice,
    /// The model, which names its features, their order and kinds, scores the rows, and says which features matter.
    pub model: Option<PathBuf>,
    pub holdout: Holdout,
}

/// Learns a reference and writes its file, whole or not at all.
pub fn learn(lesson: &Lesson, now: Instant, progress: &mut dyn FnMut(usize, usize)) -> Outcome<Learnt> {
    let (mut training, files) = read(&lesson.data)?;
    let mut choice = lesson.choice.clone();
    let mut notes = Vec::new();
    let model = match &lesson.model {
        Some(path) => {
            let forest = read_forest("--model", path)?;
            notes = importance::scored(&forest, &mut training, &mut choice)?;
            Some((path, forest))
        }
        None => None,
    };
    let provenance = Provenance {
        created_at: now,
        vigie_version: env!("CARGO_PKG_VERSION").to_owned(),
        rows: training.rows as u64,
        columns: training.columns.len(),
        files,
        holdout: lesson.holdout,
        target: None,
        probability: None,
        model: None,
    };
    let mut learnt = reference::learn(&training, &choice, provenance, progress)?;
    if let Some((path, forest)) = model {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let contributions = explained(&forest, &training)?;
        learnt.reference = learnt.reference.explained(name, contributions);
    }
    learnt.notes.extend(notes);
    write_whole(&lesson.out, &learnt.reference.to_bytes())?;
    Ok(learnt)
}

/// The rows of all files, which have the same columns.
pub(super) fn read(paths: &[PathBuf]) -> Outcome<(Training, Vec<SourceFile>)> {
    let mut all: Option<Training> = None;
    let mut files = Vec::new();
    for path in paths {
        let shown = path.display().to_string();
        let bytes = fs::read(path).map_err(|error| {
            Fault::setup(format!("--data {shown}: {}; name a .parquet, .csv or .ndjson file", spoken(&error)))
        })?;
        let name = path.file_name().map_or(shown.clone(), |name| name.to_string_lossy().into_owned());
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let training = read_table(&shown, bytes)?;
        files.push(SourceFile { name, sha256, rows: training.rows as u64 });
        match &mut all {
            Some(all) => all.append(training, &shown)?,
            None => all = Some(training),
        }
    }
    let training = all.ok_or_else(|| Fault::setup("--data names no file"))?;
    Ok((training, files))
}
