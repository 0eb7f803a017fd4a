//! Two samples counted on the same cells, and what the counts reveal about the area between their distribution
//! functions.

use super::real::{real, total, wide};

/// One side, counted on cells.
#[derive(Debug, Clone, Copy)]
pub struct BinnedSample<'a> {
    /// Rows per cell.
    pub counts: &'a [u64],
    /// Smallest and largest value.
    pub range: (f64, f64),
    /// Mean of the values, and a bound of its error; `None` if unknown.
    pub mean: Option<(f64, f64)>,
}

/// Both sides, counted on the same cells.
#[derive(Debug, Clone, Copy)]
pub struct BinnedPair<'a> {
    /// Upper edges of the cells, ascending; the first cell has no lower edge and the last no upper one.
    pub edges: &'a [f64],
    /// By cell: whether its upper edge is the only value it can hold.
    pub single: &'a [bool],
    pub reference: BinnedSample<'a>,
    pub window: BinnedSample<'a>,
}

/// Bounds of an area.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct AreaRange {
    pub least: f64,
    pub most: f64,
}

impl AreaRange {
    fn add(&mut self, least: f64, most: f64) {
        self.least += least.max(0.0);
        self.most += most.max(0.0);
    }
}

/// Bounds of the areas between both distribution functions.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Areas {
    pub reference_above: AreaRange,
    pub window_above: AreaRange,
    /// The most that both areas together can be: in one place only one of them can be at its maximum.
    pub most: f64,
}

impl Areas {
    /// Adds a stretch of values in which `F_ref − F_win` is between `least` and `most`.
    #[inline]
    fn add(&mut self, width: f64, least: f64, most: f64) {
        self.reference_above.add(width * least, width * most);
        self.window_above.add(-width * most, -width * least);
        self.most += width * most.max(-least);
    }
}

/// A cell and the rows in it.
pub(super) struct CellRows {
    pub cell: usize,
    /// The cell's part of the range of both sides.
    pub extent: (f64, f64),
    /// Rows below the cell, of the reference and of the window.
    pub before: (u64, u64),
    pub rows: (u64, u64),
    /// Range of the reference's and of the window's values in the cell.
    pub places: ((f64, f64), (f64, f64)),
    is_single: bool,
    /// `F_ref − F_win` below the cell and the change by the rows of each side, all times the rows of both sides.
    difference: i128,
    steps: (i128, i128),
}

impl CellRows {
    /// Adds the areas in the cell. `scale` is 1 / (rows of the reference · rows of the window).
    #[inline]
    pub(super) fn add_areas(&self, scale: f64, areas: &mut Areas) {
        let (from, to) = self.extent;
        let (up, down) = self.steps;
        let mut add = |width: f64, least: i128, most: i128| areas.add(width, wide(least) * scale, wide(most) * scale);
        if self.is_single || self.rows == (0, 0) {
            return add(to - from, self.difference, self.difference);
        }
        let (ours, theirs) = self.places;
        let fills = |rows: u64, place: (f64, f64)| rows == 0 || (place.0 <= from && place.1 >= to);
        if fills(self.rows.0, ours) && fills(self.rows.1, theirs) {
            return add(to - from, self.difference - down, self.difference + up);
        }
        // A side has its smallest or its largest value here: split the cell there.
        let mut ends = [from, ours.0, ours.1, theirs.0, theirs.1, to].map(|end| end.max(from).min(to));
        ends.sort_unstable_by(f64::total_cmp);
        for (start, end) in ends.iter().zip(ends.iter().skip(1)) {
            let range = |step: i128, place: (f64, f64)| {
                let is_after = *start >= place.1;
                let is_before = *end <= place.0;
                (if is_after { step } else { 0 }, if is_before { 0 } else { step })
            };
            let (ours, theirs) = (range(up, ours), range(down, theirs));
            add(end - start, self.difference + ours.0 - theirs.1, self.difference + ours.1 - theirs.0);
        }
    }

    /// The area between the distribution functions in the cell if each side's rows are all at this fraction of the
    /// range of its values there.
    #[inline]
    pub(super) fn area_at(&self, fractions: (f64, f64), scale: f64) -> f64 {
        let area = |width: f64, difference: i128| width * (wide(difference.abs()) * scale);
        let (from, to) = self.extent;
        if self.is_single || self.rows == (0, 0) {
            return area(to - from, self.difference);
        }
        let at = |rows: u64, place: (f64, f64), fraction: f64| {
            if rows == 0 { to } else { (place.0 + fraction * (place.1 - place.0)).max(from).min(to) }
        };
        let ours = at(self.rows.0, self.places.0, fractions.0);
        let theirs = at(self.rows.1, self.places.1, fractions.1);
        let (up, down) = self.steps;
        area(ours.min(theirs) - from, self.difference)
            + area((ours - theirs).abs(), self.difference + if ours < theirs { up } else { -down })
            + area(to - ours.max(theirs), self.difference + up - down)
    }
}

impl BinnedPair<'_> {
    /// Rows of the reference and of the window.
    pub(super) fn totals(&self) -> (u64, u64) {
        (total(self.reference.counts), total(self.window.counts))
    }

    /// Returns whether both sides have rows, fewer than 2⁶², with finite values.
    pub(super) fn is_measurable(&self) -> bool {
        let (n, m) = self.totals();
        let (ours, theirs) = (self.reference.range, self.window.range);
        let has_range = ours.0 <= ours.1 && theirs.0 <= theirs.1;
        let spread = ours.1.max(theirs.1) - ours.0.min(theirs.0);
        (1..1 << 62).contains(&n) && (1..1 << 62).contains(&m) && has_range && spread.is_finite()
    }

    /// 1 / (rows of the reference · rows of the window).
    pub(super) fn scale(&self) -> f64 {
        let (n, m) = self.totals();
        1.0 / (real(n) * real(m))
    }

    /// Calls `each` with the cells in order, except for those beyond the range of both sides.
    #[inline]
    pub(super) fn for_each_cell(&self, mut each: impl FnMut(&CellRows)) {
        let (n, m) = self.totals();
        let (n, m) = (i128::from(n), i128::from(m));
        let (ours, theirs) = (self.reference.range, self.window.range);
        let (floor, ceiling) = (ours.0.min(theirs.0), ours.1.max(theirs.1));
        let (mut before, mut lower) = ((0_u64, 0_u64), f64::NEG_INFINITY);
        let mut difference = 0;
        for cell in 0..=self.edges.len() {
            let upper = self.edges.get(cell).copied().unwrap_or(f64::INFINITY);
            let at = |counts: &[u64]| counts.get(cell).copied().unwrap_or(0);
            let rows = (at(self.reference.counts), at(self.window.counts));
            let extent = (lower.max(floor), upper.min(ceiling));
            lower = upper;
            if extent.0 >= extent.1 && rows == (0, 0) {
                continue;
            }
            let steps = (i128::from(rows.0) * m, i128::from(rows.1) * n);
            let place = |range: (f64, f64)| (extent.0.max(range.0), extent.1.min(range.1));
            let is_single = self.single.get(cell).copied().unwrap_or(false);
            let places = if is_single { ((upper, upper), (upper, upper)) } else { (place(ours), place(theirs)) };
            each(&CellRows { cell, extent, before, rows, places, is_single, difference, steps });
            before = (before.0 + rows.0, before.1 + rows.1);
            difference += steps.0 - steps.1;
        }
    }
}
