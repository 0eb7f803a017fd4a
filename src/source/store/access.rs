//! One file of a store: its name, its content from any offset, and a stamp that changes with it.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use bytes::{Buf, Bytes, buf::Reader};
use parquet::file::reader::{ChunkReader, Length};

use super::{local, stamp::FileStamp};

/// A file, which may be gone by the time it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) enum StoredFile {
    Local(PathBuf),
}

impl StoredFile {
    /// Its name in the store, for messages; the extension and the partition are read from it.
    pub(in crate::source) fn path(&self) -> &Path {
        match self {
            Self::Local(path) => path,
        }
    }

    /// What two names of the same file have in common. `None` if it is unknown.
    pub(in crate::source) fn identity(&self) -> Option<PathBuf> {
        match self {
            Self::Local(path) => local::identity(path),
        }
    }

    /// Size in bytes.
    pub(in crate::source) fn size(&self) -> io::Result<u64> {
        match self {
            Self::Local(path) => local::size(path),
        }
    }

    /// What changes when the content does, at little cost. `None` if the file is gone.
    pub(in crate::source) fn stamp(&self) -> Option<FileStamp> {
        match self {
            Self::Local(path) => local::stamp(path),
        }
    }

    /// Streams the content from an offset.
    pub(in crate::source) fn stream(&self, from: u64) -> io::Result<Box<dyn Read>> {
        match self {
            Self::Local(path) => Ok(Box::new(local::open(path, from)?)),
        }
    }

    /// Opens the file for random access.
    pub(in crate::source) fn open(&self) -> io::Result<OpenFile> {
        match self {
            Self::Local(path) => local::open(path, 0).map(OpenFile::Local),
        }
    }
}

/// Random access to the bytes of a file.
#[derive(Debug)]
pub(in crate::source) enum OpenFile {
    Local(File),
    /// A decompressed file.
    Memory(Bytes),
}

/// The bytes of an [`OpenFile`] from an offset.
pub(in crate::source) enum FileBytes {
    Local(BufReader<File>),
    Memory(Reader<Bytes>),
}

impl Length for OpenFile {
    fn len(&self) -> u64 {
        match self {
            Self::Local(file) => Length::len(file),
            Self::Memory(bytes) => bytes.remaining() as u64,
        }
    }
}

impl ChunkReader for OpenFile {
    type T = FileBytes;

    fn get_read(&self, start: u64) -> parquet::errors::Result<FileBytes> {
        Ok(match self {
            Self::Local(file) => FileBytes::Local(file.get_read(start)?),
            Self::Memory(bytes) => FileBytes::Memory(bytes.get_read(start)?),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        match self {
            Self::Local(file) => file.get_bytes(start, length),
            Self::Memory(bytes) => bytes.get_bytes(start, length),
        }
    }
}

impl Read for FileBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Local(file) => file.read(buffer),
            Self::Memory(bytes) => bytes.read(buffer),
        }
    }
}
