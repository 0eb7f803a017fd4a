//! Rows apart by what they are: named filters and the levels of columns, counted beside all rows.
//!
//! A filter is a small expression over features of the reference:
//!
//! ```text
//! CODE_GENDER == "F" and AMT_CREDIT > 500000
//! OCCUPATION_TYPE in ["Drivers", "Laborers"] or OCCUPATION_TYPE is missing
//! not (EXT_SOURCE_1 is missing) and `A name with spaces` != 3
//! ```
//!
//! `==` `!=` `in [...]` `not in [...]` for levels and numbers, `<` `<=` `>` `>=` for numbers, `is missing`, `is not missing`;
//! `not` binds closest, then `and`, then `or`; parentheses as usual. A comparison with a value that is not there is false,
//! whatever it asks, so `!=` does not hold for a missing value. Levels are compared in canonical spelling, numbers as the
//! model sees them.

mod expression;
mod parse;
mod segments;
mod tally;

pub use expression::{Comparison, Expression, Literal};
pub use parse::parse;
pub use segments::{Chosen, MOST, Segment, Segments};
pub use tally::SegmentTally;
