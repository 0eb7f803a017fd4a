//! The segments of a config, resolved against the features of a reference, and the rows in each.

use std::collections::BTreeMap;

use arrow_array::{ArrayRef, cast::AsArray, types::Int32Type};

use super::{Comparison, Expression, Literal, parse};
use crate::{
    batch::{Number, Rows, for_each_number, level, level_of_number, number},
    layout::{Kind, Layout, Precision},
    near::alternatives,
    profile::{Counts, Profile},
    shown::shown,
};

/// Maximum number of segments: those of a row are the bits of one `u64`.
pub const MAX_SEGMENTS: usize = 64;
/// Maximum number of levels of a column that become segments; those with the most reference rows come first.
const MAX_LEVELS: usize = 20;

/// Segments requested in the config.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentSpec {
    /// Columns whose levels are segments.
    pub by: Vec<String>,
    /// Expressions by name.
    pub filters: BTreeMap<String, String>,
}

/// A named subset of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub name: String,
    /// Column whose level defines the segment; `None` for a filter.
    pub by: Option<String>,
    /// Canonical form of the condition, by which a reference recognises the segment.
    pub definition: String,
    /// Condition over indices into [`Segments::columns`].
    condition: Expression<usize>,
}

/// All segments, with the columns that they need.
#[derive(Debug, Clone)]
pub struct Segments {
    list: Vec<Segment>,
    /// Indices into the features of the reference's layout: first the columns of the conditions, then those counted
    /// within segments.
    columns: Vec<usize>,
    /// Number of columns of the conditions.
    condition_columns: usize,
    /// Layout of the counts within a segment: some features, and the score.
    layout: Layout,
    /// Indices into `columns` of the features of `layout`.
    counted: Vec<usize>,
    /// Columns with more levels than segments, and the number of levels left out.
    left_out: Vec<(String, usize)>,
    precision: Precision,
}

impl Segments {
    /// Resolves `chosen` against the layout and the profile of a reference; `features` are the indices of the features
    /// to count within segments. The error starts with the config key, such as `segments.filters.NAME`.
    pub fn new(chosen: &SegmentSpec, layout: &Layout, profile: &Profile, features: &[usize]) -> Result<Self, String> {
        let mut all = Vec::new();
        let mut left_out = Vec::new();
        for column in &chosen.by {
            let place = place_of(column, layout).map_err(|why| format!("segments.by: {why}"))?;
            let Some(Counts::Categorical(counts)) = profile.features().get(place) else {
                return Err(format!(
                    "segments.by: `{}` is numeric; use filters instead, such as `{} > 0`",
                    shown(column),
                    shown(column)
                ));
            };
            let names = layout.features().get(place).map(|feature| &feature.shape);
            let Some(crate::layout::Shape::Categorical(levels)) = names else { continue };
            let mut ranked: Vec<(&String, u64)> =
                levels.names().iter().zip(counts.levels().iter().copied()).filter(|(_, rows)| *rows > 0).collect();
            ranked.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
            if ranked.len() > MAX_LEVELS {
                left_out.push((column.clone(), ranked.len() - MAX_LEVELS));
            }
            let test = |comparison| Expression::Test(column.clone(), comparison);
            for (name, _) in ranked.into_iter().take(MAX_LEVELS) {
                let condition = test(Comparison::In(vec![Literal::Text(name.clone())]));
                all.push((format!("{column} = {name}"), Some(column.clone()), condition));
            }
            if counts.missing() > 0 {
                all.push((format!("{column} missing"), Some(column.clone()), test(Comparison::Missing)));
            }
        }
        for (name, text) in &chosen.filters {
            let condition = parse(text).map_err(|why| format!("{}: {why}", filter_key(name)))?;
            all.push((name.clone(), None, condition));
        }
        if all.len() > MAX_SEGMENTS {
            return Err(format!(
                "segments: {} segments are defined, but at most {MAX_SEGMENTS} can be monitored; list fewer columns",
                all.len()
            ));
        }
        let mut columns = Vec::new();
        let mut list = Vec::new();
        for (name, by, condition) in all {
            let definition = condition.to_string();
            let condition = condition
                .map(&mut |column: &String, comparison| {
                    let place = place_of(column, layout)?;
                    let kind = layout.features().get(place).map_or(Kind::Numeric, crate::layout::Feature::kind);
                    let comparison = typed(column, kind, comparison, layout.precision())?;
                    let at = columns.iter().position(|other| *other == place).unwrap_or_else(|| {
                        columns.push(place);
                        columns.len() - 1
                    });
                    Ok::<_, String>((at, comparison))
                })
                .map_err(|why: String| match by {
                    Some(_) => format!("segments.by: {why}"),
                    None => format!("{}: {why}", filter_key(&name)),
                })?;
            list.push(Segment { name, by, definition, condition });
        }
        let condition_columns = columns.len();
        let mut counted = Vec::new();
        for place in features {
            counted.push(columns.iter().position(|other| other == place).unwrap_or_else(|| {
                columns.push(*place);
                columns.len() - 1
            }));
        }
        let within = features.iter().filter_map(|place| layout.features().get(*place)).cloned().collect();
        Ok(Self {
            list,
            columns,
            condition_columns,
            layout: Layout::new(layout.precision(), within, layout.score().cloned()),
            counted,
            left_out,
            precision: layout.precision(),
        })
    }

    /// All segments.
    #[must_use]
    pub fn list(&self) -> &[Segment] {
        &self.list
    }

    /// Indices in the reference's layout of the columns to read.
    #[must_use]
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The subset of [`Self::columns`] needed to evaluate the conditions.
    #[must_use]
    pub fn condition_columns(&self) -> &[usize] {
        self.columns.get(..self.condition_columns).unwrap_or_default()
    }

    /// Layout of the counts within a segment.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Columns with more levels than segments, and the number of levels left out.
    #[must_use]
    pub fn left_out(&self) -> &[(String, usize)] {
        &self.left_out
    }

    /// Selects [`Self::columns`] from rows with all features of the reference's layout.
    #[must_use]
    pub fn needed(&self, rows: &Rows) -> Rows {
        Rows {
            len: rows.len,
            features: self.columns.iter().map(|place| rows.features.get(*place).cloned().flatten()).collect(),
            probability: rows.probability.clone(),
            refused: rows.refused.clone(),
        }
    }

    /// Selects the features counted within a segment from rows as returned by [`Self::needed`].
    pub(super) fn within(&self, rows: &Rows) -> Vec<Option<ArrayRef>> {
        self.counted.iter().map(|at| rows.features.get(*at).cloned().flatten()).collect()
    }

    /// Whether each row is in a segment; `columns` are at least [`Self::condition_columns`].
    #[must_use]
    pub fn rows_of(&self, segment: &Segment, columns: &[Option<ArrayRef>], rows: usize) -> Vec<bool> {
        self.holds(&segment.condition, columns, rows)
    }

    /// Segments of each row, as one bit per segment.
    #[must_use]
    pub fn masks(&self, columns: &[Option<ArrayRef>], rows: usize) -> Vec<u64> {
        let mut masks = vec![0_u64; rows];
        for (index, segment) in self.list.iter().enumerate().take(MAX_SEGMENTS) {
            for (mask, holds) in masks.iter_mut().zip(self.rows_of(segment, columns, rows)) {
                *mask |= u64::from(holds) << index;
            }
        }
        masks
    }

    fn holds(&self, condition: &Expression<usize>, columns: &[Option<ArrayRef>], rows: usize) -> Vec<bool> {
        let joined = |parts: &[Expression<usize>], start: bool, join: fn(bool, bool) -> bool| {
            let mut all = vec![start; rows];
            for part in parts {
                for (all, one) in all.iter_mut().zip(self.holds(part, columns, rows)) {
                    *all = join(*all, one);
                }
            }
            all
        };
        match condition {
            Expression::All(parts) => joined(parts, true, |a, b| a && b),
            Expression::Any(parts) => joined(parts, false, |a, b| a || b),
            Expression::Not(part) => self.holds(part, columns, rows).into_iter().map(|holds| !holds).collect(),
            Expression::Test(at, comparison) => match columns.get(*at).and_then(Option::as_ref) {
                None => vec![*comparison == Comparison::Missing; rows],
                Some(column) => match column.as_dictionary_opt::<Int32Type>() {
                    Some(levels) => {
                        let names = levels.values().as_string::<i32>();
                        let by_level: Vec<bool> = names.iter().map(|name| level_holds(name, comparison)).collect();
                        let missing = level_holds(None, comparison);
                        let by_key = |key: i32| usize::try_from(key).ok().and_then(|key| by_level.get(key).copied());
                        levels.keys().iter().map(|key| key.and_then(by_key).unwrap_or(missing)).collect()
                    }
                    None => {
                        let mut by_row = Vec::with_capacity(rows);
                        for_each_number(column.as_ref(), &mut |value| {
                            by_row.push(number_holds(self.precision.round(value), comparison));
                        });
                        by_row
                    }
                },
            },
        }
    }
}

/// Config key of a filter.
fn filter_key(name: &str) -> String {
    format!("segments.filters.{}", shown(name))
}

fn place_of(column: &str, layout: &Layout) -> Result<usize, String> {
    layout.features().iter().position(|feature| feature.name == column).ok_or_else(|| {
        let names = layout.features().iter().map(|feature| feature.name.as_str());
        format!("the reference has no feature `{}`{}", shown(column), alternatives(column, names))
    })
}

/// Converts a comparison to the kind of its column: levels in canonical spelling, numbers in the model's precision.
fn typed(column: &str, kind: Kind, comparison: &Comparison, precision: Precision) -> Result<Comparison, String> {
    let column = shown(column);
    let one = |literal: &Literal| match (kind, literal) {
        (Kind::Numeric, Literal::Number(value)) => Ok(Literal::Number(precision.round(*value))),
        (Kind::Numeric, Literal::Text(text)) => match number(text) {
            Number::Value(value) => Ok(Literal::Number(precision.round(value))),
            Number::Missing | Number::Invalid => {
                Err(format!("`{column}` is numeric, but \"{}\" is not a number", shown(text)))
            }
        },
        (Kind::Categorical, Literal::Number(value)) => Ok(Literal::Text(level_of_number(*value).unwrap_or_default())),
        (Kind::Categorical, Literal::Text(text)) => match level(text) {
            Some(name) => Ok(Literal::Text(name.into_owned())),
            None => Err(format!("\"{}\" is read as a missing value of `{column}`; write `is missing`", shown(text))),
        },
    };
    let several = |literals: &[Literal]| literals.iter().map(one).collect::<Result<Vec<_>, _>>();
    let is_numeric = kind == Kind::Numeric;
    let rounded = |value: f64, comparison: fn(f64) -> Comparison| {
        if is_numeric {
            Ok(comparison(precision.round(value)))
        } else {
            Err(format!("`{column}` is categorical and its levels have no order; use `==` or `in [...]`"))
        }
    };
    match comparison {
        Comparison::In(literals) => several(literals).map(Comparison::In),
        Comparison::NotIn(literals) => several(literals).map(Comparison::NotIn),
        Comparison::Less(value) => rounded(*value, Comparison::Less),
        Comparison::AtMost(value) => rounded(*value, Comparison::AtMost),
        Comparison::Greater(value) => rounded(*value, Comparison::Greater),
        Comparison::AtLeast(value) => rounded(*value, Comparison::AtLeast),
        Comparison::Missing => Ok(Comparison::Missing),
        Comparison::NotMissing => Ok(Comparison::NotMissing),
    }
}

fn level_holds(name: Option<&str>, comparison: &Comparison) -> bool {
    let among = |literals: &[Literal], name: &str| {
        // As in `Levels::index`, a level without blanks stands for the same one with blanks around it.
        literals.iter().any(|literal| matches!(literal, Literal::Text(text) if text == name || text == name.trim()))
    };
    match (comparison, name) {
        (Comparison::Missing, name) => name.is_none(),
        (Comparison::NotMissing, Some(_)) => true,
        (Comparison::In(literals), Some(name)) => among(literals, name),
        (Comparison::NotIn(literals), Some(name)) => !among(literals, name),
        _ => false,
    }
}

#[expect(clippy::float_cmp, reason = "a filter compares with exact values")]
fn number_holds(value: f64, comparison: &Comparison) -> bool {
    let among = |literals: &[Literal]| {
        literals.iter().any(|literal| matches!(literal, Literal::Number(number) if *number == value))
    };
    match comparison {
        Comparison::Missing => value.is_nan(),
        _ if value.is_nan() => false,
        Comparison::NotMissing => true,
        Comparison::In(literals) => among(literals),
        Comparison::NotIn(literals) => !among(literals),
        Comparison::Less(limit) => value < *limit,
        Comparison::AtMost(limit) => value <= *limit,
        Comparison::Greater(limit) => value > *limit,
        Comparison::AtLeast(limit) => value >= *limit,
    }
}
