//! Reports, figures and health over HTTP: read only, for people, scripts and Prometheus.

mod api;
mod brief;
mod content_policy;
mod figures;
mod files;
mod guard;
mod metrics;
mod patient;
mod serve;
mod standing;
mod state;

pub use serve::serve;
pub use standing::{ModelStanding, Standing};
pub use state::State;
