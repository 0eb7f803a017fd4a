//! Prevents line breaks, in any text and language alike: at the hyphens of dates and small numbers (`2026-10-14`, `4e-15`),
//! and around arrows.

use crate::report::chart::escape_html;

/// Longer words must be allowed to break on narrow screens.
const MAX_LENGTH: usize = 30;

/// Escapes the text as HTML and keeps words with a hyphen before a digit on one line.
pub(crate) fn no_break(text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_end();
        let has_hyphen = bare.as_bytes().windows(3).any(
            |three| matches!(three, [before, b'-', after] if before.is_ascii_alphanumeric() && after.is_ascii_digit()),
        );
        let space = word.get(bare.len()..).unwrap_or_default();
        if has_hyphen && bare.len() <= MAX_LENGTH {
            format!("<span class=\"u\">{}</span>{space}", escape_html(bare))
        } else {
            escape_html(word)
        }
    };
    text.split_inclusive(' ').map(word).collect()
}

/// Keeps an arrow on one line with what it connects.
pub(crate) fn arrows_bound(text: &str) -> String {
    text.replace(" → ", "\u{a0}→\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_exponents_do_not_break_and_markup_is_escaped() {
        assert_eq!(
            no_break("new (2026-10-14): <b>, q 4e-15."),
            "new <span class=\"u\">(2026-10-14):</span> &#60;b&#62;, q <span class=\"u\">4e-15.</span>"
        );
        assert_eq!(no_break("well-known, -5 - 3"), "well-known, -5 - 3");
    }

    #[test]
    fn arrows_do_not_begin_or_end_a_line() {
        assert_eq!(arrows_bound("median 41.0 → 52.5; next →"), "median 41.0\u{a0}→\u{a0}52.5; next →");
    }
}
