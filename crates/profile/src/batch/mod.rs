//! Some records as columns: what every reader makes of a log, and what every counter takes.
//!
//! Dirty rows are values, not errors: they come as [`Complaints`] beside the columns.

mod complaints;
mod decimals;
mod numbers;
mod records;
mod rows;
mod spelling;

pub use complaints::{Complaint, Complaints, Reason};
pub use decimals::without_decimals;
pub use numbers::for_each_number;
pub use records::Records;
pub use rows::Rows;
pub use spelling::{Number, level, level_of_number, number};
