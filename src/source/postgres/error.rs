//! Translates database errors for the operator: one sentence, and whether a retry may help.

use tokio_postgres::{Error, error::SqlState};

use super::database::Database;
use crate::fault::{Fault, PublicCause, Remedy};

/// Describes an error. The sentence never contains a password, as the server never returns one.
pub(super) fn fault(database: &Database, error: &Error) -> Fault {
    let (remedy, what) = match error.code() {
        Some(code) => describe_server_error(code, &server_message(error)),
        None => describe_driver_error(error),
    };
    let sentence =
        format!("{}: PostgreSQL at {database}: {}", database.rows_section, with_section_keys(database, &what));
    let fault = match remedy {
        Remedy::Retry => Fault::retry(sentence),
        Remedy::SkipWindow => Fault::skip(sentence),
        Remedy::FixSetup => Fault::setup(sentence),
    };
    match error.code().filter(|code| may_quote_a_row(code)) {
        Some(code) => fault.with_public(PublicCause::Text(format!(
            "{}: PostgreSQL at {database}: the server failed to read the rows (SQLSTATE {}); `vigie status` shows its message",
            database.rows_section,
            code.code()
        ))),
        None => fault,
    }
}

/// The fault of a server that cannot be reached, or does not keep to the protocol.
pub(super) fn unreachable(database: &Database, cause: &str) -> Fault {
    let what = format!(
        "cannot connect: {cause}; check that the server is running and that host and port in `source.url` are correct"
    );
    let what = with_section_keys(database, &what);
    Fault::retry(format!("{}: PostgreSQL at {database}: {what}", database.rows_section))
}

/// Replaces `source` in the keys of a sentence by the sections that define this database and its rows.
fn with_section_keys(database: &Database, sentence: &str) -> String {
    let in_rows_section = |text: String, key: &str| {
        text.replace(&format!("`source.{key}`"), &format!("`{}.{key}`", database.rows_section))
    };
    let text = ["table", "query", "statement_timeout"].into_iter().fold(sentence.to_owned(), in_rows_section);
    let in_server_section = |text: String, key: &str| {
        text.replace(&format!("`source.{key}`"), &format!("`{}.{key}`", database.server_section))
    };
    ["url", "password_file", "sslmode", "sslrootcert"].into_iter().fold(text, in_server_section)
}

/// Returns whether the message may quote a value, such as `invalid input syntax for type integer: "…"` or an exception
/// raised by a function. Errors about objects, rights, connections and the server itself do not.
fn may_quote_a_row(code: &SqlState) -> bool {
    let harmless = ["08", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58"];
    !harmless.iter().any(|class| code.code().starts_with(class))
}

/// The first line of the server's message.
fn server_message(error: &Error) -> String {
    let message = error.as_db_error().map_or("", |error| error.message());
    message.lines().next().unwrap_or_default().to_owned()
}

fn describe_server_error(code: &SqlState, message: &str) -> (Remedy, String) {
    let (remedy, next) = match code.code() {
        "57014" => (
            Remedy::Retry,
            "the query took too long; raise `source.statement_timeout`, or index the column that rows are looked up by",
        ),
        "55P03" => (Remedy::Retry, "another session has locked the table; the daemon will retry"),
        "25P03" | "57P05" => (Remedy::Retry, "the server closes idle sessions; the daemon will retry"),
        "53300" => (Remedy::Retry, "the server has no free connection; the daemon will retry"),
        "28P01" | "28000" => (
            Remedy::FixSetup,
            "check the user in `source.url`, the password in `source.password_file`, and pg_hba.conf",
        ),
        "3D000" => (Remedy::FixSetup, "check the database name in `source.url`"),
        "42501" => (Remedy::FixSetup, "grant SELECT on it (and USAGE on its schema) to the user in `source.url`"),
        "42P01" | "3F000" => (Remedy::FixSetup, "set `source.table` to an existing table"),
        "42703" | "42702" => (Remedy::FixSetup, "check the column names in the config"),
        // A server that starts, stops or recovers; a lost connection; a query cancelled on a standby.
        code if ["08", "53", "57", "58", "40", "XX"].iter().any(|class| code.starts_with(class)) => {
            (Remedy::Retry, "the daemon will retry")
        }
        _ => (Remedy::FixSetup, "check `source.table` or `source.query`"),
    };
    (remedy, format!("{message}; {next}"))
}

fn describe_driver_error(error: &Error) -> (Remedy, String) {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    match error.to_string() {
        what if what.starts_with("error performing TLS") => (
            Remedy::FixSetup,
            format!("TLS failed: {cause}; check `source.sslmode`, `source.sslrootcert` and the server's certificate"),
        ),
        what if what.starts_with("error connecting") || what.starts_with("timeout") => (
            Remedy::Retry,
            format!(
                "cannot connect: {cause}; check that the server is running and that host and port in `source.url` are correct"
            ),
        ),
        what if what.starts_with("invalid configuration") || what.starts_with("authentication") => (
            Remedy::FixSetup,
            format!("{cause}; put the password in a file and set `source.password_file` to its path"),
        ),
        what if what.starts_with("error parsing response") || what.starts_with("unexpected message") => {
            (Remedy::Retry, format!("{what}; check that this is a PostgreSQL server"))
        }
        _ => (
            Remedy::Retry,
            "the connection was lost; check that the server is running; the daemon will retry".to_owned(),
        ),
    }
}
