//! One file of a log: its format and packing by its name, its bytes unpacked as a stream.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use super::partition::Partition;

/// How records stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Parquet,
    Ndjson,
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// A file that may hold records.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    pub path: PathBuf,
    pub format: Format,
    packing: Packing,
    pub partition: Partition,
}

/// The lines of a file that begin at or after one byte and before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub from: u64,
    pub to: u64,
}

/// Bytes of a stretch: many to a file that is worth many threads, few enough that none is left alone at the end.
const STRETCH: u64 = 8 << 20;

impl Stretch {
    /// All of a file, the last without an end: what is written meanwhile is read.
    pub(super) fn of(size: u64) -> Vec<Self> {
        let count = size.div_ceil(STRETCH).max(1);
        let to = |number| if number + 1 == count { u64::MAX } else { (number + 1) * STRETCH };
        (0..count).map(|number| Self { from: number * STRETCH, to: to(number) }).collect()
    }
}

/// The endings that are read.
pub(super) const ENDINGS: &str = ".parquet .ndjson .jsonl .csv, also with .gz or .zst";

const BUFFER: usize = 1 << 18;

impl LogFile {
    /// `None`: no ending that is read.
    pub(super) fn new(path: &Path, root: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let (stem, packing) = if let Some(stem) = name.strip_suffix(".gz") {
            (stem, Packing::Gzip)
        } else if let Some(stem) = name.strip_suffix(".zst") {
            (stem, Packing::Zstd)
        } else {
            (name.as_str(), Packing::Plain)
        };
        let format = match stem.rsplit_once('.')?.1 {
            "parquet" | "pq" => Format::Parquet,
            "ndjson" | "jsonl" | "json" => Format::Ndjson,
            "csv" => Format::Csv,
            _ => return None,
        };
        let partition = Partition::of(path.strip_prefix(root).unwrap_or(path));
        Some(Self { path: path.to_owned(), format, packing, partition })
    }

    /// Whether the bytes on disk are packed.
    pub(super) fn is_packed(&self) -> bool {
        self.packing != Packing::Plain
    }

    /// Bytes on disk.
    pub(super) fn size(&self) -> io::Result<u64> {
        Ok(std::fs::metadata(&self.path)?.len())
    }

    /// The unpacked bytes, streamed.
    pub(super) fn stream(&self) -> io::Result<Box<dyn BufRead>> {
        let file = File::open(&self.path)?;
        Ok(match self.packing {
            Packing::Plain => Box::new(BufReader::with_capacity(BUFFER, file)),
            Packing::Gzip => Box::new(BufReader::with_capacity(BUFFER, flate2::read::MultiGzDecoder::new(file))),
            Packing::Zstd => Box::new(BufReader::with_capacity(BUFFER, zstd::Decoder::new(file)?)),
        })
    }

    /// The bytes of a file that is not packed, from one on.
    pub(super) fn stream_from(&self, from: u64) -> io::Result<Box<dyn BufRead>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(from))?;
        Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
    }

    /// The file itself when it is not packed: Parquet is read by place.
    pub(super) fn open(&self) -> io::Result<Result<File, Vec<u8>>> {
        if !self.is_packed() {
            return File::open(&self.path).map(Ok);
        }
        let mut bytes = Vec::new();
        self.stream()?.read_to_end(&mut bytes)?;
        Ok(Err(bytes))
    }
}
