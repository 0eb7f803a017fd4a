//! Recognises the family of a model by the content of its file; the file name is ignored.

use crate::{
    catboost::file::{cbm, refusal::not_a_model},
    error::{ModelError, Result},
};

/// What [`Model::from_bytes`](crate::Model::from_bytes) reads, for messages.
pub const FORMATS: &str = "a CatBoost .cbm or .json file";

/// A family of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ModelFormat {
    /// Both formats of CatBoost: `.cbm` and JSON.
    CatBoost,
}

impl ModelFormat {
    /// Fails with a sentence that names what was found, if it is known, and what can be read.
    pub(crate) fn recognise(bytes: &[u8]) -> Result<Self> {
        match foreign(bytes) {
            Some(found) => {
                Err(ModelError::new(format!("this is {found}, which vigie does not read; expected {FORMATS}")))
            }
            None if bytes.starts_with(cbm::MAGIC) || bytes.trim_ascii_start().starts_with(b"{") => Ok(Self::CatBoost),
            None => Err(not_a_model()),
        }
    }
}

/// Names the formats of other libraries.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.trim_ascii_start();
    let key = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    Some(match bytes {
        [0x80, 2..=5, ..] | [0x1f, 0x8b, ..] => {
            "a Python pickle or a compressed file (a pickle can run code: save the model with its library)"
        }
        [b'P', b'K', 3, 4, ..] => "a ZIP archive, such as scikit-learn's .skops",
        [b'b', b'i', b'n', b'f', ..] => "an XGBoost model in its old binary format",
        [b'{', b'L' | b'l' | b'i' | b'I' | b'U', ..] => "an XGBoost model (UBJSON)",
        _ if key.is_some_and(|key| key.starts_with(b"\"learner\"") || key.starts_with(b"\"version\":[")) => {
            "an XGBoost model (JSON)"
        }
        _ if text.starts_with(b"tree\n") || text.starts_with(b"tree\r\n") => "a LightGBM model (text)",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised_by_content() {
        assert_eq!(ModelFormat::recognise(b"CBM1....").unwrap(), ModelFormat::CatBoost);
        assert_eq!(ModelFormat::recognise(b" \n{\"features_info\": {}}").unwrap(), ModelFormat::CatBoost);
    }

    #[test]
    fn others_are_named_along_with_what_can_be_read() {
        let cases: [(&[u8], &str); 7] = [
            (b"\x80\x04\x95", "a Python pickle"),
            (b"\x1f\x8b\x08", "a compressed file"),
            (b"PK\x03\x04", "a ZIP archive"),
            (b"binf\x00", "an XGBoost model in its old binary format"),
            (b"{L\x00\x00", "an XGBoost model (UBJSON)"),
            (b"{ \"learner\": {}}", "an XGBoost model (JSON)"),
            (b"tree\nversion=v4\n", "a LightGBM model (text)"),
        ];
        for (bytes, found) in cases {
            let message = ModelFormat::recognise(bytes).unwrap_err().to_string();
            assert!(message.contains(found) && message.ends_with(FORMATS), "{message}");
        }
        for unknown in [b"".as_slice(), b"NAME,AGE\n"] {
            assert!(ModelFormat::recognise(unknown).unwrap_err().to_string().starts_with("not a CatBoost model"));
        }
    }
}
