//! The real daemon: signals, locking, systemd notifications, and mail to a real socket.

mod clocks;
mod crash;
mod crash_labels;
mod failures;
mod files;
mod identity;
mod ledger;
mod operation;
mod process;
mod reload;
mod units;
