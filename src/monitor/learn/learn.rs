//! Training rows → a reference file.

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
};

use vigie_profile::{segment::Chosen, window::Instant};

use super::{
    draft::{Draft, parts},
    flattery,
    importance::{self, explained},
    segments,
    training::{files_of, in_columns, read_all, read_one},
};
use crate::{
    fault::{Fault, Result},
    monitor::model::read_forest,
    reference::{self, Block, Choice, Holdout, Learnt, Provenance, Sheet, SourceFile, Table, Training},
    source,
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
    fn apart(&self, mut learnt: Learnt, training: &Training, choice: &Choice) -> Result<Learnt> {
        let Some(chosen) = &self.segments else { return Ok(learnt) };
        let Some(probability) = choice.probability.as_deref() else {
            return Err(Fault::setup("--segments: there is no score to compare; name --probability or --model"));
        };
        learnt.reference = segments::apart(learnt.reference, training, chosen, probability)?;
        Ok(learnt)
    }

    fn write(&self, mut learnt: Learnt) -> Result<Learnt> {
        learnt.notes.extend(flattery::note(&learnt.reference)?);
        Draft::create(&self.out)?.finish(&parts(&learnt.reference)?)?;
        Ok(learnt)
    }
}

/// Learns a reference and writes its file, whole or not at all.
pub fn learn(lesson: &Lesson, now: Instant, progress: &mut dyn FnMut(usize, usize)) -> Result<Learnt> {
    if let Some(model) = &lesson.model {
        return learn_with(model, lesson, now, progress);
    }
    // Segments need rows whole.
    let sheet = if lesson.segments.is_some() { None } else { in_columns(&lesson.data)? };
    let Some(sheet) = sheet else {
        let (training, files) = read_all(&lesson.data, lesson.database.as_ref())?;
        let provenance = lesson.provenance(now, training.rows, training.columns.len(), files);
        let learnt = reference::learn_on(threads(), &training, &lesson.choice, provenance, &|_, _| {}, progress)?;
        return lesson.write(lesson.apart(learnt, &training, &lesson.choice)?);
    };
    learn_in_columns(&sheet, lesson, now, progress)
}

/// While columns are learnt, what was read is hashed, and what is packed written.
fn learn_in_columns(
    sheet: &Sheet,
    lesson: &Lesson,
    now: Instant,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Learnt> {
    let provenance = lesson.provenance(now, sheet.rows(), sheet.columns().len(), Vec::new());
    let draft = Draft::create(&lesson.out)?;
    let stopped = |_| Fault::setup("a thread stopped; this is a fault of vigie");
    std::thread::scope(|scope| {
        let (sender, blocks) = mpsc::channel();
        let files = scope.spawn(|| files_of(sheet, &lesson.data));
        let draft = scope.spawn(|| draft.fill(blocks));
        let packed = |number: usize, block: &Block| {
            // Nobody takes it where the disk is full, which is told in the end.
            let _ = sender.send((number, block.clone()));
        };
        let learnt = reference::learn_on(threads(), sheet, &lesson.choice, provenance, &packed, progress);
        drop(sender);
        let mut learnt = learnt?;
        learnt.reference.made_from(files.join().map_err(stopped)??);
        learnt.notes.extend(flattery::note(&learnt.reference)?);
        let parts = parts(&learnt.reference)?;
        draft.join().map_err(stopped)??.finish(&parts)?;
        Ok(learnt)
    })
}

/// The model has the last word on features, and scores and explains the rows, so all of them are held at once.
fn learn_with(model: &Path, lesson: &Lesson, now: Instant, progress: &mut dyn FnMut(usize, usize)) -> Result<Learnt> {
    let (mut training, files) = read_all(&lesson.data, lesson.database.as_ref())?;
    let forest = read_forest("--model", model)?;
    let mut choice = lesson.choice.clone();
    let notes = importance::scored(&forest, &mut training, &mut choice)?;
    let provenance = lesson.provenance(now, training.rows, training.columns.len(), files);
    let mut learnt = reference::learn_on(threads(), &training, &choice, provenance, &|_, _| {}, progress)?;
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
pub fn import(lesson: &Lesson, table: &Path, now: Instant) -> Result<Learnt> {
    let (table, file) = read_one(table, lesson.database.as_ref(), true)?;
    let provenance = Provenance { reduced: true, ..lesson.provenance(now, 0, 0, vec![file]) };
    lesson.write(reference::import(&table, lesson.choice.probability.as_deref(), provenance)?)
}
