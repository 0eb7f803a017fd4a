//! `OneHotEncoder` and `OrdinalEncoder`.

use super::builder::PipelineBuilder;
use crate::{
    error::Result,
    sklearn::{
        file::{
            level::{LevelValue, level, levels},
            node::{Loader, SkopsNode},
            refusal::{damaged, over_allowance, unsupported},
        },
        score::program::{CodeTable, ColumnOp},
    },
};

/// One column of zeros and ones per level, or per group of infrequent levels; a dropped level has none.
pub(crate) fn one_hot(
    builder: &mut PipelineBuilder<'_>,
    node: &SkopsNode<'_>,
    columns: &[usize],
) -> Result<Vec<usize>> {
    let unknown = node.text("handle_unknown")?.unwrap_or_default();
    let categories = category_lists(node, columns)?;
    let groups = LevelGroups::read(node, &categories)?;
    let dropped = node.find("_drop_idx_after_grouping")?.map(|dropped| levels(&dropped)).transpose()?;
    let mut encoded = Vec::new();
    for (at, ((&column, categories), groups)) in columns.iter().zip(&categories).zip(&groups).enumerate() {
        let dropped = match dropped.as_ref().map(|dropped| dropped.get(at)) {
            None | Some(Some(LevelValue::None)) => None,
            Some(Some(LevelValue::Number(number))) if *number >= 0.0 => Some(*number),
            _ => return Err(damaged("the dropped level of an encoder is missing")),
        };
        // Codes are numbers of output columns. A dropped or ignored level has none: NaN.
        #[expect(clippy::float_cmp, reason = "whole numbers")]
        let place = |group: f64| match dropped {
            Some(dropped) if group == dropped => f64::NAN,
            Some(dropped) if group > dropped => group - 1.0,
            _ => group,
        };
        let unknown = match &*unknown {
            "error" => None,
            "ignore" => Some(f64::NAN),
            "infrequent_if_exist" | "warn" => Some(groups.infrequent.map_or(f64::NAN, place)),
            other => return Err(unsupported(format_args!("has a OneHotEncoder with handle_unknown={other:?}"))),
        };
        let table = table(builder, column, categories, |at| place(groups.group(at)), |code| code, unknown)?;
        let lookup = builder.table(table)?;
        let checked = builder.finite(column)?;
        let code = builder.step(checked, lookup)?;
        for place in 0..groups.count.saturating_sub(usize::from(dropped.is_some())) {
            #[expect(clippy::cast_precision_loss, reason = "a number of levels")]
            encoded.push(builder.step(code, ColumnOp::Equals(place as f64))?);
        }
    }
    Ok(encoded)
}

/// The place of each level among the encoder's, as a number.
pub(crate) fn ordinal(
    builder: &mut PipelineBuilder<'_>,
    node: &SkopsNode<'_>,
    columns: &[usize],
) -> Result<Vec<usize>> {
    let number_of = |name: &str| match node.find(name)?.map(|node| level(&node)).transpose()? {
        None | Some(LevelValue::None) => Ok(f64::NAN),
        Some(LevelValue::Number(number)) => Ok(number),
        Some(LevelValue::Text(_)) => Err(damaged("a code of an encoder is not a number")),
    };
    let unknown = match &*node.text("handle_unknown")?.unwrap_or_default() {
        "error" => None,
        "use_encoded_value" => Some(number_of("unknown_value")?),
        other => return Err(unsupported(format_args!("has an OrdinalEncoder with handle_unknown={other:?}"))),
    };
    let encoded_missing = number_of("encoded_missing_value")?;
    let categories = category_lists(node, columns)?;
    let groups = LevelGroups::read(node, &categories)?;
    let mut encoded = Vec::with_capacity(columns.len());
    for ((&column, categories), groups) in columns.iter().zip(&categories).zip(&groups) {
        // Only NaN has the code of missing values; None is a level like others.
        let has_nan = categories.iter().any(|level| level.is_missing() && *level != LevelValue::None);
        let missing = |code: f64| if has_nan { encoded_missing } else { code };
        let table = table(builder, column, categories, |at| groups.group(at), missing, unknown)?;
        let lookup = builder.table(table)?;
        let checked = builder.finite(column)?;
        encoded.push(builder.step(checked, lookup)?);
    }
    Ok(encoded)
}

/// The codes of an encoder. `code`: of the level at a place. `missing`: of a missing level, from the code of its place.
fn table(
    builder: &mut PipelineBuilder<'_>,
    column: usize,
    categories: &[LevelValue],
    code: impl Fn(usize) -> f64,
    missing: impl Fn(f64) -> f64,
    unknown: Option<f64>,
) -> Result<CodeTable> {
    let mut table = CodeTable { codes: Vec::with_capacity(categories.len()), missing: None, unknown };
    for (at, level) in categories.iter().enumerate() {
        if level.is_missing() {
            // NaN comes after None and wins: a null of the log is one or the other, and pandas makes it NaN.
            table.missing = Some(missing(code(at)));
        } else {
            table.codes.push((builder.level(column, level, true)?, code(at)));
        }
    }
    Ok(table)
}

/// The levels of each column.
fn category_lists(node: &SkopsNode<'_>, columns: &[usize]) -> Result<Vec<Vec<LevelValue>>> {
    let lists = node.attribute("categories_")?.map_elements(levels)?;
    if lists.len() != columns.len() {
        return Err(damaged("an encoder does not match its columns"));
    }
    Ok(lists)
}

/// The groups of levels of a column, in which infrequent ones are together.
struct LevelGroups {
    /// For each level, its group; `None` if each level is its own group.
    mapping: Option<Vec<f64>>,
    /// Number of groups.
    count: usize,
    /// The group of infrequent levels.
    infrequent: Option<f64>,
}

impl LevelGroups {
    /// The groups of each column.
    fn read(node: &SkopsNode<'_>, categories: &[Vec<LevelValue>]) -> Result<Vec<Self>> {
        let own = |levels: &Vec<LevelValue>| Self { mapping: None, count: levels.len(), infrequent: None };
        if !node.is_set("_infrequent_enabled")? {
            node.reader().allowance.spend(categories.len(), size_of::<Self>()).ok_or_else(over_allowance)?;
            return Ok(categories.iter().map(own).collect());
        }
        let numbers = |list: &SkopsNode<'_>| {
            Some(list).filter(|list| list.loader() == Loader::Array).map(SkopsNode::numbers).transpose()
        };
        let mappings = node.attribute("_default_to_infrequent_mappings")?.map_elements(numbers)?;
        let infrequent = node.attribute("_infrequent_indices")?.map_elements(numbers)?;
        if mappings.len() != categories.len() || infrequent.len() != categories.len() {
            return Err(damaged("an encoder does not have groups of levels for each column"));
        }
        let groups = categories.iter().zip(mappings).zip(infrequent);
        groups
            .map(|((levels, mapping), infrequent)| match mapping {
                Some(mapping) => Self::new(levels.len(), mapping, infrequent.as_deref().unwrap_or_default()),
                None => Ok(own(levels)),
            })
            .collect()
    }

    fn new(levels: usize, mapping: Vec<f64>, infrequent: &[f64]) -> Result<Self> {
        #[expect(clippy::cast_precision_loss, reason = "a number of levels")]
        let is_index = |group: &f64| group.fract() == 0.0 && (0.0..levels as f64).contains(group);
        if mapping.len() != levels || !mapping.iter().all(is_index) {
            return Err(damaged("the groups of infrequent levels do not match the levels"));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
        let at = |number: f64| number as usize;
        let count = mapping.iter().map(|group| at(*group).saturating_add(1)).max().unwrap_or(0);
        let first = infrequent.first().copied().filter(is_index);
        let infrequent = first.and_then(|first| mapping.get(at(first))).copied();
        Ok(Self { mapping: Some(mapping), count, infrequent })
    }

    fn group(&self, level: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a number of levels")]
        let own = level as f64;
        self.mapping.as_ref().map_or(own, |mapping| mapping.get(level).copied().unwrap_or(own))
    }
}
