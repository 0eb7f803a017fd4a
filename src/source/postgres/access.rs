//! Where rows come from: the server and the rows, with the config sections that define them.

use crate::source::{LabelOptions, PlaceOptions, SourceOptions};

/// The config of a database connection and of the rows to read.
#[derive(Debug, Clone, Copy)]
pub(in crate::source) struct Access<'o> {
    /// The config section with the connection, as labels may be read from the log's database.
    pub server_section: &'static str,
    pub server: &'o PlaceOptions,
    /// The config section with the table or query.
    pub rows_section: &'static str,
    pub rows: &'o PlaceOptions,
}

impl<'o> Access<'o> {
    /// Access to the log.
    pub(crate) fn for_log(options: &'o SourceOptions) -> Self {
        let place = &options.place;
        Self { server_section: "source", server: place, rows_section: "source", rows: place }
    }

    /// Access to labels.
    pub(crate) fn for_labels(options: &'o LabelOptions, log: &'o SourceOptions) -> Self {
        Self::joined("labels", &options.place, log)
    }

    /// Access to rows that a section of the config joins to the log; without a `url`, they are read from the log's database.
    pub(crate) fn joined(section: &'static str, rows: &'o PlaceOptions, log: &'o SourceOptions) -> Self {
        let (server_section, server) = if rows.url.is_some() { (section, rows) } else { ("source", &log.place) };
        Self { server_section, server, rows_section: section, rows }
    }
}
