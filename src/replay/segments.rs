//! Splits rows by one feature: numbers by the reference's PSI bins, categories by its levels.

use std::collections::HashMap;

use arrow_array::{Array, ArrayRef, cast::AsArray, types::Int32Type};
use vigie_profile::{
    batch::for_each_number,
    layout::{Feature, Precision, Shape},
    profile::Counts,
};

use crate::drift::{bin_labels, is_rare};

/// Segments of rows by one feature.
#[derive(Debug)]
pub struct FeatureSegments {
    /// Index in the layout.
    pub feature: usize,
    pub name: String,
    /// One label for each segment.
    pub labels: Vec<String>,
    rule: SegmentRule,
}

#[derive(Debug)]
enum SegmentRule {
    Bins { shape: Shape, precision: Precision },
    Levels { place: HashMap<String, usize>, unseen: usize },
}

impl FeatureSegments {
    /// Segments of a feature of the layout. Its counts in the reference decide which levels are rare.
    #[must_use]
    pub fn new(index: usize, feature: &Feature, counts: &Counts, precision: Precision) -> Self {
        let (mut labels, rule) = match (&feature.shape, counts) {
            (Shape::Categorical(levels), Counts::Categorical(counts)) => {
                let rows = counts.present() + counts.missing();
                let mut labels = Vec::new();
                let mut place = HashMap::new();
                let common = levels.names().iter().zip(counts.levels()).filter(|(_, count)| !is_rare(**count, rows));
                for (name, _) in common {
                    place.insert(name.clone(), labels.len());
                    labels.push(name.clone());
                }
                let rare = labels.len();
                for name in levels.names() {
                    place.entry(name.clone()).or_insert(rare);
                }
                labels.extend(["rare levels".to_owned(), "unseen levels".to_owned()]);
                (labels, SegmentRule::Levels { place, unseen: rare + 1 })
            }
            (Shape::Numeric(cells), _) => {
                (bin_labels(cells), SegmentRule::Bins { shape: feature.shape.clone(), precision })
            }
            (Shape::Categorical(_), _) => (Vec::new(), SegmentRule::Levels { place: HashMap::new(), unseen: 0 }),
        };
        labels.push("missing".to_owned());
        Self { feature: index, name: feature.name.clone(), labels, rule }
    }

    /// Returns the segment of each row.
    #[must_use]
    pub fn assign(&self, column: Option<&ArrayRef>, rows: usize) -> Vec<usize> {
        let missing = self.labels.len().saturating_sub(1);
        let Some(column) = column else { return vec![missing; rows] };
        match &self.rule {
            SegmentRule::Bins { shape: Shape::Numeric(cells), precision } => {
                let mut segments = Vec::with_capacity(rows);
                for_each_number(column.as_ref(), &mut |value| {
                    let cell = cells.cell(precision.round(value) + 0.0);
                    let bin = cells.bin_of_cell().get(cell).map(|bin| usize::from(*bin));
                    segments.push(bin.filter(|_| !value.is_nan()).unwrap_or(missing));
                });
                segments
            }
            SegmentRule::Levels { place, unseen } => {
                let Some(dictionary) = column.as_dictionary_opt::<Int32Type>() else { return vec![missing; rows] };
                let names = dictionary.values().as_string::<i32>();
                let of_name: Vec<usize> = names
                    .iter()
                    .map(|name| name.map_or(missing, |name| place.get(name).copied().unwrap_or(*unseen)))
                    .collect();
                let of_key = |key: Option<i32>| of_name.get(usize::try_from(key?).ok()?).copied();
                dictionary.keys().iter().map(|key| of_key(key).unwrap_or(missing)).collect()
            }
            SegmentRule::Bins { .. } => vec![missing; column.len()],
        }
    }
}
