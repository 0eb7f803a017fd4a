//! Names of tables and columns as SQL takes them: quoted, so that no name can say anything else.

use crate::fault::{Fault, Result};

/// A name in double quotes, those in it doubled. PostgreSQL reads it back to the letter.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in single quotes, whatever `standard_conforming_strings` says.
pub(super) fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// `schema.table` of the section → each piece quoted; a piece in double quotes may hold dots.
pub(super) fn qualified(section: &str, table: &str) -> Result<String> {
    let wrong = |why: &str| {
        Fault::setup(format!(
            "{section}.table: `{table}` {why}; write `schema.table`, a name with dots or quotes as \"the.name\""
        ))
    };
    let mut pieces = vec![String::new()];
    let mut letters = table.trim().chars().peekable();
    let mut is_quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\0' => return Err(wrong("holds a zero byte")),
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                push(&mut pieces, '"');
            }
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => pieces.push(String::new()),
            letter => push(&mut pieces, letter),
        }
    }
    if is_quoted {
        return Err(wrong("has a quote that does not end"));
    }
    if pieces.len() > 3 || pieces.iter().any(String::is_empty) {
        return Err(wrong("is no name of a table"));
    }
    Ok(pieces.iter().map(|piece| quoted(piece)).collect::<Vec<_>>().join("."))
}

fn push(pieces: &mut [String], letter: char) {
    if let Some(piece) = pieces.last_mut() {
        piece.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_to_the_letter() {
        assert_eq!(quoted("inputs"), "\"inputs\"");
        assert_eq!(quoted("a\"; DROP TABLE t; --"), "\"a\"\"; DROP TABLE t; --\"");
        assert_eq!(literal("it's \\' so"), "E'it''s \\\\'' so'");
        let of = |table: &str| qualified("source", table).map_err(|fault| fault.to_string());
        assert_eq!(of("prod_requests").unwrap(), "\"prod_requests\"");
        assert_eq!(of("Public.Log").unwrap(), "\"Public\".\"Log\"");
        assert_eq!(of("\"my.schema\".\"a\"\"b\"").unwrap(), "\"my.schema\".\"a\"\"b\"");
        assert_eq!(of("t; DROP TABLE t").unwrap(), "\"t; DROP TABLE t\"");
        assert!(of("a..b").unwrap_err().contains("is no name of a table"));
        assert!(of("\"a").unwrap_err().contains("does not end"));
    }
}
