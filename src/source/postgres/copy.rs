//! `COPY … TO STDOUT (FORMAT binary)` as rows: one pass over what comes, whole rows or not.

use std::{future::poll_fn, pin::pin};

use futures_core::Stream;
use tokio_postgres::{Client, Error};

/// The signature, the flags and the length of an extension that no version has yet.
const HEADER: usize = 11 + 4 + 4;

/// The values of one row, in the order they were asked for; `None` is NULL.
pub(super) struct Cells<'a> {
    left: u16,
    rest: &'a [u8],
}

impl<'a> Iterator for Cells<'a> {
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

/// Hands each row of a SELECT to `each`. What came before an error has reached it.
pub(super) async fn copy(client: &Client, select: &str, mut each: impl FnMut(Cells<'_>)) -> Result<(), Error> {
    let mut stream = pin!(client.copy_out(&format!("COPY ({select}) TO STDOUT (FORMAT binary)")).await?);
    let mut rows = Rows::default();
    while let Some(bytes) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        rows.take(&bytes?, &mut each);
    }
    Ok(())
}

/// Bytes on their way to become rows. A message of the server holds one row, but nobody promises it.
#[derive(Default)]
struct Rows {
    has_begun: bool,
    torn: Vec<u8>,
}

impl Rows {
    fn take(&mut self, bytes: &[u8], each: &mut dyn FnMut(Cells<'_>)) {
        if self.torn.is_empty() {
            let used = self.whole(bytes, each);
            self.torn.extend_from_slice(bytes.get(used..).unwrap_or_default());
        } else {
            let mut torn = std::mem::take(&mut self.torn);
            torn.extend_from_slice(bytes);
            let used = self.whole(&torn, each);
            torn.drain(..used);
            self.torn = torn;
        }
    }

    /// Reads the rows that are there to their end; says how many bytes they were.
    fn whole(&mut self, bytes: &[u8], each: &mut dyn FnMut(Cells<'_>)) -> usize {
        let mut rest = bytes;
        if !self.has_begun {
            let Some((_, after)) = rest.split_at_checked(HEADER) else { return 0 };
            self.has_begun = true;
            rest = after;
        }
        while let Some(after) = row(rest, each) {
            rest = after;
        }
        bytes.len() - rest.len()
    }
}

/// One row, and what follows it. The end of the data is a row of −1 values.
fn row<'a>(bytes: &'a [u8], each: &mut dyn FnMut(Cells<'_>)) -> Option<&'a [u8]> {
    let (count, values) = bytes.split_first_chunk()?;
    let Ok(count) = u16::try_from(i16::from_be_bytes(*count)) else { return Some(values) };
    let mut cells = Cells { left: count, rest: values };
    if cells.by_ref().count() < usize::from(count) {
        return None;
    }
    each(Cells { left: count, rest: values });
    Some(cells.rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_wherever_the_bytes_are_cut() {
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
            let (mut rows, mut seen) = (Rows::default(), Vec::new());
            for piece in bytes.chunks(size) {
                rows.take(piece, &mut |cells| {
                    let texts: Vec<_> = cells.map(|cell| cell.map(|cell| str::from_utf8(cell).unwrap())).collect();
                    seen.push(format!("{texts:?}"));
                });
            }
            assert_eq!(seen.join(" "), want, "in pieces of {size}");
        }
    }
}
