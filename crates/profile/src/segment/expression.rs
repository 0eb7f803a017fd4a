//! Syntax tree of a filter.

use std::fmt;

use super::keyword::is_keyword;

/// A number or a string in a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Number(f64),
    Text(String),
}

/// Condition on a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Comparison {
    /// Equal to one of these.
    In(Vec<Literal>),
    /// Present and equal to none of these.
    NotIn(Vec<Literal>),
    Less(f64),
    AtMost(f64),
    Greater(f64),
    AtLeast(f64),
    Missing,
    NotMissing,
}

/// A condition on the features of a row; `C` identifies a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression<C = String> {
    All(Vec<Expression<C>>),
    Any(Vec<Expression<C>>),
    Not(Box<Expression<C>>),
    Test(C, Comparison),
}

impl<C> Expression<C> {
    /// Replaces every column and comparison by the result of `each`; fails if `each` fails.
    pub fn map<D, E>(
        &self,
        each: &mut impl FnMut(&C, &Comparison) -> Result<(D, Comparison), E>,
    ) -> Result<Expression<D>, E> {
        Ok(match self {
            Self::All(parts) => Expression::All(parts.iter().map(|part| part.map(each)).collect::<Result<_, _>>()?),
            Self::Any(parts) => Expression::Any(parts.iter().map(|part| part.map(each)).collect::<Result<_, _>>()?),
            Self::Not(part) => Expression::Not(Box::new(part.map(each)?)),
            Self::Test(column, comparison) => {
                let (column, comparison) = each(column, comparison)?;
                Expression::Test(column, comparison)
            }
        })
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        }
    }
}

/// Formats in canonical form, by which a stored segment is recognised.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (index, part) in parts.iter().enumerate() {
                write!(f, "{}{}", if index > 0 { word } else { "" }, Inner(part))?;
            }
            Ok(())
        };
        match self {
            Self::All(parts) => joined(f, parts, " and "),
            Self::Any(parts) => joined(f, parts, " or "),
            Self::Not(part) => write!(f, "not {}", Inner(part)),
            Self::Test(column, comparison) => {
                let is_plain = column.starts_with(|c: char| c.is_alphabetic() || c == '_')
                    && column.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
                    && !is_keyword(column);
                if is_plain {
                    write!(f, "{column}")?;
                } else {
                    write!(f, "`{column}`")?;
                }
                let list = |f: &mut fmt::Formatter<'_>, word: &str, literals: &[Literal]| {
                    let texts: Vec<String> = literals.iter().map(ToString::to_string).collect();
                    write!(f, " {word} [{}]", texts.join(", "))
                };
                match comparison {
                    Comparison::In(literals) => match literals.as_slice() {
                        [one] => write!(f, " == {one}"),
                        literals => list(f, "in", literals),
                    },
                    Comparison::NotIn(literals) => match literals.as_slice() {
                        [one] => write!(f, " != {one}"),
                        literals => list(f, "not in", literals),
                    },
                    Comparison::Less(number) => write!(f, " < {number}"),
                    Comparison::AtMost(number) => write!(f, " <= {number}"),
                    Comparison::Greater(number) => write!(f, " > {number}"),
                    Comparison::AtLeast(number) => write!(f, " >= {number}"),
                    Comparison::Missing => f.write_str(" is missing"),
                    Comparison::NotMissing => f.write_str(" is not missing"),
                }
            }
        }
    }
}

/// A subexpression: `and` and `or` are put in parentheses.
struct Inner<'a>(&'a Expression);

impl fmt::Display for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expression::All(_) | Expression::Any(_) => write!(f, "({})", self.0),
            part => write!(f, "{part}"),
        }
    }
}
