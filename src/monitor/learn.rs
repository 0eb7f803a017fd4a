//! Training files → a reference file.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::whole::write_whole;
use crate::{
    archive::spoken,
    fault::{Fault, Outcome},
    reference::{self, Choice, Holdout, Learnt, Opener, Provenance, Sheet, SourceFile, Table, Training, read_table},
    window::Instant,
};

/// What `vigie learn` was asked for.
#[derive(Debug, Clone)]
pub struct Lesson {
    pub data: Vec<PathBuf>,
    pub out: PathBuf,
    pub choice: Choice,
    pub holdout: Holdout,
}

/// Learns a reference and writes its file, whole or not at all.
pub fn learn(lesson: &Lesson, now: Instant, progress: &mut dyn FnMut(usize, usize)) -> Outcome<Learnt> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let provenance = |rows: usize, columns: usize, files: Vec<SourceFile>| Provenance {
        created_at: now,
        vigie_version: env!("CARGO_PKG_VERSION").to_owned(),
        rows: rows as u64,
        columns,
        files,
        holdout: lesson.holdout,
        target: None,
        probability: None,
    };
    let is_parquet = |path: &PathBuf| {
        path.extension()
            .is_some_and(|ending| ["parquet", "pq"].contains(&ending.to_string_lossy().to_lowercase().as_str()))
    };
    let learnt = if lesson.data.iter().all(is_parquet) && !lesson.data.is_empty() {
        for path in &lesson.data {
            fs::File::open(path).map_err(|error| cannot_read(path, &error))?;
        }
        let sheet = Sheet::open(lesson.data.iter().map(|path| (path.display().to_string(), opener(path))).collect())?;
        let provenance = provenance(sheet.rows(), sheet.columns().len(), Vec::new());
        // What was read is named by its hash, which is made while it is learnt from.
        let (learnt, files) = std::thread::scope(|scope| {
            let files = scope.spawn(|| {
                let rows = sheet.rows_by_file();
                lesson.data.iter().zip(rows).map(|(path, rows)| source_file(path, rows)).collect::<Outcome<Vec<_>>>()
            });
            let learnt = reference::learn_on(threads, &sheet, &lesson.choice, provenance, progress);
            (learnt, files.join())
        });
        let files = files.map_err(|_| Fault::setup("a thread stopped; this is a fault of vigie"))??;
        let mut learnt = learnt?;
        learnt.reference.made_from(files);
        learnt
    } else {
        let (training, files) = read(&lesson.data)?;
        let provenance = provenance(training.rows, training.columns.len(), files);
        reference::learn_on(threads, &training, &lesson.choice, provenance, progress)?
    };
    let bytes = learnt.reference.to_bytes().ok_or_else(|| Fault::setup(learnt.reference.damaged()))?;
    write_whole(&lesson.out, &bytes)?;
    Ok(learnt)
}

fn cannot_read(path: &Path, error: &io::Error) -> Fault {
    let shown = path.display();
    Fault::setup(format!("--data {shown}: {}; name a .parquet, .csv or .ndjson file", spoken(error)))
}

fn opener(path: &Path) -> Opener {
    let path = path.to_owned();
    Box::new(move || fs::File::open(&path))
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or(path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn hex(hash: impl AsRef<[u8]>) -> String {
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file's name and hash, its bytes read in turn.
fn source_file(path: &Path, rows: usize) -> Outcome<SourceFile> {
    let hash = || -> io::Result<String> {
        let mut file = fs::File::open(path)?;
        let mut sha = Sha256::new();
        let mut bytes = vec![0; 1 << 18];
        loop {
            match file.read(&mut bytes)? {
                0 => return Ok(hex(sha.finalize())),
                read => sha.update(bytes.get(..read).unwrap_or_default()),
            }
        }
    };
    let sha256 = hash().map_err(|error| cannot_read(path, &error))?;
    Ok(SourceFile { name: name_of(path), sha256, rows: rows as u64 })
}

/// The rows of all files, which have the same columns.
pub(super) fn read(paths: &[PathBuf]) -> Outcome<(Training, Vec<SourceFile>)> {
    let mut all: Option<Training> = None;
    let mut files = Vec::new();
    for path in paths {
        let shown = path.display().to_string();
        let bytes = fs::read(path).map_err(|error| cannot_read(path, &error))?;
        let sha256 = hex(Sha256::digest(&bytes));
        let training = read_table(&shown, bytes)?;
        files.push(SourceFile { name: name_of(path), sha256, rows: training.rows as u64 });
        match &mut all {
            Some(all) => all.append(training, &shown)?,
            None => all = Some(training),
        }
    }
    let training = all.ok_or_else(|| Fault::setup("--data names no file"))?;
    Ok((training, files))
}
