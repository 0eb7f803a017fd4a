//! Progress bar on stderr for work that takes longer than a second.

use std::{
    io::IsTerminal,
    sync::OnceLock,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Appears after a second if stderr is a terminal.
pub(super) struct ProgressLine {
    message: &'static str,
    started: Instant,
    is_terminal: bool,
    bar: OnceLock<ProgressBar>,
}

impl ProgressLine {
    pub(super) fn new(message: &'static str) -> Self {
        Self { message, started: Instant::now(), is_terminal: std::io::stderr().is_terminal(), bar: OnceLock::new() }
    }

    /// Updates the progress.
    pub(super) fn update(&self, done: usize, all: usize) {
        if !self.is_terminal || self.started.elapsed() < Duration::from_secs(1) {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}");
            let bar = ProgressBar::new(all as u64).with_message(self.message);
            style.map_or(bar.clone(), |style| bar.with_style(style))
        });
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
