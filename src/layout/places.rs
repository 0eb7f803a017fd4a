//! Where the search for a value's cell begins: a table on the leading bits of the value as f32.
//!
//! The order of floats is the order of their bits (sign aside), so the leading bits of a value say between which
//! edges it lies, but for the few edges that share them. Bits of values nearer to zero than nearly all edges say
//! nothing: such values share one place, which keeps the table short.

/// Edges compared at once, whatever their number; more that share a place are searched.
const AT_ONCE: usize = 4;
/// Places at most, on either side of zero.
const MOST: u32 = 1 << 14;
/// Leading bits below the exponent that a table begins with: 512 places for each doubling of the value.
const FINEST: u32 = 14;

/// By leading bits: how many edges have lesser ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Places {
    /// Bits of a magnitude that count as zero.
    nothing: u32,
    shift: u32,
    /// The place of zero.
    middle: u32,
    starts: Vec<u16>,
    /// The edges, and infinities so that [`AT_ONCE`] can be read anywhere.
    edges: Vec<f64>,
}

impl Places {
    /// Of ascending edges; `None` for more than 65,535.
    pub fn of(edges: &[f64]) -> Option<Self> {
        let all = u16::try_from(edges.len()).ok()?;
        let mut magnitudes: Vec<u32> = edges.iter().map(|edge| leading(*edge).0).collect();
        magnitudes.sort_unstable();
        let nothing = magnitudes.get(AT_ONCE - 1).copied().unwrap_or(0);
        let farthest = magnitudes.last().map_or(0, |magnitude| magnitude.saturating_sub(nothing));
        let shift = (FINEST..31).find(|shift| farthest >> shift < MOST).unwrap_or(31);
        let side = (farthest >> shift) + 1;
        let padded = edges.iter().copied().chain([f64::INFINITY; AT_ONCE]).collect();
        let mut places = Self { nothing, shift, middle: side, starts: Vec::new(), edges: padded };
        let last = 2 * side as usize;
        for (edge, number) in edges.iter().zip(0..all) {
            places.starts.resize(places.place(*edge, last) + 1, number);
        }
        places.starts.resize(last + 2, all);
        Some(places)
    }

    #[inline]
    fn place(&self, value: f64, last: usize) -> usize {
        let (bits, below_zero) = leading(value);
        let step = bits.saturating_sub(self.nothing) >> self.shift;
        // Down or up from the middle, and no branch: the signs of a feature cannot be foreseen.
        let step = step.min(self.middle);
        let place = self.middle.wrapping_add((step ^ below_zero).wrapping_sub(below_zero));
        (place as usize).min(last)
    }

    /// How many edges are less than the value, which is not NaN.
    #[inline]
    pub fn below(&self, value: f64) -> usize {
        let place = self.place(value, self.starts.len() - 2);
        let Some(&[start, end]) = self.starts.get(place..place + 2) else { return 0 };
        let (start, end) = (usize::from(start), usize::from(end));
        if end - start <= AT_ONCE {
            // Edges after the last that shares the place are greater anyway.
            let Some(edges) = self.edges.get(start..start + AT_ONCE) else { return start };
            return start + edges.iter().map(|edge| usize::from(*edge < value)).sum::<usize>();
        }
        start + self.edges.get(start..end).map_or(0, |edges| edges.partition_point(|edge| *edge < value))
    }
}

/// The bits of a value as f32 without its sign, which grow with its size, and all ones below zero.
#[inline]
fn leading(value: f64) -> (u32, u32) {
    #[expect(clippy::cast_possible_truncation, reason = "rounding keeps the order, which is all that is asked for")]
    let bits = (value as f32).to_bits();
    (bits & 0x7fff_ffff, 0u32.wrapping_sub(bits >> 31))
}
