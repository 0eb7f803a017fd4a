//! Calibration of every test under the null hypothesis: without drift at most 1.5% of p-values are 0.01 or less.
//!
//! Reference and window are repeatedly drawn from one distribution, with fixed seeds. A test with more false positives
//! than its p-values state would hide real drift among false alarms.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "all numbers in the test are small"
)]

use vigie_stats::{
    chi2, ks, proportion,
    psi::EmptyBins,
    psi_test::{BinRole, psi_test},
};

/// splitmix64 (Steele, Lea and Flood 2014).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform number from 0 to 1.
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Counts of `rows` draws per level.
    fn counts(&mut self, levels: &Levels, rows: usize) -> Vec<u64> {
        let mut counts = vec![0; levels.ends.len()];
        for _ in 0..rows {
            let at = self.uniform();
            let guess = levels.first[(at * Levels::SLOTS as f64) as usize];
            let level = (guess..levels.ends.len() - 1).find(|&level| at < levels.ends[level]);
            counts[level.unwrap_or(levels.ends.len() - 1)] += 1;
        }
        counts
    }
}

/// Cumulative shares, and the first possible level for each slice of 0..1.
struct Levels {
    ends: Vec<f64>,
    first: Vec<usize>,
}

impl Levels {
    const SLOTS: usize = 4096;

    fn new(weights: &[f64]) -> Self {
        let whole: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let ends: Vec<f64> = weights
            .iter()
            .map(|weight| {
                sum += weight / whole;
                sum
            })
            .collect();
        let first = (0..Self::SLOTS)
            .map(|slot| ends.iter().take_while(|&&end| end <= slot as f64 / Self::SLOTS as f64).count())
            .map(|level| level.min(weights.len() - 1))
            .collect();
        Self { ends, first }
    }

    fn zipf(levels: usize) -> Self {
        Self::new(&(1..=levels).map(|rank| 1.0 / rank as f64).collect::<Vec<_>>())
    }
}

/// Checks the share of p-values at or below 0.01 in `runs` runs.
fn alarms(name: &str, seed: u64, runs: usize, mut test: impl FnMut(&mut Draws) -> Option<f64>) {
    let mut draws = Draws(seed);
    let (mut low, mut known) = (0, 0);
    for _ in 0..runs {
        if let Some(p) = test(&mut draws) {
            known += 1;
            low += usize::from(p <= 0.01);
        }
    }
    let share = low as f64 / known as f64;
    println!("{name}: {low} of {known} at or below 0.01 ({share:.4})");
    assert!(known > runs / 2, "{name}: only {known} p-values");
    assert!(share <= 0.015, "{name}: {share}");
    // A test that never rejects would pass too. The exact tests on few rows are conservative.
    assert!(share >= 0.002, "{name}: {share}");
}

/// 20 bins: two empty guard bins, four atoms, ten approximate deciles of the rest, three thin bins, and missing values.
fn layout() -> (Levels, Vec<BinRole>) {
    let mut weights = vec![0.0, 12.0, 9.0, 7.0, 5.0];
    weights.extend([5.5; 10]);
    weights.extend([0.9, 0.4, 0.2, 4.0, 0.0]);
    let special = |index: usize| index == 0 || index >= weights.len() - 2;
    let places =
        (0..weights.len()).map(|index| if special(index) { BinRole::Special } else { BinRole::Value }).collect();
    (Levels::new(&weights), places)
}

fn psi_alarms(name: &str, seed: u64, runs: usize, n: usize, m: usize) {
    let (levels, places) = layout();
    assert_eq!(places.len(), 20);
    alarms(name, seed, runs, |draws| {
        let (reference, window) = (draws.counts(&levels, n), draws.counts(&levels, m));
        psi_test(&reference, &window, &places, EmptyBins::HalfCount).p_value
    });
}

#[test]
fn psi_of_twenty_bins_at_10000_and_2000() {
    psi_alarms("psi 10000/2000", 1, 4000, 10_000, 2000);
}

#[test]
fn psi_of_twenty_bins_at_20000_and_500() {
    psi_alarms("psi 20000/500", 2, 3000, 20_000, 500);
}

#[test]
fn ks_without_ties() {
    let sorted = |draws: &mut Draws, rows: usize| {
        let mut values: Vec<f64> = (0..rows).map(|_| draws.uniform()).collect();
        values.sort_by(f64::total_cmp);
        values.into_iter().map(|value| (value, 1)).collect::<Vec<(f64, u64)>>()
    };
    alarms("ks 3000/600", 3, 4000, |draws| {
        let (reference, window) = (sorted(draws, 3000), sorted(draws, 600));
        ks::p_value(ks::exact(&reference, &window).unwrap(), 3000, 600)
    });
}

#[test]
fn chi_square_of_58_levels() {
    let levels = Levels::zipf(58);
    alarms("chi2 10000/1000", 4, 4000, |draws| {
        chi2::homogeneity(&draws.counts(&levels, 10_000), &draws.counts(&levels, 1000)).unwrap().p_value
    });
}

#[test]
fn missing_share() {
    let levels = Levels::new(&[0.03, 0.97]);
    alarms("missing 5000/800", 5, 8000, |draws| {
        let (reference, window) = (draws.counts(&levels, 5000), draws.counts(&levels, 800));
        proportion::two_by_two(reference[0], 5000, window[0], 800)
    });
}

#[test]
fn unseen_levels() {
    // A long tail, so that new levels keep appearing on both sides.
    let levels = Levels::zipf(3000);
    alarms("unseen 4000/500", 6, 3000, |draws| {
        let (reference, window) = (draws.counts(&levels, 4000), draws.counts(&levels, 500));
        let singletons = reference.iter().filter(|&&count| count == 1).count() as u64;
        let unseen = reference.iter().zip(&window).filter(|(seen, _)| **seen == 0).map(|(_, count)| count).sum();
        proportion::unseen_excess(singletons, 4000, unseen, 500)
    });
}

#[test]
fn refused_share() {
    let levels = Levels::new(&[0.12, 0.88]);
    alarms("two proportions 5000/800", 7, 8000, |draws| {
        let (reference, window) = (draws.counts(&levels, 5000), draws.counts(&levels, 800));
        proportion::two_proportions(reference[0], 5000, window[0], 800)
    });
}
