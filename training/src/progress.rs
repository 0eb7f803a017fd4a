//! Progress bar on standard error.

use indicatif::{ProgressBar, ProgressStyle};

/// Shows how many clients are done, if standard error is a terminal.
pub(crate) struct ClientProgress {
    bar: ProgressBar,
}

impl ClientProgress {
    pub(crate) fn new(clients: usize) -> Self {
        let bar = ProgressBar::new(clients as u64).with_message("prepare");
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} clients {eta}");
        Self { bar: style.map_or(bar.clone(), |style| bar.with_style(style)) }
    }

    pub(crate) fn add(&self, clients: usize) {
        self.bar.inc(clients as u64);
    }
}

impl Drop for ClientProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
