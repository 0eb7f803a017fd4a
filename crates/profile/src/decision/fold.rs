//! Spelling of a word in which case, accents and punctuation do not matter.

/// A word without case, accents, blanks and punctuation. Numbers stay as they are.
pub fn folded_word(word: &str) -> String {
    if word.parse::<f64>().is_ok() {
        return word.to_owned();
    }
    let plain = |char| match char {
        'à' | 'â' | 'ä' | 'á' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' | 'í' => 'i',
        'ô' | 'ö' | 'ó' => 'o',
        'ù' | 'û' | 'ü' | 'ú' => 'u',
        other => other,
    };
    let letters = word.chars().flat_map(char::to_lowercase).map(plain).filter(|char| char.is_alphanumeric());
    let folded: String = letters.collect();
    // A word of signs alone, such as `+`.
    if folded.is_empty() { word.trim().to_owned() } else { folded }
}
