//! Finds unknown levels that are other spellings of known ones.

use std::collections::{BTreeSet, HashMap};

use vigie_profile::{
    layout::Levels,
    near::{distance, folded_letters},
    profile::LevelCounts,
};

use super::{Change, Respelled, psi::share};

/// Fewest letters of levels of which some may differ.
const MIN_LETTERS: usize = 5;
/// Fewest letters to which levels are cut.
const MIN_CUT: usize = 4;
/// Levels that are compared letter by letter: those with the most rows.
const MAX_COMPARED: usize = 50;
/// Share of the rows with unknown levels that must be explained, in percent.
const MIN_EXPLAINED_PERCENT: u64 = 80;
/// Most levels listed.
const MAX_LISTED: usize = 5;
/// Standard errors by which a known level may have lost less than its other spelling has.
const TOLERANCE: f64 = 3.0;

/// What the unknown levels of a window are; `None` without any.
pub(super) fn unseen_levels(levels: &Levels, reference: &LevelCounts, window: &LevelCounts) -> Option<Change> {
    let mut unseen: Vec<(&String, u64)> = window.unseen().iter().map(|(name, rows)| (name, *rows)).collect();
    unseen.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let (first, _) = unseen.first()?;
    let extent = share(window.unseen_rows(), window.present())?;
    let is_explanation = |found: &Vec<Spelling>| {
        let explained: u64 = found.iter().map(|one| one.respelled.rows).sum();
        explained.saturating_mul(100) >= window.unseen_rows().saturating_mul(MIN_EXPLAINED_PERCENT)
            && have_lost_as_much(found, reference, window)
    };
    let spelt = Some(respelled(levels, &unseen)).filter(is_explanation);
    if let Some(found) = spelt.or_else(|| cut(levels, &unseen, reference).filter(is_explanation)) {
        let levels = found.into_iter().map(|one| one.respelled).take(MAX_LISTED).collect();
        return Some(Change::Spelling { levels, extent });
    }
    Some(Change::NewLevel { level: Some((*first).clone()), others: unseen.len() - 1, extent })
}

/// An unknown level that is another spelling.
struct Spelling {
    respelled: Respelled,
    /// Indices of the known levels that it may stand for.
    of: Vec<usize>,
}

/// The unknown levels that are other spellings. `unseen` has the most rows first.
fn respelled(levels: &Levels, unseen: &[(&String, u64)]) -> Vec<Spelling> {
    let folds: Vec<String> = levels.names().iter().map(|name| folded_letters(name)).collect();
    // Two known levels with the same letters are two levels, so neither is the other's spelling.
    let mut by_fold: HashMap<&str, Option<usize>> = HashMap::new();
    for (index, fold) in folds.iter().enumerate() {
        by_fold.entry(fold.as_str()).and_modify(|index| *index = None).or_insert(Some(index));
    }
    let twin = |(place, (name, rows)): (usize, &(&String, u64))| {
        let folded = folded_letters(name);
        let index = match by_fold.get(folded.as_str()) {
            Some(index) => (*index).filter(|_| !folded.is_empty()),
            None if place < MAX_COMPARED => nearest(&folded, &folds),
            None => None,
        }?;
        let known = levels.names().get(index)?.clone();
        Some(Spelling { respelled: Respelled { known, found: Some((*name).clone()), rows: *rows }, of: vec![index] })
    };
    unseen.iter().enumerate().filter_map(twin).collect()
}

/// The unknown levels if all of them are known ones cut to one length: the longest has that length, and each is the beginning of
/// at least one known level. Blanks at the end may be lost. The known level named is the commonest one.
fn cut(levels: &Levels, unseen: &[(&String, u64)], reference: &LevelCounts) -> Option<Vec<Spelling>> {
    let length = unseen.iter().map(|(name, _)| name.chars().count()).max().filter(|length| *length >= MIN_CUT)?;
    let mut by_beginning: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, name) in levels.names().iter().enumerate() {
        let beginning: String = name.chars().take(length).collect();
        if beginning.len() < name.len() {
            by_beginning.entry(beginning.trim_end().to_owned()).or_default().push(index);
        }
    }
    let rows_of = |index: &usize| reference.levels().get(*index).copied().unwrap_or(0);
    let spelling = |(name, rows): &(&String, u64)| {
        let of = by_beginning.get(name.trim_end())?;
        let commonest = of.iter().max_by_key(|index| (rows_of(index), std::cmp::Reverse(**index)))?;
        let known = levels.names().get(*commonest)?.clone();
        let respelled = Respelled { known, found: Some((*name).clone()), rows: *rows };
        Some(Spelling { respelled, of: of.clone() })
    };
    unseen.iter().map(spelling).collect()
}

/// Returns whether the known levels lost about as many rows as their other spellings have: otherwise these are new levels
/// with similar names. A loss that chance may hide counts.
fn have_lost_as_much(found: &[Spelling], reference: &LevelCounts, window: &LevelCounts) -> bool {
    let known: BTreeSet<usize> = found.iter().flat_map(|one| one.of.iter().copied()).collect();
    let gained: u64 = found.iter().map(|one| one.respelled.rows).sum();
    let rows = |counts: &LevelCounts| known.iter().filter_map(|index| counts.levels().get(*index)).sum::<u64>();
    let all = window.present();
    let (Some(before), Some(after), Some(gain)) =
        (share(rows(reference), reference.present()), share(rows(window), all), share(gained, all))
    else {
        return false;
    };
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let error = (before * (1.0 - before) / all as f64).sqrt();
    before - after + TOLERANCE * error >= gain / 2.0
}

/// The known level of which the fewest letters differ, if few do. Codes with digits differ by a digit and are not compared.
fn nearest(folded: &str, folds: &[String]) -> Option<usize> {
    let is_word = |text: &str| text.chars().all(char::is_alphabetic);
    let letters: Vec<char> = folded.chars().collect();
    if letters.len() < MIN_LETTERS || !is_word(folded) {
        return None;
    }
    let most = 1 + letters.len() / 8;
    let near = folds.iter().enumerate().filter(|(_, known)| is_word(known)).filter_map(|(index, known)| {
        let known: Vec<char> = known.chars().collect();
        let is_close = known.len() >= MIN_LETTERS && known.len().abs_diff(letters.len()) <= most;
        let distance = if is_close { distance(&letters, &known) } else { usize::MAX };
        (distance <= most).then_some((distance, index))
    });
    near.min().map(|(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [(&str, u64); 6] = [
        ("Working", 500),
        ("State servant", 100),
        ("Pensioner", 300),
        ("Employ\u{e9}", 60),
        ("A1234", 20),
        ("B1234", 20),
    ];

    fn counts(rows: &[(&str, u64)], levels: &Levels) -> LevelCounts {
        let mut counts = LevelCounts::empty(levels);
        rows.iter().for_each(|(level, rows)| counts.observe(Some(level), *rows, levels));
        counts
    }

    fn change(window: &[(&str, u64)]) -> Option<Change> {
        let levels = Levels::new(KNOWN.iter().map(|(level, _)| (*level).to_owned()).collect());
        unseen_levels(&levels, &counts(&KNOWN, &levels), &counts(window, &levels))
    }

    fn spelt(known: &str, found: &str, rows: u64) -> Respelled {
        Respelled { known: known.to_owned(), found: Some(found.to_owned()), rows }
    }

    #[test]
    fn other_case_accents_and_separators_are_spellings() {
        let window = [
            ("Working", 300),
            ("WORKING", 200),
            ("state_servant", 100),
            ("Pensioner", 300),
            ("employe", 60),
            ("A1234", 40),
        ];
        let levels = vec![
            spelt("Working", "WORKING", 200),
            spelt("State servant", "state_servant", 100),
            spelt("Employ\u{e9}", "employe", 60),
        ];
        assert_eq!(change(&window), Some(Change::Spelling { levels, extent: 0.36 }));
    }

    #[test]
    fn a_typing_error_is_a_spelling_and_another_code_is_not() {
        let window =
            [("Working", 500), ("State servant", 100), ("Pensionner", 300), ("Employ\u{e9}", 60), ("A1234", 40)];
        let levels = vec![spelt("Pensioner", "Pensionner", 300)];
        assert_eq!(change(&window), Some(Change::Spelling { levels, extent: 0.3 }));
        let window =
            [("Working", 500), ("State servant", 100), ("Pensioner", 300), ("Employ\u{e9}", 60), ("A1235", 40)];
        let new =
            |level: &str, others, extent| Some(Change::NewLevel { level: Some(level.to_owned()), others, extent });
        assert_eq!(change(&window), new("A1235", 0, 0.04));
        let window = [("Working", 400), ("Platform work", 90), ("Gig work", 10), ("Pensioner", 500)];
        assert_eq!(change(&window), new("Platform work", 1, 0.1));
    }

    #[test]
    fn levels_cut_to_one_length_are_spellings() {
        let known: [(&str, u64); 5] =
            [("Trade: type 2", 200), ("Trade: type 3", 300), ("Trade", 50), ("Self-employed", 350), ("Bank", 100)];
        let levels = Levels::new(known.iter().map(|(level, _)| (*level).to_owned()).collect());
        let change =
            |window: &[(&str, u64)]| unseen_levels(&levels, &counts(&known, &levels), &counts(window, &levels));
        // To seven letters; a blank at the end is kept or lost.
        for trade in ["Trade: ", "Trade:"] {
            let found = change(&[(trade, 500), ("Trade", 50), ("Self-em", 350), ("Bank", 100)]);
            let cut = vec![spelt("Trade: type 3", trade, 500), spelt("Self-employed", "Self-em", 350)];
            assert_eq!(found, Some(Change::Spelling { levels: cut, extent: 0.85 }));
        }
        let in_some = [("Trade: type 2", 140), ("Trade: type 3", 210), ("Trade", 50), ("Bank", 100)];
        let found = change(&[&in_some[..], &[("Trade: ", 150), ("Self-employed", 245), ("Self-em", 105)]].concat());
        assert!(matches!(found, Some(Change::Spelling { .. })), "{found:?}");
        let is_new = |window: &[(&str, u64)]| matches!(change(window), Some(Change::NewLevel { .. }));
        assert!(is_new(&[("Trade: ", 400), ("Self-em", 350), ("Retail", 150), ("Bank", 100)]), "one is not cut");
        assert!(is_new(&[("Tra", 500), ("Sel", 350), ("Bank", 100)]), "too short");
        assert!(is_new(&[("Trade: type 2", 200), ("Trade: type 3", 300), ("Trade: t", 300)]), "none lost its rows");
    }

    #[test]
    fn a_similar_name_is_new_if_the_known_level_lost_nothing() {
        let window = [("Working", 750), ("State servant", 120), ("Pensioner", 400), ("Workings", 300)];
        assert!(matches!(change(&window), Some(Change::NewLevel { .. })));
        assert_eq!(change(&[("Working", 10)]), None);
    }
}
