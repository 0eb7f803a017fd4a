//! Fine intervals (cells) on which a numeric feature is counted, and the PSI bins, which are unions of cells.
//!
//! Cell `i` is `(edges[i−1], edges[i]]`. The first and the last cell are the guard bins: everything below the
//! reference's minimum and everything above its maximum.

use super::{
    Precision,
    edge_index::{EdgeIndex, Real},
};

/// Maximum number of cells per feature.
#[cfg(test)]
const MAX_CELLS: usize = 4_096;
/// Default resolution: a cell holds about `1 / RESOLUTION` of the rows. A frequent value needs up to two cells (its own
/// and the gap before it), so this is half of `MAX_CELLS`, less a margin for cuts and atoms.
const RESOLUTION: u64 = 2_000;
/// A value with at least `1 / ATOM_ONE_IN` (5%) of the non-missing reference rows is an atom.
const ATOM_ONE_IN: u64 = 20;

/// Kind of a PSI bin of a numeric feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinKind {
    /// Guard bin below the reference's minimum.
    Below,
    /// A single frequent value.
    Atom,
    /// `(lower, upper]` without the atoms inside it.
    Interval,
    /// Guard bin above the reference's maximum.
    Above,
}

/// A PSI bin of a numeric feature; a bound of `None` is infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    pub kind: BinKind,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// Cells and PSI bins of a numeric feature. Learnt from the reference's values, never changed by a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    edges: Vec<f64>,
    atoms: Vec<f64>,
    cuts: Vec<f64>,
    bins: Vec<Bin>,
    bin_of_cell: Vec<u16>,
    /// Derived from the edges; `None` if they need a binary search.
    index: Option<EdgeIndex>,
}

impl Cells {
    /// Learns cells from the reference's sorted distinct values (no NaN) with their counts.
    ///
    /// Without values there is a single unbounded cell and bin, which is empty in the reference.
    #[must_use]
    pub fn learn(values: &[(f64, u64)], precision: Precision) -> Self {
        Self::learn_with_resolution(values, precision, RESOLUTION)
    }

    /// Like [`Self::learn`], with about `1 / resolution` of the rows in each cell.
    #[must_use]
    pub fn learn_with_resolution(values: &[(f64, u64)], precision: Precision, resolution: u64) -> Self {
        let rows: u64 = values.iter().map(|(_, count)| count).sum();
        let (Some(&(min, _)), Some(&(max, _))) = (values.first(), values.last()) else {
            return Self::from_parts(Vec::new(), Vec::new(), Vec::new());
        };
        let is_atom = |count: u64| count * ATOM_ONE_IN >= rows;
        let cell_rows = rows.div_ceil(resolution).max(1);
        // Minimum row count for a value to get its own cell.
        let own = cell_rows.min(rows.div_ceil(ATOM_ONE_IN));
        let (mut atoms, mut atom_rows) = (Vec::new(), 0);
        let mut edges = vec![precision.next_down(min), max];
        let mut open = 0;
        for &(value, count) in values {
            if count >= own {
                edges.extend([precision.next_down(value), value]);
                open = 0;
                if is_atom(count) {
                    atoms.push(value);
                    atom_rows += count;
                }
            } else {
                open += count;
                if open >= cell_rows {
                    edges.push(value);
                    open = 0;
                }
            }
        }
        let rest = values.iter().filter(|(_, count)| !is_atom(*count)).copied();
        let mut cuts = quantiles(rest, rows - atom_rows, &DECILES);
        cuts.dedup();
        edges.extend_from_slice(&cuts);
        edges.sort_unstable_by(f64::total_cmp);
        edges.dedup();
        Self::from_parts(edges, atoms, cuts)
    }

    /// Restores stored cells. `edges` ascend and include all `atoms` and `cuts`; the first edge is just below the
    /// reference's minimum and the last is its maximum.
    #[must_use]
    pub fn from_parts(edges: Vec<f64>, atoms: Vec<f64>, cuts: Vec<f64>) -> Self {
        let bins = bins(&edges, &atoms, &cuts);
        let bin_of_cell = bins_of_cells(&edges, &atoms, &cuts, &bins);
        let index = EdgeIndex::new(&edges);
        Self { edges, atoms, cuts, bins, bin_of_cell, index }
    }

    /// Upper edges of the cells, ascending; the last cell has none.
    #[must_use]
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Values that have a bin to themselves.
    #[must_use]
    pub fn atoms(&self) -> &[f64] {
        &self.atoms
    }

    /// Inner deciles of the rows that are not atoms, equal ones merged.
    #[must_use]
    pub fn cuts(&self) -> &[f64] {
        &self.cuts
    }

    /// Number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        self.edges.len() + 1
    }

    /// Always false: there is at least one cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// PSI bins in value order, with the guard bins first and last.
    #[must_use]
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    /// Index of the bin of each cell.
    #[must_use]
    pub fn bin_of_cell(&self) -> &[u16] {
        &self.bin_of_cell
    }

    /// Cell of a value, which must not be NaN.
    #[must_use]
    #[inline]
    pub fn cell(&self, value: f64) -> usize {
        match &self.index {
            Some(index) => index.below(value),
            None => self.edges.partition_point(|edge| *edge < value),
        }
    }

    /// Counts at most [`super::BLOCK`] values, none of which may be NaN, in their cells; see `EdgeIndex::tally`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled separately for each vector width")]
    pub fn tally<T: Real>(&self, values: &[T], stride: usize, counts: &mut [u32]) {
        if let Some(index) = &self.index {
            index.tally(values, stride, counts);
            return;
        }
        for value in values {
            if let Some(count) = counts.get_mut(self.cell((*value).into())) {
                *count += 1;
            }
        }
    }

    /// Whether the reference has values, and therefore a minimum and a maximum.
    #[must_use]
    pub fn has_range(&self) -> bool {
        !self.edges.is_empty()
    }

    /// Bounds `(lower, upper]` of a cell; infinite at both ends.
    #[must_use]
    pub fn bounds(&self, cell: usize) -> (f64, f64) {
        let edge = |index: Option<usize>, open| index.and_then(|i| self.edges.get(i)).copied().unwrap_or(open);
        (edge(cell.checked_sub(1), f64::NEG_INFINITY), edge(Some(cell), f64::INFINITY))
    }

    /// Whether a cell can hold only one value.
    #[must_use]
    pub fn is_single(&self, cell: usize, precision: Precision) -> bool {
        let (lower, upper) = self.bounds(cell);
        upper.is_finite() && precision.next_down(upper).to_bits() == lower.to_bits()
    }
}

const DECILES: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// Quantiles by numpy's default method (linear interpolation) of sorted distinct values with counts, `rows` in total;
/// `levels` ascend.
fn quantiles(values: impl Iterator<Item = (f64, u64)> + Clone, rows: u64, levels: &[f64]) -> Vec<f64> {
    let Some(last) = rows.checked_sub(1) else { return Vec::new() };
    let mut ranks = Ranks { values, up_to: 0, value: None };
    levels
        .iter()
        .filter_map(|q| {
            #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
            let rank = last as f64 * q;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a row's rank, not negative")]
            let below = rank.floor() as u64;
            let low = ranks.value_at(below)?;
            // The next quantile may start at the same row, so read the following row without advancing.
            let high = Ranks { values: ranks.values.clone(), ..ranks }.value_at(below + 1).unwrap_or(low);
            let t = rank - rank.floor();
            let step = high - low;
            if step == 0.0 || !step.is_finite() {
                // Infinite values cannot be interpolated: take the value of the nearer row.
                return Some(if t < 0.5 { low } else { high });
            }
            // The same order of operations as numpy, for identical bits.
            Some(if t >= 0.5 { high - step * (1.0 - t) } else { low + step * t })
        })
        .collect()
}

/// Iterates over sorted distinct values with counts, by row number.
struct Ranks<I> {
    values: I,
    /// Number of rows up to and including those of `value`.
    up_to: u64,
    value: Option<f64>,
}

impl<I: Iterator<Item = (f64, u64)>> Ranks<I> {
    /// Value of a row; rows must be requested in ascending order.
    fn value_at(&mut self, row: u64) -> Option<f64> {
        while self.value.is_none() || self.up_to <= row {
            let (value, count) = self.values.next()?;
            self.up_to += count;
            self.value = Some(value);
        }
        self.value
    }
}

fn bins(edges: &[f64], atoms: &[f64], cuts: &[f64]) -> Vec<Bin> {
    let (Some(&floor), Some(&max)) = (edges.first(), edges.last()) else {
        return vec![Bin { kind: BinKind::Interval, lower: None, upper: None }];
    };
    let mut inner: Vec<Bin> =
        atoms.iter().map(|&atom| Bin { kind: BinKind::Atom, lower: Some(atom), upper: Some(atom) }).collect();
    let mut lower = floor;
    for &upper in cuts.iter().chain([&max]) {
        // A cut may equal the maximum; then there is no bin above it.
        if lower < upper {
            inner.push(Bin { kind: BinKind::Interval, lower: Some(lower), upper: Some(upper) });
        }
        lower = upper;
    }
    inner.sort_by(|a, b| {
        let key = |bin: &Bin| bin.upper.unwrap_or(f64::INFINITY);
        key(a).total_cmp(&key(b)).then_with(|| (a.kind == BinKind::Atom).cmp(&(b.kind == BinKind::Atom)))
    });
    let mut bins = vec![Bin { kind: BinKind::Below, lower: None, upper: Some(floor) }];
    bins.append(&mut inner);
    bins.push(Bin { kind: BinKind::Above, lower: Some(max), upper: None });
    bins
}

/// Bin of each cell, in one pass: edges, atoms, cuts and bins are all ascending.
fn bins_of_cells(edges: &[f64], atoms: &[f64], cuts: &[f64], bins: &[Bin]) -> Vec<u16> {
    let numbered = |index: usize| u16::try_from(index).unwrap_or(u16::MAX);
    let last = numbered(bins.len() - 1);
    let place = |kind: BinKind, upper: f64| {
        let is_wanted = |bin: &Bin| bin.kind == kind && bin.upper == Some(upper);
        bins.iter().position(is_wanted).map_or(last, numbered)
    };
    let mut of_cell = Vec::with_capacity(edges.len() + 1);
    // Below the first edge.
    of_cell.push(0);
    let (mut atoms, mut cuts) = (atoms.iter().copied().peekable(), cuts.iter().copied().peekable());
    let end = edges.last().copied().unwrap_or(f64::INFINITY);
    // Upper bound and bin of the current interval: consecutive cells are mostly in the same one.
    let mut interval = (f64::NAN, last);
    for upper in edges.iter().copied().skip(1) {
        while cuts.next_if(|cut| *cut < upper).is_some() {}
        while atoms.next_if(|atom| atom.total_cmp(&upper).is_lt()).is_some() {}
        if atoms.peek().is_some_and(|atom| atom.total_cmp(&upper).is_eq()) {
            of_cell.push(place(BinKind::Atom, upper));
            continue;
        }
        let reach = cuts.peek().copied().unwrap_or(end);
        if reach.to_bits() != interval.0.to_bits() {
            interval = (reach, place(BinKind::Interval, reach));
        }
        of_cell.push(interval.1);
    }
    if !edges.is_empty() {
        of_cell.push(last);
    }
    of_cell
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn distinct(mut values: Vec<f64>) -> Vec<(f64, u64)> {
        values.sort_unstable_by(f64::total_cmp);
        let mut out: Vec<(f64, u64)> = Vec::new();
        for value in values {
            match out.last_mut() {
                Some((last, count)) if last.to_bits() == value.to_bits() => *count += 1,
                _ => out.push((value, 1)),
            }
        }
        out
    }

    /// `numpy.quantile([1,2,4,8,16], [.1,.3,.5,.7,.9])` with numpy 2.3.
    #[test]
    fn quantiles_match_numpy() {
        let values = distinct(vec![1.0, 2.0, 4.0, 8.0, 16.0]);
        let got = quantiles(values.iter().copied(), 5, &[0.1, 0.3, 0.5, 0.7, 0.9]);
        assert_eq!(got, [1.4, 2.4, 4.0, 7.199_999_999_999_999, 12.8]);
    }

    #[test]
    fn zero_and_one_have_separate_bins_in_a_zero_inflated_counter() {
        // The deciles of all rows would be [0, 1, 8], with 0 and 1 in one bin.
        let mut values = vec![0.0; 700];
        values.extend(vec![1.0; 200]);
        values.extend((0..100).map(|k| f64::from(2 + k % 7)));
        let cells = Cells::learn(&distinct(values), Precision::F64);
        assert_eq!(cells.atoms(), [0.0, 1.0]);
        let bin = |value| usize::from(cells.bin_of_cell()[cells.cell(value)]);
        assert_ne!(bin(0.0), bin(1.0));
        assert_ne!(bin(1.0), bin(2.0));
        assert_eq!(cells.bins()[bin(-1.0)].kind, BinKind::Below);
        assert_eq!(cells.bins()[bin(9.0)].kind, BinKind::Above);
    }

    #[test]
    fn a_constant_has_guard_bins_and_an_interval() {
        let cells = Cells::learn(&[(5.0, 100)], Precision::F64);
        let kinds: Vec<BinKind> = cells.bins().iter().map(|bin| bin.kind).collect();
        assert_eq!(kinds, [BinKind::Below, BinKind::Interval, BinKind::Atom, BinKind::Above]);
        let kind = |value| cells.bins()[usize::from(cells.bin_of_cell()[cells.cell(value)])].kind;
        assert_eq!(kind(5.0), BinKind::Atom);
        assert_eq!(kind(5.1), BinKind::Above);
        assert_eq!(kind(4.9), BinKind::Below);
    }

    #[test]
    fn a_feature_without_values_has_one_unbounded_bin() {
        let cells = Cells::learn(&[], Precision::F64);
        assert_eq!(cells.len(), 1);
        assert_eq!(cells.cell(3.0), 0);
        assert_eq!(cells.bins().len(), 1);
    }

    proptest! {
        #[test]
        fn index_and_binary_search_find_the_same_cell(
            edges in prop::collection::vec(prop_oneof![prop::num::f64::ANY, (-4i32..4).prop_map(f64::from), -3.0f64..3.0], 0..300),
            probes in prop::collection::vec(prop_oneof![prop::num::f64::ANY, -4.0f64..4.0], 1..100),
        ) {
            let mut edges: Vec<f64> = edges.into_iter().filter(|edge| !edge.is_nan()).map(|edge| edge + 0.0).collect();
            edges.sort_unstable_by(f64::total_cmp);
            edges.dedup();
            let cells = Cells::from_parts(edges.clone(), Vec::new(), Vec::new());
            let ends = [f64::INFINITY, f64::NEG_INFINITY, 0.0, f64::MIN_POSITIVE / 8.0, f64::MAX];
            for value in probes.iter().chain(&ends).chain(&edges).copied().filter(|value| !value.is_nan()) {
                for value in [value, value.next_up(), value.next_down()] {
                    let plain = edges.partition_point(|edge| *edge < value);
                    prop_assert_eq!(cells.cell(value + 0.0), plain, "{}", value);
                }
            }
        }

        #[test]
        fn cells_partition_the_real_line_and_bins_are_unions_of_cells(
            values in prop::collection::vec(prop_oneof![(-50i32..50).prop_map(f64::from), -1e6f64..1e6], 1..4000),
            probe in -2e6f64..2e6,
        ) {
            let distinct = distinct(values);
            let cells = Cells::learn(&distinct, Precision::F64);
            prop_assert!(cells.len() <= MAX_CELLS);
            prop_assert!(cells.edges().is_sorted());
            let (lower, upper) = cells.bounds(cells.cell(probe));
            prop_assert!(lower < probe && probe <= upper);
            for value in distinct.iter().map(|(v, _)| *v).chain([probe]) {
                let bin = cells.bins()[usize::from(cells.bin_of_cell()[cells.cell(value)])];
                let inside = match bin.kind {
                    BinKind::Atom => bin.upper == Some(value),
                    BinKind::Below => value < distinct[0].0,
                    BinKind::Above => value > distinct[distinct.len() - 1].0,
                    BinKind::Interval => {
                        bin.lower.is_none_or(|l| l < value) && bin.upper.is_none_or(|u| value <= u)
                            && !cells.atoms().contains(&value)
                    }
                };
                prop_assert!(inside, "{value} in {bin:?}");
            }
            // All cells, including those without any of the values.
            prop_assert_eq!(cells.bin_of_cell().len(), cells.len());
            for (cell, bin) in cells.bin_of_cell().iter().enumerate() {
                let bin = cells.bins()[usize::from(*bin)];
                let (lower, upper) = cells.bounds(cell);
                let is_expected = if cell == 0 {
                    bin.kind == BinKind::Below
                } else if upper.is_infinite() {
                    bin.kind == BinKind::Above
                } else if cells.atoms().contains(&upper) {
                    bin.kind == BinKind::Atom && bin.upper == Some(upper)
                } else {
                    bin.kind == BinKind::Interval && bin.lower <= Some(lower) && bin.upper >= Some(upper)
                };
                prop_assert!(is_expected, "{cell}: ({lower}, {upper}] in {bin:?}");
            }
        }
    }
}
