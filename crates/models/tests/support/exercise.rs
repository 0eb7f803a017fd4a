//! Uses a model that could be read, valid or not, in every way. Nothing may panic.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray};
use vigie_models::{InputKind, Model};

/// More rows than fill a register.
const ROWS: usize = 24;

/// Scores, explains and decides rows with the model's features. Returns whether all raw outputs are numbers.
pub(crate) fn exercise(model: &Model) -> bool {
    let numbers = [0.0, -1.5, 2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.25, 1e300, 5e-324, -0.0, 3e9];
    let numbers: ArrayRef = Arc::new(numbers.into_iter().cycle().take(ROWS).collect::<Float64Array>());
    let levels = [Some("1"), Some(""), None, Some("été"), Some("-0.5"), Some("3e9"), Some("never seen"), Some("inf")];
    let levels: ArrayRef = Arc::new(levels.into_iter().cycle().take(ROWS).collect::<StringArray>());
    let column = |kind| if kind == InputKind::Numeric { numbers.clone() } else { levels.clone() };
    let columns: Vec<_> = model.features().iter().map(|feature| Some(column(feature.kind))).collect();
    let inputs = model.inputs(ROWS, &columns).unwrap();
    let mut raw = vec![0.0; ROWS * model.output_count()];
    model.predict_raw(&inputs, 0..ROWS, &mut raw).unwrap();
    assert!(model.refused_rows(&inputs, 0..ROWS).iter().all(|row| *row < ROWS));
    let mut some = vec![0.0; 3 * model.output_count()];
    model.predict_raw(&inputs, 1..4, &mut some).unwrap();
    let is_same = |(some, raw): (&f64, &f64)| some.to_bits() == raw.to_bits() || (some.is_nan() && raw.is_nan());
    assert!(some.iter().zip(&raw[model.output_count()..]).all(is_same), "rows depend on their neighbours");
    for raw in raw.chunks(model.output_count()) {
        assert!(model.decision(raw).is_none_or(|class| class < model.classes().len()));
    }
    if let Some(trees) = model.leaf_trees() {
        let sink = &mut |tree: usize, _: usize, leaves: &[u32]| {
            assert!(leaves.iter().all(|leaf| (*leaf as usize) < trees[tree].leaves));
        };
        model.predict_raw_with_leaves(&inputs, 0..ROWS, &mut raw, sink).unwrap();
    }
    if let Ok(explainer) = model.explainer() {
        let mut values = vec![0.0; 4 * explainer.width()];
        explainer.values(model, &inputs, 0..4, &mut values).unwrap();
    }
    let is_number = raw.iter().all(|value| !value.is_nan());
    let _ = model.probabilities(&mut raw);
    is_number
}
