//! Reads rows with `COPY … TO STDOUT (FORMAT binary)`, in one pass, wherever the stream is split.

use std::{future::poll_fn, pin::pin};

use futures_core::Stream;
use tokio_postgres::{Client, Error};

/// Signature, flags, and the length of the header extension, which no version uses yet.
const HEADER: usize = 11 + 4 + 4;

/// The values of one row, in the order of the SELECT; `None`: NULL.
pub(super) struct CopyRow<'a> {
    left: u16,
    rest: &'a [u8],
}

impl<'a> Iterator for CopyRow<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (length, rest) = self.rest.split_first_chunk()?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            self.rest = rest;
            return Some(None);
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some(Some(value))
    }
}

/// Maximum length of an incomplete row, in bytes.
const MAX_PARTIAL: usize = 64 << 20;

/// Passes each row of a SELECT to `each`, including those received before an error. Returns whether it was all of them: not
/// if a row has no end.
pub(super) async fn copy(client: &Client, select: &str, mut each: impl FnMut(CopyRow<'_>)) -> Result<bool, Error> {
    let mut stream = pin!(client.copy_out(&format!("COPY ({select}) TO STDOUT (FORMAT binary)")).await?);
    let mut decoder = CopyDecoder::default();
    while let Some(bytes) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        decoder.decode(&bytes?, &mut each);
        if decoder.partial.len() > MAX_PARTIAL {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Decodes rows from a stream of bytes. A server message holds one row in practice, but the protocol does not promise it.
#[derive(Default)]
struct CopyDecoder {
    has_header: bool,
    /// The start of a row that is not complete yet.
    partial: Vec<u8>,
}

impl CopyDecoder {
    fn decode(&mut self, bytes: &[u8], each: &mut dyn FnMut(CopyRow<'_>)) {
        if self.partial.is_empty() {
            let used = self.complete_rows(bytes, each);
            self.partial.extend_from_slice(bytes.get(used..).unwrap_or_default());
        } else {
            let mut partial = std::mem::take(&mut self.partial);
            partial.extend_from_slice(bytes);
            let used = self.complete_rows(&partial, each);
            partial.drain(..used);
            self.partial = partial;
        }
    }

    /// Reads all complete rows; returns the number of bytes used.
    fn complete_rows(&mut self, bytes: &[u8], each: &mut dyn FnMut(CopyRow<'_>)) -> usize {
        let mut rest = bytes;
        if !self.has_header {
            let Some((_, after)) = rest.split_at_checked(HEADER) else { return 0 };
            self.has_header = true;
            rest = after;
        }
        while let Some(after) = row(rest, each) {
            rest = after;
        }
        bytes.len() - rest.len()
    }
}

/// Reads one row; returns the bytes after it. The end of the data is a row of −1 values.
fn row<'a>(bytes: &'a [u8], each: &mut dyn FnMut(CopyRow<'_>)) -> Option<&'a [u8]> {
    let (count, values) = bytes.split_first_chunk()?;
    let Ok(count) = u16::try_from(i16::from_be_bytes(*count)) else { return Some(values) };
    let mut cells = CopyRow { left: count, rest: values };
    if cells.by_ref().count() < usize::from(count) {
        return None;
    }
    each(CopyRow { left: count, rest: values });
    Some(cells.rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_wherever_the_stream_is_split() {
        let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
        for value in [Some(b"one".as_slice()), None, Some(b"")] {
            bytes.extend(2_i16.to_be_bytes());
            for value in [value, Some(b"x")] {
                bytes.extend(value.map_or(-1, |value| i32::try_from(value.len()).unwrap()).to_be_bytes());
                bytes.extend(value.unwrap_or_default());
            }
        }
        bytes.extend((-1_i16).to_be_bytes());
        let want = "[Some(\"one\"), Some(\"x\")] [None, Some(\"x\")] [Some(\"\"), Some(\"x\")]";
        for size in 1..=bytes.len() {
            let (mut decoder, mut seen) = (CopyDecoder::default(), Vec::new());
            for piece in bytes.chunks(size) {
                decoder.decode(piece, &mut |cells| {
                    let texts: Vec<_> = cells.map(|cell| cell.map(|cell| str::from_utf8(cell).unwrap())).collect();
                    seen.push(format!("{texts:?}"));
                });
            }
            assert_eq!(seen.join(" "), want, "in pieces of {size}");
        }
    }
}
