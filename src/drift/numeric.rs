//! One numeric feature (or the score) against the reference.

use super::{
    BinCount, BinKind, FeatureDrift, Ks, Missing, OutOfRange, Psi, Summary,
    compare::{psi, share},
};
use crate::{
    layout::{self, Cells, Kind, Precision},
    profile::CellCounts,
    stats::{EmptyBins, ks, proportion},
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
    let mut bins = count(cells, reference, window);
    bins.push(BinCount::new(BinKind::Missing, "missing", reference.missing(), window.missing()));
    let below = of_kind(&bins, BinKind::Below);
    let above = of_kind(&bins, BinKind::Above);
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
        unseen: None,
        out_of_range: cells.has_range().then(|| OutOfRange {
            below: share(below, n_window),
            above: share(above, n_window),
            p_value: proportion::outside_range(below, above, reference.present(), window.present()),
        }),
        psi,
        ks,
        chi2: None,
        bins,
        reference: Summary::numeric(reference, cells),
        window: Summary::numeric(window, cells),
    }
}

fn of_kind(bins: &[BinCount], kind: BinKind) -> u64 {
    bins.iter().filter(|bin| bin.kind == kind).map(|bin| bin.window).sum()
}

/// The bins in the order of their values.
fn count(cells: &Cells, reference: &CellCounts, window: &CellCounts) -> Vec<BinCount> {
    let mut bins: Vec<BinCount> = cells.bins().iter().map(named).collect();
    for (cell, bin) in cells.bin_of_cell().iter().enumerate() {
        if let Some(bin) = bins.get_mut(usize::from(*bin)) {
            bin.reference += reference.cells().get(cell).copied().unwrap_or(0);
            bin.window += window.cells().get(cell).copied().unwrap_or(0);
        }
    }
    bins
}

fn named(bin: &layout::Bin) -> BinCount {
    let text = |edge: Option<f64>, open: &str| edge.map_or(open.to_owned(), |edge| edge.to_string());
    let (kind, label) = match bin.kind {
        layout::BinKind::Below => (BinKind::Below, "below the reference".to_owned()),
        layout::BinKind::Above => (BinKind::Above, "above the reference".to_owned()),
        layout::BinKind::Atom => (BinKind::Atom, text(bin.upper, "")),
        layout::BinKind::Interval => {
            (BinKind::Interval, format!("({}, {}]", text(bin.lower, "−∞"), text(bin.upper, "∞")))
        }
    };
    BinCount { lower: bin.lower, upper: bin.upper, ..BinCount::new(kind, label, 0, 0) }
}
