//! Where downloaded bytes go: memory, a temporary file, or a caller's writer; counted, hashed and limited.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
};

use sha2::{Digest, Sha256};

use crate::error::{MlflowError, MlflowErrorKind as Kind, Result};

/// What was downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedArtifact {
    /// Number of bytes.
    pub size: u64,
    /// SHA-256 of the bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// A destination that a second attempt can begin again, unless it has passed bytes on already.
pub(crate) trait Sink {
    fn restart(&mut self) -> io::Result<()>;
    fn put(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl Sink for Vec<u8> {
    fn restart(&mut self) -> io::Result<()> {
        self.clear();
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

impl Sink for File {
    fn restart(&mut self) -> io::Result<()> {
        self.set_len(0)?;
        self.rewind()
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }
}

/// A caller's writer, which cannot take back what it got.
pub(crate) struct Passing<'a> {
    pub writer: &'a mut dyn Write,
    pub has_passed: bool,
}

impl Sink for Passing<'_> {
    fn restart(&mut self) -> io::Result<()> {
        if self.has_passed {
            return Err(io::Error::other("the download failed half-way, and the writer has the first half already"));
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.has_passed = true;
        self.writer.write_all(bytes)
    }
}

/// Copies all of a reader, hashing it. `length`: the announced one. `cut`: the error of a reader that fails.
pub(crate) fn copy(
    reader: &mut dyn Read,
    length: Option<u64>,
    limit: u64,
    sink: &mut dyn Sink,
    purpose: &str,
    cut: impl Fn(io::Error) -> MlflowError,
) -> Result<FetchedArtifact> {
    let too_large = || {
        let why = format!(
            "{purpose}: the file has more than {limit} bytes, which is the limit; check that it is the right one"
        );
        MlflowError::new(Kind::TooLarge, why)
    };
    let local = |error: io::Error| MlflowError::new(Kind::Local, format!("{purpose}: cannot keep the bytes: {error}"));
    if length.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    sink.restart().map_err(local)?;
    let mut hash = Sha256::new();
    let mut size = 0_u64;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(cut(error)),
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        size += count as u64;
        if size > limit {
            return Err(too_large());
        }
        hash.update(bytes);
        sink.put(bytes).map_err(local)?;
    }
    if length.is_some_and(|length| length != size) {
        return Err(cut(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(FetchedArtifact { size, sha256: hexadecimal(&hash.finalize()) })
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(bytes: &[u8], length: Option<u64>, limit: u64) -> (Result<FetchedArtifact>, Vec<u8>) {
        let mut sink = b"of an earlier attempt".to_vec();
        let cut = |error: io::Error| MlflowError::new(Kind::Unreachable, error.to_string());
        (copy(&mut &*bytes, length, limit, &mut sink, "reading x", cut), sink)
    }

    #[test]
    fn bytes_are_counted_hashed_and_limited() {
        let (fetched, kept) = run(b"abc", Some(3), 3);
        assert_eq!(kept, b"abc");
        assert_eq!(
            fetched.unwrap(),
            FetchedArtifact {
                size: 3,
                sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned()
            }
        );
        assert_eq!(run(b"abcd", None, 3).0.unwrap_err().kind(), Kind::TooLarge);
        assert_eq!(run(b"", Some(4), 3).0.unwrap_err().kind(), Kind::TooLarge);
        assert_eq!(run(b"ab", Some(3), 3).0.unwrap_err().kind(), Kind::Unreachable);
    }

    #[test]
    fn a_writer_never_gets_the_same_bytes_twice() {
        let mut out = Vec::new();
        let mut sink = Passing { writer: &mut out, has_passed: false };
        sink.restart().unwrap();
        sink.put(b"x").unwrap();
        assert!(sink.restart().is_err());
    }
}
