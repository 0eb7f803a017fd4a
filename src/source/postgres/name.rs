//! Quotes table and column names and literals for SQL, so that no name can inject SQL.

use crate::fault::{Fault, Result};

/// Quotes an identifier: in double quotes, with inner double quotes doubled.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes a string literal, independent of `standard_conforming_strings`.
pub(super) fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Quotes each part of the config section's `schema.table`; a part in double quotes may contain dots.
pub(super) fn qualified(section: &str, table: &str) -> Result<String> {
    let wrong = |why: &str| {
        Fault::setup(format!(
            "{section}.table: `{table}` {why}; write `schema.table`, with names that contain dots or quotes as \"the.name\""
        ))
    };
    let mut parts = vec![String::new()];
    let mut chars = table.trim().chars().peekable();
    let mut is_quoted = false;
    while let Some(char) = chars.next() {
        match char {
            '\0' => return Err(wrong("contains a zero byte")),
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                push(&mut parts, '"');
            }
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => parts.push(String::new()),
            char => push(&mut parts, char),
        }
    }
    if is_quoted {
        return Err(wrong("has an unclosed quote"));
    }
    if parts.len() > 3 || parts.iter().any(String::is_empty) {
        return Err(wrong("is not a table name"));
    }
    Ok(parts.iter().map(|part| quoted(part)).collect::<Vec<_>>().join("."))
}

fn push(parts: &mut [String], char: char) {
    if let Some(part) = parts.last_mut() {
        part.push(char);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_literals_are_quoted() {
        assert_eq!(quoted("inputs"), "\"inputs\"");
        assert_eq!(quoted("a\"; DROP TABLE t; --"), "\"a\"\"; DROP TABLE t; --\"");
        assert_eq!(literal("it's \\' so"), "E'it''s \\\\'' so'");
        let name = |table: &str| qualified("source", table).map_err(|fault| fault.to_string());
        assert_eq!(name("prod_requests").unwrap(), "\"prod_requests\"");
        assert_eq!(name("Public.Log").unwrap(), "\"Public\".\"Log\"");
        assert_eq!(name("\"my.schema\".\"a\"\"b\"").unwrap(), "\"my.schema\".\"a\"\"b\"");
        assert_eq!(name("t; DROP TABLE t").unwrap(), "\"t; DROP TABLE t\"");
        assert!(name("a..b").unwrap_err().contains("is not a table name"));
        assert!(name("\"a").unwrap_err().contains("has an unclosed quote"));
    }
}
