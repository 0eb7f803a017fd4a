//! Text of a page in which dates and small numbers are not broken at their hyphens: `2026-10-14`, `4e-15`.

use crate::report::chart::escaped;

/// Longer words have to be broken somewhere on a telephone.
const LONGEST: usize = 30;

/// HTML of a text; what has a hyphen before a digit stays on one line.
pub(crate) fn unbroken(text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_end();
        let has_one = bare.as_bytes().windows(3).any(
            |three| matches!(three, [before, b'-', after] if before.is_ascii_alphanumeric() && after.is_ascii_digit()),
        );
        let space = word.get(bare.len()..).unwrap_or_default();
        if has_one && bare.len() <= LONGEST {
            format!("<span class=\"u\">{}</span>{space}", escaped(bare))
        } else {
            escaped(word)
        }
    };
    text.split_inclusive(' ').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_exponents_stay_whole_and_markup_stays_text() {
        assert_eq!(
            unbroken("new (2026-10-14): <b>, q 4e-15."),
            "new <span class=\"u\">(2026-10-14):</span> &#60;b&#62;, q <span class=\"u\">4e-15.</span>"
        );
        assert_eq!(unbroken("well-known, -5 - 3"), "well-known, -5 - 3");
    }
}
