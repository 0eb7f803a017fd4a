//! What the model reads, in the order it reads it: names, kinds, places.

use crate::{
    error::Result,
    file::{
        parts::{Parts, Place},
        refusal::{damaged, excerpt},
    },
};

/// How a model reads an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// A number, compared with borders.
    Numeric,
    /// A level of a category, known by its hash.
    Categorical,
}

/// One input of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// As at training; the number of its column if it had no name.
    pub name: String,
    pub kind: InputKind,
    /// The column it was in at training, from 0. A model that has dropped unused features has gaps here.
    pub column: usize,
    /// Whether any tree asks for it; the model reads the others too, and ignores them.
    pub used: bool,
}

/// Where features of one kind stand among all.
#[derive(Debug)]
pub(crate) struct Places {
    /// Index among features of the kind, place among all; sorted.
    by_index: Vec<(i32, usize)>,
}

impl Places {
    /// The place, among all features, of the one of this kind that the file calls `index`.
    pub(crate) fn find(&self, index: i32) -> Result<usize> {
        let at = self.by_index.binary_search_by_key(&index, |entry| entry.0);
        let place = at.ok().and_then(|at| self.by_index.get(at)).map(|entry| entry.1);
        place.ok_or_else(|| damaged(format_args!("it asks for a feature {index} that it does not list")))
    }
}

/// All features by column, and where the numeric and the categorical ones stand.
pub(crate) fn features(parts: &Parts) -> Result<(Vec<Feature>, Places, Places)> {
    let numeric = parts.floats.iter().map(|float| (&float.place, InputKind::Numeric));
    let categorical = parts.levels.iter().map(|level| (&level.place, InputKind::Categorical));
    let mut all: Vec<(usize, &Place, InputKind)> = numeric
        .chain(categorical)
        .map(|(place, kind)| match usize::try_from(place.flat) {
            Ok(column) => Ok((column, place, kind)),
            Err(_) => Err(damaged(format_args!("feature {:?} has no column", excerpt(&place.name)))),
        })
        .collect::<Result<_>>()?;
    all.sort_by_key(|entry| entry.0);
    if let Some([first, _]) = all.array_windows().find(|[first, second]| first.0 == second.0) {
        return Err(damaged(format_args!("two features are in column {}", first.0)));
    }
    let places = |kind| -> Result<Places> {
        let own = all.iter().enumerate().filter(|(_, entry)| entry.2 == kind);
        let mut by_index: Vec<_> = own.map(|(at, entry)| (entry.1.index, at)).collect();
        by_index.sort_unstable();
        match by_index.array_windows().find(|[first, second]| first.0 == second.0) {
            Some([first, _]) => Err(damaged(format_args!("two features have the index {}", first.0))),
            None => Ok(Places { by_index }),
        }
    };
    let (numeric, categorical) = (places(InputKind::Numeric)?, places(InputKind::Categorical)?);
    let features = all.into_iter().map(|(column, place, kind)| Feature {
        name: if place.name.is_empty() { column.to_string() } else { place.name.clone() },
        kind,
        column,
        used: false,
    });
    Ok((features.collect(), numeric, categorical))
}
