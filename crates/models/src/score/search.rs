//! Borders in the order a binary search asks for them, so that each step is one look-up and no branch.
//!
//! Borders are filled up with +∞ (which no number exceeds) to `2^levels − 1`. Level `l` of the search has `2^l` of
//! them, one behind the other from `2^l − 1` on; after the last level the place in it is how many borders lie below.

/// The borders of all columns of numbers.
#[derive(Debug, Default)]
pub(crate) struct Searches {
    /// A kernel may read [`SLACK`] numbers behind any level.
    asked: Vec<f32>,
    columns: Vec<Search>,
}

#[derive(Debug, Clone, Copy)]
struct Search {
    from: usize,
    levels: u32,
}

/// Numbers in a 64-byte register.
const SLACK: usize = 16;

impl Searches {
    /// Of borders in ascending order, at most 254 a column.
    pub(crate) fn of<'a>(columns: impl Iterator<Item = &'a [f32]> + Clone) -> Self {
        let mut searches = Self::default();
        let size = |borders: &[f32]| (1_usize << (usize::BITS - borders.len().leading_zeros())) - 1;
        searches.asked.reserve_exact(columns.clone().map(size).sum::<usize>().saturating_add(SLACK));
        for borders in columns {
            let from = searches.asked.len();
            let levels = usize::BITS - borders.len().leading_zeros();
            for level in 0..levels {
                let (first, step) = ((1_usize << (levels - level - 1)) - 1, 1 << (levels - level));
                let places = (first..(1 << levels) - 1).step_by(step);
                searches.asked.extend(places.map(|at| borders.get(at).copied().unwrap_or(f32::INFINITY)));
            }
            searches.columns.push(Search { from, levels });
        }
        searches.asked.resize(searches.asked.len().saturating_add(SLACK), f32::INFINITY);
        searches
    }

    /// The borders a column's search asks for (and more behind them), and how often it asks.
    pub(crate) fn column(&self, column: usize) -> (&[f32], u32) {
        let search = self.columns.get(column).copied().unwrap_or(Search { from: 0, levels: 0 });
        (self.asked.get(search.from..).unwrap_or_default(), search.levels)
    }
}

/// How many borders lie below a number; none below NaN.
#[expect(clippy::indexing_slicing, reason = "places of level l are below 2^l, and its borders begin at 2^l − 1")]
#[expect(clippy::cast_possible_truncation, reason = "at most 254")]
#[inline]
pub(crate) fn count_below(asked: &[f32], levels: u32, number: f32) -> u8 {
    let mut place = 0_usize;
    for level in 0..levels {
        let border = asked[(1 << level) - 1 + place];
        place = 2 * place + usize::from(number > border);
    }
    place as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searching_is_counting() {
        for count in 0..=254_u8 {
            // Every third border twice.
            let borders: Vec<f32> = (0..count).map(|i| f32::from(i - u8::from(i % 3 == 1))).collect();
            let searches = Searches::of([&borders[..]].into_iter());
            let (asked, levels) = searches.column(0);
            assert!(asked.len() >= (1 << levels) - 1 + SLACK);
            for number in (-1..=2 * i16::from(count)).map(|half| f32::from(half) / 2.0).chain([f32::INFINITY, f32::NAN])
            {
                let below = borders.iter().filter(|border| number > **border).count();
                assert_eq!(usize::from(count_below(asked, levels, number)), below, "{number} of {count}");
            }
        }
    }
}
