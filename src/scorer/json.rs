//! CatBoost's JSON export, the second door: four times larger than `.cbm`, the same bits when its numbers are parsed
//! exactly.
//!
//! (The library's own JSON loader does not parse them exactly.) What differs from `.cbm`: one-hot levels stand with
//! their feature, a branching tree is nested, and a table is named by a text that is JSON again. A number takes eight
//! bytes and as little as two in the text, so reading may cost twelve times the file.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

use super::{
    about::About,
    json_ctr::{CtrText, TableText},
    json_cuts,
    parts::{FloatPart, LevelPart, Nan, OneHotPart, Parts, Place},
    refusal::{damaged, excerpt, unsupported},
};
use crate::fault::Outcome;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    model_info: About,
    features_info: Features,
    oblivious_trees: Option<Vec<Level>>,
    trees: Option<Vec<Nested>>,
    ctr_data: Option<BTreeMap<String, TableText>>,
    scale_and_bias: Option<(f64, Vec<f64>)>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the keys of the file")]
struct Features {
    float_features: Vec<Float>,
    categorical_features: Vec<Categorical>,
    ctrs: Vec<CtrText>,
    text_features: Vec<IgnoredAny>,
    embedding_features: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Float {
    feature_index: i32,
    flat_feature_index: i32,
    #[serde(default)]
    feature_id: String,
    #[serde(default)]
    has_nans: bool,
    #[serde(default)]
    nan_value_treatment: Nan,
    #[serde(default)]
    borders: Option<Vec<f32>>,
}

#[derive(Deserialize)]
struct Categorical {
    feature_index: i32,
    flat_feature_index: i32,
    #[serde(default)]
    feature_id: String,
    values: Option<Vec<i32>>,
}

/// An oblivious tree.
#[derive(Deserialize)]
struct Level {
    splits: Option<Vec<Condition>>,
    leaf_values: Vec<f64>,
    #[serde(default)]
    leaf_weights: Vec<f64>,
}

#[derive(Deserialize)]
struct Condition {
    split_index: i32,
}

/// A node of a branching tree: a value, or a condition and two children. (Not an enum: that would read every subtree
/// once a level.)
#[derive(Deserialize)]
struct Nested {
    value: Option<LeafValue>,
    weight: Option<f64>,
    split: Option<Condition>,
    left: Option<Box<Nested>>,
    right: Option<Box<Nested>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum LeafValue {
    One(f64),
    Several(Vec<f64>),
}

pub(super) fn read(file: &[u8]) -> Outcome<Parts> {
    let document: Document =
        serde_json::from_slice(file).map_err(|error| damaged(format_args!("its JSON cannot be read ({error})")))?;
    let features = document.features_info;
    if !features.text_features.is_empty() || !features.embedding_features.is_empty() {
        return Err(unsupported(
            "reads text or embedding features, which vigie does not score; train it on numbers and categories",
        ));
    }
    if document.ctr_data.is_some() && json_cuts::are_several(file) {
        return Err(unsupported(
            "has several CTR tables of one name, of which its JSON holds one; save it with format=\"cbm\"",
        ));
    }
    let (scale, bias) = document.scale_and_bias.unwrap_or((1.0, vec![0.0]));
    let mut parts = Parts { scale, dimension: bias.len(), bias, about: document.model_info, ..Parts::default() };
    features.into_parts(&mut parts);
    for (name, table) in document.ctr_data.unwrap_or_default() {
        let table = table.into_part(&name);
        let wrong = || damaged(format_args!("its CTR table {:?} cannot be read", excerpt(&name)));
        parts.tables.push(table.ok_or_else(wrong)?);
    }
    let trees = document.oblivious_trees.unwrap_or_default();
    // Exactly: a vector that doubles holds three times its content while it moves.
    parts.leaf_values.reserve_exact(trees.iter().map(|tree| tree.leaf_values.len()).sum());
    parts.leaf_weights.reserve_exact(trees.iter().map(|tree| tree.leaf_weights.len()).sum());
    for tree in trees {
        tree.append(&mut parts).ok_or_else(|| damaged("a tree's leaves do not fit its depth"))?;
    }
    for tree in document.trees.unwrap_or_default() {
        let root = parts.splits.len();
        tree.append(&mut parts).ok_or_else(|| damaged("a tree is too large, or its leaves differ in length"))?;
        let size = parts.splits.len().saturating_sub(root);
        parts.begin_tree(root, size).ok_or_else(|| damaged("a tree is too large"))?;
    }
    Ok(parts)
}

impl Features {
    fn into_parts(self, parts: &mut Parts) {
        for float in self.float_features {
            parts.floats.push(FloatPart {
                place: Place { index: float.feature_index, flat: float.flat_feature_index, name: float.feature_id },
                has_nans: float.has_nans,
                nan: float.nan_value_treatment,
                borders: float.borders.unwrap_or_default(),
            });
        }
        for feature in self.categorical_features {
            let index = feature.feature_index;
            let place = Place { index, flat: feature.flat_feature_index, name: feature.feature_id };
            parts.levels.push(LevelPart { place });
            parts.one_hots.extend(feature.values.map(|values| OneHotPart { index, values }));
        }
        parts.ctrs = self.ctrs.into_iter().map(CtrText::into_part).collect();
    }
}

impl Parts {
    /// Notes that a tree begins at a split.
    fn begin_tree(&mut self, start: usize, size: usize) -> Option<()> {
        self.starts.push(i32::try_from(start).ok()?);
        self.sizes.push(i32::try_from(size).ok()?);
        Some(())
    }

    /// Trees of a model have values of one dimension, and the bias too.
    fn has_dimension(&self, values: usize) -> Option<()> {
        (self.dimension == values).then_some(())
    }
}

impl Level {
    fn append(self, parts: &mut Parts) -> Option<()> {
        let splits = self.splits.unwrap_or_default();
        let leaves = 1_usize.checked_shl(u32::try_from(splits.len()).ok()?)?;
        parts.has_dimension(self.leaf_values.len().checked_div(leaves)?)?;
        parts.begin_tree(parts.splits.len(), splits.len())?;
        parts.splits.extend(splits.iter().map(|condition| condition.split_index));
        parts.leaf_values.extend(self.leaf_values);
        parts.leaf_weights.extend(self.leaf_weights);
        Some(())
    }
}

impl Nested {
    /// Appends a subtree, parents first; how many nodes it has. `serde_json` has bounded the depth.
    fn append(self, parts: &mut Parts) -> Option<u16> {
        let at = parts.splits.len();
        parts.steps.push([0, 0]);
        if let Some(value) = self.value {
            parts.splits.push(0);
            parts.node_leaves.push(u32::try_from(parts.leaf_values.len()).ok()?);
            let values = match &value {
                LeafValue::One(value) => std::slice::from_ref(value),
                LeafValue::Several(values) => values,
            };
            parts.has_dimension(values.len())?;
            parts.leaf_values.extend(values);
            parts.leaf_weights.extend(self.weight);
            return Some(1);
        }
        parts.splits.push(self.split?.split_index);
        parts.node_leaves.push(u32::MAX);
        let to_left = 1_u16;
        let to_right = self.left?.append(parts)?.checked_add(to_left)?;
        let end = self.right?.append(parts)?.checked_add(to_right)?;
        *parts.steps.get_mut(at)? = [to_left, to_right];
        Some(end)
    }
}
