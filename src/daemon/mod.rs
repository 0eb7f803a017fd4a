//! `vigie run`: checks models on schedule, does what the ledger says is due, and delivers queued messages.

mod check;
mod clock;
mod cron;
mod due;
mod first_windows;
mod labels;
mod lock;
mod run;
mod sender;
mod serve;
mod wake;
mod watchdog;
mod window;

pub use check::check_model;
pub use clock::Clock;
pub use due::{Due, due, due_from_ledger};
pub use lock::{Lock, is_held, lock, lock_channel};
pub use run::{DaemonOptions, run};
pub use sender::{SendSummary, Transport, compose_messages, send_due, send_now, track_now, why_waiting};
pub use window::{CheckContext, CheckSummary};
