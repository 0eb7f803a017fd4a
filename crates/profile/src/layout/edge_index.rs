//! Lookup table from the leading bits of a value, as f32, to the first cell edge to compare it with.
//!
//! Floats are ordered like their bits (apart from the sign), so the leading bits of a value tell which edges it lies
//! between, except for the few edges that share these bits. Values that are closer to zero than nearly all edges share one
//! slot, which keeps the table short.

#![expect(clippy::inline_always, reason = "compiled separately for each vector width")]

/// Number of edges compared without a loop; if more share a slot, a binary search is used.
const AT_ONCE: usize = 4;
/// Maximum number of slots on either side of zero.
const MAX_SLOTS: u32 = 1 << 14;
/// Smallest shift of the bits, for 512 slots per doubling of the value. Twice as many would not fit the L1 cache.
const FINEST: u32 = 14;
/// Largest shift that is tried, for 8 slots per doubling.
const COARSEST: u32 = 20;

/// Maximum number of values counted in one call.
pub const BLOCK: usize = 1_024;

/// Float type in which the model compares values: `f32` under [`super::Precision::F32`], otherwise `f64`.
pub trait Real: Copy + PartialOrd + Default + Into<f64> {
    const INFINITY: Self;
    const NEG_INFINITY: Self;
    /// Converts a value, rounding to the nearest.
    fn from_f64(value: f64) -> Self;
    /// Bits of the value as f32.
    fn bits(self) -> u32;
    fn is_nan(self) -> bool;
    /// Edges in this float type.
    #[doc(hidden)]
    fn edges(index: &EdgeIndex) -> &[Self];
}

impl Real for f32 {
    const INFINITY: Self = Self::INFINITY;
    const NEG_INFINITY: Self = Self::NEG_INFINITY;

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "rounding is intended")]
    fn from_f64(value: f64) -> Self {
        value as Self
    }

    #[inline(always)]
    fn bits(self) -> u32 {
        self.to_bits()
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }

    #[inline(always)]
    fn edges(index: &EdgeIndex) -> &[Self] {
        &index.singles
    }
}

impl Real for f64 {
    const INFINITY: Self = Self::INFINITY;
    const NEG_INFINITY: Self = Self::NEG_INFINITY;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "rounding keeps the order, which is sufficient")]
    fn bits(self) -> u32 {
        (self as f32).to_bits()
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }

    #[inline(always)]
    fn edges(index: &EdgeIndex) -> &[Self] {
        &index.doubles
    }
}

/// Table by leading bits: the number of edges in lower slots.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeIndex {
    /// Magnitudes with bits up to this value share the slot of zero.
    zero_bits: u32,
    shift: u32,
    /// Slot of zero.
    middle: u32,
    starts: Vec<u16>,
    /// Whether more than [`AT_ONCE`] edges share a slot.
    is_crowded: bool,
    /// Edges, padded with infinities so that [`AT_ONCE`] of them can be read from any start.
    doubles: Vec<f64>,
    /// For each edge the largest f32 that is not above it: an f32 value is above one if and only if it is above the
    /// other.
    singles: Vec<f32>,
}

impl EdgeIndex {
    /// Builds the table for ascending edges; `None` for more than 65,535 edges.
    pub(super) fn new(edges: &[f64]) -> Option<Self> {
        let all = u16::try_from(edges.len()).ok()?;
        let mut magnitudes: Vec<u32> = edges.iter().map(|edge| edge.bits() & MAGNITUDE).collect();
        let zero_bits = match magnitudes.len().checked_sub(AT_ONCE) {
            Some(_) => *magnitudes.select_nth_unstable(AT_ONCE - 1).1,
            None => 0,
        };
        let farthest = magnitudes.iter().max().map_or(0, |magnitude| magnitude.saturating_sub(zero_bits));
        let padded = || edges.iter().copied().chain([f64::INFINITY; AT_ONCE]);
        let mut index = Self {
            zero_bits,
            shift: 0,
            middle: 0,
            starts: Vec::new(),
            is_crowded: true,
            doubles: padded().collect(),
            singles: padded().map(not_above).collect(),
        };
        // The shortest table in which no slot is crowded, otherwise the finest.
        for shift in (FINEST..=COARSEST).rev().filter(|shift| farthest >> shift < MAX_SLOTS).chain([31]) {
            index.shift = shift;
            index.middle = (farthest >> shift) + 1;
            index.is_crowded = index.max_edges_per_slot(edges) > AT_ONCE;
            if !index.is_crowded || shift == FINEST || shift == 31 {
                break;
            }
        }
        index.fill(edges, all);
        Some(index)
    }

    /// Largest number of edges that share a slot. Slots ascend with the edges.
    fn max_edges_per_slot(&self, edges: &[f64]) -> usize {
        let (mut most, mut here, mut previous) = (0, 0, u32::MAX);
        for edge in edges {
            let slot = self.slot(edge.bits());
            here = if slot == previous { here + 1 } else { 1 };
            previous = slot;
            most = most.max(here);
        }
        most
    }

    fn fill(&mut self, edges: &[f64], all: u16) {
        self.starts.reserve_exact(2 * self.middle as usize + 2);
        for (edge, index) in edges.iter().zip(0..all) {
            self.starts.resize(self.slot(edge.bits()) as usize + 1, index);
        }
        self.starts.resize(2 * self.middle as usize + 2, all);
    }

    /// Slot of a value, from its bits as f32.
    #[inline(always)]
    fn slot(&self, bits: u32) -> u32 {
        let below_zero = 0u32.wrapping_sub(bits >> 31);
        let step = ((bits & MAGNITUDE).max(self.zero_bits) - self.zero_bits) >> self.shift;
        // Down or up from the middle, branch-free because the signs of a feature are unpredictable.
        let step = step.min(self.middle);
        self.middle.wrapping_add((step ^ below_zero).wrapping_sub(below_zero))
    }

    /// Number of edges less than the value, which must not be NaN.
    #[inline]
    pub(super) fn below(&self, value: f64) -> usize {
        self.search(value, self.slot(value.bits()))
    }

    /// Counts at most [`BLOCK`] values, none of which may be NaN, in their cells. `counts` holds four tallies of
    /// `stride` cells each, whose sum is the result, so that increments of equal consecutive values need not wait for
    /// each other; or a single tally if `stride` is 0.
    #[inline(always)]
    pub fn tally<T: Real>(&self, values: &[T], stride: usize, counts: &mut [u32]) {
        let mut slots = [0u32; BLOCK];
        for (slot, value) in slots.iter_mut().zip(values) {
            *slot = self.slot(value.bits());
        }
        if self.is_crowded {
            for (value, slot) in values.iter().zip(&slots) {
                if let Some(count) = counts.get_mut(self.search(*value, *slot)) {
                    *count += 1;
                }
            }
            return;
        }
        let edges = T::edges(self);
        if stride == 0 {
            for (value, slot) in values.iter().zip(&slots) {
                self.count(edges, *value, *slot, counts);
            }
            return;
        }
        let mut four = counts.chunks_mut(stride);
        let (Some(a), Some(b), Some(c), Some(d)) = (four.next(), four.next(), four.next(), four.next()) else { return };
        let (by_four, rest) = values.as_chunks::<4>();
        for ([v, w, x, y], [p, q, r, s]) in by_four.iter().zip(slots.as_chunks::<4>().0) {
            self.count(edges, *v, *p, a);
            self.count(edges, *w, *q, b);
            self.count(edges, *x, *r, c);
            self.count(edges, *y, *s, d);
        }
        for (value, slot) in rest.iter().zip(slots.get(values.len() - rest.len()..).unwrap_or_default()) {
            self.count(edges, *value, *slot, a);
        }
    }

    #[inline(always)]
    fn count<T: Real>(&self, edges: &[T], value: T, slot: u32, counts: &mut [u32]) {
        let start = self.starts.get(slot as usize).copied().map_or(0, usize::from);
        // Edges in later slots are greater than the value.
        let near = edges.get(start..start + AT_ONCE).unwrap_or_default();
        let below = near.iter().map(|edge| u32::from(*edge < value)).sum::<u32>();
        if let Some(count) = counts.get_mut(start + below as usize) {
            *count += 1;
        }
    }

    #[inline(always)]
    fn search<T: Real>(&self, value: T, slot: u32) -> usize {
        let slot = slot as usize;
        let Some(&[start, end]) = self.starts.get(slot..slot + 2) else { return 0 };
        let (start, end) = (usize::from(start), usize::from(end));
        start + T::edges(self).get(start..end).map_or(0, |edges| edges.partition_point(|edge| *edge < value))
    }
}

/// All bits except the sign.
const MAGNITUDE: u32 = 0x7fff_ffff;

/// Largest f32 that is not above the edge.
fn not_above(edge: f64) -> f32 {
    let nearest = f32::from_f64(edge);
    if f64::from(nearest) > edge { nearest.next_down() } else { nearest }
}
