//! The real daemon: signals, locking, systemd notifications, and mail to a real socket.

mod crash;
mod crash_labels;
mod failures;
mod ledger;
mod operation;
mod process;
mod reload;
mod units;
