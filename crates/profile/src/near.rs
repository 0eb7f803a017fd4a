//! The known word that a mistyped one was probably meant to be.

use crate::shown::shown;

/// So many names of a wide table are read; more would hide the sentence.
const NAMES: usize = 6;

/// Names that are there, for a sentence about one that is not: the nearest first.
#[must_use]
pub fn instead<'a>(wanted: &str, there: impl Iterator<Item = &'a str> + Clone) -> String {
    let near = nearest(wanted, there.clone());
    let count = there.clone().count();
    let others = there.filter(|name| Some(*name) != near);
    let mut names: Vec<String> = near.into_iter().chain(others).take(NAMES).map(shown).collect();
    if count > names.len() {
        names.push(format!("… ({count} in all)"));
    }
    names.join(", ")
}

/// The nearest of `known`, if it is near: a few letters off, or the beginning of it.
#[must_use]
pub fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = folded(typed);
    known
        .filter_map(|word| {
            let other = folded(word);
            let distance = distance(&typed, &other);
            let begins = typed.len() >= 3 && (other.starts_with(&typed) || typed.starts_with(&other));
            let close = distance <= (typed.len().max(other.len()) / 3).max(1);
            (close || begins).then_some((distance, word))
        })
        .min()
        .map(|(_, word)| word)
}

/// Without case, and with one kind of separator.
fn folded(word: &str) -> Vec<char> {
    word.to_lowercase().chars().map(|letter| if matches!(letter, '-' | ' ' | '.') { '_' } else { letter }).collect()
}

/// Letters to add, remove, replace or swap with a neighbour (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (i, &letter) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &other) in b.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX - 1);
            let mut cost = (at(&last, j) + usize::from(letter != other)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = j > 0 && previous == Some(other) && b.get(j - 1) == Some(&letter);
            if swapped {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
        previous = Some(letter);
    }
    last.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::{instead, nearest};

    #[test]
    fn a_wide_table_is_not_read_out() {
        let columns: Vec<String> = (0..125).map(|number| format!("F_{number}")).chain(["TARGET".to_owned()]).collect();
        let there = || columns.iter().map(String::as_str);
        assert_eq!(instead("TARGTE", there()), "TARGET, F_0, F_1, F_2, F_3, F_4, … (126 in all)");
        assert_eq!(instead("y", ["x", "a\u{1b}"].into_iter()), "x, a\u{fffd}");
    }

    #[test]
    fn finds_what_was_meant_and_nothing_far_away() {
        let known = ["latency_ms", "probability", "timestamp", "timezone", "threshold", "id"];
        let near = |typed| nearest(typed, known.into_iter());
        assert_eq!(near("latency"), Some("latency_ms"));
        assert_eq!(near("treshold"), Some("threshold"));
        assert_eq!(near("timezoen"), Some("timezone"));
        assert_eq!(near("Time-Zone"), Some("timezone"));
        assert_eq!(near("proba"), Some("probability"));
        assert_eq!(near("ids"), Some("id"));
        assert_eq!(near("colour"), None);
        assert_eq!(near(""), None);
    }
}
