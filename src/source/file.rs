//! One log file: format and compression from its name, and its decompressed bytes as a stream.

use std::{
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    expansion::BoundedExpansion,
    partition::Partition,
    store::{OpenFile, StoredFile},
};
use crate::delimited::{CsvForm, decoded};

/// File format of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileFormat {
    Parquet,
    Ndjson,
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

/// What the names of files do not tell.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FileForm {
    /// The format of files whose names do not tell it.
    pub format: Option<FileFormat>,
    pub csv: CsvForm,
}

/// A file that may hold records.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    pub stored: StoredFile,
    pub format: FileFormat,
    /// How it is written if it is CSV.
    pub csv: CsvForm,
    compression: Compression,
    pub partition: Partition,
}

/// A part of a file: the lines that begin at byte `from` or later, and before byte `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ByteRange {
    pub from: u64,
    pub to: u64,
}

/// Size of a range: small enough to give every thread work until the end of a large file.
const RANGE_BYTES: u64 = 8 << 20;

impl ByteRange {
    /// Splits a file into ranges. The last is open-ended, so that lines appended meanwhile are read.
    pub(super) fn split(size: u64) -> Vec<Self> {
        let count = size.div_ceil(RANGE_BYTES).max(1);
        let to = |index| if index + 1 == count { u64::MAX } else { (index + 1) * RANGE_BYTES };
        (0..count).map(|index| Self { from: index * RANGE_BYTES, to: to(index) }).collect()
    }
}

fn split_compression(name: &str) -> (&str, Compression) {
    if let Some(stem) = name.strip_suffix(".gz") {
        (stem, Compression::Gzip)
    } else if let Some(stem) = name.strip_suffix(".zst") {
        (stem, Compression::Zstd)
    } else {
        (name, Compression::None)
    }
}

/// Removes what log rotation appends to a name: `.1`, `.2026-11-20`, `-20261120`.
fn without_rotation(name: &str) -> &str {
    let Some((stem, last)) = name.rsplit_once('.') else { return name };
    let is_rotation = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_digit())
            && text.chars().all(|char| char.is_ascii_digit() || "-_t:z".contains(char))
    };
    if is_rotation(last) {
        return stem;
    }
    // `jsonl-20261120`
    match last.split_once(['-', '_']) {
        Some((ending, rest)) if is_rotation(rest) => name.get(..stem.len() + 1 + ending.len()).unwrap_or(name),
        _ => name,
    }
}

/// Supported file extensions, for messages.
pub(super) const EXTENSIONS: &str = ".parquet, .ndjson, .jsonl or .csv, optionally with .gz or .zst";

const BUFFER: usize = 1 << 18;

impl LogFile {
    /// Returns `None` if neither the name nor `form` tells the format.
    pub(super) fn new(stored: StoredFile, root: &Path, form: FileForm) -> Option<Self> {
        let path = stored.path();
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let (stem, compression) = split_compression(without_rotation(&name));
        let format = match without_rotation(stem).rsplit_once('.').map(|(_, ending)| ending) {
            Some("parquet" | "pq") => FileFormat::Parquet,
            Some("ndjson" | "jsonl" | "json") => FileFormat::Ndjson,
            Some("csv") => FileFormat::Csv,
            _ => form.format?,
        };
        let partition = Partition::from_path(path.strip_prefix(root).unwrap_or(path));
        Some(Self { stored, format, csv: form.csv, compression, partition })
    }

    /// Returns whether the name of a file in no supported format looks like that of a log.
    pub(super) fn is_like_log(name: &str) -> bool {
        let name = name.to_lowercase();
        let (stem, _) = split_compression(without_rotation(&name));
        let stem = without_rotation(stem);
        [".log", ".tsv", ".avro", ".orc", ".arrow", ".feather", ".br", ".lz4", ".bz2", ".xz", ".zip", ".snappy"]
            .iter()
            .any(|ending| stem.ends_with(ending))
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.compression != Compression::None
    }

    /// Streams the decompressed bytes.
    pub(super) fn stream(&self) -> io::Result<Box<dyn BufRead>> {
        let bytes = self.stored.stream(0)?;
        Ok(match self.compression {
            Compression::None => Box::new(BufReader::with_capacity(BUFFER, bytes)),
            Compression::Gzip => self.bounded(flate2::read::MultiGzDecoder::new(bytes))?,
            Compression::Zstd => self.bounded(zstd::Decoder::new(bytes)?)?,
        })
    }

    /// The same file, of which CSV is written in this form.
    pub(super) fn written_as(&self, csv: CsvForm) -> Self {
        Self { csv, ..self.clone() }
    }

    /// Streams the text of CSV as UTF-8.
    pub(super) fn delimited(&self) -> io::Result<Box<dyn Read>> {
        decoded(self.stream()?, self.csv.encoding)
    }

    fn bounded(&self, decoder: impl Read + 'static) -> io::Result<Box<dyn BufRead>> {
        let bounded = BoundedExpansion::new(decoder, self.stored.size()?);
        Ok(Box::new(BufReader::with_capacity(BUFFER, bounded)))
    }

    /// Streams the bytes of an uncompressed file from offset `from`.
    pub(super) fn stream_from(&self, from: u64) -> io::Result<Box<dyn BufRead>> {
        Ok(Box::new(BufReader::with_capacity(BUFFER, self.stored.stream(from)?)))
    }

    /// Opens the decompressed bytes for random access (Parquet).
    pub(super) fn open(&self) -> io::Result<OpenFile> {
        if !self.is_compressed() {
            return self.stored.open();
        }
        let mut bytes = Vec::new();
        self.stream()?.read_to_end(&mut bytes)?;
        Ok(OpenFile::Memory(bytes.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_keep_their_format() {
        let read = |name: &str| {
            let stored = StoredFile::Local(Path::new("log").join(name));
            let file = LogFile::new(stored, Path::new("log"), FileForm::default())?;
            Some((file.format, file.compression))
        };
        let (json, csv) = (FileFormat::Ndjson, FileFormat::Csv);
        for (name, wanted) in [
            ("p.jsonl", Some((json, Compression::None))),
            ("p.jsonl.1", Some((json, Compression::None))),
            ("p.jsonl.2026-11-20", Some((json, Compression::None))),
            ("p.jsonl.2026-11-20_08", Some((json, Compression::None))),
            ("p.jsonl-20261120", Some((json, Compression::None))),
            ("p.jsonl-20261120.gz", Some((json, Compression::Gzip))),
            ("p.jsonl.1.gz", Some((json, Compression::Gzip))),
            ("p.csv.zst.3", Some((csv, Compression::Zstd))),
            ("p.2026-11-20.CSV", Some((csv, Compression::None))),
            ("p.log", None),
            ("p.log.1", None),
            ("p.jsonl.bak", None),
            ("p", None),
            ("2026-11-20", None),
        ] {
            assert_eq!(read(name), wanted, "{name}");
        }
        assert!(
            LogFile::is_like_log("p.log.1") && LogFile::is_like_log("p.jsonl.br") && !LogFile::is_like_log("notes.txt")
        );
        let plain = StoredFile::Local(Path::new("data.log.2").to_owned());
        assert_eq!(
            LogFile::new(plain, Path::new(""), FileForm { format: Some(csv), ..FileForm::default() }).unwrap().format,
            csv
        );
    }
}
