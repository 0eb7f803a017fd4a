//! The segments of a config on the features of a reference, and which rows are in which.

use std::collections::BTreeMap;

use arrow_array::{ArrayRef, cast::AsArray, types::Int32Type};

use super::{Comparison, Expression, Literal, parse};
use crate::{
    batch::{Number, Rows, for_each_number, level, level_of_number, number},
    layout::{Kind, Layout, Precision},
    profile::{Counts, Profile},
    shown::shown,
};

/// A row's segments are bits of one number.
pub const MOST: usize = 64;
/// So many levels of a column, most rows of the reference first.
const LEVELS: usize = 20;

/// What the config asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Columns whose levels are segments.
    pub by: Vec<String>,
    /// Expressions by name.
    pub filters: BTreeMap<String, String>,
}

/// Some rows of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub name: String,
    /// The column whose level it is.
    pub by: Option<String>,
    /// In one spelling, by which a reference knows it again.
    pub definition: String,
    /// Over places among [`Segments::columns`].
    condition: Expression<usize>,
}

/// All of them, with the columns that they need.
#[derive(Debug, Clone)]
pub struct Segments {
    list: Vec<Segment>,
    /// Places in the reference's layout: those that tell segments apart first, then those counted within them.
    columns: Vec<usize>,
    deciding: usize,
    /// What is counted within a segment: some features, and the score.
    layout: Layout,
    /// Of its features, among `columns`.
    counted: Vec<usize>,
    /// Columns some of whose levels are left out, and how many.
    left_out: Vec<(String, usize)>,
    precision: Precision,
}

impl Segments {
    /// On a layout whose reference counted `profile`; `features`: places of those to be counted within segments.
    pub fn new(chosen: &Chosen, layout: &Layout, profile: &Profile, features: &[usize]) -> Result<Self, String> {
        let mut all = Vec::new();
        let mut left_out = Vec::new();
        for column in &chosen.by {
            let place = place_of(column, layout)?;
            let Some(Counts::Categorical(counts)) = profile.features().get(place) else {
                return Err(format!(
                    "by: `{}` is numeric; write filters instead, such as `{} > 0`",
                    shown(column),
                    shown(column)
                ));
            };
            let names = layout.features().get(place).map(|feature| &feature.shape);
            let Some(crate::layout::Shape::Categorical(levels)) = names else { continue };
            let mut ranked: Vec<(&String, u64)> =
                levels.names().iter().zip(counts.levels().iter().copied()).filter(|(_, rows)| *rows > 0).collect();
            ranked.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
            if ranked.len() > LEVELS {
                left_out.push((column.clone(), ranked.len() - LEVELS));
            }
            let is = |comparison| Expression::Test(column.clone(), comparison);
            for (name, _) in ranked.into_iter().take(LEVELS) {
                let condition = is(Comparison::In(vec![Literal::Text(name.clone())]));
                all.push((format!("{column} = {name}"), Some(column.clone()), condition));
            }
            if counts.missing() > 0 {
                all.push((format!("{column} missing"), Some(column.clone()), is(Comparison::Missing)));
            }
        }
        for (name, text) in &chosen.filters {
            let condition = parse(text).map_err(|why| format!("filters.{}: {why}", shown(name)))?;
            all.push((name.clone(), None, condition));
        }
        if all.len() > MOST {
            return Err(format!(
                "these are {} segments, and at most {MOST} are watched; name fewer columns",
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
                    let comparison = fitting(column, kind, comparison, layout.precision())?;
                    let at = columns.iter().position(|other| *other == place).unwrap_or_else(|| {
                        columns.push(place);
                        columns.len() - 1
                    });
                    Ok::<_, String>((at, comparison))
                })
                .map_err(|why| format!("{}: {why}", shown(&name)))?;
            list.push(Segment { name, by, definition, condition });
        }
        let deciding = columns.len();
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
            deciding,
            layout: Layout::new(layout.precision(), within, layout.score().cloned()),
            counted,
            left_out,
            precision: layout.precision(),
        })
    }

    #[must_use]
    pub fn list(&self) -> &[Segment] {
        &self.list
    }

    /// Places in the reference's layout of what has to be read.
    #[must_use]
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Of those, what is needed to tell segments apart.
    #[must_use]
    pub fn deciding(&self) -> &[usize] {
        self.columns.get(..self.deciding).unwrap_or_default()
    }

    /// What is counted within a segment.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Columns with more levels than are watched, and how many more.
    #[must_use]
    pub fn left_out(&self) -> &[(String, usize)] {
        &self.left_out
    }

    /// The columns that segments need, of rows with all features of the reference's layout.
    #[must_use]
    pub fn needed(&self, rows: &Rows) -> Rows {
        Rows {
            len: rows.len,
            features: self.columns.iter().map(|place| rows.features.get(*place).cloned().flatten()).collect(),
            probability: rows.probability.clone(),
        }
    }

    /// Of rows as [`Self::needed`], what is counted within a segment.
    pub(super) fn within(&self, rows: &Rows) -> Vec<Option<ArrayRef>> {
        self.counted.iter().map(|at| rows.features.get(*at).cloned().flatten()).collect()
    }

    /// Whether each row is in a segment; `columns`: at least [`Self::deciding`].
    #[must_use]
    pub fn rows_of(&self, segment: &Segment, columns: &[Option<ArrayRef>], rows: usize) -> Vec<bool> {
        self.holds(&segment.condition, columns, rows)
    }

    /// The segments of each row, a bit each.
    #[must_use]
    pub fn masks(&self, columns: &[Option<ArrayRef>], rows: usize) -> Vec<u64> {
        let mut masks = vec![0_u64; rows];
        for (number, segment) in self.list.iter().enumerate().take(MOST) {
            for (mask, holds) in masks.iter_mut().zip(self.rows_of(segment, columns, rows)) {
                *mask |= u64::from(holds) << number;
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
                        let held: Vec<bool> = names.iter().map(|name| of_level(name, comparison)).collect();
                        let nothing = of_level(None, comparison);
                        let held_by = |key: i32| usize::try_from(key).ok().and_then(|key| held.get(key).copied());
                        levels.keys().iter().map(|key| key.and_then(held_by).unwrap_or(nothing)).collect()
                    }
                    None => {
                        let mut held = Vec::with_capacity(rows);
                        for_each_number(column.as_ref(), &mut |value| {
                            held.push(of_number(self.precision.round(value), comparison));
                        });
                        held
                    }
                },
            },
        }
    }
}

fn place_of(column: &str, layout: &Layout) -> Result<usize, String> {
    layout.features().iter().position(|feature| feature.name == column).ok_or_else(|| {
        let names: Vec<&str> = layout.features().iter().map(|feature| feature.name.as_str()).take(200).collect();
        format!("the reference has no feature `{}`; it has: {}", shown(column), names.join(", "))
    })
}

/// The comparison as the column's kind takes it: levels in canonical spelling, numbers as the model sees them.
fn fitting(column: &str, kind: Kind, comparison: &Comparison, precision: Precision) -> Result<Comparison, String> {
    let column = shown(column);
    let one = |literal: &Literal| match (kind, literal) {
        (Kind::Numeric, Literal::Number(value)) => Ok(Literal::Number(precision.round(*value))),
        (Kind::Numeric, Literal::Text(text)) => match number(text) {
            Number::Value(value) => Ok(Literal::Number(precision.round(value))),
            Number::Missing | Number::Not => {
                Err(format!("`{column}` is numeric, and \"{}\" is no number", shown(text)))
            }
        },
        (Kind::Categorical, Literal::Number(value)) => Ok(Literal::Text(level_of_number(*value).unwrap_or_default())),
        (Kind::Categorical, Literal::Text(text)) => match level(text) {
            Some(name) => Ok(Literal::Text(name.into_owned())),
            None => Err(format!("\"{}\" means that `{column}` has no value; write `is missing`", shown(text))),
        },
    };
    let several = |literals: &[Literal]| literals.iter().map(one).collect::<Result<Vec<_>, _>>();
    let is_numeric = kind == Kind::Numeric;
    let rounded = |value: f64, of: fn(f64) -> Comparison| {
        if is_numeric {
            Ok(of(precision.round(value)))
        } else {
            Err(format!("`{column}` is categorical, and its levels have no order; write == or in [...]"))
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

fn of_level(name: Option<&str>, comparison: &Comparison) -> bool {
    let among = |literals: &[Literal], name: &str| {
        literals.iter().any(|literal| matches!(literal, Literal::Text(text) if text == name))
    };
    match (comparison, name) {
        (Comparison::Missing, name) => name.is_none(),
        (Comparison::NotMissing, Some(_)) => true,
        (Comparison::In(literals), Some(name)) => among(literals, name),
        (Comparison::NotIn(literals), Some(name)) => !among(literals, name),
        _ => false,
    }
}

#[expect(clippy::float_cmp, reason = "a filter asks for one value")]
fn of_number(value: f64, comparison: &Comparison) -> bool {
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
