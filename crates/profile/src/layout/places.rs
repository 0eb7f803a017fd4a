//! Where the search for a value's cell begins: a table on the leading bits of the value as f32.
//!
//! The order of floats is the order of their bits (sign aside), so the leading bits of a value say between which
//! edges it lies, but for the few edges that share them. Bits of values nearer to zero than nearly all edges say
//! nothing: such values share one place, which keeps the table short.

#![expect(clippy::inline_always, reason = "compiled anew for each width of vectors")]

/// Edges compared at once, whatever their number; more that share a place are searched.
const AT_ONCE: usize = 4;
/// Places at most, on either side of zero.
const MOST: u32 = 1 << 14;
/// Leading bits below the exponent that a table may use: 512 places for each doubling of the value. Twice as many
/// would not fit the nearest cache.
const FINEST: u32 = 14;
/// The coarsest that is tried: 8 places for each doubling.
const COARSEST: u32 = 20;

/// Values searched for together.
pub const BLOCK: usize = 1_024;

/// A float as the model compares it: `f32` under [`super::Precision::F32`], else `f64`.
pub trait Real: Copy + PartialOrd + Default + Into<f64> {
    const INFINITY: Self;
    const NEG_INFINITY: Self;
    /// The value as this float, to the nearest.
    fn of(value: f64) -> Self;
    /// The bits of the value as f32.
    fn bits(self) -> u32;
    fn is_nan(self) -> bool;
    /// The edges as values of this float are compared with them.
    #[doc(hidden)]
    fn edges(places: &Places) -> &[Self];
}

impl Real for f32 {
    const INFINITY: Self = Self::INFINITY;
    const NEG_INFINITY: Self = Self::NEG_INFINITY;

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "rounding is the point")]
    fn of(value: f64) -> Self {
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
    fn edges(places: &Places) -> &[Self] {
        &places.singles
    }
}

impl Real for f64 {
    const INFINITY: Self = Self::INFINITY;
    const NEG_INFINITY: Self = Self::NEG_INFINITY;

    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "rounding keeps the order, which is all that is asked for")]
    fn bits(self) -> u32 {
        (self as f32).to_bits()
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }

    #[inline(always)]
    fn edges(places: &Places) -> &[Self] {
        &places.doubles
    }
}

/// By leading bits: how many edges have lesser ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    /// Bits of a magnitude that count as zero.
    nothing: u32,
    shift: u32,
    /// The place of zero.
    middle: u32,
    starts: Vec<u16>,
    /// Whether more than [`AT_ONCE`] edges share a place.
    is_crowded: bool,
    /// The edges, and infinities so that [`AT_ONCE`] can be read anywhere.
    doubles: Vec<f64>,
    /// The greatest f32 that is not above each edge: an f32 is above the one when it is above the other.
    singles: Vec<f32>,
}

impl Places {
    /// Of ascending edges; `None` for more than 65,535.
    pub(super) fn of(edges: &[f64]) -> Option<Self> {
        let all = u16::try_from(edges.len()).ok()?;
        let mut magnitudes: Vec<u32> = edges.iter().map(|edge| edge.bits() & MAGNITUDE).collect();
        let nothing = match magnitudes.len().checked_sub(AT_ONCE) {
            Some(_) => *magnitudes.select_nth_unstable(AT_ONCE - 1).1,
            None => 0,
        };
        let farthest = magnitudes.iter().max().map_or(0, |magnitude| magnitude.saturating_sub(nothing));
        let padded = || edges.iter().copied().chain([f64::INFINITY; AT_ONCE]);
        let mut places = Self {
            nothing,
            shift: 0,
            middle: 0,
            starts: Vec::new(),
            is_crowded: true,
            doubles: padded().collect(),
            singles: padded().map(not_above).collect(),
        };
        // The shortest table in which no place is crowded, else the finest.
        for shift in (FINEST..=COARSEST).rev().filter(|shift| farthest >> shift < MOST).chain([31]) {
            places.shift = shift;
            places.middle = (farthest >> shift) + 1;
            places.is_crowded = places.crowd(edges) > AT_ONCE;
            if !places.is_crowded || shift == FINEST || shift == 31 {
                break;
            }
        }
        places.lay(edges, all);
        Some(places)
    }

    /// The most edges that share a place. Their order is that of their places.
    fn crowd(&self, edges: &[f64]) -> usize {
        let (mut most, mut here, mut former) = (0, 0, u32::MAX);
        for edge in edges {
            let place = self.place(edge.bits());
            here = if place == former { here + 1 } else { 1 };
            former = place;
            most = most.max(here);
        }
        most
    }

    fn lay(&mut self, edges: &[f64], all: u16) {
        self.starts.reserve_exact(2 * self.middle as usize + 2);
        for (edge, number) in edges.iter().zip(0..all) {
            self.starts.resize(self.place(edge.bits()) as usize + 1, number);
        }
        self.starts.resize(2 * self.middle as usize + 2, all);
    }

    /// From the bits of a value as f32.
    #[inline(always)]
    fn place(&self, bits: u32) -> u32 {
        let below_zero = 0u32.wrapping_sub(bits >> 31);
        let step = ((bits & MAGNITUDE).max(self.nothing) - self.nothing) >> self.shift;
        // Down or up from the middle, and no branch: the signs of a feature cannot be foreseen.
        let step = step.min(self.middle);
        self.middle.wrapping_add((step ^ below_zero).wrapping_sub(below_zero))
    }

    /// How many edges are less than the value, which is not NaN.
    #[inline]
    pub(super) fn below(&self, value: f64) -> usize {
        self.search(value, self.place(value.bits()))
    }

    /// Counts at most [`BLOCK`] values, none of which is NaN, in their cells. `counts` holds four tallies of `stride`
    /// cells each, which together are the counts, so that equal values in a row need not wait for each other; or one,
    /// where `stride` is 0.
    #[inline(always)]
    pub fn tally<T: Real>(&self, values: &[T], stride: usize, counts: &mut [u32]) {
        let mut places = [0u32; BLOCK];
        for (place, value) in places.iter_mut().zip(values) {
            *place = self.place(value.bits());
        }
        if self.is_crowded {
            for (value, place) in values.iter().zip(&places) {
                if let Some(count) = counts.get_mut(self.search(*value, *place)) {
                    *count += 1;
                }
            }
            return;
        }
        let edges = T::edges(self);
        if stride == 0 {
            for (value, place) in values.iter().zip(&places) {
                self.hit(edges, *value, *place, counts);
            }
            return;
        }
        let mut four = counts.chunks_mut(stride);
        let (Some(a), Some(b), Some(c), Some(d)) = (four.next(), four.next(), four.next(), four.next()) else { return };
        let (by_four, rest) = values.as_chunks::<4>();
        for ([v, w, x, y], [p, q, r, s]) in by_four.iter().zip(places.as_chunks::<4>().0) {
            self.hit(edges, *v, *p, a);
            self.hit(edges, *w, *q, b);
            self.hit(edges, *x, *r, c);
            self.hit(edges, *y, *s, d);
        }
        for (value, place) in rest.iter().zip(places.get(values.len() - rest.len()..).unwrap_or_default()) {
            self.hit(edges, *value, *place, a);
        }
    }

    #[inline(always)]
    fn hit<T: Real>(&self, edges: &[T], value: T, place: u32, counts: &mut [u32]) {
        let start = self.starts.get(place as usize).copied().map_or(0, usize::from);
        // Edges after the last that shares the place are greater anyway.
        let near = edges.get(start..start + AT_ONCE).unwrap_or_default();
        let below = near.iter().map(|edge| u32::from(*edge < value)).sum::<u32>();
        if let Some(count) = counts.get_mut(start + below as usize) {
            *count += 1;
        }
    }

    #[inline(always)]
    fn search<T: Real>(&self, value: T, place: u32) -> usize {
        let place = place as usize;
        let Some(&[start, end]) = self.starts.get(place..place + 2) else { return 0 };
        let (start, end) = (usize::from(start), usize::from(end));
        start + T::edges(self).get(start..end).map_or(0, |edges| edges.partition_point(|edge| *edge < value))
    }
}

/// All bits but the sign.
const MAGNITUDE: u32 = 0x7fff_ffff;

fn not_above(edge: f64) -> f32 {
    let nearest = f32::of(edge);
    if f64::from(nearest) > edge { nearest.next_down() } else { nearest }
}
