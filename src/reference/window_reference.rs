//! A window in the place of the reference: its counts on the reference's cells and levels, and its own values.

use vigie_profile::{
    layout::{Precision, Shape},
    profile::{CellCounts, Counts, Profile},
};

use super::{
    Holdout, Provenance, Reference,
    block_store::{Block, BlockStore},
    blocks,
    workers::map_on_cores,
};

/// Values of a window, missing ones left out, in any order.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowValues {
    /// One list per feature of the layout; empty for categorical features.
    pub features: Vec<Vec<f64>>,
    pub score: Vec<f64>,
}

impl Reference {
    /// Returns this reference with a window's rows in place of its own. Cells, levels and importance stay; what was learnt
    /// about the outcomes, the segments and the contributions of its own rows does not.
    ///
    /// Without `values` the result supports only PSI, as a reference imported from distributions does. `None` if the values
    /// are not those that were counted.
    #[must_use]
    pub fn with_window_rows(
        &self,
        window: Profile,
        values: Option<WindowValues>,
        provenance: Provenance,
    ) -> Option<Self> {
        let layout = self.layout().clone();
        let provenance = Provenance {
            holdout: Holdout::Yes,
            target: None,
            reduced: values.is_none() || self.provenance().reduced,
            ..provenance
        };
        let blocks = match values {
            None => {
                let score = usize::from(layout.score().is_some());
                vec![Block::new(Vec::new()); layout.features().len() + score]
            }
            Some(values) => {
                let mut columns: Vec<(Vec<f64>, Precision)> =
                    values.features.into_iter().map(|values| (values, layout.precision())).collect();
                if layout.score().is_some() {
                    columns.push((values.score, Precision::F64));
                }
                let counted = window.features().iter().map(present).chain(window.score().map(CellCounts::present));
                if columns.len() != layout.features().len() + usize::from(layout.score().is_some())
                    || !columns.iter().map(|(values, _)| values.len() as u64).eq(counted)
                {
                    return None;
                }
                let pack = |place: usize| columns.get(place).map(|(values, precision)| packed(values, *precision));
                map_on_cores(columns.len(), 1, &pack).into_iter().flatten().collect()
            }
        };
        let importance = self.importance().to_vec();
        let reference = Self::new(layout, window, provenance, importance, BlockStore::Memory(blocks));
        Some(reference.with_descriptions(self.descriptions().to_vec()))
    }

    /// Whether the values of a feature are stored one by one: numeric features.
    #[must_use]
    pub fn is_numeric(&self, feature: usize) -> bool {
        self.layout().features().get(feature).is_some_and(|feature| matches!(feature.shape, Shape::Numeric(_)))
    }
}

/// Values of a feature that must be stored.
fn present(counts: &Counts) -> u64 {
    match counts {
        Counts::Numeric(counts) => counts.present(),
        Counts::Categorical(_) => 0,
    }
}

fn packed(values: &[f64], precision: Precision) -> Block {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let distinct: Vec<(f64, u64)> = sorted
        .chunk_by(|one, next| one.to_bits() == next.to_bits())
        .filter_map(|same| Some((*same.first()?, same.len() as u64)))
        .collect();
    Block::new(blocks::pack(&distinct, precision))
}

#[cfg(test)]
mod tests {
    use vigie_profile::{
        layout::{Cells, Feature, Layout, Levels},
        profile::{LevelCounts, scale},
        window::Instant,
    };

    use super::*;

    fn provenance() -> Provenance {
        Provenance {
            created_at: Instant(0),
            vigie_version: "test".to_owned(),
            files: Vec::new(),
            rows: 4,
            columns: 2,
            holdout: Holdout::Unknown,
            target: None,
            probability: None,
            prediction: None,
            reduced: false,
            model: None,
        }
    }

    fn reference() -> (Reference, Profile) {
        let cells = Cells::learn(&[(1.0, 2), (2.0, 2), (3.0, 2)], Precision::F64);
        let mut counts = CellCounts::empty(&cells);
        [1.0, 2.0, 2.0].iter().for_each(|value| counts.observe_n(*value, 1, &cells, &scale(&cells)));
        counts.observe_missing(1);
        let level = Feature { name: "b".to_owned(), shape: Shape::Categorical(Levels::new(vec!["x".to_owned()])) };
        let numeric = Feature { name: "a".to_owned(), shape: Shape::Numeric(cells) };
        let layout = Layout::new(Precision::F64, vec![numeric, level], None);
        let counts = vec![Counts::Numeric(counts), Counts::Categorical(LevelCounts::from_parts(vec![4], 0))];
        let window = Profile::from_parts(&layout, 4, counts, None);
        let store = BlockStore::Memory(vec![Block::new(Vec::new()); 2]);
        (Reference::new(layout.clone(), Profile::empty(&layout), provenance(), vec![Some(1.0), None], store), window)
    }

    #[test]
    fn a_window_has_its_own_counts_and_values_on_the_same_layout() {
        let (reference, window) = reference();
        let values = |own: &[f64]| WindowValues { features: vec![own.to_vec(), Vec::new()], score: Vec::new() };
        let other = reference.with_window_rows(window.clone(), Some(values(&[2.0, 1.0, 2.0])), provenance()).unwrap();
        assert_eq!(other.layout(), reference.layout());
        assert_eq!((other.profile().rows(), other.values(0)), (4, Some(vec![(1.0, 1), (2.0, 2)])));
        assert!(other.id() != reference.id() && other.provenance().is_holdout() && !other.provenance().reduced);
        assert_eq!(other.importance(), reference.importance());
        // A value more or less: the log has changed.
        assert!(reference.with_window_rows(window.clone(), Some(values(&[2.0, 1.0])), provenance()).is_none());
        let counted = reference.with_window_rows(window, None, provenance()).unwrap();
        assert!(counted.provenance().reduced);
    }
}
