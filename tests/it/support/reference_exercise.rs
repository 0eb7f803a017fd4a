//! Uses a reference that could be opened, valid or not, in every way that compares a window with it.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float64Array, types::Int32Type};
use vigie::{
    drift::{Drift, compare},
    judge::{Case, Policy, Service, judge, undecided},
    reference::Reference,
};
use vigie_profile::{batch::Rows, layout::Shape, profile::Profile};
use vigie_stats::EmptyBins;

const ROWS: usize = 64;

/// Numbers around the edges, and those that are none.
fn numbers(edges: &[f64]) -> Float64Array {
    let odd = [0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE];
    let around = edges.iter().step_by(1 + edges.len() / 40).flat_map(|edge| [*edge, edge.next_up(), edge.next_down()]);
    around.chain(odd).cycle().take(ROWS).collect()
}

fn window(reference: &Reference) -> Profile {
    let layout = reference.layout();
    let column = |shape: &Shape| -> ArrayRef {
        match shape {
            Shape::Numeric(cells) => Arc::new(numbers(cells.edges())),
            Shape::Categorical(levels) => {
                let names = levels.names().iter().take(40).map(|name| Some(name.as_str()));
                let all: Vec<Option<&str>> = names.chain([None, Some("never seen"), Some("")]).collect();
                Arc::new(all.into_iter().cycle().take(ROWS).collect::<DictionaryArray<Int32Type>>())
            }
        }
    };
    let rows = Rows {
        len: ROWS,
        features: layout.features().iter().map(|feature| Some(column(&feature.shape))).collect(),
        probability: layout.score().map(|cells| numbers(cells.edges())),
        ..Rows::default()
    };
    let mut profile = Profile::empty(layout);
    profile.observe(&rows, layout, 0.5);
    profile
}

fn judged(reference: &Reference, drift: &Drift) {
    let policy = Policy { min_rows: 1, ..Policy::default() };
    let service = Service { requests: ROWS as u64, answered: ROWS as u64, ..Service::default() };
    let absent = vec![false; drift.features.len()];
    let case = Case { drift, absent: &absent, importance: reference.importance(), service: &service, policy: &policy };
    let _ = undecided(&case);
    let _ = judge(&case);
}

/// Opens the bytes and compares a window with them. Returns whether they are a reference.
pub(crate) fn exercise(bytes: &[u8]) -> Result<(), String> {
    let reference = Reference::from_bytes("mutant", bytes).map_err(|fault| fault.to_string())?;
    let _ = reference.id();
    let _ = reference.outcomes();
    let _ = reference.leaves();
    for feature in 0..reference.layout().features().len() {
        let _ = reference.values(feature);
    }
    for empty in [EmptyBins::HalfCount, EmptyBins::Floor(1e-4)] {
        if let Ok(drift) = compare(&reference, &window(&reference), empty, 0.5) {
            judged(&reference, &drift);
        }
        // The reference as a window: its own counts, sums and range on the other side.
        if let Ok(drift) = compare(&reference, reference.profile(), empty, 0.5) {
            judged(&reference, &drift);
        }
    }
    Ok(())
}
