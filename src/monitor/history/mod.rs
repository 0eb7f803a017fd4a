//! A run takes its place in the ledger; alerts and late labels follow.

pub(crate) mod by_labels;
pub(crate) mod open_alerts;
pub(crate) mod rebuild;
pub(crate) mod settle;
pub(crate) mod tally;
