//! Input that is lost as a whole for one reason: where, what it looks like instead, and the remedy.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A file, or a set of rows or labels, of which nothing could be used. It quotes no value from a row.
///
/// Stored in the ledger: a variant or field may be added, but not renamed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LostInput {
    /// The file, or the key of the config.
    pub place: String,
    /// The first line that shows it; `None`: the input as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    pub shape: InputShape,
    /// Number of further files that are lost in the same way.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What lost input looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputShape {
    /// All records in one JSON array.
    JsonArray,
    /// JSON text that contains the record as JSON text.
    JsonText,
    /// One record over several lines.
    Indented,
    /// Several records in one line.
    NoLineBreaks,
    /// A comma after each record.
    TrailingComma,
    /// Text before the JSON.
    Prefix,
    /// A list without names for each record.
    Lists,
    /// Python's notation of a dictionary.
    PythonDict,
    /// HTML or XML.
    Markup,
    /// `key=value` pairs.
    KeyValue,
    /// CSV in a file that is not named so.
    Csv,
    /// CSV with another separator.
    Separator(char),
    /// CSV whose first line has values instead of names.
    NoHeader,
    /// CSV whose rows have more or fewer cells than the header.
    CellCount,
    /// CSV whose first line is `sep=,` or the like, as Excel writes it.
    SepLine,
    /// CSV with a quoted cell that takes in the rest of the file.
    OpenQuote,
    /// JSON in a file that is not named so.
    Json,
    Utf16,
    /// Text in another encoding, such as Latin-1.
    NotUtf8,
    /// CSV in another encoding than the config states.
    WrongEncoding,
    Binary,
    /// A workbook of Excel or `OpenDocument`.
    Spreadsheet,
    /// Compressed, but not named so.
    Compressed(Packing),
    /// Named as compressed, but not compressed.
    NotCompressed,
    /// Parquet in a file that is not named so.
    Parquet,
    /// Named as Parquet, but in another format.
    NotParquet,
    EncryptedParquet,
    /// The name does not tell the format.
    UnknownName,
    /// None of the above.
    Unknown,
    /// No record has a readable time.
    NoTime,
    /// No row has a score between 0 and 1.
    NoProbability,
    /// No row has inputs.
    NoFeatures,
    /// The inputs of all rows have a shape that is not supported.
    UnknownInputs,
    /// Some rows have only inputs, and the others only a score.
    SplitEvents,
    /// All labels of the window's rows are neither 0 nor 1.
    LabelValues,
    /// The ids of labels and log differ in leading zeros.
    PaddedIds,
    /// The ids of labels and log differ in upper and lower case.
    IdCase,
    /// The log has ids as numbers with more digits than a number can hold.
    RoundedIds,
}

/// A method of compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packing {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Zip,
    Lz4,
    Snappy,
    Brotli,
}

impl Packing {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "Zstandard",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zip => "zip",
            Self::Lz4 => "LZ4",
            Self::Snappy => "Snappy",
            Self::Brotli => "Brotli",
        }
    }

    /// The ending of a file name for which it is decompressed, if it is supported.
    #[must_use]
    pub fn ending(self) -> Option<&'static str> {
        match self {
            Self::Gzip => Some(".gz"),
            Self::Zstd => Some(".zst"),
            Self::Bzip2 | Self::Xz | Self::Zip | Self::Lz4 | Self::Snappy | Self::Brotli => None,
        }
    }
}

impl InputShape {
    /// What the input looks like, after a colon.
    #[must_use]
    pub fn appearance(self) -> String {
        let text = match self {
            Self::JsonArray => "looks like one JSON array that contains all records",
            Self::JsonText => "looks like JSON text inside JSON text: each line is a quoted string",
            Self::Indented => "looks like indented JSON: a record spans several lines",
            Self::NoLineBreaks => "looks like JSON records without line breaks between them",
            Self::TrailingComma => "looks like JSON records with a comma after each line",
            Self::Prefix => "has text before the JSON of each line",
            Self::Lists => "looks like JSON lists without field names",
            Self::PythonDict => "looks like Python dictionaries, not JSON (single quotes)",
            Self::Markup => "looks like HTML or XML",
            Self::KeyValue => "looks like `key=value` pairs, not JSON",
            Self::Csv => "looks like CSV",
            Self::Separator(',') => "looks like CSV with commas between the cells, and not the separator that is set",
            Self::Separator(separator) => {
                return format!("looks like CSV with {} between the cells", separator_name(separator));
            }
            Self::NoHeader => "looks like CSV without a header: the first line has values instead of names",
            Self::CellCount => "no row has as many cells as the header (a decimal comma, or unquoted text?)",
            Self::SepLine => "the first line states the separator (`sep=`), as Excel writes it, instead of a header",
            Self::OpenQuote => "a quoted cell that begins here does not end, so what follows is lost in it",
            Self::Json => "looks like JSON",
            Self::Utf16 => "looks like UTF-16 text",
            Self::NotUtf8 => "is not UTF-8 text (Windows-1252 or Latin-1?)",
            Self::WrongEncoding => "is not text in the encoding that is set",
            Self::Binary => "looks like binary data",
            Self::Spreadsheet => "is a spreadsheet",
            Self::Compressed(packing) => return format!("looks like {}, but is not named so", packing.name()),
            Self::NotCompressed => "is named as compressed, but is not compressed",
            Self::Parquet => "looks like Parquet, but is not named so",
            Self::NotParquet => "is named as Parquet, but is not",
            Self::EncryptedParquet => "is encrypted Parquet",
            Self::UnknownName => "not read, because the name does not tell the format",
            Self::Unknown => "no line is a record",
            Self::NoTime => "no record has a readable time",
            Self::NoProbability => "no row has a score from 0 to 1",
            Self::NoFeatures => "no row has features",
            Self::UnknownInputs => "the inputs of all rows have a shape that is not supported",
            Self::SplitEvents => {
                "some rows have only inputs and the others only a score, as if each request were two events"
            }
            Self::LabelValues => "every label of this window is neither 0 nor 1",
            Self::PaddedIds => "the ids of labels and log differ only in leading zeros",
            Self::IdCase => "the ids of labels and log differ only in upper and lower case",
            Self::RoundedIds => "the ids of the log are numbers with too many digits, which are rounded",
        };
        text.to_owned()
    }

    /// What to do.
    #[must_use]
    pub fn remedy(self) -> String {
        const EXPECTED: &str = "write one JSON object per line (.ndjson), CSV or Parquet";
        let text = match self {
            Self::JsonArray => "write one record per line (`jq -c '.[]'`), and name the file .ndjson",
            Self::JsonText => {
                "write the records themselves (`jq -r .` unwraps them; in Kafka Connect, use the JSON converter)"
            }
            Self::Indented | Self::NoLineBreaks => "write one record per line (`jq -c .`)",
            Self::TrailingComma => "write one record per line, without commas between them (`sed 's/,$//'`)",
            Self::Prefix => "let the logger write only the message (`sed 's/^[^{]*//'` removes the text)",
            Self::Lists => "write objects with field names, or map the list to `source.fields.features`",
            Self::PythonDict => "write records with `json.dumps` instead of `str`",
            Self::Csv => "name the file .csv",
            Self::Separator(',') => "correct or remove `separator` in `csv` next to `path`",
            Self::Separator(separator) => {
                let separator = if separator == '\t' { "tab".to_owned() } else { format!("\"{separator}\"") };
                return format!(
                    "set `csv: {{separator: {separator}}}` next to `path`, with `decimal: \",\"` for decimal commas, and name the file \
                     .csv"
                );
            }
            Self::NoHeader => "write a header with the names of the columns",
            Self::CellCount => "quote text that contains commas, and write points in numbers",
            Self::SepLine => "remove the first line (`sed 1d`)",
            Self::OpenQuote => "close the quote, and write a quote inside a text twice",
            Self::Json => "name the file .ndjson",
            Self::Utf16 => {
                "write UTF-8 (`iconv -f UTF-16 -t UTF-8`), or for CSV set `csv: {encoding: utf-16le}` next to `path`"
            }
            Self::NotUtf8 => {
                "write UTF-8 (`iconv -f WINDOWS-1252 -t UTF-8`), or for CSV set `csv: {encoding: windows-1252}` next to `path`"
            }
            Self::WrongEncoding => "correct `encoding` in `csv` next to `path`, or remove it if the file is in UTF-8",
            Self::Spreadsheet => "convert it to CSV (`soffice --headless --convert-to csv FILE`)",
            Self::Compressed(packing) => {
                return match packing.ending() {
                    Some(ending) => format!("add {ending} to its name"),
                    None => "decompress it, or compress it with gzip (.gz) or Zstandard (.zst)".to_owned(),
                };
            }
            Self::NotCompressed => "remove .gz or .zst from its name",
            Self::Parquet => "name the file .parquet",
            Self::EncryptedParquet => "write it without encryption",
            Self::UnknownName => "set `format: ndjson`, `csv` or `parquet` next to `path`, or rename it",
            Self::Markup | Self::KeyValue | Self::Binary | Self::NotParquet | Self::Unknown => EXPECTED,
            Self::NoTime => "map `source.fields.timestamp` to an RFC 3339 or Unix time",
            Self::NoProbability => {
                "map `source.fields.probability`; for percentages, set `scale: 0.01`; for the number that a regression predicts, \
                 map `prediction`; for decimal commas in CSV, set `csv: {decimal: \",\"}`"
            }
            Self::NoFeatures | Self::UnknownInputs => {
                "map `source.fields.features` to an object, a list with `feature_names`, or named tensors"
            }
            Self::SplitEvents => "map `source.fields.id` to the id that both events of a request have",
            Self::LabelValues => "write outcomes as 0 and 1",
            Self::PaddedIds | Self::IdCase => "write the same ids in both",
            Self::RoundedIds => "write ids as text, in quotes",
        };
        text.to_owned()
    }
}

fn separator_name(separator: char) -> String {
    if separator == '\t' { "tabs".to_owned() } else { format!("`{separator}`") }
}

impl LostInput {
    /// States the loss without the remedy.
    #[must_use]
    pub fn statement(&self) -> String {
        let line = self.line.map_or(String::new(), |line| format!(", line {line}"));
        let more = match self.more {
            0 => String::new(),
            1 => " (and 1 more file)".to_owned(),
            more => format!(" (and {more} more files)"),
        };
        format!("{}{line}: {}{more}", self.place, self.shape.appearance())
    }
}

impl fmt::Display for LostInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.statement(), self.shape.remedy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_names_place_line_appearance_and_remedy() {
        let loss =
            LostInput { place: "log/a.ndjson".to_owned(), line: Some(1), shape: InputShape::Separator(';'), more: 2 };
        assert_eq!(
            loss.to_string(),
            "log/a.ndjson, line 1: looks like CSV with `;` between the cells (and 2 more files); set `csv: {separator: \";\"}` \
             next to `path`, with `decimal: \",\"` for decimal commas, and name the file .csv"
        );
        let stored = serde_json::to_string(&loss).unwrap();
        assert_eq!(serde_json::from_str::<LostInput>(&stored).unwrap(), loss);
        let old: LostInput = serde_json::from_str(r#"{"place": "a", "shape": "json_array"}"#).unwrap();
        assert_eq!((old.line, old.more), (None, 0));
    }
}
