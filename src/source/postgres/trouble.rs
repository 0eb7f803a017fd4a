//! What a database's refusal means for the operator: one sentence, and whether a later try may help.

use tokio_postgres::{Error, error::SqlState};

use super::database::Database;
use crate::fault::{Fault, Remedy};

/// The error in words. No password is in any of them: the server never says one back.
pub(super) fn fault(database: &Database, error: &Error) -> Fault {
    let (remedy, what) = match error.code() {
        Some(code) => refused(code, &said(error)),
        None => unheard(error),
    };
    let sentence = format!("{}: PostgreSQL at {database}: {}", database.rows, keyed(database, &what));
    let fault = match remedy {
        Remedy::Retry => Fault::retry(sentence),
        Remedy::SkipWindow => Fault::skip(sentence),
        Remedy::FixSetup => Fault::setup(sentence),
    };
    match error.code().filter(|code| may_quote_a_row(code)) {
        Some(code) => fault.discreetly(format!(
            "{}: PostgreSQL at {database}: the server refuses to read the rows (SQLSTATE {}); `vigie status` has its words",
            database.rows,
            code.code()
        )),
        None => fault,
    }
}

/// The sentence under the keys of the sections that name this database and what is read of it.
fn keyed(database: &Database, sentence: &str) -> String {
    let of_rows =
        |text: String, key: &str| text.replace(&format!("`source.{key}`"), &format!("`{}.{key}`", database.rows));
    let text = ["table", "query", "statement_timeout"].into_iter().fold(sentence.to_owned(), of_rows);
    let of_section =
        |text: String, key: &str| text.replace(&format!("`source.{key}`"), &format!("`{}.{key}`", database.section));
    ["url", "password_file", "sslmode", "sslrootcert"].into_iter().fold(text, of_section)
}

/// Classes of errors that speak of objects, rights, connections and the server itself. All others (a value that is no
/// number, a function's own complaint) may say a cell's value back: `invalid input syntax for type integer: "…"`.
fn may_quote_a_row(code: &SqlState) -> bool {
    let harmless = ["08", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58"];
    !harmless.iter().any(|class| code.code().starts_with(class))
}

/// The server's own words, the first line of them.
fn said(error: &Error) -> String {
    let message = error.as_db_error().map_or("", |error| error.message());
    message.lines().next().unwrap_or_default().to_owned()
}

fn refused(code: &SqlState, said: &str) -> (Remedy, String) {
    let (remedy, next) = match code.code() {
        "57014" => (Remedy::Retry, "a read took too long; raise `source.statement_timeout`, or index the time column"),
        "55P03" => (Remedy::Retry, "another session holds the table; it is tried again"),
        "25P03" | "57P05" => (Remedy::Retry, "the server ends idle sessions; it is tried again"),
        "53300" => (Remedy::Retry, "the server has no connection left for vigie; it is tried again"),
        "28P01" | "28000" => (
            Remedy::FixSetup,
            "check the user in `source.url`, the password in `source.password_file`, and pg_hba.conf",
        ),
        "3D000" => (Remedy::FixSetup, "check the database's name in `source.url`"),
        "42501" => (Remedy::FixSetup, "grant SELECT on it (and USAGE on its schema) to the user of `source.url`"),
        "42P01" | "3F000" => (Remedy::FixSetup, "name a table that is there in `source.table`"),
        "42703" | "42702" => (Remedy::FixSetup, "check the columns that the config names"),
        // A server that starts, stops or heals; a lost connection; a standby that had to go on.
        code if ["08", "53", "57", "58", "40", "XX"].iter().any(|class| code.starts_with(class)) => {
            (Remedy::Retry, "it is tried again")
        }
        _ => (Remedy::FixSetup, "check `source.table` or `source.query`"),
    };
    (remedy, format!("{said}; {next}"))
}

fn unheard(error: &Error) -> (Remedy, String) {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    match error.to_string() {
        what if what.starts_with("error performing TLS") => (
            Remedy::FixSetup,
            format!("TLS failed: {cause}; check `source.sslmode`, `source.sslrootcert` and the server's certificate"),
        ),
        what if what.starts_with("error connecting") || what.starts_with("timeout") => (
            Remedy::Retry,
            format!(
                "no connection: {cause}; check that the server runs and that host and port in `source.url` are right"
            ),
        ),
        what if what.starts_with("invalid configuration") || what.starts_with("authentication") => {
            (Remedy::FixSetup, format!("{cause}; put the password into a file and name it in `source.password_file`"))
        }
        what if what.starts_with("error parsing response") || what.starts_with("unexpected message") => {
            (Remedy::Retry, format!("{what}; check that this is a PostgreSQL server"))
        }
        _ => (Remedy::Retry, "the connection was lost; check that the server runs, it is tried again".to_owned()),
    }
}
