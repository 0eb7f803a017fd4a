//! CTR features and tables of a JSON file.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{
    json_stream::{for_each_element, numbers, reserve, unreadable},
    parts::{Combination, CtrBase, CtrKind, CtrPart, TablePart},
    refusal::{damaged, excerpt, over_allowance},
};
use crate::{allowance::Allowance, catboost::forest::ctr::EMPTY_KEY, error::Result};

/// One CTR feature.
#[derive(Deserialize)]
pub(crate) struct JsonCtr<'a> {
    #[serde(borrow)]
    elements: &'a RawValue,
    ctr_type: CtrKind,
    #[serde(default)]
    target_border_idx: i32,
    prior_numerator: f32,
    /// (Spelt like this in the file.)
    prior_denomerator: f32,
    shift: f32,
    scale: f32,
    #[serde(borrow)]
    borders: &'a RawValue,
}

/// One element of a combination.
#[derive(Deserialize)]
#[serde(tag = "combination_element", rename_all = "snake_case")]
enum Element {
    CatFeatureValue { cat_feature_index: i32 },
    FloatFeature { float_feature_index: i32, border: f32 },
    CatFeatureExactValue { cat_feature_index: i32, value: i32 },
}

/// The name of a table, which is JSON itself. It does not include the target binarization, so two tables of one kind
/// cannot be distinguished.
#[derive(Deserialize)]
struct Identifier<'a> {
    #[serde(borrow)]
    identifier: &'a RawValue,
    r#type: CtrKind,
}

/// Rows of counts by key: a flat list of a key (as a string), its numbers, the next key, and so on.
#[derive(Deserialize)]
pub(crate) struct JsonTable<'a> {
    #[serde(borrow)]
    hash_map: &'a RawValue,
    #[serde(default)]
    counter_denominator: i32,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TableItem<'a> {
    #[serde(borrow)]
    Key(&'a str),
    Number(f64),
}

impl<'de> Deserialize<'de> for CtrKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match String::deserialize(deserializer)?.as_str() {
            "Borders" => Self::Borders,
            "Buckets" => Self::Buckets,
            "BinarizedTargetMeanValue" => Self::BinarizedTargetMeanValue,
            "FloatTargetMeanValue" => Self::FloatTargetMeanValue,
            "Counter" => Self::Counter,
            "FeatureFreq" => Self::FeatureFreq,
            other => return Err(serde::de::Error::custom(format_args!("unknown kind of CTR: {other}"))),
        })
    }
}

fn combination(what: &str, elements: &RawValue, allowance: &Allowance) -> Result<Combination> {
    let mut combination = Combination::default();
    for_each_element(what, elements, |element| {
        // A small vector has the capacity for four.
        allowance.spend(4, size_of::<(i32, i32)>()).ok_or_else(over_allowance)?;
        match element {
            Element::CatFeatureValue { cat_feature_index } => combination.levels.push(cat_feature_index),
            Element::FloatFeature { float_feature_index, border } => {
                combination.floats.push((float_feature_index, border.to_bits()));
            }
            Element::CatFeatureExactValue { cat_feature_index, value } => {
                combination.one_hots.push((cat_feature_index, value));
            }
        }
        Ok(())
    })?;
    Ok(combination)
}

impl JsonCtr<'_> {
    pub(crate) fn read(self, allowance: &Allowance) -> Result<CtrPart> {
        let combination = combination("ctrs", self.elements, allowance)?;
        Ok(CtrPart {
            base: CtrBase { combination, kind: self.ctr_type, classifier: 0 },
            target_border: self.target_border_idx,
            prior_numerator: self.prior_numerator,
            prior_denominator: self.prior_denomerator,
            shift: self.shift,
            scale: self.scale,
            borders: numbers("ctrs", self.borders, allowance)?,
        })
    }
}

impl JsonTable<'_> {
    /// Builds the index that a `.cbm` file would contain.
    pub(crate) fn read(self, name: &str, allowance: &Allowance) -> Result<TablePart> {
        let what = format!("CTR table {:?}", excerpt(name));
        let wrong =
            || damaged(format_args!("its {what} has rows of different lengths, or several keys for the same row"));
        let Identifier { identifier, r#type: kind } =
            serde_json::from_str(name).map_err(|error| unreadable(&what, &error))?;
        let combination = combination(&what, identifier, allowance)?;
        let (mut keys, mut numbers) = (0_usize, 0_usize);
        for_each_element(&what, self.hash_map, |item| {
            let counted = if matches!(item, TableItem::Key(_)) { &mut keys } else { &mut numbers };
            *counted = counted.saturating_add(1);
            Ok(())
        })?;
        let stride = numbers.checked_div(keys).unwrap_or(1).max(1);
        let size = keys.saturating_mul(2).checked_next_power_of_two().unwrap_or(usize::MAX).max(2);
        allowance.spend(size, size_of::<u64>() + size_of::<u32>()).ok_or_else(over_allowance)?;
        let mut index = KeyIndex { keys: vec![EMPTY_KEY; size], entries: vec![0; size] };
        let mut words = Vec::new();
        reserve(&mut words, numbers, allowance)?;
        // Numbers read so far in the current row. Rows of empty slots of the file's index are not kept.
        let (mut read, mut is_kept) = (stride, false);
        for_each_element(&what, self.hash_map, |item| {
            match item {
                TableItem::Key(_) if read != stride => return Err(wrong()),
                TableItem::Key(text) => {
                    let key = text.parse().map_err(|_| wrong())?;
                    (read, is_kept) = (0, key != EMPTY_KEY);
                    if is_kept {
                        let row = words.len().checked_div(stride).and_then(|row| u32::try_from(row).ok());
                        index.insert(key, row.ok_or_else(wrong)?);
                    }
                }
                TableItem::Number(_) if read == stride => return Err(wrong()),
                TableItem::Number(number) => {
                    words.extend(is_kept.then(|| word(kind, read, number)));
                    read = read.saturating_add(1);
                }
            }
            Ok(())
        })?;
        if read != stride {
            return Err(wrong());
        }
        Ok(TablePart {
            base: CtrBase { combination, kind, classifier: 0 },
            keys: index.keys,
            entries: index.entries,
            words,
            classes: i32::try_from(stride).map_err(|_| wrong())?,
            counter_denominator: self.counter_denominator,
        })
    }
}

/// Open-addressed index from keys to rows. At least half of its slots stay empty, so every search ends.
struct KeyIndex {
    keys: Vec<u64>,
    entries: Vec<u32>,
}

impl KeyIndex {
    fn insert(&mut self, key: u64, row: u32) {
        let last = self.keys.len().saturating_sub(1);
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits are kept")]
        let mut at = key as usize & last;
        while self.keys.get(at).is_some_and(|slot| *slot != EMPTY_KEY) {
            at = at.wrapping_add(1) & last;
        }
        if let (Some(slot), Some(entry)) = (self.keys.get_mut(at), self.entries.get_mut(at)) {
            (*slot, *entry) = (key, row);
        }
    }
}

/// Encodes a number as in a `.cbm` file: the sum of a mean in single precision, everything else as a count.
fn word(kind: CtrKind, position: usize, number: f64) -> u32 {
    let mean = matches!(kind, CtrKind::BinarizedTargetMeanValue | CtrKind::FloatTargetMeanValue);
    #[expect(clippy::cast_possible_truncation, reason = "the value was 32 bits wide when written")]
    if mean && position == 0 { (number as f32).to_bits() } else { (number as i32).cast_unsigned() }
}
