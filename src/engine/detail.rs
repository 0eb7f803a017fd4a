//! Reads a feature's distribution and the times of its rows: part of the second pass, for the features of findings.

use arrow_array::{Array, BooleanArray, StringArray, cast::AsArray, types::Int32Type};
use vigie_profile::{
    batch::number_values,
    layout::{Cells, Layout, Levels, Precision, Shape},
    profile::{CellCounts, Counts, Profile},
    sketch::{Sketch, SlotCount, SlotCounts, Slots},
    window::{Instant, Window},
};

/// What the second pass found of a feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureDetail {
    /// Values of a numeric feature; empty for a categorical one.
    pub sketch: Sketch,
    pub slots: SlotCounts,
}

/// Reads one feature.
pub(super) enum DetailReader<'a> {
    /// Values below the first are low, those above the second high.
    Numeric {
        precision: Precision,
        low: f64,
        high: f64,
    },
    Categorical(&'a Levels),
}

impl FeatureDetail {
    pub(super) fn empty(window: Window) -> Self {
        Self { sketch: Sketch::default(), slots: SlotCounts::empty(Slots::new(window)) }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.sketch.merge(other.sketch);
        self.slots.merge(&other.slots);
    }
}

impl<'a> DetailReader<'a> {
    /// Reader of a feature, or of the score as number `features.len()`; `None` if there is no such feature.
    pub(super) fn new(layout: &'a Layout, reference: &Profile, feature: usize) -> Option<Self> {
        let numeric = |cells: &Cells, counts: &CellCounts, precision| Self::Numeric {
            precision,
            low: decile(cells, counts, 1),
            high: decile(cells, counts, 9),
        };
        let counts = reference.features().get(feature);
        match (layout.features().get(feature).map(|feature| &feature.shape), counts) {
            (Some(Shape::Numeric(cells)), Some(Counts::Numeric(counts))) => {
                Some(numeric(cells, counts, layout.precision()))
            }
            (Some(Shape::Categorical(levels)), _) => Some(Self::Categorical(levels)),
            (Some(Shape::Numeric(_)), _) => None,
            (None, _) => Some(numeric(layout.score()?, reference.score()?, Precision::F64)),
        }
    }

    /// Reads a batch: `slots` has the slot of each row. Without a column, no row has a value.
    pub(super) fn observe(&self, column: Option<&dyn Array>, slots: &[u16], detail: &mut FeatureDetail) {
        let FeatureDetail { sketch, slots: counts } = detail;
        match (self, column) {
            (Self::Numeric { precision, low, high }, Some(column)) => {
                for (value, slot) in number_values(column).into_iter().zip(slots) {
                    let value = precision.round(value) + 0.0;
                    sketch.observe(value);
                    // Branch-free, because which values are low or high is unpredictable; no comparison holds for NaN.
                    counts.observe(*slot, |count| {
                        count.missing = count.missing.saturating_add(u32::from(value.is_nan()));
                        count.low = count.low.saturating_add(u32::from(value < *low));
                        count.high = count.high.saturating_add(u32::from(value > *high));
                    });
                }
            }
            (Self::Categorical(levels), Some(column)) => observe_levels(column, levels, slots, counts),
            (_, None) => slots.iter().for_each(|slot| counts.observe(*slot, add_missing)),
        }
    }

    /// Returns whether the rows are those of the first pass.
    pub(super) fn is_of(&self, detail: &FeatureDetail, counted: &Profile, feature: usize) -> bool {
        let rows = detail.slots.total(|slot| slot.rows);
        let missing = detail.slots.total(|slot| slot.missing);
        let numeric = |counts: &CellCounts| {
            (rows, missing) == (counts.present() + counts.missing(), counts.missing())
                && detail.sketch.rows() == counts.present()
        };
        match (counted.features().get(feature), counted.score()) {
            (Some(Counts::Numeric(counts)), _) | (None, Some(counts)) => numeric(counts),
            (Some(Counts::Categorical(counts)), _) => {
                let stand_in = match self {
                    Self::Categorical(levels) => levels.missing().and_then(|level| counts.levels().get(level)),
                    Self::Numeric { .. } => None,
                };
                let empty = counts.missing() + stand_in.copied().unwrap_or(0);
                let unseen = detail.slots.total(|slot| slot.unseen);
                (rows, missing, unseen) == (counts.present() + counts.missing(), empty, counts.unseen_rows())
            }
            (None, None) => rows == 0,
        }
    }
}

/// Slots of the used rows of a batch.
pub(super) fn slots_of(timestamps: &[i64], used: &BooleanArray, window: Window) -> Vec<u16> {
    let slots = Slots::new(window);
    let instants = timestamps.iter().map(|at| Instant(*at));
    if used.true_count() == timestamps.len() {
        return slots.slots(instants).collect();
    }
    slots.slots(instants.zip(used.values()).filter(|(_, used)| *used).map(|(at, _)| at)).collect()
}

/// What a row's level is.
#[derive(Clone, Copy)]
enum LevelKind {
    Known,
    Missing,
    Unseen,
}

fn observe_levels(column: &dyn Array, levels: &Levels, slots: &[u16], counts: &mut SlotCounts) {
    let Some(keyed) = column.as_dictionary_opt::<Int32Type>() else {
        return slots.iter().for_each(|slot| counts.observe(*slot, add_missing));
    };
    let kind = |name: Option<&str>| match name.map(|name| levels.index(name)) {
        None => LevelKind::Missing,
        // The application may replace missing values by a level.
        Some(index) if index.is_some() && index == levels.missing() => LevelKind::Missing,
        Some(Some(_)) => LevelKind::Known,
        Some(None) => LevelKind::Unseen,
    };
    let names: Option<&StringArray> = keyed.values().as_string_opt::<i32>();
    let kinds: Vec<LevelKind> = names.into_iter().flatten().map(kind).collect();
    for (key, slot) in keyed.keys().iter().zip(slots) {
        let key = key.and_then(|key| usize::try_from(key).ok());
        match key.and_then(|key| kinds.get(key)).copied().unwrap_or(LevelKind::Missing) {
            LevelKind::Known => counts.observe(*slot, |_| {}),
            LevelKind::Missing => counts.observe(*slot, add_missing),
            LevelKind::Unseen => counts.observe(*slot, |count| count.unseen = count.unseen.saturating_add(1)),
        }
    }
}

fn add_missing(count: &mut SlotCount) {
    count.missing = count.missing.saturating_add(1);
}

/// Upper edge of the cell with the reference's quantile of `tenths` / 10.
fn decile(cells: &Cells, counts: &CellCounts, tenths: u64) -> f64 {
    let present = counts.present();
    let mut seen = 0;
    for (cell, rows) in counts.cells().iter().enumerate() {
        seen += rows;
        if seen > 0 && seen.saturating_mul(10) >= present.saturating_mul(tenths) {
            return cells.bounds(cell).1;
        }
    }
    f64::NAN
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, DictionaryArray, Float64Array};
    use vigie_profile::{
        batch::Rows,
        layout::{Feature, Layout},
    };

    use super::*;

    fn window() -> Window {
        Window::new(Instant(0), Instant(3_600_000_000)).unwrap()
    }

    fn profile(layout: &Layout, columns: &[Option<ArrayRef>], len: usize) -> Profile {
        let mut profile = Profile::empty(layout);
        profile.observe(&Rows { len, features: columns.to_vec(), ..Rows::default() }, layout, 0.5);
        profile
    }

    #[test]
    fn a_word_for_missing_levels_is_missing() {
        let mut levels = Levels::new(vec!["a".to_owned(), "none".to_owned()]);
        levels.count_missing_as("none");
        let feature = Feature { name: "y".to_owned(), shape: Shape::Categorical(levels) };
        let layout = Layout::new(Precision::F64, vec![feature], None);
        let texts: DictionaryArray<Int32Type> = [Some("a"), Some("none"), None, Some("b")].into_iter().collect();
        let texts: ArrayRef = Arc::new(texts);
        let counted = profile(&layout, &[Some(texts.clone())], 4);
        let reader = DetailReader::new(&layout, &Profile::empty(&layout), 0).unwrap();
        let mut detail = FeatureDetail::empty(window());
        reader.observe(Some(texts.as_ref()), &[0, 0, 1, 1], &mut detail);
        assert!(reader.is_of(&detail, &counted, 0));
        assert_eq!(detail.slots.total(|slot| slot.missing), 2);
    }

    #[test]
    fn rows_are_counted_by_time_as_in_the_first_pass() {
        let values: Vec<(f64, u64)> = (1..=100).map(|value| (f64::from(value), 1)).collect();
        let numeric = Feature { name: "x".to_owned(), shape: Shape::Numeric(Cells::learn(&values, Precision::F64)) };
        let levels = Levels::new(vec!["a".to_owned(), "b".to_owned()]);
        let categorical = Feature { name: "y".to_owned(), shape: Shape::Categorical(levels) };
        let layout = Layout::new(Precision::F64, vec![numeric, categorical], None);
        let known: ArrayRef = Arc::new(Float64Array::from_iter_values((1..=100).map(f64::from)));
        let reference = profile(&layout, &[Some(known), None], 100);

        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![Some(5.0), Some(50.0), None, Some(95.0), Some(1e6)]));
        let texts: DictionaryArray<Int32Type> =
            [Some("a"), Some("c"), None, Some(" b "), Some("c")].into_iter().collect();
        let texts: ArrayRef = Arc::new(texts);
        let counted = profile(&layout, &[Some(numbers.clone()), Some(texts.clone())], 5);
        let used = BooleanArray::from(vec![true, true, false, true, true, true]);
        let times = [0, 1, 2, 10_000_000, 3_599_999_999, 3_599_999_999];
        let slots = slots_of(&times, &used, window());
        assert_eq!(slots, [0, 0, 2, 719, 719]);

        for (feature, column) in [numbers, texts].iter().enumerate() {
            let reader = DetailReader::new(&layout, &reference, feature).unwrap();
            let mut detail = FeatureDetail::empty(window());
            let mut rest = FeatureDetail::empty(window());
            reader.observe(Some(column.slice(0, 2).as_ref()), &slots[..2], &mut detail);
            reader.observe(Some(column.slice(2, 3).as_ref()), &slots[2..], &mut rest);
            assert!(!reader.is_of(&detail, &counted, feature), "rows are missing");
            detail.merge(rest);
            assert!(reader.is_of(&detail, &counted, feature));
            let at = |slot: usize| {
                let SlotCount { rows, missing, unseen, low, high } = detail.slots.slots()[slot];
                [rows, missing, unseen, low, high]
            };
            let expected = if feature == 0 {
                [[2, 0, 0, 1, 0], [1, 1, 0, 0, 0], [2, 0, 0, 0, 2]]
            } else {
                [[2, 0, 1, 0, 0], [1, 1, 0, 0, 0], [2, 0, 1, 0, 0]]
            };
            assert_eq!([0, 2, 719].map(at), expected);
        }
        let mut absent = FeatureDetail::empty(window());
        DetailReader::new(&layout, &reference, 0).unwrap().observe(None, &slots, &mut absent);
        assert_eq!(absent.slots.total(|slot| slot.missing), 5);
        assert!(DetailReader::new(&layout, &reference, 2).is_none());
    }
}
