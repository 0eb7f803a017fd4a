//! A log in files: located once, planned for a window, read piece by piece on any thread.

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
    SourceOptions,
    file::{ByteRange, EXTENSIONS, FileFormat, LogFile},
    lines,
    mapping::{Field, Mapping, ReadSummary, Request, passes},
    parquet_file::{self, RowMask},
    postgres,
    two_phase::{self, FeatureSink},
    value::Value,
};
use crate::fault::{Fault, Result, describe_io};

/// The files of a log.
#[derive(Debug)]
pub struct FileLog {
    options: SourceOptions,
    files: Vec<Arc<LogFile>>,
    /// Other files in the same place, in no supported format.
    skipped: Vec<PathBuf>,
}

/// The unit of work of one thread.
#[derive(Debug)]
pub struct Piece(PieceSource);

#[derive(Debug)]
enum PieceSource {
    /// A file, or a part of one.
    File(Arc<LogFile>, FilePart),
    /// Rows of a table.
    Query(postgres::TableQuery),
}

#[derive(Debug)]
enum FilePart {
    Whole,
    /// A row group of Parquet, and whether its features can be read separately.
    Group(ArrowReaderMetadata, usize, bool),
    /// The lines that begin in a byte range.
    Lines(ByteRange),
}

/// A file that could not be read to its end, and the reason.
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

/// The work needed to read a window.
#[derive(Debug)]
pub struct Plan {
    mapping: Mapping,
    pub pieces: Vec<Piece>,
    /// Number of files that may contain records of the window.
    pub files: usize,
    pub unreadable: Vec<Unreadable>,
}

/// Result of reading a piece, apart from its records.
#[derive(Debug, Default)]
pub struct ReadResult {
    pub found: ReadSummary,
    pub unreadable: Option<Unreadable>,
    /// A fault that ends the whole run, because half a table does not make a window.
    pub fault: Option<Fault>,
}

/// The files found at a path, and those in no supported format.
pub(super) struct FoundFiles {
    pub files: Vec<Arc<LogFile>>,
    pub skipped: Vec<PathBuf>,
}

impl FileLog {
    /// Finds the files. Finding none is a fault, because a wrong path would otherwise look like a day without traffic.
    pub fn open(options: &SourceOptions) -> Result<Self> {
        let (root, paths) = find("source.path", "the log", &options.path)?;
        let FoundFiles { files, skipped } = readable_files(&root, paths);
        if files.is_empty() {
            return Err(no_readable_file("source.path", &options.path, skipped.len()));
        }
        Ok(Self { options: options.clone(), files, skipped })
    }

    /// One sentence that names the skipped files in no supported format (`predictions.ndjson.1`), if there are any.
    #[must_use]
    pub fn skipped_files(&self) -> Option<String> {
        const NAMED: usize = 5;
        let name = |path: &PathBuf| shown(&path.file_name().unwrap_or_default().to_string_lossy());
        let mut names: Vec<String> = self.skipped.iter().take(NAMED).map(name).collect();
        if self.skipped.len() > NAMED {
            names.push(format!("and {} more", self.skipped.len() - NAMED));
        }
        (!names.is_empty())
            .then(|| format!("skipped, because their names do not end in {EXTENSIONS}: {}", names.join(", ")))
    }

    /// Plans the read. Files and row groups that cannot contain records of the window are left out.
    pub fn plan(&self, request: &Request) -> Result<Plan> {
        Ok(Plan::from_files(Mapping::new(&self.options, request)?, &self.files))
    }
}

impl Plan {
    /// Plans the read of the files that a mapping needs.
    pub(super) fn from_files(mapping: Mapping, files: &[Arc<LogFile>]) -> Self {
        let mut plan = Self { mapping, pieces: Vec::new(), files: 0, unreadable: Vec::new() };
        for file in files {
            if plan.mapping.window.is_some_and(|window| !file.partition.may_hold(window)) {
                continue;
            }
            let is_filtered_out = plan.mapping.only.iter().any(|(key, wanted)| {
                file.partition.values.get(key).is_some_and(|value| !passes(Value::Text(value), wanted))
            });
            if is_filtered_out {
                continue;
            }
            match catch_panic(|| pieces(file, &plan.mapping)) {
                Ok(pieces) => {
                    plan.files += usize::from(!pieces.is_empty());
                    plan.pieces.extend(pieces);
                }
                Err(error) => plan.unreadable.push(file.unreadable(&error)),
            }
        }
        plan
    }

    /// The mapped fields with their paths as in the config.
    #[must_use]
    pub fn fields(&self) -> BTreeMap<Field, String> {
        self.mapping.fields()
    }

    /// Plans the queries of a table.
    pub(super) fn from_queries(mapping: Mapping, queries: Vec<postgres::TableQuery>) -> Self {
        let pieces = queries.into_iter().map(|query| Piece(PieceSource::Query(query))).collect();
        Self { mapping, pieces, files: 0, unreadable: Vec::new() }
    }

    /// The mapping for a file: a `where` on a partition key has been checked on the path and is dropped.
    fn mapping_for(&self, file: &LogFile) -> Cow<'_, Mapping> {
        if !self.mapping.only.iter().any(|(key, _)| file.partition.values.contains_key(key)) {
            return Cow::Borrowed(&self.mapping);
        }
        let mut mapping = self.mapping.clone();
        mapping.only.retain(|(key, _)| !file.partition.values.contains_key(key));
        Cow::Owned(mapping)
    }

    /// Returns whether the features of a piece can be read separately from its records.
    #[must_use]
    pub fn has_separate_features(&self, piece: &Piece) -> bool {
        matches!(piece.0, PieceSource::File(_, FilePart::Group(_, _, true)))
    }

    /// Streams the records of a piece with [`Self::has_separate_features`] into `sink`, without their features.
    pub fn read_without_features(&self, piece: &Piece, sink: &mut dyn FnMut(Records, RowMask)) -> ReadResult {
        let mut found = ReadSummary::default();
        let PieceSource::File(file, FilePart::Group(metadata, group, true)) = &piece.0 else {
            return ReadResult::default();
        };
        let mapping = self.mapping_for(file);
        let result =
            catch_panic(|| two_phase::read_without_features(file, (metadata, *group), &mapping, &mut found, sink));
        file.read_result(found, result)
    }

    /// Streams some features of those records, batch by batch. `columns` are indices into the request; `kept` holds the
    /// masks from [`Self::read_without_features`].
    pub fn read_features(
        &self,
        piece: &Piece,
        columns: &[usize],
        kept: &[RowMask],
        sink: FeatureSink<'_>,
    ) -> ReadResult {
        let PieceSource::File(file, FilePart::Group(metadata, group, true)) = &piece.0 else {
            return ReadResult::default();
        };
        let result =
            catch_panic(|| two_phase::read_features(file, (metadata, *group), &self.mapping, columns, kept, sink));
        file.read_result(ReadSummary::default(), result)
    }

    /// Streams the records of a piece into `sink`.
    pub fn read(&self, piece: &Piece, sink: &mut dyn FnMut(Records)) -> ReadResult {
        let (file, part) = match &piece.0 {
            PieceSource::File(file, part) => (file, part),
            PieceSource::Query(query) => {
                let (found, result) = query.read(&self.mapping, sink);
                return ReadResult { found, unreadable: None, fault: result.err() };
            }
        };
        let mapping = &*self.mapping_for(file);
        let mut found = ReadSummary::default();
        let result = catch_panic(|| {
            let (summary, result) = match file.format {
                FileFormat::Parquet => {
                    let group = match part {
                        FilePart::Group(metadata, group, _) => Some((metadata, *group)),
                        FilePart::Whole | FilePart::Lines(_) => None,
                    };
                    parquet_file::read(file, group, mapping, sink)
                }
                FileFormat::Ndjson | FileFormat::Csv => {
                    let range = match part {
                        FilePart::Lines(range) => Some(*range),
                        FilePart::Whole | FilePart::Group(..) => None,
                    };
                    lines::read(file, range, mapping, sink)
                }
            };
            found = summary;
            result
        });
        file.read_result(found, result)
    }
}

impl LogFile {
    fn unreadable(&self, error: &io::Error) -> Unreadable {
        Unreadable { path: self.path.clone(), why: describe_read_error(error) }
    }

    fn read_result(&self, found: ReadSummary, result: io::Result<()>) -> ReadResult {
        ReadResult { found, unreadable: result.err().map(|error| self.unreadable(&error)), fault: None }
    }
}

/// Turns a panic of a decoder on a damaged file into an error, so that the run continues without the file.
fn catch_panic<T>(read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    panic::catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::InvalidData, "it is damaged (the decoder panicked)")))
}

fn pieces(file: &Arc<LogFile>, mapping: &Mapping) -> io::Result<Vec<Piece>> {
    let size = file.size()?;
    if size == 0 {
        return Ok(Vec::new());
    }
    let piece = |part| Piece(PieceSource::File(file.clone(), part));
    Ok(match file.format {
        FileFormat::Parquet => match parquet_file::plan(file, mapping)? {
            None => vec![piece(FilePart::Whole)],
            Some((metadata, groups)) => {
                let is_columnar = parquet_file::is_columnar(metadata.schema(), mapping);
                groups.into_iter().map(|group| piece(FilePart::Group(metadata.clone(), group, is_columnar))).collect()
            }
        },
        // A CSV cell may contain line ends, and a compressed file cannot be read from an offset.
        FileFormat::Ndjson if !file.is_compressed() => {
            ByteRange::split(size).into_iter().map(|range| piece(FilePart::Lines(range))).collect()
        }
        FileFormat::Ndjson | FileFormat::Csv => vec![piece(FilePart::Whole)],
    })
}

/// The error for a path with no file in a supported format; `others` is the number of other files.
pub(super) fn no_readable_file(key: &str, path: &Path, others: usize) -> Fault {
    if path.is_file() {
        return Fault::setup(format!("{key}: {}: unsupported file type; expected {EXTENSIONS}", path.display()));
    }
    let found = match others {
        0 => "the folder is empty".to_owned(),
        1 => "it contains only 1 file of another type".to_owned(),
        _ => format!("it contains only {others} files of other types"),
    };
    Fault::setup(format!("{key}: {} has no readable file ({EXTENSIONS}); {found}", path.display()))
}

/// Separates the files in a supported format, sorted and without duplicates, from the others.
pub(super) fn readable_files(root: &Path, paths: Vec<PathBuf>) -> FoundFiles {
    let mut files = Vec::new();
    let mut skipped = Vec::new();
    for path in paths {
        match LogFile::new(&path, root) {
            Some(file) => files.push(Arc::new(file)),
            None => skipped.push(path),
        }
    }
    skipped.sort();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    // Links and overlapping globs must not make a file count twice.
    let mut seen = HashSet::new();
    files.retain(|file| std::fs::canonicalize(&file.path).map_or(true, |path| seen.insert(path)));
    FoundFiles { files, skipped }
}

/// Describes why a file that was found could not be read.
fn describe_read_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is gone (rotated while being read?)".to_owned(),
        io::ErrorKind::UnexpectedEof => "it ends unexpectedly (still being written, or truncated)".to_owned(),
        _ => describe_io(error),
    }
}

/// Returns the root folder of the partitions and all files below `path`. `key` and `what` are for error messages.
pub(super) fn find(key: &str, what: &str, path: &Path) -> Result<(PathBuf, Vec<PathBuf>)> {
    let not_found = |why: String| {
        Fault::setup(format!("{key}: {}: {why}; set it to the file, folder or glob that holds {what}", path.display()))
    };
    if path.is_file() {
        let root = path.parent().map(Path::to_owned).unwrap_or_default();
        return Ok((root, vec![path.to_owned()]));
    }
    let mut paths = Vec::new();
    if path.is_dir() {
        walk(path, &mut HashSet::new(), &mut paths).map_err(|(place, error)| {
            Fault::retry(format!("{key}: {} cannot be listed: {}", place.display(), describe_read_error(&error)))
        })?;
        return Ok((path.to_owned(), paths));
    }
    let text = path.to_string_lossy();
    if !text.contains(['*', '?', '[']) {
        return Err(not_found("no such file or folder".to_owned()));
    }
    let pattern = glob::Pattern::new(&text).map_err(|error| not_found(format!("not a valid glob: {}", error.msg)))?;
    // Walk from the last folder before the first `*` instead of expanding the glob, which would follow cyclic links.
    let is_plain = |part: &std::path::Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
    let base: PathBuf = path.components().take_while(is_plain).collect();
    let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
    let mut below = Vec::new();
    if base.is_dir() {
        walk(&base, &mut HashSet::new(), &mut below).map_err(|(place, error)| {
            Fault::retry(format!("{key}: {} cannot be listed: {}", place.display(), describe_read_error(&error)))
        })?;
    }
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    // A matching folder includes everything in it.
    let matches = |file: &PathBuf| {
        let file = file.strip_prefix("./").unwrap_or(file);
        file.ancestors().any(|part| pattern.matches_path_with(part, options))
    };
    paths.extend(below.into_iter().filter(matches));
    if paths.is_empty() {
        return Err(not_found("no file matches".to_owned()));
    }
    Ok((PathBuf::new(), paths))
}

/// Collects all files below a folder, except hidden ones and those that writers set aside (`_SUCCESS`, `_temporary/`).
///
/// `walked` holds the folders visited so far, so that cyclic links end the walk.
fn walk(folder: &Path, walked: &mut HashSet<PathBuf>, paths: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    if !walked.insert(std::fs::canonicalize(folder).map_err(|error| (folder.to_owned(), error))?) {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries: Vec<PathBuf> =
        entries.map_err(|error| (folder.to_owned(), error))?.iter().map(std::fs::DirEntry::path).collect();
    // Walk real folders before the links to them.
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
