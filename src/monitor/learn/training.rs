//! Training rows, wherever they are kept: files, or a table of a database.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    fault::{Fault, Result, spoken},
    reference::{Opener, Sheet, SourceFile, Training, TrainingColumn, Values, read_table},
    source::{self, StoredColumn, StoredValues},
};

/// Data that begin with this are a table, or a SELECT, of the database in the config.
pub const STORED: &str = "postgres:";

/// Files of Parquet as one table whose columns are read one by one; `None` if one of them is of another kind.
pub(crate) fn in_columns(paths: &[PathBuf]) -> Result<Option<Sheet>> {
    let is_parquet = |path: &PathBuf| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| ["parquet", "pq"].contains(&ending.as_str()))
            && !path.display().to_string().starts_with(STORED)
    };
    if paths.is_empty() || !paths.iter().all(is_parquet) {
        return Ok(None);
    }
    for path in paths {
        fs::File::open(path).map_err(|error| cannot_read(path, &error))?;
    }
    Sheet::open(paths.iter().map(|path| (path.display().to_string(), opener(path))).collect()).map(Some)
}

/// Names and hashes the files of a table.
pub(crate) fn files_of(sheet: &Sheet, paths: &[PathBuf]) -> Result<Vec<SourceFile>> {
    paths.iter().zip(sheet.rows_by_file()).map(|(path, rows)| hashed(path, rows)).collect()
}

/// The rows of all files, which have the same columns.
pub(crate) fn read(paths: &[PathBuf]) -> Result<(Training, Vec<SourceFile>)> {
    read_all(paths, None)
}

/// The rows of all files and tables, which have the same columns.
pub(crate) fn read_all(paths: &[PathBuf], database: Option<&source::Options>) -> Result<(Training, Vec<SourceFile>)> {
    let mut all: Option<Training> = None;
    let mut files = Vec::new();
    for path in paths {
        let (training, file) = read_one(path, database, false)?;
        files.push(file);
        match &mut all {
            Some(all) => all.append(training, &path.display().to_string())?,
            None => all = Some(training),
        }
    }
    let training = all.ok_or_else(|| Fault::setup("--data names no file"))?;
    Ok((training, files))
}

/// The rows of a file, or of `postgres:TABLE`; nested values as JSON text, if asked for, else not at all.
pub(crate) fn read_one(
    path: &Path,
    database: Option<&source::Options>,
    with_json: bool,
) -> Result<(Training, SourceFile)> {
    let shown = path.display().to_string();
    if let Some(table) = shown.strip_prefix(STORED) {
        return read_stored(table, database, with_json);
    }
    let bytes = fs::read(path).map_err(|error| cannot_read(path, &error))?;
    let sha256 = hexadecimal(Sha256::digest(&bytes));
    let training = read_table(&shown, bytes)?;
    let file = SourceFile { name: name_of(path), sha256, rows: training.rows as u64 };
    Ok((training, file))
}

fn read_stored(table: &str, database: Option<&source::Options>, with_json: bool) -> Result<(Training, SourceFile)> {
    let name = format!("{STORED}{table}");
    let options = database.filter(|options| options.kind == source::Kind::Postgres).ok_or_else(|| {
        Fault::setup(format!(
            "--data {name}: no database is known; name a config whose `source` is `kind: postgres` with --config FILE"
        ))
    })?;
    let stored = source::read_stored(options, table).map_err(|fault| fault.context(format!("--data {name}")))?;
    let plain = |column: StoredColumn| TrainingColumn {
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

fn cannot_read(path: &Path, error: &io::Error) -> Fault {
    let shown = path.display();
    Fault::setup(format!("--data {shown}: {}; name a .parquet, .csv or .ndjson file", spoken(error)))
}

fn opener(path: &Path) -> Opener {
    let path = path.to_owned();
    Box::new(move || fs::File::open(&path))
}

/// The file's name and hash, its bytes read in turn.
fn hashed(path: &Path, rows: usize) -> Result<SourceFile> {
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
    let sha256 = hash().map_err(|error| cannot_read(path, &error))?;
    Ok(SourceFile { name: name_of(path), sha256, rows: rows as u64 })
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or(path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn hexadecimal(hash: impl AsRef<[u8]>) -> String {
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
