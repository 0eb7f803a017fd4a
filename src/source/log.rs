//! A log in files: found once, planned for a window, read piece by piece on any thread.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
    fmt, io,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    sync::Arc,
};

use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use vigie_profile::{
    batch::Records,
    shown::{harmless, shown},
};

use super::{
    Options,
    apart::{self, Kept, Sink},
    file::{ENDINGS, Format, LogFile, Stretch},
    lines,
    mapping::{Field, Found, Mapping, Request, passes},
    postgres, table,
    value::Value,
};
use crate::fault::{Fault, Result, spoken};

/// The files of a log.
#[derive(Debug)]
pub struct FileLog {
    options: Options,
    files: Vec<Arc<LogFile>>,
    /// What stands beside them and is of no kind that can be read.
    passed_over: Vec<PathBuf>,
}

/// What one thread reads at a time.
#[derive(Debug)]
pub struct Piece(Whence);

#[derive(Debug)]
enum Whence {
    /// A file, or a part of one.
    File(Arc<LogFile>, Part),
    /// Rows of a table.
    Rows(postgres::Rows),
}

#[derive(Debug)]
enum Part {
    Whole,
    /// A row group of Parquet, and whether its columns can be read apart.
    Group(ArrowReaderMetadata, usize, bool),
    /// The lines that begin between two bytes.
    Lines(Stretch),
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
#[derive(Debug, Default)]
pub struct Reading {
    pub found: Found,
    pub unreadable: Option<Unreadable>,
    /// What ends the whole run: half of a table is no window.
    pub fault: Option<Fault>,
}

impl FileLog {
    /// Finds the files. None at all is a fault: a log that is nowhere cannot be told from a quiet day.
    pub fn open(options: &Options) -> Result<Self> {
        let (root, paths) = find("source.path", "of the log", &options.path)?;
        let (files, passed_over) = files_of(&root, paths);
        if files.is_empty() {
            return Err(Fault::setup(format!(
                "source.path: {} holds no file that can be read ({ENDINGS}); {} other files are there",
                options.path.display(),
                passed_over.len()
            )));
        }
        Ok(Self { options: options.clone(), files, passed_over })
    }

    /// Files beside the log that are of no kind that can be read (`predictions.ndjson.1`), in one sentence, if any are.
    #[must_use]
    pub fn passed_over(&self) -> Option<String> {
        const NAMED: usize = 5;
        let name = |path: &PathBuf| shown(&path.file_name().unwrap_or_default().to_string_lossy());
        let mut names: Vec<String> = self.passed_over.iter().take(NAMED).map(name).collect();
        if self.passed_over.len() > NAMED {
            names.push(format!("and {} more", self.passed_over.len() - NAMED));
        }
        (!names.is_empty()).then(|| format!("not read, as their names end in none of {ENDINGS}: {}", names.join(", ")))
    }

    /// What has to be read; files and row groups that cannot hold records of the window are left out.
    pub fn plan(&self, request: &Request) -> Result<Plan> {
        Ok(Plan::of_files(Mapping::new(&self.options, request)?, &self.files))
    }
}

impl Plan {
    /// What of these files a mapping wants.
    pub(super) fn of_files(mapping: Mapping, files: &[Arc<LogFile>]) -> Self {
        let mut plan = Self { mapping, pieces: Vec::new(), files: 0, unreadable: Vec::new() };
        for file in files {
            if plan.mapping.window.is_some_and(|window| !file.partition.may_hold(window)) {
                continue;
            }
            let elsewhere = plan.mapping.only.iter().any(|(key, wanted)| {
                file.partition.values.get(key).is_some_and(|value| !passes(Value::Text(value), wanted))
            });
            if elsewhere {
                continue;
            }
            match guarded(|| pieces(file, &plan.mapping)) {
                Ok(pieces) => {
                    plan.files += usize::from(!pieces.is_empty());
                    plan.pieces.extend(pieces);
                }
                Err(error) => plan.unreadable.push(file.unreadable(&error)),
            }
        }
        plan
    }

    /// The mapped fields with their paths as the config has them.
    #[must_use]
    pub fn fields(&self) -> BTreeMap<Field, String> {
        self.mapping.fields()
    }

    /// The rows of a table that a request wants.
    pub(super) fn of_rows(mapping: Mapping, rows: Vec<postgres::Rows>) -> Self {
        let pieces = rows.into_iter().map(|rows| Piece(Whence::Rows(rows))).collect();
        Self { mapping, pieces, files: 0, unreadable: Vec::new() }
    }

    /// A `where` on a partition's key is settled by the path, not by the record.
    fn mapping_of(&self, file: &LogFile) -> Cow<'_, Mapping> {
        if !self.mapping.only.iter().any(|(key, _)| file.partition.values.contains_key(key)) {
            return Cow::Borrowed(&self.mapping);
        }
        let mut settled = self.mapping.clone();
        settled.only.retain(|(key, _)| !file.partition.values.contains_key(key));
        Cow::Owned(settled)
    }

    /// Whether the features of a piece can be read apart from its records.
    #[must_use]
    pub fn is_apart(&self, piece: &Piece) -> bool {
        matches!(piece.0, Whence::File(_, Part::Group(_, _, true)))
    }

    /// Streams the records of a piece that [`Self::is_apart`] into `sink`, without their features.
    pub fn read_spine(&self, piece: &Piece, sink: &mut dyn FnMut(Records, Kept)) -> Reading {
        let mut found = Found::default();
        let Whence::File(file, Part::Group(metadata, group, true)) = &piece.0 else { return Reading::default() };
        let mapping = self.mapping_of(file);
        let outcome = guarded(|| apart::spine(file, (metadata, *group), &mapping, &mut found, sink));
        file.reading(found, outcome)
    }

    /// Streams some features of those records, batch by batch: those of these numbers in the request; `kept` as
    /// [`Self::read_spine`] told.
    pub fn read_features(&self, piece: &Piece, columns: &[usize], kept: &[Kept], sink: Sink<'_>) -> Reading {
        let Whence::File(file, Part::Group(metadata, group, true)) = &piece.0 else { return Reading::default() };
        let outcome = guarded(|| apart::features(file, (metadata, *group), &self.mapping, columns, kept, sink));
        file.reading(Found::default(), outcome)
    }

    /// Streams a piece's records into `sink`.
    pub fn read(&self, piece: &Piece, sink: &mut dyn FnMut(Records)) -> Reading {
        let (file, part) = match &piece.0 {
            Whence::File(file, part) => (file, part),
            Whence::Rows(rows) => {
                let (found, outcome) = rows.read(&self.mapping, sink);
                return Reading { found, unreadable: None, fault: outcome.err() };
            }
        };
        let mapping = &*self.mapping_of(file);
        let mut found = Found::default();
        let outcome = guarded(|| {
            let (met, outcome) = match file.format {
                Format::Parquet => {
                    let group = match part {
                        Part::Group(metadata, group, _) => Some((metadata, *group)),
                        Part::Whole | Part::Lines(_) => None,
                    };
                    table::read(file, group, mapping, sink)
                }
                Format::Ndjson | Format::Csv => {
                    let stretch = match part {
                        Part::Lines(stretch) => Some(*stretch),
                        Part::Whole | Part::Group(..) => None,
                    };
                    lines::read(file, stretch, mapping, sink)
                }
            };
            found = met;
            outcome
        });
        file.reading(found, outcome)
    }
}

impl LogFile {
    fn unreadable(&self, error: &io::Error) -> Unreadable {
        Unreadable { path: self.path.clone(), why: unread(error) }
    }

    fn reading(&self, found: Found, outcome: io::Result<()>) -> Reading {
        Reading { found, unreadable: outcome.err().map(|error| self.unreadable(&error)), fault: None }
    }
}

/// A decoder that gives up on a broken file by a panic has only not read it: the run goes on without the file.
fn guarded<T>(read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(io::Error::new(io::ErrorKind::InvalidData, "it is damaged in a way that its decoder did not foresee"))
    })
}

fn pieces(file: &Arc<LogFile>, mapping: &Mapping) -> io::Result<Vec<Piece>> {
    let size = file.size()?;
    if size == 0 {
        return Ok(Vec::new());
    }
    let piece = |part| Piece(Whence::File(file.clone(), part));
    Ok(match file.format {
        Format::Parquet => match table::plan(file, mapping)? {
            None => vec![piece(Part::Whole)],
            Some((metadata, groups)) => {
                let is_apart = table::is_columnar(metadata.schema(), mapping);
                groups.into_iter().map(|group| piece(Part::Group(metadata.clone(), group, is_apart))).collect()
            }
        },
        // A cell of CSV may hold line ends, and what is packed has no places.
        Format::Ndjson if !file.is_packed() => {
            Stretch::of(size).into_iter().map(|stretch| piece(Part::Lines(stretch))).collect()
        }
        Format::Ndjson | Format::Csv => vec![piece(Part::Whole)],
    })
}

/// Those of a kind that is read, in order and each once, and those that are passed over.
pub(super) fn files_of(root: &Path, paths: Vec<PathBuf>) -> (Vec<Arc<LogFile>>, Vec<PathBuf>) {
    let mut files = Vec::new();
    let mut passed_over = Vec::new();
    for path in paths {
        match LogFile::new(&path, root) {
            Some(file) => files.push(Arc::new(file)),
            None => passed_over.push(path),
        }
    }
    passed_over.sort();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    // Links, and globs that overlap, must not count a file twice.
    let mut real = HashSet::new();
    files.retain(|file| std::fs::canonicalize(&file.path).map_or(true, |path| real.insert(path)));
    (files, passed_over)
}

/// Why a file that was found could not be read.
fn unread(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is gone (rotated while being read?)".to_owned(),
        io::ErrorKind::UnexpectedEof => "it ends in the middle (still being written, or cut short)".to_owned(),
        _ => spoken(error),
    }
}

/// The folder that partitions are counted from, and every file below `path`; `key` and `of` are the operator's words for them.
pub(super) fn find(key: &str, of: &str, path: &Path) -> Result<(PathBuf, Vec<PathBuf>)> {
    let nowhere = |why: String| {
        Fault::setup(format!("{key}: {}: {why}; set it to a file, a folder or a glob {of}", path.display()))
    };
    if path.is_file() {
        let root = path.parent().map(Path::to_owned).unwrap_or_default();
        return Ok((root, vec![path.to_owned()]));
    }
    let mut paths = Vec::new();
    if path.is_dir() {
        walk(path, &mut HashSet::new(), &mut paths).map_err(|(place, error)| {
            Fault::retry(format!("{key}: {} cannot be listed: {}", place.display(), unread(&error)))
        })?;
        return Ok((path.to_owned(), paths));
    }
    let text = path.to_string_lossy();
    if !text.contains(['*', '?', '[']) {
        return Err(nowhere("no such file or folder".to_owned()));
    }
    let pattern = glob::Pattern::new(&text).map_err(|error| nowhere(format!("not a glob: {}", error.msg)))?;
    // Walked from the last folder before the first `*`, and not by the glob itself, which follows links in circles.
    let is_plain = |part: &std::path::Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
    let base: PathBuf = path.components().take_while(is_plain).collect();
    let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
    let mut below = Vec::new();
    if base.is_dir() {
        walk(&base, &mut HashSet::new(), &mut below).map_err(|(place, error)| {
            Fault::retry(format!("{key}: {} cannot be listed: {}", place.display(), unread(&error)))
        })?;
    }
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    // A folder that matches stands for everything in it.
    let matches = |file: &PathBuf| {
        let file = file.strip_prefix("./").unwrap_or(file);
        file.ancestors().any(|part| pattern.matches_path_with(part, options))
    };
    paths.extend(below.into_iter().filter(matches));
    if paths.is_empty() {
        return Err(nowhere("no file matches".to_owned()));
    }
    Ok((PathBuf::new(), paths))
}

/// All files below, but hidden ones and those that writers set aside (`_SUCCESS`, `_temporary/`).
///
/// `walked`: the folders above and before, so that a link that leads back leads nowhere.
fn walk(folder: &Path, walked: &mut HashSet<PathBuf>, paths: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    if !walked.insert(std::fs::canonicalize(folder).map_err(|error| (folder.to_owned(), error))?) {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries: Vec<PathBuf> =
        entries.map_err(|error| (folder.to_owned(), error))?.iter().map(std::fs::DirEntry::path).collect();
    // A folder is walked where it stands, before any link that leads to it.
    entries.sort_by_cached_key(|path| (path.is_symlink(), path.clone()));
    for path in entries {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(['.', '_']) {
            continue;
        }
        if path.is_dir() {
            walk(&path, walked, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
