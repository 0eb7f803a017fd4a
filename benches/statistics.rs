//! Statistics of one feature from its counts.

use divan::{Bencher, black_box};
use vigie_stats::{
    BinnedPair, BinnedSample, EmptyBins, UnreadArea, chi2, jensen_shannon::jensen_shannon, ks, psi, wasserstein_bounds,
};

fn main() {
    divan::main();
}

/// Counts that differ from cell to cell.
fn counts(cells: u64, factor: u64) -> Vec<u64> {
    (0..cells).map(|cell| 100 + cell.wrapping_mul(factor) % 61).collect()
}

#[divan::bench]
fn psi_of_12_bins(bencher: Bencher<'_, '_>) {
    let (reference, window) = (counts(12, 7), counts(12, 11));
    bencher.bench_local(|| psi::psi(black_box(&reference), black_box(&window), EmptyBins::default()));
}

#[divan::bench]
fn ks_bounds_of_2000_cells(bencher: Bencher<'_, '_>) {
    let (reference, window, single) = (counts(2_000, 7), counts(2_000, 11), vec![false; 2_000]);
    bencher.bench_local(|| ks::grid(black_box(&reference), black_box(&window), black_box(&single)));
}

/// Calls a function with two sides in 2,000 cells, whose means are known.
fn with_2000_cells<T>(bencher: Bencher<'_, '_>, call: impl Fn(&BinnedPair<'_>) -> T) {
    let edges: Vec<f64> = (1..2_000).map(f64::from).collect();
    let (reference, window) = (counts(2_000, 7), counts(2_000, 11));
    let sample = |counts, mean| BinnedSample { counts, range: (0.5, 1_999.5), mean: Some((mean, 1e-9)) };
    let pair = BinnedPair {
        edges: &edges,
        single: &[],
        reference: sample(&reference, 1_000.0),
        window: sample(&window, 1_000.5),
    };
    bencher.bench_local(|| call(black_box(&pair)));
}

#[divan::bench]
fn wasserstein_bounds_of_2000_cells(bencher: Bencher<'_, '_>) {
    with_2000_cells(bencher, wasserstein_bounds::bounds);
}

#[divan::bench]
fn unread_area_of_2000_cells(bencher: Bencher<'_, '_>) {
    with_2000_cells(bencher, UnreadArea::new);
}

#[divan::bench]
fn jensen_shannon_of_12_bins(bencher: Bencher<'_, '_>) {
    let (reference, window) = (counts(12, 7), counts(12, 11));
    bencher.bench_local(|| jensen_shannon(black_box(&reference), black_box(&window)));
}

#[divan::bench(args = [0.001, 0.004, 0.02, 0.1])]
fn ks_p_value(d: f64) -> Option<f64> {
    ks::p_value(black_box(d), 307_511, 1_000_000)
}

#[divan::bench(args = [2, 50, 200])]
fn chi_square(bencher: Bencher<'_, '_>, levels: u64) {
    let (reference, window) = (counts(levels, 7), counts(levels, 11));
    bencher.bench_local(|| chi2::homogeneity(black_box(&reference), black_box(&window)));
}
