//! The seven raw tables, one file each: columns, levels, what is missing, derived columns and features.

mod application;
mod bureau;
mod bureau_balance;
mod credit_card_balance;
mod installments_payments;
mod pos_cash_balance;
mod previous_application;
mod specification;

pub use specification::{CLIENT, DictionaryMap, Specification, TARGET};
