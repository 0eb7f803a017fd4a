//! Some records as columns: what every reader makes of a log, and what every counter takes.
//!
//! Dirty rows are values, not errors: they come as [`Complaints`] beside the columns.

mod complaints;
mod records;
mod spelling;

pub use complaints::{Complaint, Complaints, Reason};
pub use records::Records;
pub use spelling::{Number, level, level_of_number, number};
