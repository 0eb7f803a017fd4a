//! What the server serves from.

use std::{fmt, path::PathBuf, sync::Arc};

use super::Standing;
use crate::report::Language;

/// Plain values, and one question to whoever runs the server.
#[derive(Clone)]
pub struct State {
    /// The reports folder.
    pub reports: PathBuf,
    /// Of the list of reports.
    pub language: Language,
    /// What a client must send as `Authorization: Bearer …`; `None` lets everyone read. Health is never asked for it.
    pub token: Option<String>,
    /// May block; it is called off the runtime's threads.
    pub standing: Arc<dyn Fn() -> Standing + Send + Sync>,
}

/// Without the token.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("reports", &self.reports)
            .field("token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}
