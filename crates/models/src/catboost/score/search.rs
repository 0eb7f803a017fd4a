//! Branch-free binary search for the number of borders below a value.
//!
//! Borders are padded with +∞ (which no number exceeds) to `2^levels − 1` and stored in the order in which the search
//! visits them: level `l` has `2^l` borders, starting at `2^l − 1`. After the last level, the position is the number of
//! borders below.

/// The borders of all numeric columns.
#[derive(Debug, Default)]
pub(crate) struct SearchLayout {
    /// Borders in search order. A kernel may read up to [`SLACK`] numbers past any level.
    borders: Vec<f32>,
    columns: Vec<ColumnSearch>,
}

#[derive(Debug, Clone, Copy)]
struct ColumnSearch {
    from: usize,
    levels: u32,
}

/// Numbers in a 64-byte register.
const SLACK: usize = 16;

impl SearchLayout {
    /// `columns` are borders in ascending order, at most 254 per column.
    pub(crate) fn new<'a>(columns: impl Iterator<Item = &'a [f32]> + Clone) -> Self {
        let mut layout = Self::default();
        let size = |borders: &[f32]| (1_usize << (usize::BITS - borders.len().leading_zeros())) - 1;
        layout.borders.reserve_exact(columns.clone().map(size).sum::<usize>().saturating_add(SLACK));
        for borders in columns {
            let from = layout.borders.len();
            let levels = usize::BITS - borders.len().leading_zeros();
            for level in 0..levels {
                let (first, step) = ((1_usize << (levels - level - 1)) - 1, 1 << (levels - level));
                let positions = (first..(1 << levels) - 1).step_by(step);
                layout.borders.extend(positions.map(|at| borders.get(at).copied().unwrap_or(f32::INFINITY)));
            }
            layout.columns.push(ColumnSearch { from, levels });
        }
        layout.borders.resize(layout.borders.len().saturating_add(SLACK), f32::INFINITY);
        layout
    }

    /// The borders of a column in search order (and more after them), and the number of levels.
    pub(crate) fn column(&self, column: usize) -> (&[f32], u32) {
        let search = self.columns.get(column).copied().unwrap_or(ColumnSearch { from: 0, levels: 0 });
        (self.borders.get(search.from..).unwrap_or_default(), search.levels)
    }
}

/// Number of borders below a number; 0 for NaN. `borders` are in search order.
#[expect(clippy::indexing_slicing, reason = "positions of level l are below 2^l, and its borders begin at 2^l − 1")]
#[expect(clippy::cast_possible_truncation, reason = "at most 254")]
#[inline]
pub(crate) fn count_below(borders: &[f32], levels: u32, number: f32) -> u8 {
    let mut position = 0_usize;
    for level in 0..levels {
        let border = borders[(1 << level) - 1 + position];
        position = 2 * position + usize::from(number > border);
    }
    position as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_counts_the_borders_below() {
        for count in 0..=254_u8 {
            // Every third border is duplicated.
            let borders: Vec<f32> = (0..count).map(|i| f32::from(i - u8::from(i % 3 == 1))).collect();
            let layout = SearchLayout::new([&borders[..]].into_iter());
            let (in_order, levels) = layout.column(0);
            assert!(in_order.len() >= (1 << levels) - 1 + SLACK);
            for number in (-1..=2 * i16::from(count)).map(|half| f32::from(half) / 2.0).chain([f32::INFINITY, f32::NAN])
            {
                let below = borders.iter().filter(|border| number > **border).count();
                assert_eq!(usize::from(count_below(in_order, levels, number)), below, "{number} of {count}");
            }
        }
    }
}
