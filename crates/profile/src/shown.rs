//! Makes text from logs and tables safe to display: no control characters and no change of text direction.

/// Maximum length of [`shown`] text in characters; longer text is cut and ends in an ellipsis.
const MAX_CHARS: usize = 80;

/// Replaces control characters and directional marks with `�`.
#[must_use]
pub fn harmless(text: &str) -> String {
    safe_chars(text).collect()
}

fn safe_chars(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|char| if is_safe(char) { char } else { '\u{fffd}' })
}

/// Like [`harmless`], but cut to 80 characters.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut chars = safe_chars(text);
    let mut short: String = chars.by_ref().take(MAX_CHARS).collect();
    if chars.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

fn is_safe(char: char) -> bool {
    let is_directional =
        matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}');
    !char.is_control() && !is_directional
}

/// The first names of a list in backquotes, at most `most`, and how many more there are: `` `A`, `B` and 3 more ``.
#[must_use]
pub fn listed<'n>(names: impl ExactSizeIterator<Item = &'n str>, most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let texts: Vec<String> = names.take(most).map(|name| format!("`{}`", shown(name))).collect();
    if more == 0 { texts.join(", ") } else { format!("{} and {more} more", texts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn control_characters_and_directional_marks_are_replaced_and_long_text_is_cut() {
        assert_eq!(shown("Accordé, 12 %"), "Accordé, 12 %");
        assert_eq!(shown("a\u{1b}[31mb\u{202e}c\n"), "a�[31mb�c�");
        assert_eq!(shown(&"é".repeat(80)), "é".repeat(80));
        assert_eq!(shown(&"é".repeat(81)), format!("{}…", "é".repeat(79)));
    }
}
