//! Trees, as CatBoost's JSON has them: levels of conditions, or conditions nested.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    allowance::Allowance,
    json::reserve,
    json_each::{count, each, unreadable},
    parts::Parts,
    refusal::{TIGHT, damaged, tight},
};
use crate::error::Result;

/// An oblivious tree.
#[derive(Deserialize)]
struct Level<'a> {
    #[serde(borrow)]
    splits: Option<&'a RawValue>,
    #[serde(borrow)]
    leaf_values: &'a RawValue,
    #[serde(borrow)]
    leaf_weights: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Condition {
    split_index: i32,
}

const LEVELS: &str = "oblivious_trees";
const TREES: &str = "trees";

/// Appends trees that ask one condition a level.
pub(crate) fn oblivious(trees: &RawValue, parts: &mut Parts, allowance: &Allowance) -> Result<()> {
    let (mut number, mut splits, mut values, mut weights) = (0, 0, 0, 0);
    each(LEVELS, trees, |tree: Level<'_>| {
        let count = |list: Option<&RawValue>| list.map_or(Ok(0), |list| count(LEVELS, list));
        number += 1;
        splits += count(tree.splits)?;
        values += count(Some(tree.leaf_values))?;
        weights += count(tree.leaf_weights)?;
        Ok(())
    })?;
    reserve(&mut parts.starts, number, allowance)?;
    reserve(&mut parts.sizes, number, allowance)?;
    reserve(&mut parts.splits, splits, allowance)?;
    reserve(&mut parts.leaf_values, values, allowance)?;
    reserve(&mut parts.leaf_weights, weights, allowance)?;
    each(LEVELS, trees, |tree: Level<'_>| {
        let (start, first) = (parts.splits.len(), parts.leaf_values.len());
        if let Some(splits) = tree.splits {
            each(LEVELS, splits, |condition: Condition| {
                parts.splits.push(condition.split_index);
                Ok(())
            })?;
        }
        let push = |all: &mut Vec<f64>, list| {
            each(LEVELS, list, |number| {
                all.push(number);
                Ok(())
            })
        };
        push(&mut parts.leaf_values, tree.leaf_values)?;
        if let Some(weights) = tree.leaf_weights {
            push(&mut parts.leaf_weights, weights)?;
        }
        let depth = parts.splits.len().saturating_sub(start);
        let leaves = u32::try_from(depth).ok().and_then(|depth| 1_usize.checked_shl(depth)).unwrap_or(0);
        let values = parts.leaf_values.len().saturating_sub(first);
        // Trees of a model have values of one dimension, and the bias too.
        if values.checked_div(leaves) != Some(parts.dimension) {
            return Err(damaged("a tree's leaves do not fit its depth"));
        }
        parts.begin_tree(start, depth).ok_or_else(|| damaged("a tree is too large"))
    })
}

/// Appends trees that ask a condition of its own at every node.
pub(crate) fn nested(trees: &RawValue, parts: &mut Parts, allowance: &Allowance) -> Result<()> {
    let number = count(TREES, trees)?;
    reserve(&mut parts.starts, number, allowance)?;
    reserve(&mut parts.sizes, number, allowance)?;
    each(TREES, trees, |tree: &RawValue| {
        let root = parts.splits.len();
        let mut text = serde_json::Deserializer::from_str(tree.get());
        let subtree = Subtree { parts: &mut *parts, allowance };
        subtree
            .deserialize(&mut text)
            .map_err(|error| if allowance.is_spent() { tight() } else { unreadable(TREES, &error) })?;
        let size = parts.splits.len().saturating_sub(root);
        parts.begin_tree(root, size).ok_or_else(|| damaged("a tree is too large"))
    })
}

impl Parts {
    /// Notes that a tree begins at a split.
    fn begin_tree(&mut self, start: usize, size: usize) -> Option<()> {
        self.starts.push(i32::try_from(start).ok()?);
        self.sizes.push(i32::try_from(size).ok()?);
        Some(())
    }
}

/// A node of a branching tree and all behind it: a value, or a condition and two children. Appended parents first;
/// gives how many nodes it has. `serde_json` bounds the depth.
struct Subtree<'p> {
    parts: &'p mut Parts,
    allowance: &'p Allowance,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Value,
    Weight,
    Split,
    Left,
    Right,
    #[serde(other)]
    Other,
}

/// The values of a leaf: one, or a list of one a dimension.
struct LeafValues<'p>(&'p mut Parts, &'p Allowance);

/// What a number or a node takes while the vector it is in doubles.
fn pay<E: Error>(allowance: &Allowance, bytes: usize) -> Result<(), E> {
    allowance.spend(3, bytes).ok_or_else(|| E::custom(TIGHT))
}

impl<'de> DeserializeSeed<'de> for Subtree<'_> {
    type Value = u16;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u16, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Subtree<'_> {
    type Value = u16;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a node: a value, or a split with left and right")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut node: M) -> Result<u16, M::Error> {
        let Self { parts, allowance } = self;
        pay(allowance, size_of::<i32>() + size_of::<[u16; 2]>() + size_of::<u32>())?;
        let at = parts.splits.len();
        parts.splits.push(0);
        parts.steps.push([0, 0]);
        parts.node_leaves.push(u32::MAX);
        let (mut condition, mut value, mut weight, mut steps, mut size) = (None, None, None, [None, None], 1_u16);
        while let Some(key) = node.next_key()? {
            let is_right = matches!(key, Key::Right);
            match key {
                Key::Value => {
                    value = Some(parts.leaf_values.len());
                    node.next_value_seed(LeafValues(parts, allowance))?;
                }
                Key::Weight => weight = node.next_value::<Option<f64>>()?,
                Key::Split => condition = node.next_value::<Option<Condition>>()?,
                Key::Left | Key::Right => {
                    let child = node.next_value_seed(Subtree { parts: &mut *parts, allowance })?;
                    if let Some(step) = steps.get_mut(usize::from(is_right)) {
                        *step = Some(size);
                    }
                    size = size.checked_add(child).ok_or_else(|| M::Error::custom("a tree is too large"))?;
                }
                Key::Other => drop(node.next_value::<IgnoredAny>()?),
            }
        }
        match (condition, value, steps) {
            (None, Some(first), [None, None]) => {
                if parts.leaf_values.len().saturating_sub(first) != parts.dimension {
                    return Err(M::Error::custom("a leaf has another number of values than the bias"));
                }
                let first = u32::try_from(first).map_err(|_| M::Error::custom("there are too many leaves"))?;
                if let Some(leaf) = parts.node_leaves.get_mut(at) {
                    *leaf = first;
                }
                if let Some(weight) = weight {
                    pay(allowance, size_of::<f64>())?;
                    parts.leaf_weights.push(weight);
                }
            }
            (Some(condition), None, [Some(left), Some(right)]) => {
                if let (Some(split), Some(steps)) = (parts.splits.get_mut(at), parts.steps.get_mut(at)) {
                    (*split, *steps) = (condition.split_index, [left, right]);
                }
            }
            _ => return Err(M::Error::custom("a node has neither a value, nor a split with left and right")),
        }
        Ok(size)
    }
}

impl LeafValues<'_> {
    fn push<E: Error>(&mut self, value: f64) -> Result<(), E> {
        pay(self.1, size_of::<f64>())?;
        self.0.leaf_values.push(value);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for LeafValues<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for LeafValues<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, or a list of numbers")
    }

    fn visit_f64<E: Error>(mut self, value: f64) -> Result<(), E> {
        self.push(value)
    }

    #[expect(clippy::cast_precision_loss, reason = "a whole number in the text of a double")]
    fn visit_i64<E: Error>(mut self, value: i64) -> Result<(), E> {
        self.push(value as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "a whole number in the text of a double")]
    fn visit_u64<E: Error>(mut self, value: u64) -> Result<(), E> {
        self.push(value as f64)
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut values: S) -> Result<(), S::Error> {
        while let Some(value) = values.next_element()? {
            self.push(value)?;
        }
        Ok(())
    }
}
