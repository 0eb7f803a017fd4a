//! "Did you mean" suggestions for misspelt names.

use crate::shown::shown;

/// Maximum number of names in a suggestion; a wide table has too many for one message.
const MAX_NAMES: usize = 6;
/// Number of letters from which names can resemble each other; one in this many may differ.
const MIN_LETTERS: usize = 3;

/// Comma-separated names that exist, for an error message about one that does not; the nearest comes first.
#[must_use]
pub fn suggestions<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let near = nearest(name, known.clone());
    let count = known.clone().count();
    let others = known.filter(|name| Some(*name) != near);
    let mut names: Vec<String> = near.into_iter().chain(others).take(MAX_NAMES).map(shown).collect();
    if count > names.len() {
        names.push(format!("… ({count} in all)"));
    }
    names.join(", ")
}

/// End of the sentence "… has no column `name`": the nearest name, if one is near enough, and the names that exist.
#[must_use]
pub fn alternatives<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let names = suggestions(name, known.clone());
    match nearest(name, known) {
        Some(near) => format!("; did you mean `{}`? Available: {names}", shown(near)),
        None => format!("; available: {names}"),
    }
}

/// The nearest of the known names, if one is near enough: at most a third of its letters differ, or one is a prefix of the
/// other. Names of one or two letters resemble each other by chance, so they must be equal but for case and separators.
#[must_use]
pub fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = folded(typed);
    known
        .filter_map(|word| {
            let other = folded(word);
            let distance = distance(&typed, &other);
            let begins =
                typed.len().min(other.len()) >= MIN_LETTERS && (other.starts_with(&typed) || typed.starts_with(&other));
            let close = distance <= typed.len().max(other.len()) / MIN_LETTERS;
            (close || begins).then_some((distance, word))
        })
        .min()
        .map(|(_, word)| word)
}

/// Returns a name in lower case with all separators the same: two spellings of one name have this in common.
#[must_use]
pub fn folded_name(name: &str) -> String {
    folded(name).into_iter().collect()
}

/// Letters and digits of a text, in lower case and without accents.
#[must_use]
pub fn folded_letters(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()) {
        // By code point: the letters of Latin with accents, and ligatures.
        let plain = match u32::from(letter) {
            0xe0..=0xe5 | 0x101 | 0x103 | 0x105 => "a",
            0xe7 | 0x107 | 0x10d => "c",
            0x10f | 0x111 => "d",
            0xe8..=0xeb | 0x113 | 0x119 | 0x11b => "e",
            0x11f => "g",
            0xec..=0xef | 0x12b | 0x131 => "i",
            0x142 => "l",
            0xf1 | 0x144 | 0x148 => "n",
            0xf2..=0xf6 | 0xf8 | 0x151 => "o",
            0x159 => "r",
            0x15b | 0x15f | 0x161 | 0x219 => "s",
            0x163 | 0x165 | 0x21b => "t",
            0xf9..=0xfc | 0x16b | 0x16f | 0x171 => "u",
            0xfd | 0xff => "y",
            0x17a | 0x17c | 0x17e => "z",
            0xe6 => "ae",
            0x153 => "oe",
            0xdf => "ss",
            _ => "",
        };
        if plain.is_empty() {
            folded.push(letter);
        } else {
            folded.push_str(plain);
        }
    }
    folded
}

/// Lowercases a name and unifies its separators.
fn folded(word: &str) -> Vec<char> {
    word.to_lowercase().chars().map(|char| if matches!(char, '-' | ' ' | '.') { '_' } else { char }).collect()
}

/// Number of characters to insert, delete, replace or swap with a neighbour (optimal string alignment distance).
#[must_use]
pub fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (i, &char) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &other) in b.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX - 1);
            let mut cost = (at(&last, j) + usize::from(char != other)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = j > 0 && previous == Some(other) && b.get(j - 1) == Some(&char);
            if swapped {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
        previous = Some(char);
    }
    last.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::{alternatives, nearest, suggestions};

    #[test]
    fn only_the_first_names_of_a_wide_table_are_listed() {
        let columns: Vec<String> = (0..125).map(|number| format!("F_{number}")).chain(["TARGET".to_owned()]).collect();
        let known = || columns.iter().map(String::as_str);
        assert_eq!(suggestions("TARGTE", known()), "TARGET, F_0, F_1, F_2, F_3, F_4, … (126 in all)");
        assert_eq!(suggestions("y", ["x", "a\u{1b}"].into_iter()), "x, a\u{fffd}");
        let names = "TARGET, F_0, F_1, F_2, F_3, F_4, … (126 in all)";
        assert_eq!(alternatives("TARGTE", known()), format!("; did you mean `TARGET`? Available: {names}"));
        assert_eq!(alternatives("y", ["x"].into_iter()), "; available: x");
        assert_eq!(alternatives("why", ["x"].into_iter()), "; available: x");
    }

    #[test]
    fn finds_near_names_only() {
        let known = ["latency_ms", "probability", "timestamp", "timezone", "threshold", "id"];
        let near = |typed| nearest(typed, known.into_iter());
        assert_eq!(near("latency"), Some("latency_ms"));
        assert_eq!(near("treshold"), Some("threshold"));
        assert_eq!(near("timezoen"), Some("timezone"));
        assert_eq!(near("Time-Zone"), Some("timezone"));
        assert_eq!(near("proba"), Some("probability"));
        assert_eq!(near("ids"), Some("id"));
        assert_eq!(near("ID"), Some("id"));
        assert_eq!(near("z"), None, "one letter resembles any other");
        assert_eq!(near("ie"), None);
        assert_eq!(nearest("probability", ["", "p"].into_iter()), None);
        assert_eq!(near("colour"), None);
        assert_eq!(near(""), None);
    }
}
