//! Batches of records as Arrow columns: the output of every reader and the input of every counter.
//!
//! Dirty rows are not errors: they are reported as [`Complaints`] along with the columns.

mod columns;
mod complaints;
mod csv_quotes;
mod decimals;
mod json_tokens;
mod numbers;
mod outside_scores;
mod records;
mod rows;
mod spelling;
mod value;

pub use columns::{
    NotANumber, decoded_type, fits_f64, is_bytes, is_text, text_of_bytes, texts, to_levels, to_numbers,
    to_written_levels,
};
pub use complaints::{Complaint, Complaints, Reason};
pub use csv_quotes::QuoteScan;
pub use decimals::decimals_to_f64;
pub use json_tokens::plain_tokens;
pub use numbers::{for_each_number, number_values};
pub use outside_scores::OutsideScores;
pub use records::Records;
pub use rows::Rows;
pub use spelling::{
    MISSING_WORDS, Number, has_decimal_comma, level, level_of_decimal, level_of_number, number, whole_digits, word,
};
pub use value::Value;
