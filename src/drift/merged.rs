//! A level of the reference that is gone, and the level that has its rows.

use vigie_profile::{layout::Levels, profile::LevelCounts};
use vigie_stats::proportion::binomial_test;

use super::{BinCount, Change, FeatureDrift, PsiBinKind, psi::share};

/// Largest probability that a level is gone by chance, and that another has so many rows more.
const MAX_GONE_P: f64 = 1e-6;
const MAX_GAIN_P: f64 = 1e-3;
/// Standard errors by which the sum of both levels may differ from what the reference leads to expect.
const TOLERANCE: f64 = 3.0;

/// The level that is gone and the only other one that gained about as many rows; `None` without one.
pub(super) fn merged(levels: &Levels, reference: &LevelCounts, window: &LevelCounts) -> Option<Change> {
    let all = window.present();
    let share_of = |index: usize| share(*reference.levels().get(index)?, reference.present());
    let rows_of = |index: usize| window.levels().get(index).copied().unwrap_or(0);
    let indices = || 0..levels.names().len();
    let gone = indices().filter(|index| rows_of(*index) == 0).filter_map(|index| Some((index, share_of(index)?)));
    let (from, lost) = gone.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, lost)| is_gone(*lost, all))?;
    let has_gained_as_many = |index: &usize| {
        let Some(own) = share_of(*index) else { return false };
        let expected = own + lost;
        let Some(found) = share(rows_of(*index), all) else { return false };
        let error = (expected * (1.0 - expected) * (1.0 / real(all) + 1.0 / real(reference.present()))).sqrt();
        (found - expected).abs() <= TOLERANCE * error && binomial_test(rows_of(*index), all, own) <= MAX_GAIN_P
    };
    let mut gainers = indices().filter(|index| *index != from).filter(has_gained_as_many);
    let (Some(into), None) = (gainers.next(), gainers.next()) else { return None };
    let name = |index: usize| levels.names().get(index).cloned();
    Some(Change::Merged { from: name(from)?, into: name(into)?, extent: lost })
}

/// Returns whether chance does not explain that a level with this share of the reference is in none of the rows.
fn is_gone(share: f64, rows: u64) -> bool {
    real(rows) * (1.0 - share).ln() <= MAX_GONE_P.ln()
}

impl FeatureDrift {
    /// Returns the commonest level of the reference that no row has any more, unless chance explains that. Rare levels are not
    /// known by name.
    #[must_use]
    pub fn level_gone(&self) -> Option<&str> {
        let rows = self.n_window - self.missing_rows();
        let share_of = |bin: &BinCount| share(bin.reference, self.n_reference).unwrap_or(0.0);
        let gone = self.bins.iter().filter(|bin| bin.kind == PsiBinKind::Level && bin.window == 0);
        let commonest = gone.max_by(|a, b| a.reference.cmp(&b.reference).then_with(|| b.label.cmp(&a.label)))?;
        is_gone(share_of(commonest), rows).then_some(commonest.label.as_str())
    }

    fn missing_rows(&self) -> u64 {
        let missing = self.bins.iter().filter(|bin| bin.kind == PsiBinKind::Missing);
        missing.map(|bin| bin.window).sum()
    }
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn real(rows: u64) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use vigie_stats::EmptyBins;

    use super::*;
    use crate::drift::categorical;

    const KNOWN: [(&str, u64); 5] = [("a", 4_100), ("b", 3_000), ("c", 1_500), ("d", 1_300), ("e", 100)];

    fn counted(rows: &[(&str, u64)]) -> (Levels, LevelCounts) {
        let levels = Levels::new(KNOWN.iter().map(|(level, _)| (*level).to_owned()).collect());
        let mut counts = LevelCounts::empty(&levels);
        rows.iter().for_each(|(level, rows)| counts.observe(Some(level), *rows, &levels));
        (levels, counts)
    }

    fn change(window: &[(&str, u64)]) -> Option<Change> {
        let ((levels, reference), (_, window)) = (counted(&KNOWN), counted(window));
        merged(&levels, &reference, &window)
    }

    fn gone(window: &[(&str, u64)]) -> Option<String> {
        let ((levels, reference), (_, window)) = (counted(&KNOWN), counted(window));
        let drift = categorical::compare("x", &levels, &reference, &window, EmptyBins::HalfCount);
        drift.level_gone().map(ToOwned::to_owned)
    }

    #[test]
    fn one_other_level_has_the_rows_of_the_one_that_is_gone() {
        let window = [("a", 290), ("b", 310), ("c", 100)];
        let merged = Change::Merged { from: "d".to_owned(), into: "b".to_owned(), extent: 0.13 };
        assert_eq!(change(&window), Some(merged));
        assert_eq!(gone(&window).as_deref(), Some("d"));
    }

    #[test]
    fn rows_that_went_to_several_levels_or_to_none_are_not_merged() {
        assert_eq!(change(&[("a", 325), ("b", 255), ("c", 120)]), None, "shared out");
        assert_eq!(gone(&[("a", 325), ("b", 255), ("c", 120)]).as_deref(), Some("d"));
        assert_eq!(change(&[("a", 280), ("b", 210), ("c", 105), ("d", 105)]), None, "e may be gone by chance");
        assert_eq!(gone(&[("a", 280), ("b", 210), ("c", 105), ("d", 105)]), None);
        assert_eq!(change(&[("a", 290), ("b", 310), ("c", 99), ("d", 1)]), None, "not gone");
        assert_eq!(change(&[("a", 12), ("b", 14), ("c", 4)]), None, "too few rows");
        assert_eq!(change(&[]), None);
    }
}
