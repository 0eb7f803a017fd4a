//! Reads files line by line: NDJSON, and CSV whose cells may contain JSON text.

use std::{
    collections::BTreeSet,
    error::Error,
    fmt,
    io::{self, BufRead, Read},
};

use vigie_profile::batch::{QuoteScan, Reason, Records};

use super::{
    file::{ByteRange, FileFormat, LogFile},
    mapping::{Mapping, ReadSummary},
    record::RecordReader,
    records_builder::BATCH_ROWS,
    shape,
};
use crate::delimited::{DecimalSign, with_point};

/// Maximum length of a line in bytes, line end included. A longer one is malformed, and must not exhaust memory.
const MAX_LINE: u64 = 16 << 20;

/// Streams the records of a file, or of a range of its lines, into `sink`. Records read before an error have reached the
/// sink.
pub(super) fn read(
    file: &LogFile,
    range: Option<ByteRange>,
    mapping: &Mapping,
    sink: &mut dyn FnMut(Records),
) -> (ReadSummary, io::Result<()>) {
    read_most(file, range, u64::MAX, mapping, sink)
}

/// Streams the records of the first `most` lines of a file into `sink`.
pub(super) fn read_first(
    file: &LogFile,
    most: u64,
    mapping: &Mapping,
    sink: &mut dyn FnMut(Records),
) -> (ReadSummary, io::Result<()>) {
    read_most(file, None, most, mapping, sink)
}

fn read_most(
    file: &LogFile,
    range: Option<ByteRange>,
    most: u64,
    mapping: &Mapping,
    sink: &mut dyn FnMut(Records),
) -> (ReadSummary, io::Result<()>) {
    let mut reader = RecordReader::new(mapping);
    let result = match (file.format, range) {
        (FileFormat::Csv, _) => csv(file, most, &mut reader, mapping, sink),
        (_, Some(range)) => seek_to_line(file, range).and_then(|(stream, range)| match range {
            Some(range) => ndjson(stream, (range, most), &mut reader, mapping, sink),
            None => Ok(()),
        }),
        (_, None) => {
            let whole = ByteRange { from: 0, to: u64::MAX };
            file.stream().and_then(|stream| ndjson(stream, (whole, most), &mut reader, mapping, sink))
        }
    };
    sink(reader.builder.take(mapping));
    (reader.found, result)
}

/// Reads the first `most` lines of a file.
pub(super) fn read_into(reader: &mut RecordReader<'_>, file: &LogFile, most: u64, mapping: &Mapping) -> io::Result<()> {
    let whole = ByteRange { from: 0, to: u64::MAX };
    match file.format {
        FileFormat::Csv => csv(file, most, reader, mapping, &mut |_| {}),
        FileFormat::Ndjson | FileFormat::Parquet => ndjson(file.stream()?, (whole, most), reader, mapping, &mut |_| {}),
    }
}

/// Streams the bytes from the first line that begins in the range; the range is `None` if no line does.
fn seek_to_line(file: &LogFile, range: ByteRange) -> io::Result<(Box<dyn BufRead>, Option<ByteRange>)> {
    let Some(before) = range.from.checked_sub(1) else { return Ok((file.stream_from(0)?, Some(range))) };
    // A line begins after a line end: the one just before the range, or the next one.
    let mut stream = file.stream_from(before)?;
    let from = before.saturating_add(skip_line(&mut stream)?);
    Ok((stream, (from < range.to).then_some(ByteRange { from, ..range })))
}

/// Reads at most `most` lines that begin in the range.
fn ndjson(
    mut stream: Box<dyn BufRead>,
    (range, most): (ByteRange, u64),
    reader: &mut RecordReader<'_>,
    mapping: &Mapping,
    sink: &mut dyn FnMut(Records),
) -> io::Result<()> {
    let mut line = Vec::new();
    let (mut at, mut lines) = (range.from, 0);
    while at < range.to && lines < most {
        lines += 1;
        line.clear();
        let read = read_line(&mut stream, &mut line)?;
        if read == 0 {
            return Ok(());
        }
        let is_first = at == 0;
        at = at.saturating_add(read);
        if read == MAX_LINE && !line.ends_with(b"\n") {
            reader.builder.complaints.add(Reason::Malformed, "a line longer than 16 MB");
            at = at.saturating_add(skip_line(&mut stream)?);
            continue;
        }
        let mut text = line.trim_ascii();
        if is_first {
            text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        }
        if !text.is_empty() {
            reader.read_line(text);
        }
        if reader.builder.rows() >= BATCH_ROWS {
            sink(reader.builder.take(mapping));
        }
    }
    Ok(())
}

/// Appends to `line` what is left of a line, up to its end or the maximum length; returns the number of bytes.
/// (`read_until` finds the end three times slower.)
fn read_line(stream: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    let mut left = MAX_LINE;
    loop {
        let buffered = match stream.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            buffered => buffered?,
        };
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffered.len());
        let buffered = buffered.get(..most).unwrap_or_default();
        let end = memchr::memchr(b'\n', buffered);
        let read = end.map_or(buffered.len(), |end| end + 1);
        line.extend_from_slice(buffered.get(..read).unwrap_or_default());
        stream.consume(read);
        left -= read as u64;
        if end.is_some() || read == 0 {
            return Ok(MAX_LINE - left);
        }
    }
}

/// Skips to the next line; returns the number of bytes skipped.
fn skip_line(stream: &mut dyn BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffered = stream.fill_buf()?;
        let end = buffered.iter().position(|byte| *byte == b'\n');
        let (read, done) = end.map_or((buffered.len(), buffered.is_empty()), |end| (end + 1, true));
        stream.consume(read);
        skipped += read as u64;
        if done {
            return Ok(skipped);
        }
    }
}

/// Converts each row to a JSON object of strings, so that cells with and without JSON are read the same way.
fn csv(
    file: &LogFile,
    most: u64,
    reader: &mut RecordReader<'_>,
    mapping: &Mapping,
    sink: &mut dyn FnMut(Records),
) -> io::Result<()> {
    let separator = file.csv.separator.byte();
    let watch = QuoteWatch { stream: file.delimited()?, quotes: QuoteScan::new(separator) };
    let mut rows = csv::ReaderBuilder::new().delimiter(separator).from_reader(watch);
    let header = rows.headers().cloned().map_err(into_io)?;
    check_quotes(&rows)?;
    if shape::is_foreign(&header, file.csv.separator) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not CSV as its form says"));
    }
    // The first of two columns with the same name counts, as in pandas.
    let mut names = BTreeSet::new();
    let mut header_texts = Vec::with_capacity(header.len());
    for name in &header {
        let name = name.trim_start_matches('\u{feff}');
        let is_first = names.insert(name);
        if !is_first {
            reader.found.doubled.note(name);
        }
        header_texts.push(if is_first { Some(serde_json::to_vec(name)?) } else { None });
    }
    let mut row = csv::StringRecord::new();
    let mut line = Vec::new();
    for _ in 0..most {
        match rows.read_record(&mut row) {
            Ok(false) => return rows.get_ref().quotes.stray().map_or(Ok(()), |line| Err(unclosed(line))),
            Ok(true) => {
                check_quotes(&rows)?;
                line.clear();
                let cells = header_texts.iter().zip(row.iter()).filter_map(|(name, cell)| Some((name.as_ref()?, cell)));
                for (place, (name, cell)) in cells.enumerate() {
                    line.push(if place == 0 { b'{' } else { b',' });
                    line.extend_from_slice(name);
                    line.push(b':');
                    match file.csv.decimal {
                        DecimalSign::Point => serde_json::to_writer(&mut line, cell)?,
                        DecimalSign::Comma => serde_json::to_writer(&mut line, &with_point(cell))?,
                    }
                }
                line.push(b'}');
                reader.read_line(&line);
            }
            Err(error) if matches!(error.kind(), csv::ErrorKind::Io(_)) => return Err(into_io(error)),
            Err(error) => reader.builder.complaints.add(Reason::Malformed, &describe(&error)),
        }
        if reader.builder.rows() >= BATCH_ROWS {
            sink(reader.builder.take(mapping));
        }
    }
    Ok(())
}

/// Bytes that are scanned for quotes on their way to the CSV reader, which would keep a row of any length in memory.
struct QuoteWatch {
    stream: Box<dyn Read>,
    quotes: QuoteScan,
}

impl Read for QuoteWatch {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        if read == 0 {
            self.quotes.finish(true);
        } else {
            self.quotes.feed(buffer.get(..read).unwrap_or_default());
        }
        match self.quotes.open_row() {
            (length, Some(line)) if length > MAX_LINE => Err(unclosed(line)),
            (length, None) if length > MAX_LINE => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "a row is longer than 16 MB; the rest is not read"))
            }
            _ => Ok(read),
        }
    }
}

/// A quoted cell in CSV that takes in all that follows.
#[derive(Debug)]
pub(super) struct UnclosedQuote {
    /// Where it begins.
    pub line: u64,
}

impl fmt::Display for UnclosedQuote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: a quoted cell that begins here does not end", self.line)
    }
}

impl Error for UnclosedQuote {}

fn unclosed(line: u64) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, UnclosedQuote { line })
}

/// Fails if the last row is one that takes in all that follows.
fn check_quotes(rows: &csv::Reader<QuoteWatch>) -> io::Result<()> {
    match rows.get_ref().quotes.stray() {
        Some(line) if rows.position().line() > line => Err(unclosed(line)),
        _ => Ok(()),
    }
}

fn describe(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells, but the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        _ => "not CSV".to_owned(),
    }
}

fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        _ => io::Error::new(io::ErrorKind::InvalidData, "its header is not valid UTF-8 CSV"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vigie_profile::layout::{Column, Kind, LevelSpelling};

    use super::*;
    use crate::source::{Request, SourceOptions, file::FileForm, store::StoredFile};

    fn mapping() -> Mapping {
        let options: SourceOptions = serde_yaml::from_str("path: x\nfields: {timestamp: t}").unwrap();
        let columns = vec![Column { name: "a".to_owned(), kind: Kind::Numeric, spelling: LevelSpelling::Canonical }];
        Mapping::new(&options, &Request { columns, window: None }).unwrap()
    }

    /// Returns the times of all records and the number of malformed lines.
    fn read_ranges(file: &LogFile, ranges: &[Option<ByteRange>]) -> (Vec<i64>, u64) {
        let mapping = mapping();
        let (mut times, mut malformed) = (Vec::new(), 0);
        for range in ranges {
            let (_, result) = read(file, *range, &mapping, &mut |records| {
                times.extend(records.timestamp);
                malformed += records.complaints.count(Reason::Malformed);
            });
            result.unwrap();
        }
        (times, malformed)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn ranges_of_any_length_read_each_line_once(
            lines in prop::collection::vec(prop_oneof![
                8 => (1_790_000_000_u32..1_790_001_000).prop_map(|a| format!("{{\"t\": {a}, \"a\": 1}}")),
                1 => Just(String::new()),
                1 => Just("torn".to_owned()),
                1 => Just("  {\"t\": 1790000007}\r".to_owned()),
            ], 0..30),
            ends in any::<bool>(),
            step in 1u64..200,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log.ndjson");
            let text = lines.join("\n") + if ends { "\n" } else { "" };
            std::fs::write(&path, &text).unwrap();
            let file = LogFile::new(StoredFile::Local(path), folder.path(), FileForm::default()).unwrap();
            let count = (text.len() as u64).div_ceil(step).max(1);
            let to = |number| if number + 1 == count { u64::MAX } else { (number + 1) * step };
            let ranges: Vec<Option<ByteRange>> =
                (0..count).map(|number| Some(ByteRange { from: number * step, to: to(number) })).collect();
            prop_assert_eq!(read_ranges(&file, &ranges), read_ranges(&file, &[None]));
        }
    }
}
