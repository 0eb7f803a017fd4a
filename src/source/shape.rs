//! Recognises what a file looks like of which no line is a record.

use std::io::{self, BufRead, Read};

use serde_json::Value;

use super::{
    file::{FileFormat, LogFile},
    file_summary::FileSummary,
};
use crate::{
    delimited::{Separator, WrongEncoding, is_spreadsheet},
    fault::{InputShape, Packing},
};

/// Number of bytes that are looked at.
const HEAD: usize = 1 << 16;
/// Number of lines that are tried before a file is taken for unreadable.
const TRIED_LINES: usize = 20;

/// What a file looks like, and the first line that shows it.
pub(super) type Found = (InputShape, Option<u64>);

/// Recognises a file that could not be read. `None`: nothing more is known about it.
pub(super) fn recognise(file: &LogFile) -> Option<Found> {
    let raw = head(file.stored.stream(0).ok()?).ok()?;
    if let Some(found) = by_magic(&raw, file) {
        return Some((found, None));
    }
    // Damaged, which the decoder describes better.
    if file.format == FileFormat::Parquet {
        return None;
    }
    let bytes = match file.format {
        FileFormat::Csv => match file.delimited().and_then(head) {
            Err(error) if WrongEncoding::is_cause_of(&error) => {
                return Some((InputShape::WrongEncoding, None));
            }
            text => text.ok()?,
        },
        _ if file.is_compressed() => head(file.stream().ok()?).ok()?,
        _ => raw,
    };
    if let Some((shape, line)) = encoding(&bytes) {
        return Some((shape, Some(line)));
    }
    let text = String::from_utf8_lossy(&bytes);
    let (number, line) = first_line(&text)?;
    let shape = match file.format {
        FileFormat::Ndjson => json_shape(&text, line),
        FileFormat::Csv => csv_shape(&text, line, file.csv.separator.into()),
        FileFormat::Parquet => return None,
    };
    Some((shape, Some(number)))
}

/// Recognises a file of which no line is a record, or only the last one of an array. `None`: it is not lost.
pub(super) fn lost(file: &LogFile, read: &FileSummary) -> Option<Found> {
    if !read.is_mostly_malformed() {
        return None;
    }
    lost_lines(file).filter(|(shape, _)| read.parsed == 0 || may_end_in_record(*shape))
}

/// Returns whether the last line may be a record although the others are not: it has no comma behind it.
fn may_end_in_record(shape: InputShape) -> bool {
    matches!(shape, InputShape::JsonArray | InputShape::TrailingComma)
}

/// Recognises a file by its lines. `None`: it may only have begun to be written.
fn lost_lines(file: &LogFile) -> Option<Found> {
    let bytes = file.stream().and_then(head).unwrap_or_default();
    let text = bytes.trim_ascii();
    if file.format == FileFormat::Ndjson && !text.contains(&b'\n') && !bytes.ends_with(b"\n") && is_torn(text) {
        return None;
    }
    recognise(file).or(Some((InputShape::Unknown, Some(1))))
}

/// Recognises a file if none of its first lines is a record. `Err`: it cannot be read.
pub(super) fn check(file: &LogFile) -> io::Result<Option<Found>> {
    let (records, others) = match file.format {
        FileFormat::Parquet => return Ok(by_magic(&head(file.stored.stream(0)?)?, file).map(|shape| (shape, None))),
        FileFormat::Ndjson => try_json(file.stream()?)?,
        FileFormat::Csv => try_csv(file),
    };
    if records > others || others == 0 {
        return Ok(None);
    }
    Ok(recognise(file).filter(|(shape, _)| records == 0 || may_end_in_record(*shape)))
}

/// Counts the first lines that are records, and those that are not.
fn try_json(stream: Box<dyn BufRead>) -> io::Result<(usize, usize)> {
    let mut stream = stream.take(HEAD as u64 * 16);
    let mut line = Vec::new();
    let (mut records, mut others) = (0, 0);
    while records + others < TRIED_LINES {
        line.clear();
        match stream.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            // Not compressed, although it is named so.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok((0, 1)),
            Err(error) => return Err(error),
        }
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        if is_record(text) {
            records += 1;
        } else if line.ends_with(b"\n") || !is_torn(text) {
            others += 1;
        } else {
            break;
        }
    }
    Ok((records, others))
}

fn is_record(text: &[u8]) -> bool {
    let plain = vigie_profile::batch::plain_tokens(text);
    let text = plain.as_deref().unwrap_or(text);
    text.starts_with(b"{")
        && std::str::from_utf8(text).is_ok()
        && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

/// Returns whether a last line without a line end is the beginning of a record.
pub(super) fn is_torn(text: &[u8]) -> bool {
    text.starts_with(b"{\"") && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_err_and(|error| error.is_eof())
}

/// Counts the first rows with as many cells as the header, and the others.
fn try_csv(file: &LogFile) -> (usize, usize) {
    let Ok(text) = file.delimited() else { return (0, 1) };
    let separator = file.csv.separator;
    let mut rows = csv::ReaderBuilder::new().delimiter(separator.byte()).from_reader(text.take(HEAD as u64 * 16));
    match rows.headers() {
        Ok(header) if !is_foreign(header, separator) => {}
        _ => return (0, 1),
    }
    let rows = rows.into_records().take(TRIED_LINES);
    rows.fold((0, 0), |(records, others), row| if row.is_ok() { (records + 1, others) } else { (records, others + 1) })
}

/// Returns whether the first line of a file is not that of CSV with this separator.
pub(super) fn is_foreign(header: &csv::StringRecord, separator: Separator) -> bool {
    let is_json = header.get(0).is_some_and(|cell| cell.trim_start().starts_with(['{', '[']));
    is_json || other_separator(header, separator).is_some() || header.iter().any(|cell| cell.contains('\0'))
}

/// The separator of a header that is a single cell.
fn other_separator(header: &csv::StringRecord, own: Separator) -> Option<char> {
    let only = header.get(0).filter(|_| header.len() == 1)?;
    other_separators(own.into()).find(|separator| only.contains(*separator))
}

fn other_separators(own: char) -> impl Iterator<Item = char> {
    Separator::ALL.into_iter().map(char::from).filter(move |separator| *separator != own)
}

fn head(stream: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(HEAD as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Recognises a file by its first bytes.
fn by_magic(raw: &[u8], file: &LogFile) -> Option<InputShape> {
    const MAGIC: [(&[u8], Packing); 7] = [
        (b"\x1f\x8b", Packing::Gzip),
        (b"\x28\xb5\x2f\xfd", Packing::Zstd),
        (b"BZh", Packing::Bzip2),
        (b"\xfd7zXZ\0", Packing::Xz),
        (b"PK\x03\x04", Packing::Zip),
        (b"\x04\x22\x4d\x18", Packing::Lz4),
        (b"\xff\x06\0\0sNaPpY", Packing::Snappy),
    ];
    if is_spreadsheet(raw) {
        return Some(InputShape::Spreadsheet);
    }
    let packing = MAGIC.iter().find(|(magic, _)| raw.starts_with(magic)).map(|(_, packing)| *packing);
    let is_text = std::str::from_utf8(raw.get(..raw.len().min(64)).unwrap_or_default()).is_ok();
    if let Some(packing) = packing {
        let is_unnamed = !file.is_compressed() || packing.ending().is_none();
        return is_unnamed.then_some(InputShape::Compressed(packing));
    }
    let (is_parquet, should_be_parquet) = (raw.starts_with(b"PAR1"), file.format == FileFormat::Parquet);
    if file.is_compressed() {
        (is_parquet || is_text && !raw.is_empty()).then_some(InputShape::NotCompressed)
    } else if raw.starts_with(b"PARE") {
        Some(InputShape::EncryptedParquet)
    } else if is_parquet {
        (!should_be_parquet).then_some(InputShape::Parquet)
    } else if should_be_parquet && raw.len() > 4 {
        let is_json = raw.trim_ascii_start().starts_with(b"{");
        Some(if is_json { InputShape::Json } else { InputShape::NotParquet })
    } else {
        None
    }
}

/// Recognises an encoding other than UTF-8, and returns the first line that shows it.
fn encoding(bytes: &[u8]) -> Option<(InputShape, u64)> {
    // In Latin text, every second byte is zero: all at odd places, or all at even ones.
    let zeros_at = |first: usize| bytes.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros_at(0), zeros_at(1));
    let is_every_second = even.max(odd) * 10 > bytes.len() * 3 && even.min(odd) * 10 < bytes.len();
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || is_every_second {
        return Some((InputShape::Utf16, 1));
    }
    let is_control = |byte: &&u8| **byte < 9 || (14..27).contains(*byte);
    if bytes.iter().filter(is_control).count() > bytes.len() / 20 {
        return Some((InputShape::Binary, 1));
    }
    let error = std::str::from_utf8(bytes).err()?;
    // The head may end inside a character.
    let is_cut = error.error_len().is_none() && bytes.len() == HEAD;
    let lines = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
    (!is_cut).then_some((InputShape::NotUtf8, lines as u64 + 1))
}

/// The first line that is not blank, with its number.
fn first_line(text: &str) -> Option<(u64, &str)> {
    let lines = text.trim_start_matches('\u{feff}').split('\n').zip(1..);
    lines.map(|(line, number)| (number, line.trim())).find(|(_, line)| !line.is_empty())
}

fn json_shape(text: &str, line: &str) -> InputShape {
    if let Ok(value) = serde_json::from_str::<Value>(line) {
        return match value {
            Value::String(inner) if inner.trim_start().starts_with(['{', '[']) => InputShape::JsonText,
            Value::Array(items) if items.iter().all(|item| !item.is_object()) => InputShape::Lists,
            Value::Array(_) => InputShape::JsonArray,
            _ => InputShape::Unknown,
        };
    }
    if line.starts_with('[') {
        return InputShape::JsonArray;
    }
    if line.starts_with('<') {
        return InputShape::Markup;
    }
    if line.starts_with("{'") {
        return InputShape::PythonDict;
    }
    if line.starts_with('{') {
        return object_shape(text, line);
    }
    let is_object = |text: &str| text.starts_with('{') && is_record(text.as_bytes());
    if let Some(start) = line.find('{')
        && line
            .get(start..)
            .zip(line.rfind('}'))
            .is_some_and(|(rest, end)| is_object(rest) || rest.get(..=end.saturating_sub(start)).is_some_and(is_object))
    {
        return InputShape::Prefix;
    }
    if line.split_whitespace().filter(|word| word.split_once('=').is_some_and(|(key, _)| !key.is_empty())).count() > 2 {
        return InputShape::KeyValue;
    }
    match separator(text) {
        Some(',') => InputShape::Csv,
        Some(separator) => InputShape::Separator(separator),
        None => InputShape::Unknown,
    }
}

fn object_shape(text: &str, line: &str) -> InputShape {
    if line.strip_suffix(',').is_some_and(|record| is_record(record.trim_end().as_bytes())) {
        return InputShape::TrailingComma;
    }
    let mut values = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}')).into_iter::<Value>();
    if let Some(Ok(_)) = values.next() {
        let first = text.get(..values.byte_offset()).unwrap_or_default();
        return if first.trim().contains('\n') { InputShape::Indented } else { InputShape::NoLineBreaks };
    }
    // An indented record longer than the head.
    if line == "{" { InputShape::Indented } else { InputShape::Unknown }
}

/// The separator that occurs equally often in the first two lines.
fn separator(text: &str) -> Option<char> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (first, second) = (lines.next()?, lines.next()?);
    let count = |line: &str, separator: char| line.matches(separator).count();
    [',', ';', '\t', '|']
        .into_iter()
        .filter(|separator| count(first, *separator) > 0 && count(first, *separator) == count(second, *separator))
        .max_by_key(|separator| count(first, *separator))
}

fn csv_shape(text: &str, line: &str, own: char) -> InputShape {
    if line.starts_with(['{', '[']) {
        return InputShape::Json;
    }
    if line.starts_with('<') {
        return InputShape::Markup;
    }
    if line.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("sep=")) && line.get(4..) == Some(&own.to_string())
    {
        return InputShape::SepLine;
    }
    let separators = other_separators(own).filter(|separator| line.contains(*separator));
    let own_count = line.matches(own).count();
    if let Some(separator) = separators.max_by_key(|separator| line.matches(*separator).count())
        && line.matches(separator).count() > own_count
    {
        return InputShape::Separator(separator);
    }
    let cells: Vec<&str> = line.split(own).collect();
    let values = cells.iter().filter(|cell| cell.trim_matches(['"', ' ']).parse::<f64>().is_ok()).count();
    if values * 3 > cells.len() {
        InputShape::NoHeader
    } else if text.lines().count() > 1 {
        InputShape::CellCount
    } else {
        InputShape::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        delimited::CsvForm,
        source::{file::FileForm, store::StoredFile},
    };

    fn shape(name: &str, content: impl AsRef<[u8]>) -> Option<Found> {
        shape_as(name, content, CsvForm::default())
    }

    /// The shape of a file that is read as this form of CSV.
    fn shape_as(name: &str, content: impl AsRef<[u8]>, csv: CsvForm) -> Option<Found> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let file = LogFile::new(StoredFile::Local(path), folder.path(), FileForm { format: None, csv }).unwrap();
        check(&file).unwrap_or_else(|_| recognise(&file))
    }

    #[test]
    fn unreadable_files_are_recognised() {
        let record = r#"{"ts": "2026-10-01", "AGE": 41}"#;
        let json = |content: &str| shape("a.ndjson", content);
        assert_eq!(json(&format!("{record}\n{record}\n")), None);
        assert_eq!(json(""), None);
        assert_eq!(json("{\"ts\": \"2026-1"), None, "still being written");
        assert_eq!(json(&format!("[{record},{record}]")), Some((InputShape::JsonArray, Some(1))));
        assert_eq!(json(&format!("\n[\n  {record},\n  {record}\n]")), Some((InputShape::JsonArray, Some(2))));
        assert_eq!(json(&format!("[{record},\n{record}]\n")), Some((InputShape::JsonArray, Some(1))));
        assert_eq!(json(&format!("{record},\n{record}")), Some((InputShape::TrailingComma, Some(1))));
        assert_eq!(json(&format!("starting\n{record}\n")), None, "other lines are counted, and the rest is read");
        assert_eq!(json(&format!("{}\n", Value::from(record))), Some((InputShape::JsonText, Some(1))));
        assert_eq!(
            json("{\n  \"ts\": 1,\n  \"AGE\": 41\n}\n{\n  \"ts\": 2\n}\n"),
            Some((InputShape::Indented, Some(1)))
        );
        assert_eq!(json(&format!("{record}{record}")), Some((InputShape::NoLineBreaks, Some(1))));
        assert_eq!(json(&format!("{record},\n{record},\n")), Some((InputShape::TrailingComma, Some(1))));
        assert_eq!(json(&format!("2026-10-01 INFO {record}\n")), Some((InputShape::Prefix, Some(1))));
        assert_eq!(json("[1, 2, 3]\n[4, 5, 6]\n"), Some((InputShape::Lists, Some(1))));
        assert_eq!(json("{'ts': 1, 'AGE': None}\n"), Some((InputShape::PythonDict, Some(1))));
        assert_eq!(json("<html><body>404</body></html>\n"), Some((InputShape::Markup, Some(1))));
        assert_eq!(json("ts=1 age=41 p=0.2\n"), Some((InputShape::KeyValue, Some(1))));
        assert_eq!(json("ts,AGE,p\n1,41,0.2\n"), Some((InputShape::Csv, Some(1))));
        assert_eq!(json("ts;AGE;p\n1;41;0,2\n"), Some((InputShape::Separator(';'), Some(1))));
        assert_eq!(json("hello\n"), Some((InputShape::Unknown, Some(1))));
        let csv = |content: &str| shape("a.csv", content);
        assert_eq!(csv("ts,AGE\n1,41\n"), None);
        assert_eq!(csv("ts\tAGE\n1\t41\n"), Some((InputShape::Separator('\t'), Some(1))));
        assert_eq!(csv("ts,AGE\n1,41,5\n2,42,5\n"), Some((InputShape::CellCount, Some(1))));
        assert_eq!(csv("sep=,\nts,AGE,p\n1,41,0.5\n"), Some((InputShape::SepLine, Some(1))));
        assert_eq!(csv("sep=;\nts;AGE;p\n1;41;0,5\n"), Some((InputShape::Separator(';'), Some(1))));
        assert_eq!(csv(&format!("{record}\n{record}\n")), Some((InputShape::Json, Some(1))));
        let stated = |form: &str, content: &[u8]| shape_as("a.csv", content, form.parse().unwrap());
        assert_eq!(stated("separator=;", b"ts;AGE\n1;41\n"), None);
        assert_eq!(stated("separator=;", b"ts,AGE\n1,41\n"), Some((InputShape::Separator(','), Some(1))));
        assert_eq!(stated("separator=;", b"sep=;\nts;AGE;p\n1;41;0\n"), Some((InputShape::SepLine, Some(1))));
        assert_eq!(stated("encoding=windows-1252", b"ts,AGE\n1,\xe9\n"), None);
        assert_eq!(stated("encoding=utf-16le", b"ts,AGE\n1,41\n"), Some((InputShape::WrongEncoding, None)));
        let utf16: Vec<u8> = record.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(
            shape("a.ndjson", [b"\xff\xfe".as_slice(), utf16.as_slice()].concat()),
            Some((InputShape::Utf16, Some(1)))
        );
        assert_eq!(shape("a.ndjson", utf16), Some((InputShape::Utf16, Some(1))));
        assert_eq!(shape("a.ndjson", b"Accord\xe9 donn\xe9\n"), Some((InputShape::NotUtf8, Some(1))));
        assert_eq!(shape("a.csv", b"ts,note\n1,Accord\xe9\n2,refus\xe9\n"), Some((InputShape::NotUtf8, Some(2))));
        let packed = zstd::encode_all(record.as_bytes(), 1).unwrap();
        assert_eq!(shape("a.ndjson", packed), Some((InputShape::Compressed(Packing::Zstd), None)));
        assert_eq!(shape("a.ndjson", b"BZh91AY&SY\x80\x81"), Some((InputShape::Compressed(Packing::Bzip2), None)));
        assert_eq!(shape("a.ndjson.gz", record), Some((InputShape::NotCompressed, None)));
        assert_eq!(shape("a.parquet.gz", b"PAR1\x15\x04\xff\x10"), Some((InputShape::NotCompressed, None)));
        let workbook = b"PK\x03\x04\x14\0\0\0\x08\0\0\0!\0b\xee\x9dh\x13\0\0\0[Content_Types].xml";
        assert_eq!(shape("a.csv", workbook), Some((InputShape::Spreadsheet, None)));
        assert_eq!(shape("a.parquet", workbook), Some((InputShape::Spreadsheet, None)));
        let zeros = [b"SQLite format 3\0".as_slice(), &[0; 500]].concat();
        assert_eq!(shape("a.ndjson", zeros), Some((InputShape::Binary, Some(1))));
        assert_eq!(shape("a.parquet", record), Some((InputShape::Json, None)));
        assert_eq!(shape("a.ndjson", b"PAR1\x15\x04\x15\x10"), Some((InputShape::Parquet, None)));
    }
}
