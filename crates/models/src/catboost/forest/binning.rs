//! Groups the conditions of a model into bin columns.

use std::ops::Range;

use super::{
    bins::{BinColumn, Binning, CONDITIONS_PER_COLUMN},
    feature::FeatureIndex,
    split::Split,
};
use crate::{
    catboost::file::{
        parts::{FloatPart, ModelParts, Nan, OneHotPart},
        refusal::{damaged, excerpt, unsupported},
    },
    error::Result,
};

/// The bin columns, and all conditions of the model, in the order in which trees refer to them.
#[derive(Debug, Default)]
pub(crate) struct BinningBuilder {
    pub binning: Binning,
    pub splits: Vec<Split>,
    /// Index in `splits` of the first condition of each of the file's features.
    float_starts: Vec<usize>,
    one_hot_starts: Vec<usize>,
}

impl BinningBuilder {
    /// Builds the columns of numbers and levels; [`BinningBuilder::add_ctrs`] adds those of CTRs.
    pub(crate) fn new(parts: &ModelParts, numeric: &FeatureIndex, categorical: &FeatureIndex) -> Result<Self> {
        let mut builder = Self::default();
        // Exact sizes: a vector that grows by doubling briefly holds three times its contents.
        let borders = parts.floats.iter().map(|float| float.borders.len()).sum::<usize>();
        let levels = parts.one_hots.iter().map(|one_hot| one_hot.values.len()).sum::<usize>();
        let ctrs = parts.ctrs.iter().map(|ctr| ctr.borders.len()).sum::<usize>();
        builder.binning.borders.reserve_exact(borders);
        builder.binning.levels.reserve_exact(levels);
        builder.splits.reserve_exact(borders.saturating_add(levels).saturating_add(ctrs));
        for float in &parts.floats {
            builder.add_number(float, numeric)?;
        }
        for one_hot in &parts.one_hots {
            builder.add_levels(one_hot, categorical)?;
        }
        Ok(builder)
    }

    fn add_number(&mut self, float: &FloatPart, numeric: &FeatureIndex) -> Result<()> {
        self.float_starts.push(self.splits.len());
        check_ascending(&float.borders, &float.position.name)?;
        let feature = numeric.find(float.position.index)?;
        let missing_above = float.has_nans && float.nan == Nan::AsTrue;
        for piece in float.borders.chunks(CONDITIONS_PER_COLUMN) {
            let borders = append(&mut self.binning.borders, piece.iter().copied());
            self.add_column(BinColumn::Number { feature, missing_above, borders }, piece.len(), SplitKind::Order)?;
        }
        Ok(())
    }

    fn add_levels(&mut self, one_hot: &OneHotPart, categorical: &FeatureIndex) -> Result<()> {
        self.one_hot_starts.push(self.splits.len());
        let feature = categorical.find(one_hot.index)?;
        for piece in one_hot.values.chunks(CONDITIONS_PER_COLUMN) {
            let levels = append(&mut self.binning.levels, piece.iter().map(|value| value.cast_unsigned()));
            self.add_column(BinColumn::Level { feature, levels }, piece.len(), SplitKind::Equality)?;
        }
        Ok(())
    }

    /// Adds a column with `count` conditions. Returns its index.
    pub(crate) fn add_column(&mut self, column: BinColumn, count: usize, kind: SplitKind) -> Result<usize> {
        let index = self.binning.columns.len();
        let Ok(short) = u16::try_from(index) else {
            return Err(unsupported("has more than 65,535 × 254 conditions"));
        };
        self.binning.columns.push(column);
        let bins = (1..=u8::MAX).take(count);
        self.splits.extend(bins.map(|bin| match kind {
            SplitKind::Order => Split { column: short, mask: 0, least: bin },
            SplitKind::Equality => Split { column: short, mask: !bin, least: u8::MAX },
        }));
        Ok(index)
    }

    /// The condition that a number exceeds a border (passed as its bits).
    pub(crate) fn border(&self, parts: &ModelParts, index: i32, border: u32) -> Option<Split> {
        let at = parts.floats.iter().position(|float| float.position.index == index)?;
        let border = f32::from_bits(border);
        #[expect(clippy::float_cmp, reason = "the file repeats the same number")]
        let within = parts.floats.get(at)?.borders.iter().position(|&other| other == border)?;
        self.splits.get(self.float_starts.get(at)?.checked_add(within)?).copied()
    }

    /// The condition that a feature has a level (passed as its hash).
    pub(crate) fn level(&self, parts: &ModelParts, index: i32, value: i32) -> Option<Split> {
        let at = parts.one_hots.iter().position(|one_hot| one_hot.index == index)?;
        let within = parts.one_hots.get(at)?.values.iter().position(|&other| other == value)?;
        self.splits.get(self.one_hot_starts.get(at)?.checked_add(within)?).copied()
    }
}

/// How the conditions on a column compare bins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SplitKind {
    Order,
    Equality,
}

/// Checks that borders are in ascending order, as bins require; CatBoost keeps them in a sorted set.
pub(crate) fn check_ascending(borders: &[f32], name: &str) -> Result<()> {
    if borders.first().is_some_and(|border| border.is_nan()) || !borders.is_sorted() {
        return Err(damaged(format_args!("the borders of {:?} are not in order", excerpt(name))));
    }
    Ok(())
}

/// Appends the elements and returns their range.
fn append<T>(all: &mut Vec<T>, more: impl Iterator<Item = T>) -> Range<usize> {
    let from = all.len();
    all.extend(more);
    from..all.len()
}
