//! CTR features and their tables, as CatBoost's JSON has them.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{
    allowance::Allowance,
    json::{numbers, reserve},
    json_each::{each, unreadable},
    parts::{Combination, CtrBase, CtrKind, CtrPart, TablePart},
    refusal::{damaged, excerpt, tight},
};
use crate::{error::Result, forest::ctr::EMPTY};

/// One CTR feature.
#[derive(Deserialize)]
pub(crate) struct CtrText<'a> {
    #[serde(borrow)]
    elements: &'a RawValue,
    ctr_type: CtrKind,
    #[serde(default)]
    target_border_idx: i32,
    prior_numerator: f32,
    /// Spelt so.
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

/// A table's name, which is JSON itself. It lacks the classifier, so JSON cannot tell two tables of one kind apart.
#[derive(Deserialize)]
struct Identifier<'a> {
    #[serde(borrow)]
    identifier: &'a RawValue,
    r#type: CtrKind,
}

/// Rows of counts by key: a flat list of a key as text, its numbers, the next key.
#[derive(Deserialize)]
pub(crate) struct TableText<'a> {
    #[serde(borrow)]
    hash_map: &'a RawValue,
    #[serde(default)]
    counter_denominator: i32,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Item<'a> {
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
            other => return Err(serde::de::Error::custom(format_args!("no kind of CTR: {other}"))),
        })
    }
}

fn combination(what: &str, elements: &RawValue, allowance: &Allowance) -> Result<Combination> {
    let mut combination = Combination::default();
    each(what, elements, |element| {
        // A vector of few has room for four.
        allowance.spend(4, size_of::<(i32, i32)>()).ok_or_else(tight)?;
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

impl CtrText<'_> {
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

impl TableText<'_> {
    /// Builds the index that a `.cbm` file would hold.
    pub(crate) fn read(self, name: &str, allowance: &Allowance) -> Result<TablePart> {
        let what = format!("CTR table {:?}", excerpt(name));
        let wrong = || damaged(format_args!("its {what} has rows of several lengths, or more than one key of a row"));
        let Identifier { identifier, r#type: kind } =
            serde_json::from_str(name).map_err(|error| unreadable(&what, &error))?;
        let combination = combination(&what, identifier, allowance)?;
        let (mut keys, mut numbers) = (0_usize, 0_usize);
        each(&what, self.hash_map, |item| {
            let counted = if matches!(item, Item::Key(_)) { &mut keys } else { &mut numbers };
            *counted = counted.saturating_add(1);
            Ok(())
        })?;
        let stride = numbers.checked_div(keys).unwrap_or(1).max(1);
        let size = keys.saturating_mul(2).checked_next_power_of_two().unwrap_or(usize::MAX).max(2);
        allowance.spend(size, size_of::<u64>() + size_of::<u32>()).ok_or_else(tight)?;
        let mut index = Index { keys: vec![EMPTY; size], entries: vec![0; size] };
        let mut words = Vec::new();
        reserve(&mut words, numbers, allowance)?;
        // Numbers of the row that are read; where the file's own index is empty, they are not kept.
        let (mut read, mut is_kept) = (stride, false);
        each(&what, self.hash_map, |item| {
            match item {
                Item::Key(_) if read != stride => return Err(wrong()),
                Item::Key(text) => {
                    let key = text.parse().map_err(|_| wrong())?;
                    (read, is_kept) = (0, key != EMPTY);
                    if is_kept {
                        let row = words.len().checked_div(stride).and_then(|row| u32::try_from(row).ok());
                        index.insert(key, row.ok_or_else(wrong)?);
                    }
                }
                Item::Number(_) if read == stride => return Err(wrong()),
                Item::Number(number) => {
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

/// Rows by key, by open addressing. At least half of its places stay empty, so every search ends.
struct Index {
    keys: Vec<u64>,
    entries: Vec<u32>,
}

impl Index {
    fn insert(&mut self, key: u64, row: u32) {
        let last = self.keys.len().saturating_sub(1);
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits are kept")]
        let mut at = key as usize & last;
        while self.keys.get(at).is_some_and(|place| *place != EMPTY) {
            at = at.wrapping_add(1) & last;
        }
        if let (Some(place), Some(entry)) = (self.keys.get_mut(at), self.entries.get_mut(at)) {
            (*place, *entry) = (key, row);
        }
    }
}

/// A number as a `.cbm` file has it: the sum of a mean is single precision, all else counts.
fn word(kind: CtrKind, place: usize, number: f64) -> u32 {
    let mean = matches!(kind, CtrKind::BinarizedTargetMeanValue | CtrKind::FloatTargetMeanValue);
    #[expect(clippy::cast_possible_truncation, reason = "was no wider before it became text")]
    if mean && place == 0 { (number as f32).to_bits() } else { (number as i32).cast_unsigned() }
}
