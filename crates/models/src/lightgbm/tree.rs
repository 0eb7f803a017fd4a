//! One tree of a model file.
//!
//! Source: the constructor from a string, `NumericalDecision` and `CategoricalDecision` in LightGBM's `src/io/tree.cpp`
//! and `tree.h`.

use super::{
    refusal::over_allowance,
    text::{TextArray, TextBlock, reserved},
};
use crate::{
    allowance::Allowance,
    ensemble::trees::{Child, LinearLeaf, MissingValues, Node, SplitCondition, Tree},
    error::Result,
};

/// Bits of `decision_type`: categorical, default left; then the missing type.
const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;
const MISSING_SHIFT: u32 = 2;
/// Words of a bitset that covers every category.
const MOST_WORDS: usize = 1 << 26;

/// Reads a tree that adds to the given output.
pub(crate) fn read(block: &TextBlock<'_>, output: usize, allowance: &Allowance) -> Result<Tree> {
    let leaves: usize = block.number("num_leaves")?;
    let inner = leaves.checked_sub(1).ok_or_else(|| block.damaged("no leaves"))?;
    // Counts are checked against the number of elements before anything is allocated.
    let values = block.array("leaf_value", leaves)?.read_all(leaves, allowance)?;
    let mut tree = Tree { values, width: 1, output, ..Tree::default() };
    tree.leaf_covers = covers(block.optional("leaf_count", leaves)?, leaves, allowance)?;
    let sets = if inner > 0 { category_sets(block, &mut tree, allowance)? } else { Vec::new() };
    tree.nodes = nodes(block, inner, &sets, allowance)?;
    if block.find("is_linear").is_some_and(|flag| flag != "0") {
        tree.linear = linear_leaves(block, leaves, allowance)?;
    }
    Ok(tree)
}

/// Numbers of training rows; zeros if the file does not have them.
fn covers(counts: Option<TextArray<'_, '_>>, count: usize, allowance: &Allowance) -> Result<Vec<f64>> {
    let mut covers = reserved(count, allowance)?;
    match counts {
        Some(mut counts) => {
            for _ in 0..count {
                covers.push(cover(&mut counts)?);
            }
        }
        None => covers.resize(count, 0.0),
    }
    Ok(covers)
}

fn cover(counts: &mut TextArray<'_, '_>) -> Result<f64> {
    Ok(f64::from(counts.read::<i32>()?.max(0)))
}

/// Reads the words of the sets of categories into the tree. Returns where each set begins, and the end.
fn category_sets(block: &TextBlock<'_>, tree: &mut Tree, allowance: &Allowance) -> Result<Vec<usize>> {
    let count: usize = block.number("num_cat")?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let limits = count.checked_add(1).ok_or_else(over_allowance)?;
    let limits: Vec<usize> = block.array("cat_boundaries", limits)?.read_all(limits, allowance)?;
    let steps = || limits.iter().zip(limits.iter().skip(1));
    let is_ascending = limits.first() == Some(&0) && steps().all(|(start, end)| start <= end);
    if !is_ascending || steps().any(|(start, end)| end.saturating_sub(*start) > MOST_WORDS) {
        return Err(block.damaged("categories whose `cat_boundaries` do not ascend from 0"));
    }
    let words = limits.last().copied().unwrap_or(0);
    tree.sets = block.array("cat_threshold", words)?.read_all(words, allowance)?;
    Ok(limits)
}

fn nodes(block: &TextBlock<'_>, count: usize, sets: &[usize], allowance: &Allowance) -> Result<Vec<Node>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let array = |key| block.array(key, count);
    let (mut features, mut decisions, mut thresholds) =
        (array("split_feature")?, array("decision_type")?, array("threshold")?);
    let (mut lefts, mut rights) = (array("left_child")?, array("right_child")?);
    let mut counts = block.optional("internal_count", count)?;
    let mut nodes = reserved(count, allowance)?;
    for _ in 0..count {
        let decision = decisions.read()?;
        let condition = if decision & CATEGORICAL == 0 {
            threshold(block, decision, thresholds.read()?)?
        } else {
            in_set(block, sets, thresholds.read()?)?
        };
        nodes.push(Node {
            feature: features.read()?,
            condition,
            left: child(lefts.read()?),
            right: child(rights.read()?),
            cover: counts.as_mut().map_or(Ok(0.0), cover)?,
        });
    }
    Ok(nodes)
}

fn threshold(block: &TextBlock<'_>, decision: u8, threshold: f64) -> Result<SplitCondition> {
    // Training writes `inf` for a condition that only missing values do not meet.
    if threshold.is_nan() {
        return Err(block.damaged("a threshold that is not a number"));
    }
    let missing = match decision >> MISSING_SHIFT {
        0 => MissingValues::Nothing,
        1 => MissingValues::Zero,
        2 => MissingValues::Nan,
        _ => return Err(block.damaged(format_args!("the unknown `decision_type` {decision}"))),
    };
    let missing_left = missing != MissingValues::Nothing && decision & DEFAULT_LEFT != 0;
    Ok(SplitCondition::Threshold { threshold, missing, missing_left })
}

/// Membership in a set of categories, whose number is in the place of the threshold. NaN is not a member.
fn in_set(block: &TextBlock<'_>, sets: &[usize], set: usize) -> Result<SplitCondition> {
    match sets.get(set..).and_then(|rest| rest.first_chunk()) {
        Some(&[start, end]) => Ok(SplitCondition::Set { words: start..end, members_left: true, missing_left: false }),
        None => Err(block.damaged(format_args!("a condition on set {set} of {}", sets.len().saturating_sub(1)))),
    }
}

/// A child: the number of a node, or the complement of the number of a leaf.
fn child(number: i32) -> Child {
    match usize::try_from(number) {
        Ok(node) => Child::Node(node),
        // The complement of a negative number is not negative.
        Err(_) => Child::Leaf(usize::try_from(!number).unwrap_or(usize::MAX)),
    }
}

/// The linear functions of the leaves. Their features and coefficients are concatenated.
fn linear_leaves(block: &TextBlock<'_>, leaves: usize, allowance: &Allowance) -> Result<Vec<LinearLeaf>> {
    let mut constants = block.array("leaf_const", leaves)?;
    let counts = block.array("num_features", leaves)?;
    let mut total = 0_usize;
    let mut each = counts.clone();
    for _ in 0..leaves {
        total = total.checked_add(each.read()?).ok_or_else(over_allowance)?;
    }
    let (mut features, mut coefficients) = (block.array("leaf_features", total)?, block.array("leaf_coeff", total)?);
    let (mut all, mut each) = (reserved(leaves, allowance)?, counts);
    for _ in 0..leaves {
        let count: usize = each.read()?;
        let mut terms = reserved(count, allowance)?;
        for _ in 0..count {
            terms.push((features.read()?, coefficients.read()?));
        }
        all.push(LinearLeaf { constant: constants.read()?, terms });
    }
    Ok(all)
}
