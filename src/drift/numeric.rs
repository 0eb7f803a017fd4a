//! Compares a numeric feature, or the score, with the reference.

use vigie_profile::{
    layout::{self, Cells, Kind, Precision},
    profile::CellCounts,
};
use vigie_stats::{EmptyBins, ks, proportion};

use super::{
    BinCount, Commonest, Distances, EmptyRows, FeatureDrift, Ks, Missing, OutOfRange, Psi, PsiBinKind, Summary,
    psi::{psi, share},
};

pub(super) fn compare(
    name: &str,
    cells: &Cells,
    reference: &CellCounts,
    window: &CellCounts,
    precision: Precision,
    empty: EmptyBins,
) -> FeatureDrift {
    let (n_reference, n_window) = (reference.present() + reference.missing(), window.present() + window.missing());
    let mut bins = count_bins(cells, reference, window);
    bins.push(BinCount::new(PsiBinKind::Missing, "missing", reference.missing(), window.missing()));
    let below = window_rows(&bins, PsiBinKind::Below);
    let above = window_rows(&bins, PsiBinKind::Above);
    let psi: Psi = psi(&mut bins, empty);
    let single: Vec<bool> = (0..cells.len()).map(|cell| cells.is_single(cell, precision)).collect();
    let ks = ks::grid(reference.cells(), window.cells(), &single)
        .map(|grid| Ks::new(&grid, reference.present(), window.present()));
    FeatureDrift {
        name: name.to_owned(),
        kind: Kind::Numeric,
        n_reference,
        n_window,
        missing: Missing {
            reference_share: share(reference.missing(), n_reference),
            window_share: share(window.missing(), n_window),
            p_value: proportion::two_by_two(reference.missing(), n_reference, window.missing(), n_window),
        },
        empty: EmptyRows::of_numbers(reference, window),
        commonest: Commonest::of_numbers(cells, &single, reference, window),
        unseen: None,
        out_of_range: cells.has_range().then(|| OutOfRange {
            below: share(below, n_window),
            above: share(above, n_window),
            p_value: proportion::outside_range(below, above, reference.present(), window.present()),
        }),
        psi,
        distances: Distances::numeric(&bins, cells, &single, reference, window),
        ks,
        chi2: None,
        bins,
        reference: Summary::numeric(reference, cells),
        window: Summary::numeric(window, cells),
        reduced: false,
        change: None,
        onset: None,
    }
}

fn window_rows(bins: &[BinCount], kind: PsiBinKind) -> u64 {
    bins.iter().filter(|bin| bin.kind == kind).map(|bin| bin.window).sum()
}

/// Returns the bins in the order of their values.
fn count_bins(cells: &Cells, reference: &CellCounts, window: &CellCounts) -> Vec<BinCount> {
    let floor = cells.edges().first().copied();
    let mut bins: Vec<BinCount> = cells.bins().iter().map(|bin| empty_bin(bin, floor)).collect();
    for (cell, bin) in cells.bin_of_cell().iter().enumerate() {
        if let Some(bin) = bins.get_mut(usize::from(*bin)) {
            bin.reference += reference.cells().get(cell).copied().unwrap_or(0);
            bin.window += window.cells().get(cell).copied().unwrap_or(0);
        }
    }
    bins
}

/// Returns the labels of a feature's bins, guards included, in the order of [`Cells::bins`].
#[must_use]
pub fn bin_labels(cells: &Cells) -> Vec<String> {
    let floor = cells.edges().first().copied();
    cells.bins().iter().map(|bin| empty_bin(bin, floor).label).collect()
}

/// Measures the distance of `theirs` from `ours`, two counts on the same cells.
#[must_use]
pub fn compare_counts(
    cells: &Cells,
    ours: &CellCounts,
    theirs: &CellCounts,
    precision: Precision,
    empty: EmptyBins,
) -> FeatureDrift {
    compare("score", cells, ours, theirs, precision, empty)
}

/// Returns the labelled bin without rows. `floor` is the edge just below the reference's minimum; a bin that starts there
/// includes the minimum.
fn empty_bin(bin: &layout::Bin, floor: Option<f64>) -> BinCount {
    let text = |edge: Option<f64>, open: &str| edge.map_or(open.to_owned(), short);
    let (kind, label) = match bin.kind {
        layout::BinKind::Below => (PsiBinKind::Below, "below the reference".to_owned()),
        layout::BinKind::Above => (PsiBinKind::Above, "above the reference".to_owned()),
        layout::BinKind::Atom => (PsiBinKind::Atom, text(bin.upper, "")),
        layout::BinKind::Interval => {
            let open = if bin.lower == floor && floor.is_some() { '[' } else { '(' };
            (PsiBinKind::Interval, format!("{open}{}, {}]", text(bin.lower, "−∞"), text(bin.upper, "∞")))
        }
    };
    BinCount { lower: bin.lower, upper: bin.upper, ..BinCount::new(kind, label, 0, 0) }
}

/// Formats with six significant digits: labels are for display, `lower` and `upper` are exact. The edge just below 0 is 0.
fn short(edge: f64) -> String {
    if edge.abs() < f64::from(f32::MIN_POSITIVE) {
        return "0".to_owned();
    }
    let rounded = format!("{edge:.5e}").parse::<f64>().unwrap_or(edge);
    if rounded != 0.0 && !(1e-4..1e9).contains(&rounded.abs()) { format!("{rounded:e}") } else { rounded.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short() {
        let labels: Vec<String> =
            [0.0, 1.0, -365_243.0, 19_618.199_999_999_997, 0.123_456_789, 1.5e-7, 585_000_000.0, 2.5e12]
                .map(short)
                .into();
        assert_eq!([-5e-324, -1.401_298_464_324_817e-45].map(short), ["0", "0"], "just below 0");
        assert_eq!(labels, ["0", "1", "-365243", "19618.2", "0.123457", "1.5e-7", "585000000", "2.5e12"]);
    }
}
