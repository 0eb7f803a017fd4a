//! The real daemon: signals, one on a folder of state, what systemd hears, mail to a real socket.

mod crash;
mod crash_labels;
mod heals;
mod ledger;
mod process;
mod reload;
mod units;
mod watches;
