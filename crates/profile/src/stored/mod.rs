//! Counts as bytes: versioned, checksummed, and safe to read from an untrusted file.

mod counts;
mod profile_file;

pub use counts::{are_rows, read_cell_counts, total_rows, write_cell_counts};
pub use profile_file::{StoredError, StoredProfile};
