//! Files read line by line: NDJSON, and CSV whose cells may hold JSON text.

use std::io::{self, BufRead, Read};

use vigie_profile::batch::{Reason, Records};

use super::{
    file::{Format, LogFile, Stretch},
    mapping::{Found, Mapping},
    record::RecordReader,
    sheet::SHEET_ROWS,
};

/// Bytes of a line, with its end; a longer one is no record, and must not fill the memory.
const LONGEST: u64 = 16 << 20;

/// Streams the records of a file, or of a stretch of its lines, into `sink`. What was read before an error has reached
/// the sink.
pub(super) fn read(
    file: &LogFile,
    stretch: Option<Stretch>,
    mapping: &Mapping,
    sink: &mut dyn FnMut(Records),
) -> (Found, io::Result<()>) {
    let mut reader = RecordReader::new(mapping);
    let outcome = match (file.format, stretch) {
        (Format::Csv, _) => file.stream().and_then(|stream| csv(stream, &mut reader, mapping, sink)),
        (_, Some(stretch)) => within(file, stretch).and_then(|(stream, stretch)| match stretch {
            Some(stretch) => ndjson(stream, stretch, &mut reader, mapping, sink),
            None => Ok(()),
        }),
        (_, None) => {
            let whole = Stretch { from: 0, to: u64::MAX };
            file.stream().and_then(|stream| ndjson(stream, whole, &mut reader, mapping, sink))
        }
    };
    sink(reader.sheet.take(mapping));
    (reader.found, outcome)
}

/// The bytes from the first line on that begins in the stretch; `None`: none does.
fn within(file: &LogFile, stretch: Stretch) -> io::Result<(Box<dyn BufRead>, Option<Stretch>)> {
    let Some(before) = stretch.from.checked_sub(1) else { return Ok((file.stream_from(0)?, Some(stretch))) };
    // A line begins after a line end: the one that ends just before the stretch, or the next.
    let mut stream = file.stream_from(before)?;
    let from = before.saturating_add(skip_line(&mut stream)?);
    Ok((stream, (from < stretch.to).then_some(Stretch { from, ..stretch })))
}

fn ndjson(
    mut stream: Box<dyn BufRead>,
    stretch: Stretch,
    reader: &mut RecordReader<'_>,
    mapping: &Mapping,
    sink: &mut dyn FnMut(Records),
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut at = stretch.from;
    while at < stretch.to {
        line.clear();
        let read = stream.by_ref().take(LONGEST).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            return Ok(());
        }
        let is_first = at == 0;
        at = at.saturating_add(read);
        if read == LONGEST && !line.ends_with(b"\n") {
            reader.sheet.complaints.add(Reason::Malformed, "a line of more than 16 MB");
            at = at.saturating_add(skip_line(&mut stream)?);
            continue;
        }
        let mut text = line.trim_ascii();
        if is_first {
            text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        }
        if !text.is_empty() {
            reader.line(text);
        }
        if reader.sheet.rows() >= SHEET_ROWS {
            sink(reader.sheet.take(mapping));
        }
    }
    Ok(())
}

/// Reads on to the next line, keeping nothing; says how many bytes that was.
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

/// Each line becomes a JSON object of texts: one way of reading cells, with or without JSON in them.
fn csv(
    stream: Box<dyn BufRead>,
    reader: &mut RecordReader<'_>,
    mapping: &Mapping,
    sink: &mut dyn FnMut(Records),
) -> io::Result<()> {
    let mut rows = csv::ReaderBuilder::new().from_reader(stream);
    let header: Vec<Vec<u8>> = match rows.headers() {
        Ok(header) => header
            .iter()
            .map(|name| serde_json::to_vec(name.trim_start_matches('\u{feff}')))
            .collect::<Result<_, _>>()?,
        Err(error) => return Err(into_io(error)),
    };
    let mut row = csv::StringRecord::new();
    let mut line = Vec::new();
    loop {
        match rows.read_record(&mut row) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                line.clear();
                for (place, (name, cell)) in header.iter().zip(row.iter()).enumerate() {
                    line.push(if place == 0 { b'{' } else { b',' });
                    line.extend_from_slice(name);
                    line.push(b':');
                    serde_json::to_writer(&mut line, cell)?;
                }
                line.push(b'}');
                reader.line(&line);
            }
            Err(error) if matches!(error.kind(), csv::ErrorKind::Io(_)) => return Err(into_io(error)),
            Err(error) => reader.sheet.complaints.add(Reason::Malformed, &spoken(&error)),
        }
        if reader.sheet.rows() >= SHEET_ROWS {
            sink(reader.sheet.take(mapping));
        }
    }
}

fn spoken(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells where the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        _ => "not CSV".to_owned(),
    }
}

fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        _ => io::Error::new(io::ErrorKind::InvalidData, "its header is not CSV in UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vigie_profile::layout::{Column, Kind};

    use super::*;
    use crate::source::{Options, Request};

    fn mapping() -> Mapping {
        let options: Options = serde_yaml::from_str("path: x\nfields: {timestamp: t}").unwrap();
        let columns = vec![Column { name: "a".to_owned(), kind: Kind::Numeric }];
        Mapping::new(&options, &Request { columns, window: None }).unwrap()
    }

    /// Times of all records, and how many lines are none.
    fn read_in(file: &LogFile, stretches: &[Option<Stretch>]) -> (Vec<i64>, u64) {
        let mapping = mapping();
        let (mut times, mut malformed) = (Vec::new(), 0);
        for stretch in stretches {
            let (_, outcome) = read(file, *stretch, &mapping, &mut |records| {
                times.extend(records.timestamp);
                malformed += records.complaints.of(Reason::Malformed);
            });
            outcome.unwrap();
        }
        (times, malformed)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn stretches_of_any_length_read_each_line_once(
            lines in prop::collection::vec(prop_oneof![
                8 => (0u32..1000).prop_map(|a| format!("{{\"t\": {a}, \"a\": 1}}")),
                1 => Just(String::new()),
                1 => Just("torn".to_owned()),
                1 => Just("  {\"t\": 7}\r".to_owned()),
            ], 0..30),
            ends in any::<bool>(),
            step in 1u64..200,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log.ndjson");
            let text = lines.join("\n") + if ends { "\n" } else { "" };
            std::fs::write(&path, &text).unwrap();
            let file = LogFile::new(&path, folder.path()).unwrap();
            let count = (text.len() as u64).div_ceil(step).max(1);
            let to = |number| if number + 1 == count { u64::MAX } else { (number + 1) * step };
            let stretches: Vec<Option<Stretch>> =
                (0..count).map(|number| Some(Stretch { from: number * step, to: to(number) })).collect();
            prop_assert_eq!(read_in(&file, &stretches), read_in(&file, &[None]));
        }
    }
}
