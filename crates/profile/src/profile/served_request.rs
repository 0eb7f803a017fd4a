//! One request to the model service, as [`super::Traffic`] counts it.

use crate::window::Instant;

/// A request with its status and latency.
#[derive(Debug, Clone, Copy)]
pub struct ServedRequest {
    pub at: Instant,
    /// HTTP status, if the log has one.
    pub status: Option<i32>,
    pub latency_ms: Option<f64>,
    pub failed: bool,
}
