//! A database and the rows that are wanted of it, under the keys by which the operator knows them.

use crate::source::{DatabaseOptions, LabelOptions, Options};

/// What sections of the config say of a database.
#[derive(Debug, Clone, Copy)]
pub(in crate::source) struct Access<'o> {
    /// The section that says how to connect: labels may stand in the log's own database.
    pub section: &'static str,
    pub server: &'o DatabaseOptions,
    /// The section that says what to read there.
    pub rows: &'static str,
    pub wanted: &'o DatabaseOptions,
}

impl<'o> Access<'o> {
    /// Of the log.
    pub(crate) fn of_log(options: &'o Options) -> Self {
        Self { section: "source", server: &options.database, rows: "source", wanted: &options.database }
    }

    /// Of labels; without a `url` of their own they stand in the database of the log.
    pub(crate) fn of_labels(options: &'o LabelOptions, log: &'o Options) -> Self {
        let own = &options.database;
        let (section, server) = if own.url.is_some() { ("labels", own) } else { ("source", &log.database) };
        Self { section, server, rows: "labels", wanted: own }
    }
}
