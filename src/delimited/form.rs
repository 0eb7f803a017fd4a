//! The form of CSV as config and command line state it.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How CSV is written. Default: commas between cells, decimal points, UTF-8.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CsvForm {
    /// What is between the cells.
    pub separator: Separator,
    /// The decimal sign of numbers.
    pub decimal: DecimalSign,
    pub encoding: TextEncoding,
}

/// What separates the cells of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Separator {
    #[default]
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = ";")]
    Semicolon,
    #[serde(rename = "tab", alias = "\t", alias = "\\t")]
    Tab,
    #[serde(rename = "|")]
    Bar,
}

/// The decimal sign of numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DecimalSign {
    #[default]
    #[serde(rename = ".")]
    Point,
    /// Points between thousands are then left out.
    #[serde(rename = ",")]
    Comma,
}

/// The encoding of text. A byte-order mark in a file takes precedence over all but UTF-8.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TextEncoding {
    #[default]
    #[serde(rename = "utf-8", alias = "utf8", alias = "UTF-8")]
    Utf8,
    #[serde(rename = "utf-16le", alias = "utf-16", alias = "UTF-16", alias = "UTF-16LE")]
    Utf16Le,
    #[serde(rename = "utf-16be", alias = "UTF-16BE")]
    Utf16Be,
    /// Also for ISO-8859-1 (Latin-1), of which it is a superset but for control characters.
    #[serde(rename = "windows-1252", alias = "cp1252", alias = "latin-1", alias = "latin1", alias = "iso-8859-1")]
    Windows1252,
}

impl Separator {
    /// All of them, the most usual first.
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Bar];

    /// The byte that separates cells.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }

    /// What it is called in a sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Comma => "a comma",
            Self::Semicolon => "a semicolon",
            Self::Tab => "a tab",
            Self::Bar => "a vertical bar",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Comma => ",",
            Self::Semicolon => ";",
            Self::Tab => "tab",
            Self::Bar => "|",
        }
    }
}

impl From<Separator> for char {
    fn from(separator: Separator) -> Self {
        Self::from(separator.byte())
    }
}

impl TextEncoding {
    /// Its name in the config.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }
}

impl CsvForm {
    /// Whether it is CSV with commas between cells, decimal points, in UTF-8.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The value of `csv` in the config: `{separator: ";", decimal: ","}`.
    #[must_use]
    pub fn as_yaml(&self) -> String {
        let quoted = |(key, value): &(&str, &str)| match *value {
            "," | ";" | "|" => format!("{key}: \"{value}\""),
            _ => format!("{key}: {value}"),
        };
        format!("{{{}}}", self.stated().iter().map(quoted).collect::<Vec<_>>().join(", "))
    }

    /// Keys and values that differ from the default.
    fn stated(self) -> Vec<(&'static str, &'static str)> {
        let usual = Self::default();
        let all = [
            ("separator", self.separator.name(), self.separator != usual.separator),
            ("decimal", if self.decimal == DecimalSign::Comma { "," } else { "." }, self.decimal != usual.decimal),
            ("encoding", self.encoding.name(), self.encoding != usual.encoding),
        ];
        all.into_iter().filter(|(.., differs)| *differs).map(|(key, value, _)| (key, value)).collect()
    }
}

/// The argument of `--csv`: `separator=; decimal=,`.
impl fmt::Display for CsvForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stated = if self.is_default() { vec![("separator", self.separator.name())] } else { self.stated() };
        f.write_str(&stated.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for CsvForm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "write for example 'separator=; decimal=, encoding=windows-1252'";
        let mut stated = serde_json::Map::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}` has no `=`; {EXPECTED}"))?;
            stated.insert(key.to_owned(), value.into());
        }
        serde_json::from_value(stated.into()).map_err(|error| format!("{error}; {EXPECTED}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn config_and_command_line_state_the_same_form() {
        let form = CsvForm {
            separator: Separator::Semicolon,
            decimal: DecimalSign::Comma,
            encoding: TextEncoding::Windows1252,
        };
        assert_eq!(form.to_string(), "separator=; decimal=, encoding=windows-1252");
        assert_eq!(form.as_yaml(), "{separator: \";\", decimal: \",\", encoding: windows-1252}");
        for separator in Separator::ALL {
            let form = CsvForm { separator, ..CsvForm::default() };
            assert_eq!(form.to_string().parse(), Ok(form));
            assert_eq!(serde_yaml::from_str::<CsvForm>(&form.as_yaml()).unwrap(), form);
        }
        assert_eq!(form.to_string().parse(), Ok(form));
        assert_eq!(serde_yaml::from_str::<CsvForm>(&form.as_yaml()).unwrap(), form);
        assert_eq!("separator=\\t encoding=latin-1".parse::<CsvForm>().unwrap().separator, Separator::Tab);
        let why = |text: &str| text.parse::<CsvForm>().unwrap_err();
        assert!(why(";").starts_with("`;` has no `=`; write for example"));
        assert!(why("separator=;; ").contains("expected one of `,`, `;`, "), "{}", why("separator=;; "));
        assert!(why("sep=;").contains("unknown field `sep`"));
    }
}
