//! CatBoost's JSON export, the second door: four times larger than `.cbm`, the same bits when its numbers are parsed
//! exactly.
//!
//! (The library's own JSON loader does not parse them exactly.) What differs from `.cbm`: one-hot levels stand with
//! their feature, a branching tree is nested, and a table is named by a text that is JSON again. Lists are counted
//! before they are read, so that each takes its own size and no more: nothing of the document is built.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    allowance::Allowance,
    json_ctr::{CtrText, TableText},
    json_cuts,
    json_each::{count, each, entries, unreadable},
    json_trees,
    parts::{FloatPart, LevelPart, Nan, OneHotPart, Parts, Place},
    refusal::{damaged, tight, unsupported},
};
use crate::{error::Result, forest::about::About};

/// What the parts of the file are, each as its text.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    model_info: Option<&'a RawValue>,
    #[serde(borrow)]
    features_info: Features<'a>,
    #[serde(borrow)]
    oblivious_trees: Option<&'a RawValue>,
    #[serde(borrow)]
    trees: Option<&'a RawValue>,
    #[serde(borrow)]
    ctr_data: Option<&'a RawValue>,
    #[serde(borrow)]
    scale_and_bias: Option<(f64, &'a RawValue)>,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the keys of the file")]
struct Features<'a> {
    #[serde(borrow)]
    float_features: Option<&'a RawValue>,
    #[serde(borrow)]
    categorical_features: Option<&'a RawValue>,
    #[serde(borrow)]
    ctrs: Option<&'a RawValue>,
    #[serde(borrow)]
    text_features: Option<&'a RawValue>,
    #[serde(borrow)]
    embedding_features: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Float<'a> {
    feature_index: i32,
    flat_feature_index: i32,
    #[serde(default)]
    feature_id: String,
    #[serde(default)]
    has_nans: bool,
    #[serde(default)]
    nan_value_treatment: Nan,
    #[serde(borrow)]
    borders: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Categorical<'a> {
    feature_index: i32,
    flat_feature_index: i32,
    #[serde(default)]
    feature_id: String,
    #[serde(borrow)]
    values: Option<&'a RawValue>,
}

pub(crate) fn read(file: &[u8], allowance: &Allowance) -> Result<Parts> {
    let document: Document<'_> =
        serde_json::from_slice(file).map_err(|error| damaged(format_args!("its JSON cannot be read ({error})")))?;
    let features = &document.features_info;
    for texts in [features.text_features, features.embedding_features].into_iter().flatten() {
        if count("features", texts)? > 0 {
            return Err(unsupported(
                "reads text or embedding features, which vigie does not score; train it on numbers and categories",
            ));
        }
    }
    if document.ctr_data.is_some() && document.model_info.is_some_and(json_cuts::are_several) {
        return Err(unsupported(
            "has several CTR tables of one name, of which its JSON holds one; save it with format=\"cbm\"",
        ));
    }
    let mut parts = Parts { scale: 1.0, ..Parts::default() };
    if let Some(text) = document.model_info {
        allowance.spend_json(text.get().as_bytes()).ok_or_else(tight)?;
        parts.about = serde_json::from_str::<Option<About>>(text.get())
            .map_err(|error| unreadable("model_info", &error))?
            .unwrap_or_default();
    }
    match document.scale_and_bias {
        Some((scale, bias)) => {
            parts.scale = scale;
            parts.bias = numbers("scale_and_bias", bias, allowance)?;
        }
        None => parts.bias.push(0.0),
    }
    parts.dimension = parts.bias.len();
    features.read(&mut parts, allowance)?;
    if let Some(tables) = document.ctr_data {
        read_tables(tables, &mut parts, allowance)?;
    }
    if let Some(trees) = document.oblivious_trees {
        json_trees::oblivious(trees, &mut parts, allowance)?;
    }
    if let Some(trees) = document.trees {
        json_trees::nested(trees, &mut parts, allowance)?;
    }
    Ok(parts)
}

fn read_tables(text: &RawValue, parts: &mut Parts, allowance: &Allowance) -> Result<()> {
    const WHAT: &str = "ctr_data";
    let mut tables = 0;
    entries(WHAT, text, |_, _: IgnoredAny| {
        tables += 1;
        Ok(())
    })?;
    reserve(&mut parts.tables, tables, allowance)?;
    entries(WHAT, text, |name, table: TableText<'_>| {
        parts.tables.push(table.read(name, allowance)?);
        Ok(())
    })
}

impl Features<'_> {
    fn read(&self, parts: &mut Parts, allowance: &Allowance) -> Result<()> {
        if let Some(floats) = self.float_features {
            const WHAT: &str = "float_features";
            reserve(&mut parts.floats, count(WHAT, floats)?, allowance)?;
            each(WHAT, floats, |float: Float<'_>| {
                let name = float.feature_id;
                parts.floats.push(FloatPart {
                    place: Place { index: float.feature_index, flat: float.flat_feature_index, name },
                    has_nans: float.has_nans,
                    nan: float.nan_value_treatment,
                    borders: optional(WHAT, float.borders, allowance)?,
                });
                Ok(())
            })?;
        }
        if let Some(levels) = self.categorical_features {
            const WHAT: &str = "categorical_features";
            let features = count(WHAT, levels)?;
            reserve(&mut parts.levels, features, allowance)?;
            reserve(&mut parts.one_hots, features, allowance)?;
            each(WHAT, levels, |feature: Categorical<'_>| {
                let index = feature.feature_index;
                let place = Place { index, flat: feature.flat_feature_index, name: feature.feature_id };
                parts.levels.push(LevelPart { place });
                if feature.values.is_some() {
                    parts.one_hots.push(OneHotPart { index, values: optional(WHAT, feature.values, allowance)? });
                }
                Ok(())
            })?;
        }
        if let Some(ctrs) = self.ctrs {
            const WHAT: &str = "ctrs";
            reserve(&mut parts.ctrs, count(WHAT, ctrs)?, allowance)?;
            each(WHAT, ctrs, |ctr: CtrText<'_>| {
                parts.ctrs.push(ctr.read(allowance)?);
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Pays for so many elements and makes room for them: exactly, as a vector that doubles holds three times its content
/// while it moves.
pub(crate) fn reserve<T>(all: &mut Vec<T>, more: usize, allowance: &Allowance) -> Result<()> {
    allowance.spend(more, size_of::<T>()).ok_or_else(tight)?;
    all.reserve_exact(more);
    Ok(())
}

/// A list of numbers.
pub(crate) fn numbers<'a, T: Deserialize<'a>>(what: &str, list: &'a RawValue, allowance: &Allowance) -> Result<Vec<T>> {
    let mut numbers = Vec::new();
    reserve(&mut numbers, count(what, list)?, allowance)?;
    each(what, list, |number| {
        numbers.push(number);
        Ok(())
    })?;
    Ok(numbers)
}

/// A list of numbers that may be absent.
fn optional<'a, T: Deserialize<'a>>(what: &str, list: Option<&'a RawValue>, allowance: &Allowance) -> Result<Vec<T>> {
    list.map_or_else(|| Ok(Vec::new()), |list| numbers(what, list, allowance))
}
