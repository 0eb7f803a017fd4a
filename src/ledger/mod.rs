//! The ledger: settled windows, their trends, alert states, and the outbox. One SQLite file.

mod alerts;
mod label_checks;
mod label_verdicts;
mod ledger;
mod outbox;
mod payload;
mod run;
mod schema;
mod sqlite_fault;
mod watch_state;

pub use label_checks::LabelCheck;
pub use ledger::{Ledger, LedgerTx, ledger_path};
pub use outbox::{FinalState, NewMessage, QueuedMessage, Recipient};
pub use run::{RunRow, RunStatus, TrendRow};
pub use watch_state::WatchState;
