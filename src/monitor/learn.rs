//! Training files → a reference file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::whole::write_whole;
use crate::{
    archive::spoken,
    fault::{Fault, Outcome},
    reference::{self, Choice, Holdout, Learnt, Provenance, SourceFile, Training, TrainingColumn, Values, read_table},
    source::{self, StoredValues},
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
    pub holdout: Holdout,
}

/// Learns a reference and writes its file, whole or not at all.
pub fn learn(lesson: &Lesson, now: Instant, progress: &mut dyn FnMut(usize, usize)) -> Outcome<Learnt> {
    let (training, files) = read_all(&lesson.data, lesson.database.as_ref())?;
    let provenance = Provenance {
        created_at: now,
        vigie_version: env!("CARGO_PKG_VERSION").to_owned(),
        rows: training.rows as u64,
        columns: training.columns.len(),
        files,
        holdout: lesson.holdout,
        target: None,
        probability: None,
        reduced: false,
    };
    let learnt = reference::learn(&training, &lesson.choice, provenance, progress)?;
    write_whole(&lesson.out, &learnt.reference.to_bytes())?;
    Ok(learnt)
}

/// Makes a reduced reference of a stored table of distributions, a file or `postgres:TABLE`.
pub fn import(lesson: &Lesson, table: &Path, now: Instant) -> Outcome<Learnt> {
    let shown = table.display().to_string();
    let (table, file) = match shown.strip_prefix(STORED) {
        Some(name) => read_table_of(name, lesson.database.as_ref(), true)?,
        None => read_file(table)?,
    };
    let provenance = Provenance {
        created_at: now,
        vigie_version: env!("CARGO_PKG_VERSION").to_owned(),
        rows: 0,
        columns: 0,
        files: vec![file],
        holdout: lesson.holdout,
        target: None,
        probability: None,
        reduced: true,
    };
    let learnt = reference::import(&table, lesson.choice.probability.as_deref(), provenance)?;
    write_whole(&lesson.out, &learnt.reference.to_bytes())?;
    Ok(learnt)
}

/// The rows of all files, which have the same columns.
pub(super) fn read(paths: &[PathBuf]) -> Outcome<(Training, Vec<SourceFile>)> {
    read_all(paths, None)
}

fn read_all(paths: &[PathBuf], database: Option<&source::Options>) -> Outcome<(Training, Vec<SourceFile>)> {
    let mut all: Option<Training> = None;
    let mut files = Vec::new();
    for path in paths {
        let shown = path.display().to_string();
        let (training, file) = match shown.strip_prefix(STORED) {
            Some(table) => read_table_of(table, database, false)?,
            None => read_file(path)?,
        };
        files.push(file);
        match &mut all {
            Some(all) => all.append(training, &shown)?,
            None => all = Some(training),
        }
    }
    let training = all.ok_or_else(|| Fault::setup("--data names no file"))?;
    Ok((training, files))
}

/// Data that begin with this are a table, or a SELECT, of the database in the config.
pub const STORED: &str = "postgres:";

fn read_file(path: &Path) -> Outcome<(Training, SourceFile)> {
    let shown = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| {
        Fault::setup(format!("--data {shown}: {}; name a .parquet, .csv or .ndjson file", spoken(&error)))
    })?;
    let name = path.file_name().map_or(shown.clone(), |name| name.to_string_lossy().into_owned());
    let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let training = read_table(&shown, bytes)?;
    let file = SourceFile { name, sha256, rows: training.rows as u64 };
    Ok((training, file))
}

fn read_table_of(table: &str, database: Option<&source::Options>, with_json: bool) -> Outcome<(Training, SourceFile)> {
    let name = format!("{STORED}{table}");
    let options = database.filter(|options| options.kind == source::Kind::Postgres).ok_or_else(|| {
        Fault::setup(format!(
            "--data {name}: no database is known; name a config whose `source` is `kind: postgres` with --config FILE"
        ))
    })?;
    let stored = source::read_stored(options, table).map_err(|fault| fault.context(format!("--data {name}")))?;
    let plain = |column: source::StoredColumn| TrainingColumn {
        name: column.name,
        values: match column.values {
            StoredValues::Numbers(numbers) => Values::Numbers(numbers),
            StoredValues::Texts(texts) => Values::Texts(texts),
            // Nothing nested is an input of a model; in a table of distributions it is all there is.
            StoredValues::Json(texts) if with_json => Values::Texts(texts),
            StoredValues::Json(_) | StoredValues::Other => Values::Other,
        },
        is_single: column.is_single,
        is_typed: true,
    };
    let rows = usize::try_from(stored.rows).unwrap_or(usize::MAX);
    let training = Training { rows, columns: stored.columns.into_iter().map(plain).collect() };
    Ok((training, SourceFile { name, sha256: stored.sha256, rows: stored.rows }))
}
