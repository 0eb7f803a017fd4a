//! Trees of a JSON file: oblivious trees as lists of conditions, branching trees as nested nodes.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    json_stream::{count_elements, for_each_element, reserve, unreadable},
    parts::ModelParts,
    refusal::{OVER_ALLOWANCE, damaged, over_allowance},
};
use crate::{allowance::Allowance, error::Result};

/// An oblivious tree.
#[derive(Deserialize)]
struct JsonObliviousTree<'a> {
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

const OBLIVIOUS_TREES: &str = "oblivious_trees";
const TREES: &str = "trees";

/// Appends oblivious trees.
pub(crate) fn oblivious(trees: &RawValue, parts: &mut ModelParts, allowance: &Allowance) -> Result<()> {
    let (mut number, mut splits, mut values, mut weights) = (0, 0, 0, 0);
    for_each_element(OBLIVIOUS_TREES, trees, |tree: JsonObliviousTree<'_>| {
        let count = |list: Option<&RawValue>| list.map_or(Ok(0), |list| count_elements(OBLIVIOUS_TREES, list));
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
    for_each_element(OBLIVIOUS_TREES, trees, |tree: JsonObliviousTree<'_>| {
        let (start, first) = (parts.splits.len(), parts.leaf_values.len());
        if let Some(splits) = tree.splits {
            for_each_element(OBLIVIOUS_TREES, splits, |condition: Condition| {
                parts.splits.push(condition.split_index);
                Ok(())
            })?;
        }
        let push = |all: &mut Vec<f64>, list| {
            for_each_element(OBLIVIOUS_TREES, list, |number| {
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
        // All trees and the bias have the same dimension.
        if values.checked_div(leaves) != Some(parts.dimension) {
            return Err(damaged("the number of leaf values of a tree does not match its depth"));
        }
        parts.record_tree(start, depth).ok_or_else(|| damaged("a tree is too large"))
    })
}

/// Appends branching trees.
pub(crate) fn nested(trees: &RawValue, parts: &mut ModelParts, allowance: &Allowance) -> Result<()> {
    let count = count_elements(TREES, trees)?;
    reserve(&mut parts.starts, count, allowance)?;
    reserve(&mut parts.sizes, count, allowance)?;
    for_each_element(TREES, trees, |tree: &RawValue| {
        let root = parts.splits.len();
        let mut text = serde_json::Deserializer::from_str(tree.get());
        let subtree = Subtree { parts: &mut *parts, allowance };
        subtree
            .deserialize(&mut text)
            .map_err(|error| if allowance.is_exhausted() { over_allowance() } else { unreadable(TREES, &error) })?;
        let size = parts.splits.len().saturating_sub(root);
        parts.record_tree(root, size).ok_or_else(|| damaged("a tree is too large"))
    })
}

impl ModelParts {
    /// Records the start and the size of a tree in `splits`.
    fn record_tree(&mut self, start: usize, size: usize) -> Option<()> {
        self.starts.push(i32::try_from(start).ok()?);
        self.sizes.push(i32::try_from(size).ok()?);
        Some(())
    }
}

/// Reads a node of a branching tree and all nodes below it: a value, or a condition and two children. Appends parents
/// before children and returns the number of nodes. `serde_json` bounds the depth.
struct Subtree<'p> {
    parts: &'p mut ModelParts,
    allowance: &'p Allowance,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum NodeKey {
    Value,
    Weight,
    Split,
    Left,
    Right,
    #[serde(other)]
    Other,
}

/// Reads the values of a leaf: a number, or a list with one number per dimension.
struct LeafValues<'p>(&'p mut ModelParts, &'p Allowance);

/// Charges an element of a vector that may be doubling.
fn charge<E: Error>(allowance: &Allowance, bytes: usize) -> Result<(), E> {
    allowance.spend(3, bytes).ok_or_else(|| E::custom(OVER_ALLOWANCE))
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
        formatter.write_str("a node (a value, or a split with left and right)")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut node: M) -> Result<u16, M::Error> {
        let Self { parts, allowance } = self;
        charge(allowance, size_of::<i32>() + size_of::<[u16; 2]>() + size_of::<u32>())?;
        let at = parts.splits.len();
        parts.splits.push(0);
        parts.steps.push([0, 0]);
        parts.node_leaves.push(u32::MAX);
        let (mut condition, mut value, mut weight, mut steps, mut size) = (None, None, None, [None, None], 1_u16);
        while let Some(key) = node.next_key()? {
            let is_right = matches!(key, NodeKey::Right);
            match key {
                NodeKey::Value => {
                    value = Some(parts.leaf_values.len());
                    node.next_value_seed(LeafValues(parts, allowance))?;
                }
                NodeKey::Weight => weight = node.next_value::<Option<f64>>()?,
                NodeKey::Split => condition = node.next_value::<Option<Condition>>()?,
                NodeKey::Left | NodeKey::Right => {
                    let child = node.next_value_seed(Subtree { parts: &mut *parts, allowance })?;
                    if let Some(step) = steps.get_mut(usize::from(is_right)) {
                        *step = Some(size);
                    }
                    size = size.checked_add(child).ok_or_else(|| M::Error::custom("a tree is too large"))?;
                }
                NodeKey::Other => drop(node.next_value::<IgnoredAny>()?),
            }
        }
        match (condition, value, steps) {
            (None, Some(first), [None, None]) => {
                if parts.leaf_values.len().saturating_sub(first) != parts.dimension {
                    return Err(M::Error::custom("a leaf and the bias have different numbers of values"));
                }
                let first = u32::try_from(first).map_err(|_| M::Error::custom("there are too many leaves"))?;
                if let Some(leaf) = parts.node_leaves.get_mut(at) {
                    *leaf = first;
                }
                if let Some(weight) = weight {
                    charge(allowance, size_of::<f64>())?;
                    parts.leaf_weights.push(weight);
                }
            }
            (Some(condition), None, [Some(left), Some(right)]) => {
                if let (Some(split), Some(steps)) = (parts.splits.get_mut(at), parts.steps.get_mut(at)) {
                    (*split, *steps) = (condition.split_index, [left, right]);
                }
            }
            _ => return Err(M::Error::custom("a node has neither a value nor a split with left and right")),
        }
        Ok(size)
    }
}

impl LeafValues<'_> {
    fn push<E: Error>(&mut self, value: f64) -> Result<(), E> {
        charge(self.1, size_of::<f64>())?;
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

    #[expect(clippy::cast_precision_loss, reason = "a double written without a fraction")]
    fn visit_i64<E: Error>(mut self, value: i64) -> Result<(), E> {
        self.push(value as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "a double written without a fraction")]
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
