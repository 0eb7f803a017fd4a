//! Read-only HTTP server for reports, the JSON API, Prometheus metrics and health checks.

mod api;
mod app;
mod cached;
mod content_policy;
mod files;
mod guard;
mod host;
mod metrics;
mod places;
mod response;
mod serve;
mod state;
mod status;
mod timeout;
mod token;

pub(crate) use guard::{harden, has_token};
pub(crate) use host::{HostProblem, host_problem, own_host_name};
pub(crate) use metrics::escape;
pub(crate) use places::{Busy, Place, PlaceLimits};
pub use serve::serve;
pub use state::State;
pub use status::{DaemonStatus, ModelRunStatus};
pub(crate) use timeout::{ConnectionLimits, RequestPlace, TimeoutListener};
pub(crate) use token::read_token;
