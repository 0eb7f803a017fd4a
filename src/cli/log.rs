//! What a service says of itself while it runs, apart from what a command answers: levels, forms, where it goes.
//!
//! ERROR: something was lost, or a person has to act. WARN: it may come to that; nothing is lost yet. INFO: what happened, a
//! line or two a run. DEBUG: why. `VIGIE_LOG` chooses, as `VIGIE_LOG=vigie=debug`.

use std::{
    io::{self, IsTerminal},
    panic,
};

use clap::ValueEnum;
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::{EnvFilter, Layer, filter::LevelFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};
use vigie_profile::shown::harmless;

use crate::fault::Fault;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people
    Human,
    /// A JSON object a line
    Json,
    /// Fields of systemd's journal
    Journald,
    /// Journald below systemd, else human
    Auto,
}

/// The log of this process.
#[derive(Debug)]
pub struct Log {
    is_human: bool,
}

impl Log {
    /// Begins to log. Only the first call of a process counts.
    pub(super) fn begin(format: LogFormat) -> Self {
        let journal = match format {
            LogFormat::Journald => journal(),
            LogFormat::Auto if stderr_is_the_journal() => journal(),
            _ => None,
        };
        let is_human = journal.is_none() && format != LogFormat::Json;
        let registry = tracing_subscriber::registry().with(filter(is_human));
        let begun = match (journal, format) {
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
        if begun.is_ok() && !is_human {
            // One event of the log, not lines between its lines.
            panic::set_hook(Box::new(|panicked| tracing::error!("{}", harmless(&panicked.to_string()))));
        }
        if format == LogFormat::Journald && is_human {
            tracing::warn!("there is no journal to write to; logging in lines");
        }
        Self { is_human }
    }

    /// Says why a command could not tell, once: on standard error, or in the log that stands in its place.
    pub fn complain(&self, fault: &Fault) {
        // A file's name is not ours, and may hold what controls a terminal.
        let sentence = fault.to_string();
        let lines: Vec<String> = sentence.lines().map(harmless).collect();
        if self.is_human {
            eprintln!("vigie: {}", lines.join("\n"));
        } else {
            tracing::error!("{}", lines.join("\n"));
        }
    }
}

/// Other crates when they warn, vigie from INFO; a command that answers at a terminal need not say it twice.
fn filter(is_human: bool) -> EnvFilter {
    let usual = if is_human { "warn,vigie=info,vigie::cli=warn" } else { "warn,vigie=info" };
    let builder = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into());
    let asked = std::env::var("VIGIE_LOG").ok().filter(|asked| !asked.is_empty());
    builder.parse_lossy(asked.as_deref().unwrap_or(usual))
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

/// Systemd names the socket it listens to; who redirects standard error writes elsewhere.
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
