//! Reads training rows from files, or from a database table.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    delimited::{CsvForm, DetectedCsv},
    fault::{Fault, Result, describe_io},
    reference::{Opener, ParquetTable, SourceFile, Training, TrainingColumn, TrainingValues, read_table},
    source::{self, StoredColumn, StoredValues},
};

/// The flag that names training rows.
const DATA: &str = "--data";

/// Opens Parquet files as one table whose columns are read one by one. `None` if any of them has another format.
pub(crate) fn open_columns(paths: &[PathBuf]) -> Result<Option<ParquetTable>> {
    let is_parquet = |path: &PathBuf| {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        extension.is_some_and(|extension| ["parquet", "pq"].contains(&extension.as_str()))
            && !source::is_stored(&path.display().to_string())
    };
    if paths.is_empty() || !paths.iter().all(is_parquet) {
        return Ok(None);
    }
    for path in paths {
        fs::File::open(path).map_err(|error| cannot_read(DATA, path, &error))?;
    }
    ParquetTable::open(paths.iter().map(|path| (path.display().to_string(), opener(path))).collect())
        .map(Some)
        .map_err(|fault| with_flag(DATA, &fault))
}

/// Returns the names and hashes of a table's files.
pub(crate) fn hash_files(table: &ParquetTable, paths: &[PathBuf]) -> Result<Vec<SourceFile>> {
    paths.iter().zip(table.rows_by_file()).map(|(path, rows)| hash_file(path, rows)).collect()
}

/// What the paths of tables do not tell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TableOptions<'a> {
    /// The database of `postgres:TABLE`.
    pub database: Option<&'a source::SourceOptions>,
    /// How CSV is written.
    pub csv: CsvForm,
    /// Nested values are read as JSON text, and otherwise ignored.
    pub with_json: bool,
}

/// Finds out how a CSV file is written. `None`: it is no CSV, or cannot be read.
pub(crate) fn detect_csv(path: &Path) -> Option<DetectedCsv> {
    path.extension().filter(|extension| extension.eq_ignore_ascii_case("csv"))?;
    let mut head = Vec::new();
    fs::File::open(path).ok()?.take(1 << 17).read_to_end(&mut head).ok()?;
    DetectedCsv::of(&head)
}

/// Reads the rows of all files and tables. They must have the same columns.
pub(crate) fn read_all(paths: &[PathBuf], options: TableOptions<'_>) -> Result<(Training, Vec<SourceFile>)> {
    let mut all: Option<Training> = None;
    let mut files = Vec::new();
    for path in paths {
        let (training, file) = read_one(DATA, path, options)?;
        files.push(file);
        match &mut all {
            Some(all) => {
                all.append(training, &path.display().to_string()).map_err(|fault| with_flag(DATA, &fault))?;
            }
            None => all = Some(training),
        }
    }
    let training = all.ok_or_else(|| Fault::setup("--data: no file given"))?;
    Ok((training, files))
}

/// Reads the rows of a file, or of `postgres:TABLE`, that `flag` names.
pub(crate) fn read_one(flag: &str, path: &Path, options: TableOptions<'_>) -> Result<(Training, SourceFile)> {
    let shown = path.display().to_string();
    if source::is_stored(&shown) {
        return read_stored(flag, shown, options);
    }
    let bytes = fs::read(path).map_err(|error| cannot_read(flag, path, &error))?;
    let sha256 = hexadecimal(Sha256::digest(&bytes));
    let training = read_table(&shown, bytes, options.csv).map_err(|fault| with_flag(flag, &fault))?;
    let file = SourceFile { name: file_name(path), sha256, rows: training.rows as u64 };
    Ok((training, file))
}

fn read_stored(flag: &str, name: String, options: TableOptions<'_>) -> Result<(Training, SourceFile)> {
    let stored =
        source::read_stored(options.database, &name).map_err(|fault| fault.context(format!("{flag} {name}")))?;
    let plain = |column: StoredColumn| TrainingColumn {
        name: column.name,
        values: match column.values {
            StoredValues::Numbers(numbers) => TrainingValues::Numbers(numbers),
            StoredValues::Digits(digits) => TrainingValues::Digits(digits),
            StoredValues::Texts(texts) => TrainingValues::Texts(texts),
            StoredValues::Times(texts) => TrainingValues::Times(texts),
            // Nested values are never model inputs, but hold the distributions of an imported table.
            StoredValues::Json(texts) if options.with_json => TrainingValues::Texts(texts),
            StoredValues::Json(_) => TrainingValues::Other,
        },
        is_single: column.is_single,
        is_typed: true,
    };
    let rows = usize::try_from(stored.rows).unwrap_or(usize::MAX);
    let training = Training { name: name.clone(), rows, columns: stored.columns.into_iter().map(plain).collect() };
    Ok((training, SourceFile { name, sha256: stored.sha256, rows: stored.rows }))
}

fn cannot_read(flag: &str, path: &Path, error: &io::Error) -> Fault {
    let shown = path.display();
    Fault::setup(format!("{flag} {shown}: {}; expected a .parquet, .csv or .ndjson file", describe_io(error)))
}

/// Puts the flag before a sentence that begins with the name of a file.
fn with_flag(flag: &str, fault: &Fault) -> Fault {
    Fault::setup(format!("{flag} {fault}"))
}

fn opener(path: &Path) -> Opener {
    let path = path.to_owned();
    Box::new(move || fs::File::open(&path))
}

/// Hashes a file in chunks.
fn hash_file(path: &Path, rows: usize) -> Result<SourceFile> {
    let hash = || -> io::Result<String> {
        let mut file = fs::File::open(path)?;
        let mut sha = Sha256::new();
        let mut bytes = vec![0; 1 << 18];
        loop {
            match file.read(&mut bytes)? {
                0 => return Ok(hexadecimal(sha.finalize())),
                read => sha.update(bytes.get(..read).unwrap_or_default()),
            }
        }
    };
    let sha256 = hash().map_err(|error| cannot_read(DATA, path, &error))?;
    Ok(SourceFile { name: file_name(path), sha256, rows: rows as u64 })
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or(path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

pub(super) fn hexadecimal(hash: impl AsRef<[u8]>) -> String {
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
