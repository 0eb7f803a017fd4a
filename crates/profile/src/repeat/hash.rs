//! Keyed 64-bit hash of the values of a row: the same for every reader, and different for every reference and block.

use arrow_array::{Array, DictionaryArray, cast::AsArray, types::Int32Type};

use crate::{
    batch::number_values,
    layout::{Feature, Levels, Precision, Shape},
};

/// Odd, with well mixed bits (2^64 divided by the golden ratio).
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
/// Stands for a missing value; no number has these bits after NaN is excluded.
const MISSING: u64 = u64::MAX;

/// Folds a value into a state.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
pub(super) fn mix(state: u64, value: u64) -> u64 {
    let product = u128::from(state ^ value) * u128::from(MULTIPLIER);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Spreads the state over all bits (the finaliser of `SplitMix64`), because a sample takes the smallest hashes.
#[inline]
fn finish(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Folds a text into a state.
pub(super) fn mix_text(state: u64, text: &str) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let state = words.iter().fold(mix(state, text.len() as u64), |state, word| mix(state, u64::from_le_bytes(*word)));
    rest.iter().fold(state, |state, byte| mix(state, u64::from(*byte)))
}

/// Hashes of a batch of rows, in the making.
pub(super) struct RowHashes {
    states: Vec<u64>,
    /// By row: whether any of its values is known.
    is_known: Vec<bool>,
}

impl RowHashes {
    pub(super) fn new(key: u64, rows: usize) -> Self {
        Self { states: vec![key; rows], is_known: vec![false; rows] }
    }

    /// Adds the values of a feature; `None`: all are missing.
    pub(super) fn add(&mut self, column: Option<&dyn Array>, feature: &Feature, precision: Precision) {
        let Some(column) = column else {
            self.states.iter_mut().for_each(|state| *state = mix(*state, MISSING));
            return;
        };
        match &feature.shape {
            // Adding zero converts −0 to 0.
            Shape::Numeric(_) => self.fold(
                number_values(column)
                    .into_iter()
                    .map(|value| (!value.is_nan()).then(|| (precision.round(value) + 0.0).to_bits())),
            ),
            Shape::Categorical(levels) => self.fold(levels_of(column, levels).into_iter()),
        }
    }

    fn fold(&mut self, values: impl Iterator<Item = Option<u64>>) {
        for ((state, is_known), value) in self.states.iter_mut().zip(&mut self.is_known).zip(values) {
            *state = mix(*state, value.unwrap_or(MISSING));
            *is_known |= value.is_some();
        }
    }

    /// Passes the hash of each row of which any value is known.
    pub(super) fn for_each(&self, mut each: impl FnMut(u64)) {
        let known = self.states.iter().zip(&self.is_known).filter(|(_, is_known)| **is_known);
        known.for_each(|(state, _)| each(finish(*state)));
    }
}

/// The level of each row as a number: levels of the reference by index, others by name.
fn levels_of(column: &dyn Array, levels: &Levels) -> Vec<Option<u64>> {
    let missing = levels.missing().map(|index| index as u64);
    // Readers produce only dictionaries.
    let Some(dictionary) = column.as_dictionary_opt::<Int32Type>() else { return vec![missing; column.len()] };
    let numbers = level_numbers(dictionary, levels);
    let number = |key: Option<i32>| numbers.get(usize::try_from(key?).ok()?).copied().flatten();
    dictionary.keys().iter().map(|key| number(key).or(missing)).collect()
}

fn level_numbers(dictionary: &DictionaryArray<Int32Type>, levels: &Levels) -> Vec<Option<u64>> {
    let number = |name: &str| levels.index(name).map_or_else(|| mix_text(MULTIPLIER, name), |index| index as u64);
    dictionary.values().as_string::<i32>().iter().map(|name| name.map(number)).collect()
}
