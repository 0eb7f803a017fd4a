//! One log file: format and compression from its name, and its decompressed bytes as a stream.

use std::{
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use super::{
    partition::Partition,
    store::{OpenFile, StoredFile},
};

/// File format of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// A file that may hold records.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    pub stored: StoredFile,
    pub format: FileFormat,
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

/// Supported file extensions, for messages.
pub(super) const EXTENSIONS: &str = ".parquet, .ndjson, .jsonl or .csv, optionally with .gz or .zst";

const BUFFER: usize = 1 << 18;

impl LogFile {
    /// Returns `None` if the extension is not supported.
    pub(super) fn new(stored: StoredFile, root: &Path) -> Option<Self> {
        let path = stored.path();
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let (stem, compression) = if let Some(stem) = name.strip_suffix(".gz") {
            (stem, Compression::Gzip)
        } else if let Some(stem) = name.strip_suffix(".zst") {
            (stem, Compression::Zstd)
        } else {
            (name.as_str(), Compression::None)
        };
        let format = match stem.rsplit_once('.')?.1 {
            "parquet" | "pq" => FileFormat::Parquet,
            "ndjson" | "jsonl" | "json" => FileFormat::Ndjson,
            "csv" => FileFormat::Csv,
            _ => return None,
        };
        let partition = Partition::from_path(path.strip_prefix(root).unwrap_or(path));
        Some(Self { stored, format, compression, partition })
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.compression != Compression::None
    }

    /// Streams the decompressed bytes.
    pub(super) fn stream(&self) -> io::Result<Box<dyn BufRead>> {
        let bytes = self.stored.stream(0)?;
        Ok(match self.compression {
            Compression::None => Box::new(BufReader::with_capacity(BUFFER, bytes)),
            Compression::Gzip => Box::new(BufReader::with_capacity(BUFFER, flate2::read::MultiGzDecoder::new(bytes))),
            Compression::Zstd => Box::new(BufReader::with_capacity(BUFFER, zstd::Decoder::new(bytes)?)),
        })
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
