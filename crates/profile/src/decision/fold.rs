//! Spelling of a word in which case, accents and punctuation do not matter.

use crate::near::folded_letters;

/// A word without case, accents, blanks and punctuation. Numbers stay as they are.
#[must_use]
pub fn folded_word(word: &str) -> String {
    if word.parse::<f64>().is_ok() {
        return word.to_owned();
    }
    let folded = folded_letters(word);
    // A word of signs alone, such as `+`.
    if folded.is_empty() { word.trim().to_owned() } else { folded }
}
