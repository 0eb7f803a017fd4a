//! Recognises the family of a model by the content of its file; the file name is ignored.

use crate::{
    catboost::file::cbm,
    error::{ModelError, Result},
    lightgbm, onnx,
    sklearn::file::zip,
};

/// What [`Model::from_bytes`](crate::Model::from_bytes) reads, for messages.
pub const FORMATS: &str =
    "a CatBoost (.cbm, .json), LightGBM (.txt), XGBoost (.json, .ubj), scikit-learn (.skops) or ONNX file";

/// A family of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ModelFormat {
    /// Both formats of CatBoost: `.cbm` and JSON.
    CatBoost,
    /// Text.
    LightGbm,
    /// `.skops` archives of scikit-learn.
    Sklearn,
    /// JSON and UBJSON.
    XgBoost,
    /// Protobuf.
    Onnx,
}

impl ModelFormat {
    /// How a file of this family is called in messages, with its article.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::CatBoost => "a CatBoost file",
            Self::LightGbm => "a LightGBM file",
            Self::Sklearn => "a scikit-learn file",
            Self::XgBoost => "an XGBoost file",
            Self::Onnx => "an ONNX file",
        }
    }

    /// Fails with a sentence that names what was found, if it is known, and what can be read.
    pub(crate) fn recognise(bytes: &[u8]) -> Result<Self> {
        if bytes.starts_with(zip::MAGIC) {
            return Ok(Self::Sklearn);
        }
        if lightgbm::is_model(bytes) {
            return Ok(Self::LightGbm);
        }
        if lightgbm::is_dump(bytes) {
            return Err(lightgbm::dump());
        }
        match foreign(bytes) {
            Some(found) => {
                Err(ModelError::new(format!("this is {found}, which vigie does not read; expected {FORMATS}")))
            }
            None if is_xgboost(bytes) => Ok(Self::XgBoost),
            None if bytes.starts_with(cbm::MAGIC) || bytes.trim_ascii_start().starts_with(b"{") => Ok(Self::CatBoost),
            None if onnx::looks_like(bytes) => Ok(Self::Onnx),
            None => Err(ModelError::new(format!("not a model that vigie reads; expected {FORMATS}"))),
        }
    }
}

/// Names the formats of other libraries.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.trim_ascii_start();
    Some(match bytes {
        [0x80, 2..=5, ..] | [0x1f, 0x8b, ..] | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => {
            "a Python pickle or a compressed file (a pickle can run code: save a LightGBM model with \
             `model.booster_.save_model('model.txt')`, an XGBoost model with `model.save_model('model.ubj')`, a CatBoost \
             model with `model.save_model('model.cbm')`, a scikit-learn model with `skops.io.dump(model, 'model.skops')`)"
        }
        [b'b', b'i', b'n', b'f', ..] => {
            "an XGBoost model in its old binary format (load it with XGBoost below 3.1 and save it as .ubj)"
        }
        _ if text.starts_with(b"[") || text.starts_with(b"booster[") => {
            "a dump of trees for people to read (save the model itself, such as with `save_model`)"
        }
        _ if text.starts_with(b"<?xml") || text.starts_with(b"<PMML") => {
            "an XML document, such as PMML (save the model with its own library instead)"
        }
        _ => return None,
    })
}

/// Whether an object of JSON or UBJSON begins as XGBoost's do: UBJSON with the length of a key, JSON with one of its keys.
fn is_xgboost(bytes: &[u8]) -> bool {
    const KEYS: [&[u8]; 4] = [b"\"learner\"", b"\"version\"", b"\"Model\"", b"\"Config\""];
    let key = bytes.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    matches!(bytes, [b'{', b'L' | b'l' | b'i' | b'I' | b'U', ..])
        || key.is_some_and(|key| KEYS.iter().any(|known| key.starts_with(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised_by_content() {
        assert_eq!(ModelFormat::recognise(b"CBM1....").unwrap(), ModelFormat::CatBoost);
        assert_eq!(ModelFormat::recognise(b"PK\x03\x04....").unwrap(), ModelFormat::Sklearn);
        assert_eq!(ModelFormat::recognise(b" \n{\"features_info\": {}}").unwrap(), ModelFormat::CatBoost);
        let texts: [&[u8]; 5] =
            [b"tree\nversion=v4\n", b"tree\r\nversion=v3", b"version=v2\n", b"\xef\xbb\xbftree\n", b"num_class=1\n"];
        for text in texts {
            assert_eq!(ModelFormat::recognise(text).unwrap(), ModelFormat::LightGbm);
        }
        for file in [b"{L\x00\x00".as_slice(), b"{ \"learner\": {}}", b"\n{\n\"version\" : [1, 0, 0]", b"{i\x05Model"] {
            assert_eq!(ModelFormat::recognise(file).unwrap(), ModelFormat::XgBoost);
        }
        assert_eq!(ModelFormat::recognise(b"\x08\x0a\x12\x08skl2onnx").unwrap(), ModelFormat::Onnx);
    }

    #[test]
    fn others_are_named_along_with_what_can_be_read() {
        let cases: [(&[u8], &str); 7] = [
            (b"\x80\x04\x95", "a Python pickle"),
            (b"\x1f\x8b\x08", "a compressed file"),
            (b"binf\x00", "an XGBoost model in its old binary format"),
            (b"\x78\x9c\x04", "a Python pickle"),
            (b"<?xml version=\"1.0\"?><PMML>", "PMML"),
            (b"[\n  { \"nodeid\": 0 }]", "a dump of trees"),
            (b"booster[0]:\n0:leaf=1\n", "a dump of trees"),
        ];
        for (bytes, found) in cases {
            let message = ModelFormat::recognise(bytes).unwrap_err().to_string();
            assert!(message.contains(found) && message.ends_with(FORMATS), "{message}");
        }
        for dump in [b"{\"name\":\"tree\",\"version\":\"v4\"".as_slice(), b"{\n \"name\": \"tree\""] {
            assert!(ModelFormat::recognise(dump).unwrap_err().to_string().contains("booster.save_model('model.txt')"));
        }
        for unknown in [b"".as_slice(), b"NAME,AGE\n", b"\x08\x0a", b"\x08\x00\x12", b"\x08\x0aa", b"\n\x08\x0a\x12"] {
            assert!(
                ModelFormat::recognise(unknown).unwrap_err().to_string().starts_with("not a model that vigie reads")
            );
        }
    }
}
