//! The real daemon: signals, one on a folder of state, what systemd hears, mail to a real socket.

mod heals;
mod process;
mod reload;
mod watches;
