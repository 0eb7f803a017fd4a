//! Limits of a compressed file: how much it may expand, and how long reading it may take. A small file can otherwise keep a run
//! busy for hours.

use std::{
    io::{self, Read},
    time::{Duration, Instant as StdInstant},
};

/// Maximum ratio of the decompressed to the compressed size. Logs have 5 to 30.
const MAX_RATIO: u64 = 100;
/// A file may expand to this size whatever its ratio, in bytes.
const MIN_BYTES: u64 = 256 << 20;
/// Maximum time, and for each megabyte of the compressed file. Usual logs take a tenth of it.
const MIN_TIME: Duration = Duration::from_mins(1);
const TIME_PER_MB: Duration = Duration::from_secs(1);

/// Decompressed bytes within the limits; an error beyond them.
pub(super) struct BoundedExpansion<R> {
    inner: R,
    /// Number of bytes that may still be read, and of those allowed.
    left: u64,
    allowed: u64,
    started: StdInstant,
    time: Duration,
}

impl<R: Read> BoundedExpansion<R> {
    /// `size` is that of the compressed file.
    pub(super) fn new(inner: R, size: u64) -> Self {
        let allowed = size.saturating_mul(MAX_RATIO).max(MIN_BYTES);
        let megabytes = u32::try_from(size >> 20).unwrap_or(u32::MAX);
        let time = TIME_PER_MB.saturating_mul(megabytes).saturating_add(MIN_TIME);
        Self { inner, left: allowed, allowed, started: StdInstant::now(), time }
    }
}

impl<R: Read> Read for BoundedExpansion<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let limit = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        if self.started.elapsed() > self.time {
            let seconds = self.time.as_secs();
            return Err(limit(format!(
                "reading it takes more than {seconds} s, the limit for a compressed file of its size; the rest is not read: \
                 decompress it or split it"
            )));
        }
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            let megabytes = self.allowed >> 20;
            limit(format!(
                "it expands to more than {megabytes} MB, the limit for a compressed file of its size ({MAX_RATIO} times, at \
                 least 256 MB); the rest is not read: decompress it or split it"
            ))
        })?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expansion_and_time_are_limited() {
        let mut bytes = BoundedExpansion::new(io::repeat(b'\n'), 3 << 20);
        let why = io::copy(&mut bytes, &mut io::sink()).unwrap_err().to_string();
        assert!(why.starts_with("it expands to more than 300 MB"), "{why}");
        assert_eq!(bytes.time, Duration::from_secs(63));
        bytes.time = Duration::ZERO;
        let why = bytes.read(&mut [0]).unwrap_err().to_string();
        assert!(why.starts_with("reading it takes more than 0 s"), "{why}");
        // A small file may expand further than 100 times.
        let small = BoundedExpansion::new(io::repeat(b'x').take(10 << 20), 100);
        assert_eq!(io::copy(&mut { small }, &mut io::sink()).unwrap(), 10 << 20);
    }
}
