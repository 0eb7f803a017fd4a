//! Windows without drift, drawn from the rows of the reference: what chance makes of the summaries of leaf drift.

use vigie_stats::{LeafPooling, LeafShift, TreeShift, leaves::pearson_of_known};

use crate::reference::map_on_cores;

/// Number of windows drawn.
const DRAWS: usize = 3_000;
/// Rows of each. The statistics contain the numbers of rows, so their law serves windows of any size.
const DRAWN_ROWS: usize = 2_000;
/// Seed of all draws, so that learning again gives the same file.
const SEED: u64 = 0;
/// Fewest draws for which starting a thread is worth it.
const DRAWS_PER_THREAD: usize = 64;

/// Draws windows with replacement and returns both summaries, `overall` and `strongest`, each in ascending order.
///
/// `cells`: for some reference rows, row by row, the cell in each tree. They are compared with their own shares, as if
/// these were known; the noise of the reference is part of the statistic of a real window.
#[must_use]
pub(super) fn simulate(cells: &[u8], poolings: &[LeafPooling], weights: &[f64]) -> [Vec<f64>; 2] {
    let population = Population::new(cells, poolings, weights);
    let drawn = map_on_cores(DRAWS, DRAWS_PER_THREAD, &|number| population.draw(number as u64));
    let sorted = |of: fn(&LeafShift) -> f64| {
        let mut values: Vec<f64> = drawn.iter().flatten().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    [sorted(|shift| shift.overall), sorted(|shift| shift.strongest)]
}

/// The rows that are drawn from.
struct Population<'a> {
    rows: usize,
    cells: &'a [u8],
    poolings: &'a [LeafPooling],
    weights: &'a [f64],
    /// Where the cells of each tree begin among those of all trees.
    starts: Vec<usize>,
    /// The share of the rows in each cell of all trees.
    shares: Vec<f64>,
}

impl<'a> Population<'a> {
    fn new(cells: &'a [u8], poolings: &'a [LeafPooling], weights: &'a [f64]) -> Self {
        let (mut starts, mut all) = (Vec::with_capacity(poolings.len()), 0);
        for pooling in poolings {
            starts.push(all);
            all += pooling.cells();
        }
        let rows = cells.len().checked_div(poolings.len()).unwrap_or(0);
        let mut population = Self { rows, cells, poolings, weights, starts, shares: vec![0.0; all] };
        let mut counts = vec![0; all];
        (0..rows).for_each(|row| population.count(row, &mut counts));
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let rows = rows.max(1) as f64;
        population.shares = counts.into_iter().map(|count| f64::from(count) / rows).collect();
        population
    }

    /// Counts a row in its cell of each tree.
    fn count(&self, row: usize, counts: &mut [u32]) {
        let trees = self.poolings.len();
        let own = self.cells.get(row * trees..(row + 1) * trees).unwrap_or_default();
        for (cell, start) in own.iter().zip(&self.starts) {
            if let Some(count) = counts.get_mut(start + usize::from(*cell)) {
                *count += 1;
            }
        }
    }

    /// The summaries of one window. `None` if they are not defined.
    fn draw(&self, number: u64) -> Option<LeafShift> {
        let mut random = SplitMix::new(number);
        let mut counts = vec![0; self.shares.len()];
        (0..DRAWN_ROWS).for_each(|_| self.count(random.below(self.rows), &mut counts));
        let trees = self.poolings.iter().zip(self.weights).zip(&self.starts);
        let shift = |((pooling, weight), start): ((&LeafPooling, &f64), &usize)| {
            let own = *start..start + pooling.cells();
            let (shares, counts) = (self.shares.get(own.clone())?, counts.get(own)?);
            let statistic = pearson_of_known(shares, counts);
            Some(TreeShift { statistic, dof: pooling.dof(), weight: *weight })
        };
        LeafShift::new(&trees.filter_map(shift).collect::<Vec<_>>())
    }
}

/// `SplitMix64` (Steele, Lea and Flood 2014).
struct SplitMix(u64);

/// The golden ratio in 64 bits, the step of the sequence.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl SplitMix {
    /// The generator of one draw. Its number is mixed, so that the sequences of neighbouring draws do not overlap.
    fn new(draw: u64) -> Self {
        let mut seeds = Self(SEED.wrapping_add(draw));
        Self(seeds.bits())
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if `end` is.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from((u128::from(self.bits()) * end as u128) >> 64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_moments_of_pearsons_statistic() {
        // Two independent trees of two and four equally likely cells.
        let poolings = [LeafPooling::new(&[8; 2]), LeafPooling::new(&[8; 4])];
        let cells: Vec<u8> = (0..8_u8).flat_map(|row| [row % 2, row / 2]).collect();
        let [overall, strongest] = simulate(&cells, &poolings, &[1.0, 1.0]);
        assert_eq!((overall.len(), strongest.len()), (DRAWS, DRAWS));
        assert!(overall.is_sorted() && strongest.is_sorted());
        // The sum of χ² with 1 and 3 degrees of freedom, divided by 4: mean 1, variance 1/2.
        let mean = overall.iter().sum::<f64>() / 3_000.0;
        let variance = overall.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 3_000.0;
        assert!((mean - 1.0).abs() < 0.05 && (variance - 0.5).abs() < 0.08, "{mean} {variance}");
        // The same file every time.
        assert_eq!(simulate(&cells, &poolings, &[1.0, 1.0]), [overall, strongest]);
    }

    #[test]
    fn a_population_without_rows_has_draws_but_no_shift() {
        let poolings = [LeafPooling::new(&[8; 2])];
        let [overall, strongest] = simulate(&[], &poolings, &[1.0]);
        assert!(overall.iter().all(|value| *value == 0.0) && strongest.len() == overall.len());
        assert!(simulate(&[], &[], &[]).iter().all(Vec::is_empty));
    }

    #[test]
    fn numbers_are_uniform_below_their_end() {
        let mut random = SplitMix::new(7);
        let mut counts = [0_i32; 5];
        (0..50_000).for_each(|_| counts[random.below(5)] += 1);
        assert!(counts.iter().all(|count| (count - 10_000).abs() < 400), "{counts:?}");
        assert_eq!(random.below(0), 0);
    }
}
