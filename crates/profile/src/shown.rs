//! Text of a log or a table as people may see it: nothing in it controls a terminal or turns the line around.

/// Longer texts are cut, with an ellipsis for the rest.
const MOST: usize = 80;

/// The whole text; control characters and marks of direction become `�`.
#[must_use]
pub fn harmless(text: &str) -> String {
    letters(text).collect()
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|letter| if is_seen(letter) { letter } else { '\u{fffd}' })
}

/// At most 80 characters of a text, harmless.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut letters = letters(text);
    let mut short: String = letters.by_ref().take(MOST).collect();
    if letters.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

fn is_seen(letter: char) -> bool {
    let turns =
        matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}');
    !letter.is_control() && !turns
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn controls_and_directions_are_taken_away_and_long_texts_cut() {
        assert_eq!(shown("Accordé, 12 %"), "Accordé, 12 %");
        assert_eq!(shown("a\u{1b}[31mb\u{202e}c\n"), "a�[31mb�c�");
        assert_eq!(shown(&"é".repeat(80)), "é".repeat(80));
        assert_eq!(shown(&"é".repeat(81)), format!("{}…", "é".repeat(79)));
    }
}
