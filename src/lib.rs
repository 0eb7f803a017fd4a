#![doc = include_str!("ARCHITECTURE.md")]

pub mod archive;
pub mod batch;
pub mod cli;
pub mod config;
pub mod drift;
pub mod engine;
pub mod fault;
pub mod judge;
pub mod layout;
pub mod monitor;
pub mod profile;
pub mod reference;
pub mod report;
pub mod source;
pub mod stats;
pub mod window;
