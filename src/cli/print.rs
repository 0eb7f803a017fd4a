//! Writes a command's output to standard output.

use std::io::Write;

/// Prints `text`, ignoring errors such as a closed pipe.
pub(super) fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
