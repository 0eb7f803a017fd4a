//! Reads a training table in CSV: every cell as text, and a file that is not what it seems refused with its line.

use vigie_profile::{batch::QuoteScan, shown::shown};

use super::{
    table_problem::{Table, TableProblem},
    training::{TrainingColumn, TrainingValues},
};
use crate::source::{CsvForm, TextEncoding};

/// Separators that other programs write.
const SEPARATORS: [(char, &str); 3] = [(';', "a semicolon"), ('\t', "a tab"), ('|', "a vertical bar")];

/// Reads the cells; the kind of a column is decided from all its cells. Empty cells are missing values.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Table, TableProblem> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    check_encoding(name, text)?;
    let mut quotes = QuoteScan::default();
    quotes.feed(text);
    quotes.finish(false);
    if let Some(line) = quotes.stray() {
        return Err(format!("line {line}: a quoted cell that begins here does not end").into());
    }
    let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let header = table.headers().map_err(|error| error.to_string())?.clone();
    check_header(name, text, &header)?;
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); header.len()];
    let mut rows = 0;
    for row in table.records() {
        let row = row.map_err(|error| error.to_string())?;
        if row.len() != header.len() {
            let line = row.position().map_or(0, csv::Position::line);
            let cells = if row.len() == 1 { "cell" } else { "cells" };
            return Err(format!("line {line} has {} {cells}, but the header has {}", row.len(), header.len()).into());
        }
        for (texts, cell) in columns.iter_mut().zip(&row) {
            texts.push((!cell.is_empty()).then(|| cell.to_owned()));
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

/// Fails unless the text is UTF-8.
fn check_encoding(name: &str, text: &[u8]) -> Result<(), TableProblem> {
    let convert = |from: &str| match CsvForm::detect(text).filter(|form| form.separator != ',') {
        // One conversion for all that differs.
        Some(form) => with_pandas(name, &form),
        None => format!("convert it: `iconv -f {from} -t UTF-8 {} > utf8.csv`", shown(name)),
    };
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Err(TableProblem::with_remedy("it is in UTF-16, not UTF-8", convert("UTF-16")));
    }
    let Err(error) = str::from_utf8(text) else { return Ok(()) };
    let line = text.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
    let why = format!("line {line} is not UTF-8, but probably Windows-1252 (Latin-1)");
    Err(TableProblem::with_remedy(why, convert("WINDOWS-1252")))
}

/// Fails on two columns of one name, and on a header that another separator divides.
fn check_header(name: &str, text: &[u8], header: &csv::StringRecord) -> Result<(), TableProblem> {
    if let Some(name) = duplicate_name(header) {
        return Err(format!("two columns are named `{}`", shown(name)).into());
    }
    let Some(only) = header.get(0).filter(|_| header.len() == 1) else { return Ok(()) };
    let Some((_, word)) = SEPARATORS.into_iter().find(|(separator, _)| only.contains(*separator)) else {
        return Ok(());
    };
    Err(TableProblem::with_remedy(
        format!("it has one column named `{}`: is the separator {word}?", shown(only)),
        CsvForm::detect(text)
            .map_or_else(|| "vigie reads commas: convert it".to_owned(), |form| with_pandas(name, &form)),
    ))
}

/// The line that converts a file of this form.
fn with_pandas(name: &str, form: &CsvForm) -> String {
    let separator = if form.separator == '\t' { "\\t".to_owned() } else { form.separator.to_string() };
    let decimal = if form.decimal == ',' { ", decimal=\",\"" } else { "" };
    let encoding = match form.encoding {
        TextEncoding::Utf8 => String::new(),
        other => format!(", encoding=\"{}\"", other.name()),
    };
    format!(
        "vigie reads commas and UTF-8: convert it, for example with pandas: \
         `pd.read_csv(\"{}\", sep=\"{separator}\"{decimal}{encoding}).to_parquet(\"data.parquet\")`",
        shown(name)
    )
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
    use crate::reference::read_table;

    fn why(text: &[u8]) -> String {
        read_table("a.csv", text.to_vec()).unwrap_err().to_string()
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
            "a.csv: cannot be read as CSV: it has one column named `age;income`: is the separator a semicolon?; vigie reads \
             commas and UTF-8: convert it, for example with pandas: `pd.read_csv(\"a.csv\", sep=\";\", decimal=\",\")\
             .to_parquet(\"data.parquet\")`"
        );
        let excel = why(b"age;city\n30,5;Orl\xe9ans\n");
        assert!(excel.contains("sep=\";\", decimal=\",\", encoding=\"windows-1252\")"), "{excel}");
        assert!(!why(b"age;income\n30;1200\n").contains("decimal"), "no number has a decimal sign");
        assert!(why(b"a\tb\n1\t2\n").contains("is the separator a tab?"));
        assert_eq!(
            why(b"x,city\n1,Orl\xe9ans\n"),
            "a.csv: cannot be read as CSV: line 2 is not UTF-8, but probably Windows-1252 (Latin-1); convert it: \
             `iconv -f WINDOWS-1252 -t UTF-8 a.csv > utf8.csv`"
        );
        assert!(why(b"\xff\xfex\0,\0").contains("it is in UTF-16"));
        assert!(why(b"x,x\n1,2\n").contains("two columns are named `x`"));
    }
}
