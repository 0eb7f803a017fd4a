//! Configuration of the server.

use std::{fmt, path::PathBuf, sync::Arc};

use super::DaemonStatus;
use crate::report::Language;

/// Settings of the server and a callback into the daemon.
#[derive(Clone)]
pub struct State {
    /// The reports folder.
    pub reports: PathBuf,
    /// Language of the list of reports.
    pub language: Language,
    /// Token that clients must send as `Authorization: Bearer …`; `None` allows everyone. Health checks need no token.
    pub token: Option<String>,
    /// Names by which clients may reach the server without a token, in addition to addresses and `localhost`.
    pub hosts: Vec<String>,
    /// May block; called on a blocking thread.
    pub status: Arc<dyn Fn() -> DaemonStatus + Send + Sync>,
}

/// Omits the token.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("reports", &self.reports)
            .field("token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}
