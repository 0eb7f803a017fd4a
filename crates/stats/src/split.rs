//! When a share changed: the best split of consecutive counts in two.

use super::real::real;

/// Hits and rows of one step of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StepCount {
    pub hits: u64,
    pub rows: u64,
}

impl StepCount {
    pub(super) fn without(self, part: Self) -> Self {
        Self { hits: self.hits.saturating_sub(part.hits), rows: self.rows.saturating_sub(part.rows) }
    }
}

/// A split of consecutive counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepSplit {
    /// Index of the first count after the change; it has rows.
    pub at: usize,
    /// Logarithm of the likelihood ratio: two binomial shares against one.
    pub log_ratio: f64,
    /// Share of hits before and after.
    pub before: f64,
    pub after: f64,
}

/// The split with the largest likelihood ratio, of those with at least `min_rows` rows (and one) on each side; the first of
/// several equal ones. `None` if there is none.
#[must_use]
pub fn best_split(counts: &[StepCount], min_rows: u64) -> Option<StepSplit> {
    let all = counts.iter().fold(StepCount::default(), |sum, count| StepCount {
        hits: sum.hits.saturating_add(count.hits.min(count.rows)),
        rows: sum.rows.saturating_add(count.rows),
    });
    let whole = log_likelihood(all);
    let mut before = StepCount::default();
    let mut best: Option<StepSplit> = None;
    for (at, count) in counts.iter().enumerate() {
        let after = StepCount { hits: all.hits - before.hits, rows: all.rows - before.rows };
        if count.rows > 0 && before.rows.min(after.rows) >= min_rows.max(1) {
            let log_ratio = log_likelihood(before) + log_likelihood(after) - whole;
            if best.is_none_or(|best| log_ratio > best.log_ratio) {
                best = Some(StepSplit { at, log_ratio, before: share(before), after: share(after) });
            }
        }
        before.hits += count.hits.min(count.rows);
        before.rows += count.rows;
    }
    best
}

pub(super) fn share(count: StepCount) -> f64 {
    real(count.hits) / real(count.rows).max(1.0)
}

/// Log-likelihood of the hits at their own share.
pub(super) fn log_likelihood(count: StepCount) -> f64 {
    let (hits, rows) = (real(count.hits), real(count.rows));
    let term = |part: f64| if part > 0.0 { part * (part / rows).ln() } else { 0.0 };
    term(hits) + term(rows - hits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::real::length;

    /// Log-likelihood of single rows, one after the other.
    fn by_rows(counts: &[StepCount]) -> f64 {
        let rows: Vec<bool> = counts.iter().flat_map(|count| (0..count.rows).map(|row| row < count.hits)).collect();
        let share = length(rows.iter().filter(|hit| **hit).count()) / length(rows.len());
        rows.iter().map(|hit| if *hit { share.ln() } else { (1.0 - share).ln() }).sum()
    }

    proptest! {
        #[test]
        fn no_split_of_single_rows_is_likelier(
            counts in prop::collection::vec((0u64..6, 0u64..6), 1..30),
            min_rows in 0u64..12,
        ) {
            let counts: Vec<StepCount> =
                counts.into_iter().map(|(rows, hits)| StepCount { hits: hits.min(rows), rows }).collect();
            let rows = |counts: &[StepCount]| counts.iter().map(|count| count.rows).sum::<u64>();
            let splits: Vec<(usize, f64)> = (0..counts.len())
                .filter(|at| counts[*at].rows > 0)
                .filter(|at| rows(&counts[..*at]).min(rows(&counts[*at..])) >= min_rows.max(1))
                .map(|at| (at, by_rows(&counts[..at]) + by_rows(&counts[at..]) - by_rows(&counts)))
                .collect();
            match best_split(&counts, min_rows) {
                None => prop_assert!(splits.is_empty()),
                Some(best) => {
                    prop_assert!(splits.iter().all(|(_, ratio)| *ratio <= best.log_ratio + 1e-9));
                    let own = splits.iter().find(|(at, _)| *at == best.at).unwrap().1;
                    prop_assert!((own - best.log_ratio).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn a_step_is_found_where_it_is() {
        // 5% until the 14th hour, then all; no rows in the hour before.
        let mut counts = vec![StepCount { hits: 1, rows: 20 }; 24];
        counts[13] = StepCount::default();
        counts[14..].iter_mut().for_each(|count| count.hits = 20);
        let split = best_split(&counts, 9).unwrap();
        assert_eq!((split.at, split.before, split.after), (14, 0.05, 1.0));
        assert!(split.log_ratio > 12.0);
        let flat = vec![StepCount { hits: 1, rows: 20 }; 24];
        assert!(best_split(&flat, 9).unwrap().log_ratio.abs() < 1e-9);
        assert_eq!(best_split(&flat[..1], 9), None);
        assert_eq!(best_split(&[], 9), None);
    }
}
