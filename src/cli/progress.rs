//! A bar on stderr where work takes longer than a second and somebody watches.

use std::{
    io::IsTerminal,
    sync::OnceLock,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Shows itself after a second, if stderr is a terminal.
pub(super) struct Bar {
    what: &'static str,
    started: Instant,
    watched: bool,
    shown: OnceLock<ProgressBar>,
}

impl Bar {
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, started: Instant::now(), watched: std::io::stderr().is_terminal(), shown: OnceLock::new() }
    }

    /// So many of so many are done.
    pub(super) fn at(&self, done: usize, all: usize) {
        if !self.watched || self.started.elapsed() < Duration::from_secs(1) {
            return;
        }
        let bar = self.shown.get_or_init(|| {
            let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}");
            let bar = ProgressBar::new(all as u64).with_message(self.what);
            style.map_or(bar.clone(), |style| bar.with_style(style))
        });
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.shown.get() {
            bar.finish_and_clear();
        }
    }
}
