//! Logging: levels, formats, destination. Separate from the output of commands.
//!
//! ERROR: something was lost, or someone has to act. WARN: it may come to that; nothing is lost yet. INFO: what happened, a
//! line or two per run. DEBUG: why. `VIGIE_LOG` sets the filter, for example `VIGIE_LOG=vigie=debug`.

use std::{
    io::{self, IsTerminal},
    panic,
};

use clap::ValueEnum;
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::{EnvFilter, Layer, filter::LevelFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};
use vigie_profile::shown::harmless;

use super::print::print_error;
use crate::fault::Fault;

/// Format of log messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Human-readable lines
    Human,
    /// One JSON object per line
    Json,
    /// Structured entries in the systemd journal
    Journald,
    /// journald under systemd, otherwise human
    Auto,
}

/// Logging of this process.
#[derive(Debug)]
pub struct Logging {
    is_human: bool,
}

impl Logging {
    /// Initialises logging. Only the first call in a process has an effect.
    pub(super) fn init(format: LogFormat) -> Self {
        let journal = match format {
            LogFormat::Journald => journal(),
            LogFormat::Auto if stderr_is_the_journal() => journal(),
            _ => None,
        };
        let is_human = journal.is_none() && format != LogFormat::Json;
        let registry = tracing_subscriber::registry().with(filter(is_human));
        let result = match (journal, format) {
            (Some(journal), _) => registry.with(journal).try_init(),
            (None, LogFormat::Json) => {
                let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
                registry.with(lines.with_writer(io::stderr)).try_init()
            }
            (None, _) => {
                let colour =
                    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
                registry.with(fmt::layer().with_ansi(colour).with_target(false).with_writer(io::stderr)).try_init()
            }
        };
        if result.is_ok() && !is_human {
            // Log panics as events instead of raw lines.
            panic::set_hook(Box::new(|panicked| tracing::error!("{}", harmless(&panicked.to_string()))));
        }
        if format == LogFormat::Journald && is_human {
            tracing::warn!("cannot connect to the journal; logging plain lines");
        }
        Self { is_human }
    }

    /// Reports a failed command once: on standard error, or in the log if it is structured.
    pub fn report_fault(&self, fault: &Fault) {
        // File names may contain terminal control characters.
        let message = fault.to_string();
        let lines: Vec<String> = message.lines().map(harmless).collect();
        if self.is_human {
            print_error(&format!("vigie: {}", lines.join("\n")));
        } else {
            tracing::error!("{}", lines.join("\n"));
        }
    }
}

/// WARN for other crates, INFO for vigie; in human format the CLI's own INFO events would repeat the command's output.
fn filter(is_human: bool) -> EnvFilter {
    let default = if is_human { "warn,vigie=info,vigie::cli=warn" } else { "warn,vigie=info" };
    let builder = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into());
    let requested = std::env::var("VIGIE_LOG").ok().filter(|value| !value.is_empty());
    builder.parse_lossy(requested.as_deref().unwrap_or(default))
}

fn journal<S>() -> Option<impl Layer<S>>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let priorities = PriorityMappings {
        error: Priority::Error,
        warn: Priority::Warning,
        info: Priority::Informational,
        debug: Priority::Debug,
        trace: Priority::Debug,
    };
    let layer = tracing_journald::layer().ok()?;
    let layer = layer.with_field_prefix(Some("VIGIE".to_owned())).with_priority_mappings(priorities);
    Some(layer.with_syslog_identifier("vigie".to_owned()))
}

/// `JOURNAL_STREAM` identifies the journal's socket; stderr may have been redirected since.
#[cfg(unix)]
fn stderr_is_the_journal() -> bool {
    use std::os::unix::fs::MetadataExt;
    let Some((device, inode)) = std::env::var("JOURNAL_STREAM").ok().and_then(|stream| {
        let (device, inode) = stream.split_once(':')?;
        Some((device.parse::<u64>().ok()?, inode.parse::<u64>().ok()?))
    }) else {
        return false;
    };
    std::fs::metadata("/proc/self/fd/2").is_ok_and(|stderr| (stderr.dev(), stderr.ino()) == (device, inode))
}

#[cfg(not(unix))]
fn stderr_is_the_journal() -> bool {
    false
}
