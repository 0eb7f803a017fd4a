//! Records runs in the ledger, and applies them and late labels to alerts.

pub(crate) mod late_labels;
pub(crate) mod open_alerts;
pub(crate) mod rebuild;
pub(crate) mod record;
pub(crate) mod tally;
