//! Reads a training table in CSV: every cell as text, and a file that is not what it seems refused with its line.

use std::io::{Cursor, Read};

use vigie_profile::{batch::QuoteScan, shown::shown};

use super::{
    table_problem::{Table, TableProblem},
    training::{TrainingColumn, TrainingValues},
};
use crate::delimited::{
    CsvForm, DecimalSign, DetectedCsv, Separator, TextEncoding, WrongEncoding, decoded, with_point,
};

/// Reads the cells; the kind of a column is decided from all its cells. Empty cells are missing values.
pub(super) fn read(bytes: Vec<u8>, form: CsvForm) -> Result<Table, TableProblem> {
    let text = utf8(bytes, form)?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    check_encoding(text, form)?;
    let mut quotes = QuoteScan::new(form.separator.byte());
    quotes.feed(text);
    quotes.finish(false);
    if let Some(line) = quotes.stray() {
        return Err(format!("line {line}: a quoted cell that begins here does not end").into());
    }
    let mut table = csv::ReaderBuilder::new().delimiter(form.separator.byte()).flexible(true).from_reader(text);
    let header = table.headers().map_err(|error| error.to_string())?.clone();
    check_header(text, &header, form)?;
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); header.len()];
    let mut rows = 0;
    for row in table.records() {
        let row = row.map_err(|error| error.to_string())?;
        if row.len() != header.len() {
            let line = row.position().map_or(0, csv::Position::line);
            let cells = if row.len() == 1 { "cell" } else { "cells" };
            let why = format!("line {line} has {} {cells}, but the header has {}", row.len(), header.len());
            return Err(with_detected(why, text, form));
        }
        for (texts, cell) in columns.iter_mut().zip(&row) {
            let cell = match form.decimal {
                DecimalSign::Point => cell.into(),
                DecimalSign::Comma => with_point(cell),
            };
            texts.push((!cell.is_empty()).then(|| cell.into_owned()));
        }
        rows += 1;
    }
    let column = |(name, texts): (&str, Vec<Option<String>>)| TrainingColumn {
        name: name.to_owned(),
        values: TrainingValues::Texts(texts),
        is_single: false,
        is_typed: false,
    };
    Ok((rows, header.iter().zip(columns).map(column).collect()))
}

/// The text in UTF-8, if the file is in the encoding of the form.
fn utf8(bytes: Vec<u8>, form: CsvForm) -> Result<Vec<u8>, TableProblem> {
    if form.encoding == TextEncoding::Utf8 {
        return Ok(bytes);
    }
    let mut text = Vec::with_capacity(bytes.len());
    let found = DetectedCsv::of(&bytes).map(|found| found.form);
    decoded(Cursor::new(bytes), form.encoding)
        .and_then(|mut stream| stream.read_to_end(&mut text))
        .map_err(|_| with_form(format!("{WrongEncoding} ({})", form.encoding.name()), found, form))?;
    Ok(text)
}

/// Fails unless the text is UTF-8.
fn check_encoding(text: &[u8], form: CsvForm) -> Result<(), TableProblem> {
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Err(with_detected("it is in UTF-16, not UTF-8", text, form));
    }
    let Err(error) = std::str::from_utf8(text) else { return Ok(()) };
    let before = text.get(..error.valid_up_to()).unwrap_or_default();
    let line = before.split(|byte| *byte == b'\n').count();
    // It may be further behind than what is looked at to detect the form.
    let found = DetectedCsv::of(text).map_or(form, |found| found.form);
    let encoding = if found.encoding == TextEncoding::Utf8 { TextEncoding::Windows1252 } else { found.encoding };
    let why = format!("line {line} is not UTF-8 (Windows-1252 or Latin-1?)");
    Err(with_form(why, Some(CsvForm { encoding, ..found }), form))
}

/// Fails on two columns of one name, and on a header that another separator divides.
fn check_header(text: &[u8], header: &csv::StringRecord, form: CsvForm) -> Result<(), TableProblem> {
    if let Some(name) = duplicate_name(header) {
        return Err(format!("two columns are named `{}`", shown(name)).into());
    }
    let Some(only) = header.get(0).filter(|_| header.len() == 1) else { return Ok(()) };
    let others = Separator::ALL.into_iter().filter(|separator| *separator != form.separator);
    match others.into_iter().find(|separator| only.contains(char::from(*separator))) {
        Some(separator) => Err(with_detected(
            format!("it has one column named `{}`: is the separator {}?", shown(only), separator.words()),
            text,
            form,
        )),
        None => Ok(()),
    }
}

/// The problem of a text that is not written as the form says.
fn with_detected(why: impl Into<String>, text: &[u8], form: CsvForm) -> TableProblem {
    with_form(why, DetectedCsv::of(text).map(|found| found.form), form)
}

/// The problem with the option that states how the file is written, if this is another form.
fn with_form(why: impl Into<String>, found: Option<CsvForm>, form: CsvForm) -> TableProblem {
    match found.filter(|found| *found != form) {
        Some(found) => TableProblem::with_remedy(why, format!("pass --csv '{found}'")),
        None => why.into().into(),
    }
}

/// Returns a name that occurs more than once.
#[must_use]
pub fn duplicate_name<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.array_windows().find(|[one, other]| one == other).map(|[one, _]| *one)
}

#[cfg(test)]
mod tests {
    use super::super::training::TrainingValues;
    use crate::{
        delimited::CsvForm,
        fault::Result,
        reference::{Training, read_table},
    };

    fn read_as(text: &[u8], form: &str) -> Result<Training> {
        let form = if form.is_empty() { CsvForm::default() } else { form.parse().unwrap() };
        read_table("a.csv", text.to_vec(), form)
    }

    fn why(text: &[u8]) -> String {
        read_as(text, "").unwrap_err().to_string()
    }

    #[test]
    fn a_quote_must_end_in_its_own_cell() {
        let quoted = why(b"x,y\n2,\"y\n3,z\n");
        assert!(quoted.contains(": line 2: a quoted cell that begins here does not end; check"), "{quoted}");
    }

    #[test]
    fn rows_have_as_many_cells_as_the_header() {
        let short = why(b"x,y\n1,2\n2\n");
        assert!(short.contains("line 3 has 1 cell, but the header has 2"), "{short}");
        let long = why(b"x,y\n1,2,3\n");
        assert!(long.contains("line 2 has 3 cells, but the header has 2"), "{long}");
    }

    #[test]
    fn other_separators_and_encodings_are_named_with_a_remedy() {
        assert_eq!(
            why(b"age;income\n30;1200,50\n"),
            "a.csv: cannot be read as CSV: it has one column named `age;income`: is the separator a semicolon?; pass --csv \
             'separator=; decimal=,'"
        );
        let excel = why(b"age;city\n30,5;Orl\xe9ans\n");
        assert!(excel.ends_with("pass --csv 'separator=; decimal=, encoding=windows-1252'"), "{excel}");
        assert!(!why(b"age;income\n30;1200\n").contains("decimal"), "no number has a decimal sign");
        assert!(why(b"a\tb\n1\t2\n").contains("is the separator a tab?; pass --csv 'separator=tab'"));
        assert_eq!(
            why(b"x,city\n1,Orl\xe9ans\n"),
            "a.csv: cannot be read as CSV: line 2 is not UTF-8 (Windows-1252 or Latin-1?); pass --csv 'encoding=windows-1252'"
        );
        assert!(why(b"\xff\xfex\0,\0y\0\n\0").contains("it is in UTF-16, not UTF-8; pass --csv 'encoding=utf-16le'"));
        assert!(why(b"x,x\n1,2\n").contains("two columns are named `x`"));
        let wrong = |text: &[u8], form| read_as(text, form).unwrap_err().to_string();
        let comma = wrong(b"x,y\n1,2\n", "separator=;");
        assert!(comma.contains("is the separator a comma?; pass --csv 'separator=,'"), "{comma}");
        let plain = wrong(b"x,y\n1,2\n", "encoding=utf-16le");
        assert!(plain.contains("it is not in the encoding that was stated (utf-16le); pass --csv"), "{plain}");
    }

    #[test]
    fn stated_forms_are_read() {
        let text = "x;y\n1.234,5;\"a;\nb\"\n;\u{e9}\n";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let latin: Vec<u8> = text.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect();
        for (bytes, encoding) in [(text.as_bytes(), "utf-8"), (&utf16, "utf-16le"), (&latin, "windows-1252")] {
            let table = read_as(bytes, &format!("separator=; decimal=, encoding={encoding}")).unwrap();
            let texts = |texts: [Option<&str>; 2]| TrainingValues::Texts(texts.map(|text| text.map(Into::into)).into());
            assert_eq!(table.columns[0].values, texts([Some("1234.5"), None]), "{encoding}");
            assert_eq!(table.columns[1].values, texts([Some("a;\nb"), Some("\u{e9}")]), "{encoding}");
        }
    }
}
