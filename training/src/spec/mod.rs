//! What a table declares: raw columns, derived columns, tests, statistics of groups. Data only; `plan` turns it into queries.

mod column;
mod derived;
mod feature;
mod sentence;
mod table;

pub use column::{CellKind, RawColumn, flag, key, number, text, whole, yes_no};
pub use derived::{CellTest, DerivedColumn, RowRule};
pub use feature::{FeatureColumn, FeatureSource, GroupStat, five};
pub use sentence::{DictionaryEntry, entry};
pub use table::RawTable;
