//! The config file: what it says ([`Options`]), what it means ([`Settings`]), and all that is wrong with it at once.

mod channels;
mod options;
mod secrets;

pub use channels::{Addresses, Alerts, Email, Http};
pub use options::{Cost, Labels, Model, Options, Reports, ScheduleOptions, Watched};
pub use secrets::masked;
