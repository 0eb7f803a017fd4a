//! The ledger: which windows are done, their trends, alert states, and what has still to be told. One SQLite file.

mod alerts;
mod by_labels;
mod labels;
mod ledger;
mod outbox;
mod refusal;
mod run;
mod schema;
mod watched;

pub use labels::LabelLook;
pub use ledger::{Entry, Ledger, file};
pub use outbox::{Channel, Fate, Letter, Queued, Recipient};
pub use run::{Ended, RunRow, Trend};
pub use watched::Watched;
