//! Statistics of one feature from its counts.

use divan::{Bencher, black_box};
use vigie_stats::{EmptyBins, chi2, ks, psi};

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

#[divan::bench(args = [0.001, 0.004, 0.02, 0.1])]
fn ks_p_value(d: f64) -> Option<f64> {
    ks::p_value(black_box(d), 307_511, 1_000_000)
}

#[divan::bench(args = [2, 50, 200])]
fn chi_square(bencher: Bencher<'_, '_>, levels: u64) {
    let (reference, window) = (counts(levels, 7), counts(levels, 11));
    bencher.bench_local(|| chi2::homogeneity(black_box(&reference), black_box(&window)));
}
