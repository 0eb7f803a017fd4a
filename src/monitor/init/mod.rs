//! `vigie init`: writes a config for a log that nobody has mapped yet.

mod commands;
mod init;
mod known;
mod log_place;

pub use init::{InitRequest, InitialConfig, TriedConfig, draft, write_config};
