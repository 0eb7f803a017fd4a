//! Segments: subsets of rows defined by filters or by the levels of a column, counted in addition to all rows.
//!
//! A filter is an expression over features of the reference:
//!
//! ```text
//! CODE_GENDER == "F" and AMT_CREDIT > 500000
//! OCCUPATION_TYPE in ["Drivers", "Laborers"] or OCCUPATION_TYPE is missing
//! not (EXT_SOURCE_1 is missing) and `A name with spaces` != 3
//! ```
//!
//! Operators are `==` `!=` `in [...]` `not in [...]` for levels and numbers, `<` `<=` `>` `>=` for numbers,
//! `is missing` and `is not missing`. `not` binds tightest, then `and`, then `or`; parentheses group. Any comparison
//! with a missing value is false, including `!=`. Levels are compared in canonical spelling, numbers in the precision
//! of the model.

mod expression;
mod keyword;
mod parse;
mod segments;
mod tally;

pub use expression::{Comparison, Expression, Literal};
pub use parse::parse;
pub use segments::{MAX_SEGMENTS, Segment, SegmentSpec, Segments};
pub use tally::SegmentTally;
