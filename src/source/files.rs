//! A log in files: located once, planned for a window, read piece by piece on any thread.

use std::{
    borrow::Cow,
    collections::HashSet,
    io, mem,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    sync::Arc,
};

use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use vigie_profile::{
    batch::{Complaints, Records, Value},
    shown::shown,
};

use super::{
    file::{ByteRange, EXTENSIONS, FileForm, FileFormat, LogFile},
    file_summary::FileSummary,
    lines::{self, UnclosedQuote},
    mapping::{Mapping, ReadSummary, passes},
    parquet_file::{self, RowMask},
    place::PlaceOptions,
    read_result::{LogSample, ReadResult, Unreadable},
    row_groups::{self, RowGroups},
    shape,
    store::{self, FoundFiles, describe_read_error},
    two_phase::{self, FeatureSink},
};
use crate::{
    delimited::{conversion, is_named_spreadsheet},
    fault::{Fault, InputShape, Result},
};

/// The files of a log.
#[derive(Debug)]
pub(super) struct FileLog {
    files: Vec<Arc<LogFile>>,
    /// Other files in the same place, in no supported format.
    skipped: Vec<PathBuf>,
}

/// A file, or a part of one.
#[derive(Debug)]
pub(super) struct FilePiece {
    file: Arc<LogFile>,
    part: FilePart,
    /// The first and last time in the whole file, if known beforehand.
    times: Option<(i64, i64)>,
}

#[derive(Debug)]
enum FilePart {
    Whole,
    /// A row group of Parquet, and whether its features can be read separately.
    Group(ArrowReaderMetadata, usize, bool),
    /// The lines that begin in a byte range.
    Lines(ByteRange),
}

/// The pieces that a mapping needs.
#[derive(Debug, Default)]
pub(super) struct FilePlan {
    pub pieces: Vec<FilePiece>,
    /// Number of files that may contain records of the window.
    pub files: usize,
    pub unreadable: Vec<Unreadable>,
}

/// Files in a supported format, and the others.
pub(super) struct SortedFiles {
    pub files: Vec<Arc<LogFile>>,
    pub skipped: Vec<PathBuf>,
}

impl FileLog {
    /// Finds the files. Finding none is a fault, because a wrong path would otherwise look like a day without traffic.
    pub(super) fn open(place: &PlaceOptions) -> Result<Self> {
        let SortedFiles { files, skipped } =
            sort_files(store::find("source.path", "the log", &place.path)?, place.form());
        if files.is_empty() {
            return Err(no_readable_file("source.path", &place.path, &skipped));
        }
        Ok(Self { files, skipped })
    }

    /// Names of the skipped files in no supported format (`predictions.ndjson.1`), safe to display.
    pub(super) fn skipped_files(&self) -> impl Iterator<Item = String> {
        self.skipped.iter().map(|path| shown(&path.file_name().unwrap_or_default().to_string_lossy()))
    }

    /// Files in no supported format whose names look like those of a log.
    pub(super) fn unnamed_logs(&self) -> impl Iterator<Item = Unreadable> {
        let is_log =
            |path: &&PathBuf| path.file_name().is_some_and(|name| LogFile::is_like_log(&name.to_string_lossy()));
        let unknown = (InputShape::UnknownName, None);
        self.skipped.iter().filter(is_log).map(move |path| Unreadable::lost(path.clone(), unknown))
    }

    /// Plans the read. Files and row groups that cannot contain records of the window are left out.
    pub(super) fn plan(&self, mapping: &Mapping) -> FilePlan {
        FilePlan::new(mapping, &self.files)
    }

    /// Reads the beginning of some files: the first and the last, and others in between.
    pub(super) fn sample(&self, mapping: &Mapping) -> LogSample {
        let files: Vec<&Arc<LogFile>> = self.files.iter().filter(|file| !file.is_filtered_out(mapping)).collect();
        let mut sample = LogSample { fields: mapping.fields(), ..LogSample::default() };
        for file in some_of(&files) {
            let (found, unreadable) = file.read_first(mapping, &mut |batch| sample.records.push(batch));
            sample.found.merge(found);
            sample.unreadable.extend(unreadable);
        }
        sample
    }
}

impl FilePlan {
    /// Plans the read of the files that a mapping needs.
    pub(super) fn new(mapping: &Mapping, files: &[Arc<LogFile>]) -> Self {
        let mut plan = Self::default();
        for file in files {
            if mapping.window.is_some_and(|window| !file.partition.may_hold(window)) {
                continue;
            }
            if file.is_filtered_out(mapping) {
                continue;
            }
            match catch_panic(|| pieces(file, mapping)) {
                Ok(pieces) => {
                    plan.files += usize::from(!pieces.is_empty());
                    plan.pieces.extend(pieces);
                }
                Err(error) => plan.unreadable.push(file.unreadable(&error)),
            }
        }
        plan
    }
}

impl FilePiece {
    /// Adds the times that are known without reading.
    fn note_times(&self, found: &mut ReadSummary) {
        if let Some((first, last)) = self.times {
            found.own.note_time(first);
            found.own.note_time(last);
        }
    }

    /// The file that is read.
    pub(super) fn file(&self) -> &LogFile {
        &self.file
    }

    /// Returns whether the features can be read separately from the records.
    pub(super) fn has_separate_features(&self) -> bool {
        matches!(self.part, FilePart::Group(_, _, true))
    }

    /// Number of rows of a row group with [`Self::has_separate_features`]; 0 for another piece.
    pub(super) fn group_rows(&self) -> usize {
        match &self.part {
            FilePart::Group(metadata, group, true) => {
                let groups = metadata.metadata().row_groups();
                groups.get(*group).map_or(0, |group| usize::try_from(group.num_rows()).unwrap_or(0))
            }
            _ => 0,
        }
    }

    /// Streams the records into `sink`, without their features.
    pub(super) fn read_without_features(
        &self,
        mapping: &Mapping,
        sink: &mut dyn FnMut(Records, RowMask),
    ) -> ReadResult {
        let FilePart::Group(metadata, group, true) = &self.part else { return ReadResult::default() };
        let mapping = self.file.mapping(mapping);
        let mut found = ReadSummary::default();
        let mut timeless = Complaints::default();
        let result = catch_panic(|| {
            two_phase::read_without_features(
                &self.file,
                (metadata, *group),
                &mapping,
                &mut found,
                &mut |mut records: Records, kept: RowMask| {
                    timeless.merge(records.complaints.take_timeless());
                    sink(records, kept);
                },
            )
        });
        self.note_times(&mut found);
        self.file.read_result(found, timeless, result)
    }

    /// Streams some features of those records, batch by batch.
    pub(super) fn read_features(
        &self,
        mapping: &Mapping,
        columns: &[usize],
        kept: &[RowMask],
        sink: FeatureSink<'_>,
    ) -> ReadResult {
        let FilePart::Group(metadata, group, true) = &self.part else { return ReadResult::default() };
        let mapping = self.file.mapping(mapping);
        let result =
            catch_panic(|| two_phase::read_features(&self.file, (metadata, *group), &mapping, columns, kept, sink));
        self.file.read_result(ReadSummary::default(), Complaints::default(), result)
    }

    /// Streams the records into `sink`.
    pub(super) fn read(&self, mapping: &Mapping, sink: &mut dyn FnMut(Records)) -> ReadResult {
        let mapping = &*self.file.mapping(mapping);
        let mut found = ReadSummary::default();
        let mut timeless = Complaints::default();
        // Which window they belong to is known once the file has been read.
        let sink: &mut dyn FnMut(Records) = &mut |mut records: Records| {
            timeless.merge(records.complaints.take_timeless());
            sink(records);
        };
        let result = catch_panic(|| {
            let (summary, result) = match self.file.format {
                FileFormat::Parquet => {
                    let group = match &self.part {
                        FilePart::Group(metadata, group, _) => Some((metadata, *group)),
                        FilePart::Whole | FilePart::Lines(_) => None,
                    };
                    parquet_file::read(&self.file, group, mapping, sink)
                }
                FileFormat::Ndjson | FileFormat::Csv => {
                    let range = match &self.part {
                        FilePart::Lines(range) => Some(*range),
                        FilePart::Whole | FilePart::Group(..) => None,
                    };
                    lines::read(&self.file, range, mapping, sink)
                }
            };
            found = summary;
            result
        });
        self.note_times(&mut found);
        self.file.read_result(found, timeless, result)
    }
}

impl LogFile {
    /// Returns whether a `where` on a partition key excludes the file.
    fn is_filtered_out(&self, mapping: &Mapping) -> bool {
        mapping.only.iter().any(|(key, wanted)| {
            let value = self.partition.values.get(key);
            value.is_some_and(|value| !passes(value.as_deref().map_or(Value::Null, Value::Text), wanted))
        })
    }

    /// The mapping for the file: a `where` on a partition key has been checked on the path and is dropped; values of
    /// other partition keys are added.
    fn mapping<'m>(&self, mapping: &'m Mapping) -> Cow<'m, Mapping> {
        let partition = &self.partition.values;
        let is_filter = |key: &String| mapping.only.iter().any(|(path, _)| path == key);
        if !partition.keys().any(|key| is_filter(key) || mapping.needs(key)) {
            return Cow::Borrowed(mapping);
        }
        let mut own = mapping.clone();
        own.only.retain(|(key, _)| !partition.contains_key(key));
        let needed = partition.iter().filter(|(key, _)| mapping.needs(key));
        own.partition = needed.map(|(key, value)| (key.clone(), value.clone())).collect();
        Cow::Owned(own)
    }

    /// Streams the records at the beginning of the file into `sink`, as far as it can be read.
    pub(super) fn read_first(
        &self,
        mapping: &Mapping,
        sink: &mut dyn FnMut(Records),
    ) -> (ReadSummary, Option<Unreadable>) {
        /// Number of lines or rows.
        const MOST: u64 = 1_000;
        let mapping = &*self.mapping(mapping);
        let mut found = ReadSummary::default();
        let result = catch_panic(|| {
            let (summary, result) = match self.format {
                FileFormat::Parquet => parquet_file::read_first(self, MOST, mapping, sink),
                FileFormat::Ndjson | FileFormat::Csv => lines::read_first(self, MOST, mapping, sink),
            };
            found = summary;
            result
        });
        (found, result.err().map(|error| self.unreadable(&error)))
    }

    pub(super) fn unreadable(&self, error: &io::Error) -> Unreadable {
        let path = self.stored.path().to_owned();
        if let Some(UnclosedQuote { line }) = error.get_ref().and_then(|error| error.downcast_ref()) {
            return Unreadable::lost(path, (InputShape::OpenQuote, Some(*line)));
        }
        // A file that is gone or torn is one that changes, not one in another format.
        let may_differ =
            matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other);
        match may_differ.then(|| shape::recognise(self)).flatten().filter(|(shape, _)| *shape != InputShape::Unknown) {
            Some(found) => Unreadable::lost(path, found),
            None => Unreadable::new(path, describe_read_error(error)),
        }
    }

    /// The result of reading a piece; `timeless`: complaints about records whose time is not known.
    fn read_result(&self, mut found: ReadSummary, timeless: Complaints, result: io::Result<()>) -> ReadResult {
        let own = FileSummary { timeless, ..mem::take(&mut found.own) };
        if own != FileSummary::default() {
            found.files.insert(self.stored.path().to_owned(), own);
        }
        ReadResult { found, unreadable: result.err().map(|error| self.unreadable(&error)), fault: None }
    }
}

/// A few of many files: the first and the last, and others in between.
pub(super) fn some_of<T>(files: &[T]) -> impl Iterator<Item = &T> {
    const FILES: usize = 5;
    let count = files.len().min(FILES);
    (0..count).filter_map(move |number| files.get(number * (files.len() - 1) / (count - 1).max(1)))
}

/// Turns a panic of a decoder on a damaged file into an error, so that the run continues without the file.
pub(super) fn catch_panic<T>(read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    panic::catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::InvalidData, "it is damaged (the decoder panicked)")))
}

fn pieces(file: &Arc<LogFile>, mapping: &Mapping) -> io::Result<Vec<FilePiece>> {
    let size = file.stored.size()?;
    if size == 0 {
        return Ok(Vec::new());
    }
    let piece = |part| FilePiece { file: file.clone(), part, times: None };
    Ok(match file.format {
        FileFormat::Parquet => match row_groups::plan(file, mapping)? {
            None => vec![piece(FilePart::Whole)],
            Some(RowGroups { metadata, groups, times }) => {
                let is_columnar = parquet_file::is_columnar(metadata.schema(), mapping);
                let part = |group| FilePart::Group(metadata.clone(), group, is_columnar);
                groups.into_iter().map(|group| FilePiece { times, ..piece(part(group)) }).collect()
            }
        },
        // A CSV cell may contain line ends, and a compressed file cannot be read from an offset.
        FileFormat::Ndjson if !file.is_compressed() => {
            ByteRange::split(size).into_iter().map(|range| piece(FilePart::Lines(range))).collect()
        }
        FileFormat::Ndjson | FileFormat::Csv => vec![piece(FilePart::Whole)],
    })
}

/// The error for a path with no file in a supported format; `skipped` are the other files there.
pub(super) fn no_readable_file(key: &str, path: &Path, skipped: &[PathBuf]) -> Fault {
    const NAMED: usize = 3;
    // A flag has no key for the format.
    let set_format = match key.strip_suffix(".path") {
        Some(section) => format!("set `{section}.format`"),
        None => "name them so".to_owned(),
    };
    let remedy = match key.strip_suffix(".path") {
        Some(section) => format!("if they hold records, set `{section}.format` to ndjson, csv or parquet"),
        None => "if they hold records, let their names end so".to_owned(),
    };
    let name = |file: &PathBuf| shown(&file.file_name().unwrap_or_default().to_string_lossy());
    let names = skipped.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", ");
    let found = match skipped {
        [file] if file == path => {
            if let Some(name) = spreadsheet(skipped) {
                return Fault::setup(format!(
                    "{key}: {}: this is a spreadsheet; {}",
                    path.display(),
                    conversion(&name)
                ));
            }
            return Fault::setup(format!(
                "{key}: {}: unsupported file type; expected {EXTENSIONS}, or {set_format}",
                path.display()
            ));
        }
        [] => "the folder is empty".to_owned(),
        [_] => format!("it contains only 1 file of another type ({names}); {remedy}"),
        others if others.len() > NAMED => {
            format!("it contains only {} files of other types ({names}, …); {remedy}", others.len())
        }
        others => format!("it contains only {} files of other types ({names}); {remedy}", others.len()),
    };
    let export =
        spreadsheet(skipped).map_or(String::new(), |name| format!("; {name} is a spreadsheet: {}", conversion(&name)));
    Fault::setup(format!("{key}: {} has no readable file ({EXTENSIONS}); {found}{export}", path.display()))
}

/// The name of the first spreadsheet among files, safe to display.
fn spreadsheet(files: &[PathBuf]) -> Option<String> {
    let mut names = files.iter().map(|path| shown(&path.file_name().unwrap_or_default().to_string_lossy()));
    names.find(|name| is_named_spreadsheet(name))
}

/// Paths of the files of a table: a file, or those of a folder or a glob. `key` names the argument.
pub fn table_files(key: &str, path: &Path) -> Result<Vec<PathBuf>> {
    let SortedFiles { files, skipped } = sort_files(store::find(key, "the table", path)?, FileForm::default());
    if files.is_empty() {
        return Err(no_readable_file(key, path, &skipped));
    }
    Ok(files.iter().map(|file| file.stored.path().to_owned()).collect())
}

/// Separates the files in a supported format, sorted and without duplicates, from the others.
pub(super) fn sort_files(found: FoundFiles, form: FileForm) -> SortedFiles {
    let mut files = Vec::new();
    let mut skipped = Vec::new();
    for file in found.files {
        let path = file.path().to_owned();
        match LogFile::new(file, &found.root, form) {
            Some(file) => files.push(Arc::new(file)),
            None => skipped.push(path),
        }
    }
    skipped.sort();
    files.sort_by(|a, b| a.stored.path().cmp(b.stored.path()));
    // Two names of one file must not make it count twice.
    let mut seen = HashSet::new();
    files.retain(|file| file.stored.identity().is_none_or(|identity| seen.insert(identity)));
    SortedFiles { files, skipped }
}
