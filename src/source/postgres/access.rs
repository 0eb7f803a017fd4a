//! A database and the rows that are wanted of it, under the keys by which the operator knows them.

use std::path::Path;

use crate::{
    source::{DatabaseUrl, LabelOptions, Options, SslMode},
    window::Span,
};

/// What a section of the config says of a database.
#[derive(Debug, Clone, Copy)]
pub(in crate::source) struct Access<'o> {
    /// The section that says how to connect: labels may stand in the log's own database.
    pub section: &'static str,
    pub url: Option<&'o DatabaseUrl>,
    pub password_file: Option<&'o Path>,
    pub sslmode: Option<SslMode>,
    pub sslrootcert: Option<&'o Path>,
    /// The section that says what to read there.
    pub rows: &'static str,
    pub table: Option<&'o str>,
    pub query: Option<&'o str>,
    pub statement_timeout: Span,
}

impl<'o> Access<'o> {
    /// Of the log.
    pub fn of_log(options: &'o Options) -> Self {
        Self {
            section: "source",
            url: options.url.as_ref(),
            password_file: options.password_file.as_deref(),
            sslmode: options.sslmode,
            sslrootcert: options.sslrootcert.as_deref(),
            rows: "source",
            table: options.table.as_deref(),
            query: options.query.as_deref(),
            statement_timeout: options.statement_timeout,
        }
    }

    /// Of labels; without a `url` of their own they stand in the database of the log.
    pub fn of_labels(options: &'o LabelOptions, log: &'o Options) -> Self {
        let own = Self {
            section: "labels",
            url: options.url.as_ref(),
            password_file: options.password_file.as_deref(),
            sslmode: options.sslmode,
            sslrootcert: options.sslrootcert.as_deref(),
            rows: "labels",
            table: options.table.as_deref(),
            query: options.query.as_deref(),
            statement_timeout: options.statement_timeout,
        };
        if own.url.is_some() {
            return own;
        }
        Self {
            rows: own.rows,
            table: own.table,
            query: own.query,
            statement_timeout: own.statement_timeout,
            ..Self::of_log(log)
        }
    }
}
