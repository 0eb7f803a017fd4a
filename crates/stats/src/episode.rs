//! When a share was different for a while: the best interval of consecutive counts.

use super::{
    StepCount,
    split::{log_likelihood, share},
};

/// Most pieces of which all pairs of edges are compared; the edges of the best pair are refined afterwards.
const MAX_PIECES: usize = 240;

/// An interval of consecutive counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepInterval {
    /// Index of the first count inside; it has rows.
    pub from: usize,
    /// Index after the last count inside, which has rows.
    pub until: usize,
    /// Logarithm of the likelihood ratio: two binomial shares against one.
    pub log_ratio: f64,
    /// Share of hits inside the interval and outside.
    pub inside: f64,
    pub outside: f64,
}

/// The interval with the largest likelihood ratio, of those with at least `min_rows` rows (and one) inside, before and after;
/// the first of several equal ones. `None` if there is none.
///
/// With more than 240 counts that have rows, intervals of 240 pieces are compared first. The edges of the best one are then
/// moved one at a time, as long as that increases the ratio.
#[must_use]
pub fn best_interval(counts: &[StepCount], min_rows: u64) -> Option<StepInterval> {
    let sums = Sums::new(counts, min_rows.max(1));
    let edges = sums.up_to.len() - 1;
    let width = edges.div_ceil(MAX_PIECES).max(1);
    let mut best: Option<Candidate> = None;
    for from in (0..edges).step_by(width) {
        for until in (from + width..edges).step_by(width) {
            best = sums.better(best, from, until);
        }
    }
    loop {
        let now = best?;
        for from in 0..now.until {
            best = sums.better(best, from, now.until);
        }
        let moved = best?;
        for until in moved.from + 1..edges {
            best = sums.better(best, moved.from, until);
        }
        if width == 1 || best == Some(now) {
            break;
        }
    }
    let Candidate { from, until, log_ratio } = best?;
    let inside = sums.between(from, until)?;
    Some(StepInterval {
        from: *sums.places.get(from)?,
        until: sums.places.get(until.checked_sub(1)?)? + 1,
        log_ratio,
        inside: share(inside),
        outside: share(sums.all.without(inside)),
    })
}

/// Edges of an interval among the counts that have rows.
#[derive(Clone, Copy, PartialEq)]
struct Candidate {
    from: usize,
    until: usize,
    log_ratio: f64,
}

/// Sums of the counts that have rows.
struct Sums {
    /// Indices of these counts.
    places: Vec<usize>,
    /// Sum of those before each, and of all.
    up_to: Vec<StepCount>,
    all: StepCount,
    whole: f64,
    min_rows: u64,
}

impl Sums {
    fn new(counts: &[StepCount], min_rows: u64) -> Self {
        let (mut places, mut up_to, mut all) = (Vec::new(), vec![StepCount::default()], StepCount::default());
        for (place, count) in counts.iter().enumerate().filter(|(_, count)| count.rows > 0) {
            all.hits = all.hits.saturating_add(count.hits.min(count.rows));
            all.rows = all.rows.saturating_add(count.rows);
            places.push(place);
            up_to.push(all);
        }
        Self { places, up_to, all, whole: log_likelihood(all), min_rows }
    }

    fn between(&self, from: usize, until: usize) -> Option<StepCount> {
        Some(self.up_to.get(until)?.without(*self.up_to.get(from)?))
    }

    /// Returns the likelier of the best interval so far and another one.
    fn better(&self, best: Option<Candidate>, from: usize, until: usize) -> Option<Candidate> {
        let (Some(before), Some(inside)) = (self.up_to.get(from), self.between(from, until)) else { return best };
        let outside = self.all.without(inside);
        let after = outside.rows - before.rows;
        if before.rows.min(inside.rows).min(after) < self.min_rows {
            return best;
        }
        let log_ratio = log_likelihood(inside) + log_likelihood(outside) - self.whole;
        if best.is_some_and(|best| best.log_ratio >= log_ratio) {
            best
        } else {
            Some(Candidate { from, until, log_ratio })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ratio of an interval, from the single rows.
    fn by_rows(counts: &[StepCount], from: usize, until: usize) -> f64 {
        let rows = |is_inside: bool| -> Vec<bool> {
            let these = counts.iter().enumerate().filter(|(place, _)| (from..until).contains(place) == is_inside);
            these.flat_map(|(_, count)| (0..count.rows).map(|row| row < count.hits)).collect()
        };
        let likelihood = |rows: &[bool]| -> f64 {
            let share = crate::real::length(rows.iter().filter(|hit| **hit).count()) / crate::real::length(rows.len());
            rows.iter().map(|hit| if *hit { share.ln() } else { (1.0 - share).ln() }).sum()
        };
        let (inside, outside) = (rows(true), rows(false));
        likelihood(&inside) + likelihood(&outside) - likelihood(&[inside.clone(), outside.clone()].concat())
    }

    fn counted(counts: Vec<(u64, u64)>) -> Vec<StepCount> {
        counts.into_iter().map(|(rows, hits)| StepCount { hits: hits.min(rows), rows }).collect()
    }

    /// All intervals that are allowed, with their ratios.
    fn intervals(counts: &[StepCount], min_rows: u64) -> Vec<(usize, usize, f64)> {
        let rows = |counts: &[StepCount]| counts.iter().map(|count| count.rows).sum::<u64>();
        let mut found = Vec::new();
        for from in (0..counts.len()).filter(|from| counts[*from].rows > 0) {
            for until in (from + 1..=counts.len()).filter(|until| counts[until - 1].rows > 0) {
                let least = rows(&counts[..from]).min(rows(&counts[from..until])).min(rows(&counts[until..]));
                if least >= min_rows.max(1) {
                    found.push((from, until, by_rows(counts, from, until)));
                }
            }
        }
        found
    }

    proptest! {
        #[test]
        fn no_interval_of_single_rows_is_likelier(
            counts in prop::collection::vec((0u64..6, 0u64..6), 1..24),
            min_rows in 0u64..8,
        ) {
            let counts = counted(counts);
            let all = intervals(&counts, min_rows);
            match best_interval(&counts, min_rows) {
                None => prop_assert!(all.is_empty()),
                Some(best) => {
                    prop_assert!(all.iter().all(|(_, _, ratio)| *ratio <= best.log_ratio + 1e-9));
                    let own = all.iter().find(|(from, until, _)| (*from, *until) == (best.from, best.until)).unwrap().2;
                    prop_assert!((own - best.log_ratio).abs() < 1e-9);
                }
            }
        }

        /// With more counts than pieces, neither edge alone can be moved to a better place.
        #[test]
        fn edges_are_refined(
            counts in prop::collection::vec((0u64..3, 0u64..3), 500..700),
            from in 100usize..200,
            length in 40usize..200,
        ) {
            let mut counts = counted(counts);
            counts[from..from + length].iter_mut().for_each(|count| count.hits = count.rows);
            let best = best_interval(&counts, 9).unwrap();
            let sums = Sums::new(&counts, 9);
            let edge = |place: usize| sums.places.partition_point(|own| *own < place);
            let (start, end) = (edge(best.from), edge(best.until));
            for moved in 0..sums.up_to.len() - 1 {
                let one = sums.better(None, moved, end.max(moved));
                let other = sums.better(None, start.min(moved), moved);
                let ratios = [one, other].into_iter().flatten().map(|one| one.log_ratio);
                prop_assert!(ratios.fold(0.0, f64::max) <= best.log_ratio + 1e-9);
            }
        }
    }

    #[test]
    fn an_episode_is_found_where_it_was() {
        // 5% but for two hours, in which all; no rows in the hour before.
        let mut counts = vec![StepCount { hits: 1, rows: 20 }; 24];
        counts[8] = StepCount::default();
        counts[9..11].iter_mut().for_each(|count| count.hits = 20);
        let found = best_interval(&counts, 9).unwrap();
        assert_eq!((found.from, found.until, found.inside, found.outside), (9, 11, 1.0, 0.05));
        assert!(found.log_ratio > 12.0);
        // It must begin and end.
        counts[9..].iter_mut().for_each(|count| count.hits = 20);
        assert!(best_interval(&counts, 9).unwrap().until < 24);
        assert_eq!(best_interval(&counts[..2], 9), None);
        assert_eq!(best_interval(&[], 9), None);
    }
}
