//! The ledger: settled windows, their trends, alert states, and the outbox. One SQLite file.

mod alerts;
mod identity;
mod label_checks;
mod label_verdicts;
mod ledger;
mod outbox;
mod payload;
mod private;
mod run;
mod schema;
mod served_version;
mod sqlite_fault;
mod watch_state;

pub use label_checks::LabelCheck;
pub use ledger::{Ledger, LedgerTx, create_state_folder, ledger_path};
pub use outbox::{FinalState, NewMessage, QueuedMessage, Recipient};
pub use private::open_private;
pub use run::{RunRow, RunStatus, TrendRow};
pub use served_version::{ServedVersion, add_version};
pub use watch_state::WatchState;
