//! `vigie compare`: two tables, without a config.

mod column_notes;
pub(crate) mod compare;
mod current_table;
pub(crate) mod request;
