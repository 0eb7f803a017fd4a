//! Training rows → a reference file.

use std::path::{Path, PathBuf};

use super::{
    flattery,
    importance::{self, explained},
    model::read_forest,
    segments,
    training::{files_of, in_columns, read_all, read_one},
    whole::write_whole,
};
use crate::{
    fault::{Fault, Outcome},
    reference::{self, Choice, Holdout, Learnt, Provenance, SourceFile, Table, Training},
    segment::Chosen,
    source,
    window::Instant,
};

/// What `vigie learn` was asked for.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// Files, or `postgres:TABLE`.
    pub data: Vec<PathBuf>,
    /// The database of `postgres:TABLE`.
    pub database: Option<source::Options>,
    pub out: PathBuf,
    pub choice: Choice,
    /// The model, which names its features, their order and kinds, scores the rows, and says which features matter.
    pub model: Option<PathBuf>,
    pub holdout: Holdout,
    /// Segments whose own rows are counted as well.
    pub segments: Option<Chosen>,
}

impl Lesson {
    fn provenance(&self, now: Instant, rows: usize, columns: usize, files: Vec<SourceFile>) -> Provenance {
        Provenance {
            created_at: now,
            vigie_version: env!("CARGO_PKG_VERSION").to_owned(),
            rows: rows as u64,
            columns,
            files,
            holdout: self.holdout,
            target: None,
            probability: None,
            reduced: false,
            model: None,
        }
    }

    /// With the rows of segments counted apart.
    fn apart(&self, mut learnt: Learnt, training: &Training, choice: &Choice) -> Outcome<Learnt> {
        let Some(chosen) = &self.segments else { return Ok(learnt) };
        let Some(probability) = choice.probability.as_deref() else {
            return Err(Fault::setup("--segments: there is no score to compare; name --probability or --model"));
        };
        learnt.reference = segments::apart(learnt.reference, training, chosen, probability)?;
        Ok(learnt)
    }

    fn write(&self, mut learnt: Learnt) -> Outcome<Learnt> {
        learnt.notes.extend(flattery::note(&learnt.reference)?);
        let pieces = learnt.reference.to_pieces().ok_or_else(|| Fault::setup(learnt.reference.damaged()))?;
        write_whole(&self.out, &pieces)?;
        Ok(learnt)
    }
}

/// Learns a reference and writes its file, whole or not at all.
pub fn learn(lesson: &Lesson, now: Instant, progress: &mut dyn FnMut(usize, usize)) -> Outcome<Learnt> {
    if let Some(model) = &lesson.model {
        return learn_with(model, lesson, now, progress);
    }
    let threads = threads();
    // Segments need rows whole.
    let sheet = if lesson.segments.is_some() { None } else { in_columns(&lesson.data)? };
    let Some(sheet) = sheet else {
        let (training, files) = read_all(&lesson.data, lesson.database.as_ref())?;
        let provenance = lesson.provenance(now, training.rows, training.columns.len(), files);
        let learnt = reference::learn_on(threads, &training, &lesson.choice, provenance, progress)?;
        return lesson.write(lesson.apart(learnt, &training, &lesson.choice)?);
    };
    let provenance = lesson.provenance(now, sheet.rows(), sheet.columns().len(), Vec::new());
    // What was read is named by its hash, which is made while it is learnt from.
    let (learnt, files) = std::thread::scope(|scope| {
        let files = scope.spawn(|| files_of(&sheet, &lesson.data));
        (reference::learn_on(threads, &sheet, &lesson.choice, provenance, progress), files.join())
    });
    let files = files.map_err(|_| Fault::setup("a thread stopped; this is a fault of vigie"))??;
    let mut learnt = learnt?;
    learnt.reference.made_from(files);
    lesson.write(learnt)
}

/// The model has the last word on features, and scores and explains the rows, so all of them are held at once.
fn learn_with(model: &Path, lesson: &Lesson, now: Instant, progress: &mut dyn FnMut(usize, usize)) -> Outcome<Learnt> {
    let (mut training, files) = read_all(&lesson.data, lesson.database.as_ref())?;
    let forest = read_forest("--model", model)?;
    let mut choice = lesson.choice.clone();
    let notes = importance::scored(&forest, &mut training, &mut choice)?;
    let provenance = lesson.provenance(now, training.rows, training.columns.len(), files);
    let mut learnt = reference::learn_on(threads(), &training, &choice, provenance, progress)?;
    let name = model.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let contributions = explained(&forest, &training)?;
    learnt.reference = learnt.reference.explained(name, contributions);
    learnt.notes.extend(notes);
    lesson.write(lesson.apart(learnt, &training, &choice)?)
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Makes a reduced reference of a stored table of distributions, a file or `postgres:TABLE`.
pub fn import(lesson: &Lesson, table: &Path, now: Instant) -> Outcome<Learnt> {
    let (table, file) = read_one(table, lesson.database.as_ref(), true)?;
    let provenance = Provenance { reduced: true, ..lesson.provenance(now, 0, 0, vec![file]) };
    lesson.write(reference::import(&table, lesson.choice.probability.as_deref(), provenance)?)
}
