//! A log in files: found once, planned for a window, read piece by piece on any thread.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parquet::arrow::arrow_reader::ArrowReaderMetadata;

use super::{
    Options,
    file::{ENDINGS, Format, LogFile},
    lines,
    mapping::{Field, Found, Mapping, Request, passes},
    table,
    value::Value,
};
use crate::{
    batch::Records,
    fault::{Fault, Outcome},
    shown::harmless,
};

/// The files of a log.
#[derive(Debug)]
pub struct FileLog {
    options: Options,
    files: Vec<Arc<LogFile>>,
}

/// A file, or a row group of one: what one thread reads at a time.
#[derive(Debug)]
pub struct Piece {
    file: Arc<LogFile>,
    group: Option<(ArrowReaderMetadata, usize)>,
}

/// A file that could not be read to its end, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    pub path: PathBuf,
    pub why: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", harmless(&self.path.display().to_string()), harmless(&self.why))
    }
}

/// What has to be read for a window.
#[derive(Debug)]
pub struct Plan {
    mapping: Mapping,
    pub pieces: Vec<Piece>,
    /// Files that may hold records of the window.
    pub files: usize,
    pub unreadable: Vec<Unreadable>,
}

/// What reading a piece told, besides its records.
#[derive(Debug)]
pub struct Reading {
    pub found: Found,
    pub unreadable: Option<Unreadable>,
}

impl FileLog {
    /// Finds the files. None at all is a fault: a log that is nowhere cannot be told from a quiet day.
    pub fn open(options: &Options) -> Outcome<Self> {
        let (root, paths) = find(&options.path)?;
        let mut files: Vec<Arc<LogFile>> =
            paths.iter().filter_map(|path| LogFile::new(path, &root)).map(Arc::new).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        if files.is_empty() {
            return Err(Fault::setup(format!(
                "source.path: {} holds no file that can be read ({ENDINGS}); {} other files are there",
                options.path.display(),
                paths.len()
            )));
        }
        Ok(Self { options: options.clone(), files })
    }

    /// What has to be read; files and row groups that cannot hold records of the window are left out.
    pub fn plan(&self, request: &Request) -> Outcome<Plan> {
        let mapping = Mapping::new(&self.options, request)?;
        let mut plan = Plan { mapping, pieces: Vec::new(), files: 0, unreadable: Vec::new() };
        for file in &self.files {
            if plan.mapping.window.is_some_and(|window| !file.partition.may_hold(window)) {
                continue;
            }
            let elsewhere = plan.mapping.only.iter().any(|(key, wanted)| {
                file.partition.values.get(key).is_some_and(|value| !passes(Value::Text(value), wanted))
            });
            if elsewhere {
                continue;
            }
            match pieces(file, &plan.mapping) {
                Ok(pieces) => {
                    plan.files += usize::from(!pieces.is_empty());
                    plan.pieces.extend(pieces);
                }
                Err(error) => plan.unreadable.push(Unreadable { path: file.path.clone(), why: spoken(&error) }),
            }
        }
        Ok(plan)
    }
}

impl Plan {
    /// The mapped fields with their paths as the config has them.
    #[must_use]
    pub fn fields(&self) -> BTreeMap<Field, String> {
        self.mapping.fields()
    }

    /// Streams a piece's records into `sink`.
    pub fn read(&self, piece: &Piece, sink: &mut dyn FnMut(Records)) -> Reading {
        // A `where` on a partition's key is settled by the path, not by the record.
        let mut settled;
        let mut mapping = &self.mapping;
        if mapping.only.iter().any(|(key, _)| piece.file.partition.values.contains_key(key)) {
            settled = mapping.clone();
            settled.only.retain(|(key, _)| !piece.file.partition.values.contains_key(key));
            mapping = &settled;
        }
        let (found, outcome) = match piece.file.format {
            Format::Parquet => table::read(&piece.file, piece.group.as_ref(), mapping, sink),
            Format::Ndjson | Format::Csv => lines::read(&piece.file, mapping, sink),
        };
        let unreadable = outcome.err().map(|error| Unreadable { path: piece.file.path.clone(), why: spoken(&error) });
        Reading { found, unreadable }
    }
}

fn pieces(file: &Arc<LogFile>, mapping: &Mapping) -> io::Result<Vec<Piece>> {
    if file.size()? == 0 {
        return Ok(Vec::new());
    }
    let whole = || vec![Piece { file: file.clone(), group: None }];
    if file.format != Format::Parquet {
        return Ok(whole());
    }
    Ok(match table::plan(file, mapping)? {
        None => whole(),
        Some((metadata, groups)) => groups
            .into_iter()
            .map(|group| Piece { file: file.clone(), group: Some((metadata.clone(), group)) })
            .collect(),
    })
}

/// The error without the operating system's number.
fn spoken(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is gone (rotated while being read?)".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::UnexpectedEof => "it ends in the middle (still being written, or cut short)".to_owned(),
        _ => error.to_string(),
    }
}

/// The folder that partitions are counted from, and every file below `path`.
fn find(path: &Path) -> Outcome<(PathBuf, Vec<PathBuf>)> {
    let nowhere = |why: String| {
        Fault::setup(format!("source.path: {}: {why}; set it to a file, a folder or a glob of the log", path.display()))
    };
    if path.is_file() {
        let root = path.parent().map(Path::to_owned).unwrap_or_default();
        return Ok((root, vec![path.to_owned()]));
    }
    let mut paths = Vec::new();
    if path.is_dir() {
        walk(path, &mut paths).map_err(|(place, error)| {
            Fault::retry(format!("source.path: {} cannot be listed: {}", place.display(), spoken(&error)))
        })?;
        return Ok((path.to_owned(), paths));
    }
    let text = path.to_string_lossy();
    if !text.contains(['*', '?', '[']) {
        return Err(nowhere("no such file or folder".to_owned()));
    }
    let found = glob::glob(&text).map_err(|error| nowhere(format!("not a glob: {}", error.msg)))?;
    for entry in found.flatten() {
        if entry.is_dir() {
            walk(&entry, &mut paths).map_err(|(place, error)| {
                Fault::retry(format!("source.path: {} cannot be listed: {}", place.display(), spoken(&error)))
            })?;
        } else {
            paths.push(entry);
        }
    }
    if paths.is_empty() {
        return Err(nowhere("no file matches".to_owned()));
    }
    Ok((PathBuf::new(), paths))
}

/// All files below, but hidden ones and those that writers set aside (`_SUCCESS`, `_temporary/`).
fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    let entries = std::fs::read_dir(folder).map_err(|error| (folder.to_owned(), error))?;
    for entry in entries {
        let path = entry.map_err(|error| (folder.to_owned(), error))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(['.', '_']) {
            continue;
        }
        if path.is_dir() {
            walk(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
