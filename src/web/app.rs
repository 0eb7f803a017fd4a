//! State shared by all request handlers.

use std::sync::Arc;

use super::{State, cached::Cached};
use crate::{archive, report::ReportIndex};

pub(super) struct AppState {
    pub state: State,
    pub index: Cached<ReportIndex>,
    pub page: Cached<Vec<u8>>,
    pub metrics: Cached<String>,
}

impl AppState {
    pub(super) fn new(state: State) -> Self {
        Self { state, index: Cached::default(), page: Cached::default(), metrics: Cached::default() }
    }

    /// Returns the list of reports, including the open alerts.
    pub(super) fn index(&self) -> Arc<ReportIndex> {
        self.index.get(|| {
            let State { reports, language, status, .. } = &self.state;
            archive::read_index(reports, *language, Some(status().alerts))
        })
    }
}
