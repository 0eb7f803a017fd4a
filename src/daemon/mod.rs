//! `vigie run`: looks when the clock says so, does what the ledger says is due, tells what has to be told.

mod clock;
mod cron;
mod due;
mod labels;
mod lock;
mod look;
mod post;
mod pulse;
mod run;
mod serve;
mod wake;

pub use clock::Clock;
pub use due::{Due, due, of_ledger};
pub use lock::{Lock, is_held, lock, lock_channel};
pub use look::{Hands, Looked, look};
pub use post::{Post, Round, compose, round, send_now};
pub use run::{Start, run};
