//! CatBoost's JSON export: four times the size of `.cbm`, and the same bits if its numbers are parsed exactly (which
//! CatBoost's own JSON loader does not do).
//!
//! It differs from `.cbm` in that one-hot levels are listed with their feature, branching trees are nested, and the name
//! of a CTR table is a string that contains JSON. Lists are counted before they are read, so that each vector is
//! allocated at its exact size; no tree of JSON values is built.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    json_binarization,
    json_ctr::{JsonCtr, JsonTable},
    json_stream::{count_elements, for_each_element, for_each_entry, numbers, reserve, unreadable},
    json_trees,
    parts::{FeaturePosition, FloatPart, LevelPart, ModelParts, Nan, OneHotPart},
    refusal::{damaged, not_a_model, over_allowance, unsupported},
};
use crate::{allowance::Allowance, catboost::forest::model_info::ModelInfo, error::Result};

/// The top level of the file; its parts are kept as unparsed JSON.
#[derive(Deserialize)]
struct JsonModel<'a> {
    #[serde(borrow)]
    model_info: Option<&'a RawValue>,
    #[serde(borrow)]
    features_info: JsonFeatures<'a>,
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
struct JsonFeatures<'a> {
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
struct JsonFloat<'a> {
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
struct JsonCategorical<'a> {
    feature_index: i32,
    flat_feature_index: i32,
    #[serde(default)]
    feature_id: String,
    #[serde(borrow)]
    values: Option<&'a RawValue>,
}

/// Parses a model that was saved as JSON.
pub(crate) fn read(file: &[u8], allowance: &Allowance) -> Result<ModelParts> {
    let document: JsonModel<'_> = serde_json::from_slice(file).map_err(|error| {
        if is_model(file) { damaged(format_args!("its JSON cannot be read ({error})")) } else { not_a_model() }
    })?;
    let features = &document.features_info;
    for texts in [features.text_features, features.embedding_features].into_iter().flatten() {
        if count_elements("features", texts)? > 0 {
            return Err(unsupported(
                "uses text or embedding features, which vigie does not support; train it on numeric and categorical \
                 features",
            ));
        }
    }
    if document.ctr_data.is_some() && document.model_info.is_some_and(json_binarization::has_several_binarizations) {
        return Err(unsupported(
            "has several CTR tables of the same name, and its JSON holds only one of them; save it with format=\"cbm\"",
        ));
    }
    let mut parts = ModelParts { scale: 1.0, ..ModelParts::default() };
    if let Some(text) = document.model_info {
        allowance.spend_json(text.get().as_bytes()).ok_or_else(over_allowance)?;
        parts.info = serde_json::from_str::<Option<ModelInfo>>(text.get())
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

/// Whether unreadable JSON looks like CatBoost's: one of the keys that an export begins with occurs in it.
fn is_model(file: &[u8]) -> bool {
    const KEYS: [&str; 3] = ["\"ctr_data\"", "\"features_info\"", "\"oblivious_trees\""];
    KEYS.iter().any(|key| file.windows(key.len()).any(|part| part == key.as_bytes()))
}

fn read_tables(text: &RawValue, parts: &mut ModelParts, allowance: &Allowance) -> Result<()> {
    const WHAT: &str = "ctr_data";
    let mut tables = 0;
    for_each_entry(WHAT, text, |_, _: IgnoredAny| {
        tables += 1;
        Ok(())
    })?;
    reserve(&mut parts.tables, tables, allowance)?;
    for_each_entry(WHAT, text, |name, table: JsonTable<'_>| {
        parts.tables.push(table.read(name, allowance)?);
        Ok(())
    })
}

impl JsonFeatures<'_> {
    fn read(&self, parts: &mut ModelParts, allowance: &Allowance) -> Result<()> {
        if let Some(floats) = self.float_features {
            const WHAT: &str = "float_features";
            reserve(&mut parts.floats, count_elements(WHAT, floats)?, allowance)?;
            for_each_element(WHAT, floats, |float: JsonFloat<'_>| {
                let name = float.feature_id;
                parts.floats.push(FloatPart {
                    position: FeaturePosition { index: float.feature_index, flat: float.flat_feature_index, name },
                    has_nans: float.has_nans,
                    nan: float.nan_value_treatment,
                    borders: optional_numbers(WHAT, float.borders, allowance)?,
                });
                Ok(())
            })?;
        }
        if let Some(levels) = self.categorical_features {
            const WHAT: &str = "categorical_features";
            let features = count_elements(WHAT, levels)?;
            reserve(&mut parts.levels, features, allowance)?;
            reserve(&mut parts.one_hots, features, allowance)?;
            for_each_element(WHAT, levels, |feature: JsonCategorical<'_>| {
                let index = feature.feature_index;
                let position = FeaturePosition { index, flat: feature.flat_feature_index, name: feature.feature_id };
                parts.levels.push(LevelPart { position });
                if feature.values.is_some() {
                    parts
                        .one_hots
                        .push(OneHotPart { index, values: optional_numbers(WHAT, feature.values, allowance)? });
                }
                Ok(())
            })?;
        }
        if let Some(ctrs) = self.ctrs {
            const WHAT: &str = "ctrs";
            reserve(&mut parts.ctrs, count_elements(WHAT, ctrs)?, allowance)?;
            for_each_element(WHAT, ctrs, |ctr: JsonCtr<'_>| {
                parts.ctrs.push(ctr.read(allowance)?);
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Reads a list of numbers that may be absent.
fn optional_numbers<'a, T: Deserialize<'a>>(
    what: &str,
    list: Option<&'a RawValue>,
    allowance: &Allowance,
) -> Result<Vec<T>> {
    list.map_or_else(|| Ok(Vec::new()), |list| numbers(what, list, allowance))
}
