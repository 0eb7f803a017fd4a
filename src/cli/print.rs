//! Writes a command's output to standard output, and forms plurals.

use std::io::Write;

/// Prints `text`, ignoring errors such as a closed pipe.
pub(super) fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Writes a line to standard error, ignoring errors such as a closed pipe.
pub(super) fn print_error(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The noun for a count: `row` for 1, otherwise `rows`.
pub(super) fn noun(count: u64, one: &str) -> String {
    if count == 1 { one.to_owned() } else { format!("{one}s") }
}
