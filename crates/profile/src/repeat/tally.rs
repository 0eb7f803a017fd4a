//! Counts the row hashes of a window, block by block.

use super::{RepeatPlan, RowSketch, hash::RowHashes};
use crate::{
    batch::Rows,
    bytes::{Reader, Writer},
    layout::Layout,
};

/// A sketch for each block of a [`RepeatPlan`]. Merging is exact, commutative and associative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatTally {
    plan: u64,
    sketches: Vec<RowSketch>,
}

impl RepeatTally {
    /// Creates a tally without rows.
    #[must_use]
    pub fn empty(plan: &RepeatPlan) -> Self {
        Self { plan: plan.id(), sketches: vec![RowSketch::default(); plan.blocks().len()] }
    }

    /// Counts used rows that hold some features; `place` returns which of their columns a feature of the layout is. Blocks whose
    /// features are not among them are counted with other rows.
    pub fn observe(&mut self, rows: &Rows, place: impl Fn(usize) -> Option<usize>, layout: &Layout, plan: &RepeatPlan) {
        for (sketch, block) in self.sketches.iter_mut().zip(plan.blocks()) {
            let column = |feature: &usize| rows.features.get(place(*feature)?);
            if rows.len == 0 || !block.features.iter().all(|feature| column(feature).is_some()) {
                continue;
            }
            let mut hashes = RowHashes::new(plan.key_of(block), rows.len);
            for number in &block.features {
                if let (Some(values), Some(feature)) = (column(number), layout.features().get(*number)) {
                    hashes.add(values.as_deref(), feature, layout.precision());
                }
            }
            hashes.for_each(|hash| sketch.observe(hash));
        }
    }

    /// Adds the other's rows. Fails if they were hashed by another plan.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        if self.plan != other.plan {
            return Err("row hashes of two references cannot be added".to_owned());
        }
        self.sketches.iter_mut().zip(&other.sketches).for_each(|(ours, theirs)| ours.merge(theirs));
        Ok(())
    }

    /// Returns whether the rows were hashed by this plan.
    #[must_use]
    pub fn is_of(&self, plan: &RepeatPlan) -> bool {
        self.plan == plan.id() && self.sketches.len() == plan.blocks().len()
    }

    /// Sketches in the order of the plan's blocks.
    #[must_use]
    pub fn sketches(&self) -> &[RowSketch] {
        &self.sketches
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.integer(self.plan);
        out.integer(self.sketches.len() as u64);
        self.sketches.iter().for_each(|sketch| sketch.write(out));
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let plan = reader.integer()?;
        let count = reader.count(2)?;
        let sketches = (0..count).map(|_| RowSketch::read(reader)).collect::<Option<Vec<_>>>()?;
        Some(Self { plan, sketches })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, DictionaryArray, Float32Array, Float64Array, types::Int32Type};

    use super::*;
    use crate::{
        layout::{Cells, Feature, Levels, Precision, Shape},
        profile::{CellCounts, Counts, LevelCounts, Profile, scale},
    };

    fn world() -> (Layout, RepeatPlan) {
        let values: Vec<(f64, u64)> = (0..900).map(|value| (f64::from(value), 1)).collect();
        let cells = Cells::learn(&values, Precision::F32);
        let mut counts = CellCounts::empty(&cells);
        values.iter().for_each(|(value, rows)| counts.observe_n(*value, *rows, &cells, &scale(&cells)));
        let levels = Levels::new(vec!["x".to_owned(), "y".to_owned()]);
        let numeric = |name: &str| Feature { name: name.to_owned(), shape: Shape::Numeric(cells.clone()) };
        let categorical = Feature { name: "A_c".to_owned(), shape: Shape::Categorical(levels) };
        let layout = Layout::new(Precision::F32, vec![numeric("A_a"), numeric("A_b"), categorical], None);
        let numeric = Counts::Numeric(counts);
        let counts = vec![numeric.clone(), numeric, Counts::Categorical(LevelCounts::from_parts(vec![450, 450], 0))];
        let plan = RepeatPlan::new(&layout, &Profile::from_parts(&layout, 900, counts, None), 5, 16);
        (layout, plan)
    }

    fn observed(columns: [ArrayRef; 3], rows: usize) -> RepeatTally {
        let (layout, plan) = world();
        let rows = Rows { len: rows, features: columns.into_iter().map(Some).collect(), ..Rows::default() };
        let mut tally = RepeatTally::empty(&plan);
        tally.observe(&rows, Some, &layout, &plan);
        assert!(tally.is_of(&plan));
        tally
    }

    fn levels(names: &[Option<&str>]) -> ArrayRef {
        Arc::new(names.iter().copied().collect::<DictionaryArray<Int32Type>>())
    }

    #[test]
    fn equal_rows_of_any_reader_have_one_hash() {
        let single: ArrayRef = Arc::new(Float32Array::from(vec![Some(0.1), Some(-0.0), None]));
        let double: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.1), Some(0.0), Some(f64::NAN)]));
        let one = observed([single.clone(), double.clone(), levels(&[Some("x"), Some("new"), None])], 3);
        let other = observed([double, single, levels(&[Some(" x"), Some("new"), None])], 3);
        assert_eq!(one, other);
        // The third row has no value.
        let [sketch] = one.sketches() else { panic!("one block") };
        assert_eq!((sketch.rows(), sketch.len()), (2, 2));
    }

    #[test]
    fn rows_that_differ_in_one_feature_have_different_hashes() {
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 1.0, 1.0, 2.0]));
        let same: ArrayRef = Arc::new(Float64Array::from(vec![7.0; 4]));
        let tally = observed([numbers, same, levels(&[Some("x"), Some("y"), None, Some("x")])], 4);
        assert_eq!(tally.sketches()[0].len(), 4);
    }

    #[test]
    fn features_are_hashed_only_if_they_are_read_together() {
        let (layout, plan) = world();
        let column: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
        let part = |first: usize, columns: usize| {
            let mut tally = RepeatTally::empty(&plan);
            let rows = Rows { len: 1, features: vec![Some(column.clone()); columns], ..Rows::default() };
            tally.observe(&rows, |feature| feature.checked_sub(first), &layout, &plan);
            tally.sketches()[0].rows()
        };
        assert_eq!((part(0, 3), part(0, 2), part(1, 2)), (1, 0, 0));
    }
}
