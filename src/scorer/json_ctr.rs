//! CTR features and their tables, as CatBoost's JSON has them.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};

use super::{
    ctr::EMPTY,
    parts::{Combination, CtrBase, CtrKind, CtrPart, TablePart},
};

/// One CTR feature.
#[derive(Deserialize)]
pub(super) struct CtrText {
    elements: Vec<Element>,
    ctr_type: CtrKind,
    #[serde(default)]
    target_border_idx: i32,
    prior_numerator: f32,
    /// Spelt so.
    prior_denomerator: f32,
    shift: f32,
    scale: f32,
    borders: Vec<f32>,
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
struct Identifier {
    identifier: Vec<Element>,
    r#type: CtrKind,
}

/// Rows of counts by key.
#[derive(Deserialize)]
pub(super) struct TableText {
    hash_map: Rows,
    #[serde(default)]
    counter_denominator: i32,
}

/// A flat list: a key as text, its numbers, the next key.
struct Rows {
    keys: Vec<u64>,
    numbers: Vec<f64>,
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

fn combination(elements: Vec<Element>) -> Combination {
    let mut combination = Combination::default();
    for element in elements {
        match element {
            Element::CatFeatureValue { cat_feature_index } => combination.levels.push(cat_feature_index),
            Element::FloatFeature { float_feature_index, border } => {
                combination.floats.push((float_feature_index, border.to_bits()));
            }
            Element::CatFeatureExactValue { cat_feature_index, value } => {
                combination.one_hots.push((cat_feature_index, value));
            }
        }
    }
    combination
}

impl CtrText {
    pub fn into_part(self) -> CtrPart {
        CtrPart {
            base: CtrBase { combination: combination(self.elements), kind: self.ctr_type, classifier: 0 },
            target_border: self.target_border_idx,
            prior_numerator: self.prior_numerator,
            prior_denominator: self.prior_denomerator,
            shift: self.shift,
            scale: self.scale,
            borders: self.borders,
        }
    }
}

impl TableText {
    /// Builds the index that a `.cbm` file would hold. `None`: the name or the rows make no sense.
    pub fn into_part(self, name: &str) -> Option<TablePart> {
        let Identifier { identifier, r#type: kind } = serde_json::from_str(name).ok()?;
        let Rows { keys, numbers } = self.hash_map;
        // Places of the file's index that hold no key are listed too: as one key, once.
        let stride = numbers.len().checked_div(keys.len()).unwrap_or(1).max(1);
        let mut places = vec![EMPTY; keys.len().checked_mul(2)?.checked_next_power_of_two()?.max(2)];
        let mut entries = vec![0_u32; places.len()];
        let last = places.len().saturating_sub(1);
        let mut words = Vec::with_capacity(numbers.len());
        for (&key, row) in keys.iter().zip(numbers.chunks_exact(stride)).filter(|(key, _)| **key != EMPTY) {
            #[expect(clippy::cast_possible_truncation, reason = "only the low bits are kept")]
            let mut at = key as usize & last;
            // Half of the places stay empty: this ends.
            while *places.get(at)? != EMPTY {
                at = at.wrapping_add(1) & last;
            }
            *places.get_mut(at)? = key;
            *entries.get_mut(at)? = u32::try_from(words.len().checked_div(stride)?).ok()?;
            words.extend(row.iter().zip(0..).map(|(&number, place)| word(kind, place, number)));
        }
        Some(TablePart {
            base: CtrBase { combination: combination(identifier), kind, classifier: 0 },
            keys: places,
            entries,
            words,
            classes: i32::try_from(stride).ok()?,
            counter_denominator: self.counter_denominator,
        })
    }
}

/// A number as a `.cbm` file has it: the sum of a mean is single precision, all else counts.
fn word(kind: CtrKind, place: usize, number: f64) -> u32 {
    let mean = matches!(kind, CtrKind::BinarizedTargetMeanValue | CtrKind::FloatTargetMeanValue);
    #[expect(clippy::cast_possible_truncation, reason = "was no wider before it became text")]
    if mean && place == 0 { (number as f32).to_bits() } else { (number as i32).cast_unsigned() }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Flat;

        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Item {
            Key(String),
            Number(f64),
        }

        impl<'de> Visitor<'de> for Flat {
            type Value = Rows;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("keys as texts, each before its numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Rows, A::Error> {
                let mut rows = Rows { keys: Vec::new(), numbers: Vec::new() };
                while let Some(item) = items.next_element()? {
                    match item {
                        Item::Key(text) => rows.keys.push(text.parse().map_err(serde::de::Error::custom)?),
                        Item::Number(number) => rows.numbers.push(number),
                    }
                }
                Ok(rows)
            }
        }

        deserializer.deserialize_seq(Flat)
    }
}
