//! The bin columns of an ensemble: bytes in which every condition of its trees is a comparison of integers.
//!
//! A number becomes 1 plus the count of borders below it, where a border is a threshold in the form "value > border goes
//! right". A column has at most 254 borders; a feature with more thresholds has several columns, each for a part of them.
//! A missing value becomes 0 (left of every threshold) or 255 (right of every threshold), so there is one column for each
//! way in which the conditions on a feature treat missing values. Eight sets of categories share a column, one bit each.

use std::collections::BTreeMap;

use super::{
    sets::{CategorySet, MAX_LOOKUPS, SetColumns},
    trees::{Ensemble, MissingValues, Node, SplitComparison, SplitCondition, Tree},
};
use crate::catboost::score::search::SearchLayout;

/// A condition on a bin: right if `bin & mask ≥ least`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BinCondition {
    pub column: u32,
    pub mask: u8,
    pub least: u8,
}

impl BinCondition {
    /// Whether a bin goes right.
    #[inline]
    pub(crate) fn holds(self, bin: u8) -> bool {
        bin & self.mask >= self.least
    }
}

/// What a threshold makes of missing values: which they are, and whether they go left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MissingRule {
    pub missing: MissingValues,
    /// False for [`MissingValues::Nothing`], where it has no meaning.
    pub left: bool,
}

/// Maximum number of borders of a column.
const BORDERS: usize = 254;

/// All columns of an ensemble, in the order in which they are filled.
#[derive(Debug)]
pub(crate) struct BinColumns {
    pub numbers: Vec<NumberColumns>,
    pub sets: Vec<SetColumns>,
    /// The borders as single-precision numbers, for the search.
    pub layout: SearchLayout,
    pub count: usize,
}

/// Columns that share their borders.
#[derive(Debug, PartialEq)]
pub(crate) struct NumberColumns {
    pub feature: usize,
    /// Ascending.
    pub borders: Vec<f64>,
    /// Number of borders below 0.
    pub zero: u8,
    /// The first column.
    pub first: usize,
    /// One column each.
    pub rules: Vec<MissingRule>,
}

/// Finds the condition on bins that stands for a condition of a tree.
#[derive(Debug)]
pub(crate) struct Conditions {
    comparison: SplitComparison,
    /// Borders of each feature.
    borders: BTreeMap<usize, Vec<f64>>,
    /// Columns by feature, part of its borders, and rule.
    columns: BTreeMap<(usize, usize, MissingRule), u32>,
    /// First column and sets of each feature.
    sets: BTreeMap<usize, (u32, BTreeMap<CategorySet, usize>)>,
}

impl BinColumns {
    pub(crate) fn new(ensemble: &Ensemble) -> (Self, Conditions) {
        let comparison = ensemble.rules.comparison;
        let mut conditions =
            Conditions { comparison, borders: BTreeMap::new(), columns: BTreeMap::new(), sets: BTreeMap::new() };
        let nodes = || ensemble.trees.iter().flat_map(|tree| tree.nodes.iter().map(move |node| (tree, node)));
        for (tree, node) in nodes() {
            match &node.condition {
                SplitCondition::Threshold { threshold, .. } => {
                    if let Some(border) = border(comparison, *threshold) {
                        conditions.borders.entry(node.feature).or_default().push(border);
                    }
                }
                SplitCondition::Set { .. } => {
                    let (_, sets) = conditions.sets.entry(node.feature).or_default();
                    let next = sets.len();
                    CategorySet::new(tree, &node.condition).into_iter().for_each(|set| {
                        sets.entry(set).or_insert(next);
                    });
                }
            }
        }
        for borders in conditions.borders.values_mut() {
            borders.sort_unstable_by(f64::total_cmp);
            borders.dedup();
        }
        for (_, node) in nodes() {
            if let Some((part, _, rule)) = conditions.place(node) {
                conditions.columns.insert((node.feature, part, rule), 0);
            }
        }
        let mut count = 0_u32;
        let mut numbers: Vec<NumberColumns> = Vec::new();
        for ((feature, part, rule), column) in &mut conditions.columns {
            let borders = conditions.borders.get(feature).map(Vec::as_slice).unwrap_or_default();
            let borders = borders.chunks(BORDERS).nth(*part).unwrap_or_default();
            *column = count;
            count = count.saturating_add(1);
            match numbers.last_mut().filter(|last| last.feature == *feature && last.borders == borders) {
                Some(last) => last.rules.push(*rule),
                None => numbers.push(NumberColumns {
                    feature: *feature,
                    borders: borders.to_vec(),
                    zero: count_below(borders, 0.0),
                    first: *column as usize,
                    rules: vec![*rule],
                }),
            }
        }
        let (mut all_sets, mut budget) = (Vec::new(), MAX_LOOKUPS);
        for (feature, (first, sets)) in &mut conditions.sets {
            *first = count;
            let columns = SetColumns::new(*feature, count as usize, sets, &mut budget);
            count = count.saturating_add(u32::try_from(columns.width()).unwrap_or(u32::MAX));
            all_sets.push(columns);
        }
        let singles: Vec<Vec<f32>> =
            numbers.iter().map(|own| own.borders.iter().map(|border| floor(*border)).collect()).collect();
        let layout = SearchLayout::new(singles.iter().map(Vec::as_slice));
        (Self { numbers, sets: all_sets, layout, count: count as usize }, conditions)
    }
}

impl Conditions {
    /// The part of the feature's borders, the least bin that goes right, and the rule of a threshold.
    fn place(&self, node: &Node) -> Option<(usize, u8, MissingRule)> {
        let SplitCondition::Threshold { threshold, missing, missing_left } = &node.condition else { return None };
        let rule = MissingRule { missing: *missing, left: *missing_left && *missing != MissingValues::Nothing };
        let borders = self.borders.get(&node.feature).map(Vec::as_slice).unwrap_or_default();
        // Without a border, every number goes right.
        let Some(border) = border(self.comparison, *threshold) else { return Some((0, 1, rule)) };
        let at = borders.partition_point(|other| *other < border);
        Some((at / BORDERS, u8::try_from(at % BORDERS + 2).ok()?, rule))
    }

    /// The condition on bins of a node.
    pub(crate) fn of(&self, tree: &Tree, node: &Node) -> Option<BinCondition> {
        if let Some((part, least, rule)) = self.place(node) {
            let column = *self.columns.get(&(node.feature, part, rule))?;
            return Some(BinCondition { column, mask: u8::MAX, least });
        }
        let (first, sets) = self.sets.get(&node.feature)?;
        let number = *sets.get(&CategorySet::new(tree, &node.condition)?)?;
        let mask = 1 << (number % 8);
        Some(BinCondition { column: first.checked_add(u32::try_from(number / 8).ok()?)?, mask, least: mask })
    }
}

/// The number that a value has to exceed to go right; `None` if every number goes right.
fn border(comparison: SplitComparison, threshold: f64) -> Option<f64> {
    match comparison {
        SplitComparison::AtMost => Some(threshold),
        SplitComparison::Below if threshold == f64::NEG_INFINITY => None,
        // From −0 too, this leads to the largest number below 0.
        SplitComparison::Below => Some(threshold.next_down()),
    }
}

/// The largest single-precision number that is not above this one. A single-precision value is above the result exactly
/// if it is above the argument.
#[expect(clippy::cast_possible_truncation, reason = "corrected below")]
#[inline]
pub(crate) fn floor(value: f64) -> f32 {
    let single = value as f32;
    // `f32::next_down` without branches.
    let bits = single.to_bits();
    let down = if single == 0.0 { 1 << 31 | 1 } else { bits.wrapping_add(bits >> 31).wrapping_sub(bits >> 31 ^ 1) };
    f32::from_bits(if f64::from(single) > value { down } else { bits })
}

/// Number of borders below a value; 0 for NaN.
pub(crate) fn count_below(borders: &[f64], value: f64) -> u8 {
    u8::try_from(borders.partition_point(|border| value > *border)).unwrap_or(u8::MAX)
}
