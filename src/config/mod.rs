//! The config file: what it says ([`Options`]), what it means ([`Settings`]), and all that is wrong with it at once.
//!
//! bytes → tree (places) → fit (types, by the schema of the options) → complete, rules → options → settings

mod channels;
mod complete;
mod cron;
mod files;
mod fit;
mod key;
mod limits;
mod options;
mod place;
mod problems;
mod rules;
mod scalar;
mod secrets;
mod settings;
mod shape;
mod show;
mod template;
mod tree;
mod understand;

pub use channels::{Alerts, Http};
pub use files::check_files;
pub use options::{Cost, Labels, Model, Options, Reports, RunOptions, ScheduleOptions, SegmentOptions, Watched};
pub use problems::{Place, Problem, Problems};
pub use secrets::masked;
pub use settings::{Schedule, Settings};
pub use show::{schema, show};
pub use template::TEMPLATE;
