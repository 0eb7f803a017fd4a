//! Reads the sample, and tries a mapping on it with the code that reads the log.

use std::{
    io::{BufRead, BufReader, Read},
    mem,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value;
use vigie_profile::{batch::Complaints, layout::Column};

use super::{json, parquet};
use crate::{
    delimited::{CsvForm, DetectedCsv},
    fault::{Fault, InputShape, Result},
    source::{
        LogSample, Request, SourceOptions,
        file::{FileForm, FileFormat, LogFile},
        files::{SortedFiles, catch_panic, no_readable_file, sort_files},
        kept_lines::KeptLines,
        lines,
        mapping::Mapping,
        read_result::Unreadable,
        record::RecordReader,
        shape, store,
    },
};

/// Maximum number of files that are read: the first one, the last one, and others in between.
const FILES: usize = 10;
/// Usual number of records of all files.
const RECORDS: usize = 2_000;
/// Maximum number of files whose format is found by their content.
const SNIFFED: usize = 10;
/// Maximum size of the records that are kept, in bytes.
const BYTES: usize = 64 << 20;

/// The first records of some files.
#[derive(Debug, Default)]
pub struct RecordSample {
    kept: KeptLines,
    /// Number of files that were read, and of all files.
    pub files: (usize, usize),
    /// All files.
    pub paths: Vec<PathBuf>,
    /// The format that the config has to state, because the names of the files do not.
    pub format: Option<&'static str>,
    /// How the CSV of the files is written, as its beginning shows. `None`: there is none, or it was stated.
    pub csv: Option<DetectedCsv>,
    /// Lines that are not records.
    pub complaints: Complaints,
    /// Files that could not be read.
    pub unreadable: Vec<Unreadable>,
}

impl RecordSample {
    /// Reads a sample of the log at a path; `key` is what messages call the path. Fails if nothing can be read.
    pub fn read(key: &str, path: &Path) -> Result<Self> {
        Self::read_up_to(RECORDS, key, path, None)
    }

    /// Reads a sample of about this many records. `csv`: how CSV is written, if this is known.
    pub fn read_up_to(records: usize, key: &str, path: &Path, csv: Option<CsvForm>) -> Result<Self> {
        let (files, format) = find(key, path, csv)?;
        let detected = if csv.is_none() { files.iter().find_map(|file| detect(file)) } else { None };
        let files = written_as(files, csv.or(detected.map(|found| found.form)).unwrap_or_default());
        let paths = files.iter().map(|file| file.stored.path().to_owned()).collect();
        let mut sample = Self { kept: KeptLines::up_to(BYTES), format, csv: detected, paths, ..Self::default() };
        let count = files.len().min(FILES);
        sample.files = (count, files.len());
        for number in 0..count {
            let place = number * (files.len() - 1) / (count - 1).max(1);
            if let Some(file) = files.get(place) {
                sample.add(file, records.div_ceil(count));
            }
        }
        if sample.kept.lines.is_empty() {
            return Err(sample.nothing(key, path, &files));
        }
        Ok(sample)
    }

    fn add(&mut self, file: &LogFile, most: usize) {
        let mapping = Mapping::for_labels("", "");
        let result = catch_panic(|| match file.format {
            FileFormat::Parquet => parquet::first_rows(file, most, &mut |line| self.kept.add(line)),
            FileFormat::Ndjson | FileFormat::Csv => {
                let mut reader = RecordReader::new(&mapping);
                reader.kept = Some(mem::take(&mut self.kept));
                let result = lines::read_into(&mut reader, file, most as u64, &mapping);
                self.kept = reader.kept.take().unwrap_or_default();
                self.complaints.merge(reader.builder.take(&mapping).complaints);
                result
            }
        });
        self.unreadable.extend(result.err().map(|error| file.unreadable(&error)));
    }

    /// The error for a log without a record.
    fn nothing(&self, key: &str, path: &Path, files: &[Arc<LogFile>]) -> Fault {
        let lost = files.iter().find_map(|file| {
            let (shape, line) = shape::check(file).unwrap_or_else(|_| shape::recognise(file))?;
            Some(Unreadable::lost(file.stored.path().to_owned(), (shape, line)).left_out())
        });
        let why = lost.or_else(|| self.unreadable.first().map(Unreadable::left_out));
        let shown = path.display();
        match why {
            Some(why) => {
                let place = why.place.unwrap_or_default();
                Fault::setup(format!("{key} {place}: {}", why.cause.unwrap_or_default()))
            }
            None if self.complaints != Complaints::default() => Fault::setup(format!(
                "{key} {shown}: {}; {}",
                InputShape::Unknown.appearance(),
                InputShape::Unknown.remedy()
            )),
            None => {
                Fault::setup(format!("{key} {shown}: it has no records; name a file, folder or glob that has some"))
            }
        }
    }

    /// The records, with JSON text inside them parsed. Those that are nested too deeply are left out.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        self.kept.lines.iter().filter_map(|line| json::parse(line)).filter(Value::is_object)
    }

    /// Reads the sample with a mapping, as the log would be.
    pub fn try_mapping(&self, options: &SourceOptions, columns: Vec<Column>) -> Result<LogSample> {
        let mapping = Mapping::new(options, &Request { columns, window: None })?;
        let mut reader = RecordReader::new(&mapping);
        let mut sample = LogSample { fields: mapping.fields(), ..LogSample::default() };
        self.kept.lines.iter().for_each(|line| reader.read_line(line));
        sample.records.push(reader.builder.take(&mapping));
        sample.found = reader.found;
        Ok(sample)
    }
}

/// The files in a supported format; if no name tells it, those whose content does, and their format.
fn find(key: &str, path: &Path, csv: Option<CsvForm>) -> Result<(Vec<Arc<LogFile>>, Option<&'static str>)> {
    let open = |format| -> Result<SortedFiles> {
        let form = FileForm { format, csv: csv.unwrap_or_default() };
        Ok(sort_files(store::find(key, "the records", path)?, form))
    };
    let SortedFiles { files, skipped } = open(None)?;
    if !files.is_empty() {
        return Ok((files, None));
    }
    // Files that are named like logs first; other files may be next to them.
    let is_other = |path: &PathBuf| !path.file_name().is_some_and(|name| LogFile::is_like_log(&name.to_string_lossy()));
    let mut candidates: Vec<&PathBuf> = skipped.iter().collect();
    candidates.sort_by_key(|path| is_other(path));
    let formats = [(FileFormat::Ndjson, "ndjson"), (FileFormat::Parquet, "parquet"), (FileFormat::Csv, "csv")];
    for (format, name) in formats {
        let files = open(Some(format))?.files;
        let has_records = |file: &&Arc<LogFile>| {
            let form = csv.or_else(|| Some(detect(file)?.form));
            let own = file.written_as(form.unwrap_or_default());
            let is_format = matches!(shape::check(&own), Ok(None)) && (format != FileFormat::Csv || is_table(&own));
            is_format && file.stored.size().is_ok_and(|size| size > 0)
        };
        let tried = candidates
            .iter()
            .take(SNIFFED)
            .filter_map(|path| files.iter().find(|file| file.stored.path() == path.as_path()));
        if let Some(found) = tried.into_iter().find(has_records) {
            let own = log_ending(found.stored.path());
            let files = files.iter().filter(|file| log_ending(file.stored.path()) == own).cloned().collect();
            return Ok((files, Some(name)));
        }
    }
    Err(no_readable_file(key, path, &skipped))
}

/// The ending of a file's name that tells what it is: `log` of `api.log.2026-11-20.gz`.
#[must_use]
pub fn log_ending(path: &Path) -> Option<String> {
    const KNOWN: [&str; 7] = ["ndjson", "jsonl", "json", "csv", "parquet", "pq", "log"];
    let name = path.file_name()?.to_string_lossy().into_owned();
    let mut parts = name.split('.').skip(1);
    let known = parts.find(|part| KNOWN.contains(&part.to_lowercase().as_str())).map(ToOwned::to_owned);
    known.or_else(|| path.extension().map(|ending| ending.to_string_lossy().into_owned()))
}

/// Finds out how a file is written if it is CSV.
fn detect(file: &LogFile) -> Option<DetectedCsv> {
    let mut head = Vec::new();
    let stream = (file.format == FileFormat::Csv).then(|| file.stream().ok()).flatten()?;
    stream.take(1 << 17).read_to_end(&mut head).ok()?;
    DetectedCsv::of(&head)
}

/// The files, of which CSV is written in this form.
fn written_as(files: Vec<Arc<LogFile>>, csv: CsvForm) -> Vec<Arc<LogFile>> {
    if csv.is_default() {
        return files;
    }
    files.iter().map(|file| Arc::new(file.written_as(csv))).collect()
}

/// Whether a file begins with a header of several cells.
fn is_table(file: &LogFile) -> bool {
    let mut line = String::new();
    let read = file.delimited().and_then(|text| BufReader::new(text.take(1 << 16)).read_line(&mut line));
    read.is_ok() && line.matches(char::from(file.csv.separator)).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_is_what_rotation_and_compression_leave() {
        for (name, expected) in [("a/api.log.2026-11-20.gz", "log"), ("p.jsonl", "jsonl"), ("p.out", "out")] {
            assert_eq!(log_ending(Path::new(name)).as_deref(), Some(expected));
        }
        assert_eq!(log_ending(Path::new("p")), None);
    }
}
