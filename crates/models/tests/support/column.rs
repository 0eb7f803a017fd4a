//! Columns of golden files: values as the hexadecimal digits of their bits, or levels.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{
    ArrayRef, DictionaryArray, Float32Array, Float64Array, LargeStringArray, StringArray, types::Int32Type,
};
use serde::Deserialize;
use vigie_models::InputKind;

/// The values of one feature, in one of four forms.
#[derive(Deserialize)]
pub(crate) struct Column {
    single: Option<Vec<String>>,
    double: Option<Vec<String>>,
    /// Codes of categories: numbers, but spelled out for a feature that is categorical.
    code: Option<Vec<String>>,
    level: Option<Vec<Option<String>>>,
}

pub(crate) fn double(bits: impl AsRef<str>) -> f64 {
    f64::from_bits(u64::from_str_radix(bits.as_ref(), 16).unwrap())
}

impl Column {
    /// Converts the column to an Arrow array, in one of three encodings.
    pub(crate) fn array(&self, kind: InputKind, encoding: usize) -> ArrayRef {
        // A missing value is a null in one encoding and NaN in the others.
        let shown = |value: f64| (encoding != 1 || !value.is_nan()).then_some(value);
        if let Some(bits) = &self.single {
            let single = |bits: &String| f32::from_bits(u32::from_str_radix(bits, 16).unwrap());
            let all = bits.iter().map(single).map(|value| (encoding != 1 || !value.is_nan()).then_some(value));
            return Arc::new(all.collect::<Float32Array>());
        }
        if let Some(bits) = &self.double {
            return Arc::new(bits.iter().map(double).map(shown).collect::<Float64Array>());
        }
        if let Some(bits) = &self.code {
            let codes = bits.iter().map(double);
            if kind == InputKind::Numeric {
                return Arc::new(codes.map(shown).collect::<Float64Array>());
            }
            let texts: Vec<_> = codes.map(|code| (!code.is_nan()).then(|| code.to_string())).collect();
            return levels(texts.iter().map(Option::as_deref), encoding);
        }
        levels(self.level.as_ref().unwrap().iter().map(Option::as_deref), encoding)
    }
}

fn levels<'t>(texts: impl Iterator<Item = Option<&'t str>>, encoding: usize) -> ArrayRef {
    match encoding {
        0 => Arc::new(texts.collect::<StringArray>()),
        1 => Arc::new(texts.collect::<LargeStringArray>()),
        _ => Arc::new(texts.collect::<DictionaryArray<Int32Type>>()),
    }
}

/// The files of a folder with this ending, in the order of their names.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|own| own == ending));
    files.sort();
    files
}
