//! Lays a model's conditions out as bin columns.

use std::ops::Range;

use super::{
    bins::{BinColumn, Binning, PER_COLUMN, Split},
    feature::Places,
};
use crate::{
    error::Result,
    file::{
        parts::{FloatPart, Nan, OneHotPart, Parts},
        refusal::{damaged, excerpt, unsupported},
    },
};

/// Bin columns, and all conditions of the model in the order trees number them.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub binning: Binning,
    pub splits: Vec<Split>,
    /// Where the conditions of each feature of the file begin in `splits`.
    float_starts: Vec<usize>,
    one_hot_starts: Vec<usize>,
}

impl Draft {
    /// Columns of numbers and levels; those of CTRs are added by [`Draft::add_ctrs`].
    pub(crate) fn of(parts: &Parts, numeric: &Places, categorical: &Places) -> Result<Self> {
        let mut draft = Self::default();
        // Exactly: a vector that doubles holds three times its content while it moves.
        let borders = parts.floats.iter().map(|float| float.borders.len()).sum::<usize>();
        let levels = parts.one_hots.iter().map(|one_hot| one_hot.values.len()).sum::<usize>();
        let ctrs = parts.ctrs.iter().map(|ctr| ctr.borders.len()).sum::<usize>();
        draft.binning.borders.reserve_exact(borders);
        draft.binning.levels.reserve_exact(levels);
        draft.splits.reserve_exact(borders.saturating_add(levels).saturating_add(ctrs));
        for float in &parts.floats {
            draft.add_number(float, numeric)?;
        }
        for one_hot in &parts.one_hots {
            draft.add_levels(one_hot, categorical)?;
        }
        Ok(draft)
    }

    fn add_number(&mut self, float: &FloatPart, numeric: &Places) -> Result<()> {
        self.float_starts.push(self.splits.len());
        check_ascending(&float.borders, &float.place.name)?;
        let feature = numeric.find(float.place.index)?;
        let missing_above = float.has_nans && float.nan == Nan::AsTrue;
        for piece in float.borders.chunks(PER_COLUMN) {
            let borders = append(&mut self.binning.borders, piece.iter().copied());
            self.add_column(BinColumn::Number { feature, missing_above, borders }, piece.len(), Asks::Order)?;
        }
        Ok(())
    }

    fn add_levels(&mut self, one_hot: &OneHotPart, categorical: &Places) -> Result<()> {
        self.one_hot_starts.push(self.splits.len());
        let feature = categorical.find(one_hot.index)?;
        for piece in one_hot.values.chunks(PER_COLUMN) {
            let levels = append(&mut self.binning.levels, piece.iter().map(|value| value.cast_unsigned()));
            self.add_column(BinColumn::Level { feature, levels }, piece.len(), Asks::Equality)?;
        }
        Ok(())
    }

    /// One more column, with `count` conditions on it. Returns its number.
    pub(crate) fn add_column(&mut self, column: BinColumn, count: usize, asks: Asks) -> Result<usize> {
        let number = self.binning.columns.len();
        let Ok(short) = u16::try_from(number) else {
            return Err(unsupported("asks more than 65,535 × 254 conditions"));
        };
        self.binning.columns.push(column);
        let bins = (1..=u8::MAX).take(count);
        self.splits.extend(bins.map(|bin| match asks {
            Asks::Order => Split { column: short, mask: 0, least: bin },
            Asks::Equality => Split { column: short, mask: !bin, least: u8::MAX },
        }));
        Ok(number)
    }

    /// The condition that a number exceeds a border (given by its bits).
    pub(crate) fn border(&self, parts: &Parts, index: i32, border: u32) -> Option<Split> {
        let at = parts.floats.iter().position(|float| float.place.index == index)?;
        let border = f32::from_bits(border);
        #[expect(clippy::float_cmp, reason = "the same number stands in both places of the file")]
        let within = parts.floats.get(at)?.borders.iter().position(|&other| other == border)?;
        self.splits.get(self.float_starts.get(at)?.checked_add(within)?).copied()
    }

    /// The condition that a level is one of the listed ones.
    pub(crate) fn level(&self, parts: &Parts, index: i32, value: i32) -> Option<Split> {
        let at = parts.one_hots.iter().position(|one_hot| one_hot.index == index)?;
        let within = parts.one_hots.get(at)?.values.iter().position(|&other| other == value)?;
        self.splits.get(self.one_hot_starts.get(at)?.checked_add(within)?).copied()
    }
}

/// What the conditions on a column are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asks {
    Order,
    Equality,
}

/// Bins need borders in order; CatBoost keeps them in a sorted set.
pub(crate) fn check_ascending(borders: &[f32], name: &str) -> Result<()> {
    if borders.first().is_some_and(|border| border.is_nan()) || !borders.is_sorted() {
        return Err(damaged(format_args!("the borders of {:?} are not in order", excerpt(name))));
    }
    Ok(())
}

/// Appends, and says where.
fn append<T>(all: &mut Vec<T>, more: impl Iterator<Item = T>) -> Range<usize> {
    let from = all.len();
    all.extend(more);
    from..all.len()
}
