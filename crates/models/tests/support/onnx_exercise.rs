//! Exercises an ONNX model that could be read, valid or not: scores it, and asks everything that can be asked.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, StringArray};
use vigie_models::{InputKind, Model};

const ROWS: usize = 40;

/// Scores rows with the model's features. A model may give any numbers, but those of a row do not depend on others.
pub(crate) fn exercise(model: &Model) {
    let numbers = [0.0, -1.5, 2.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.25, 1e30];
    let numbers: ArrayRef = Arc::new(numbers.into_iter().cycle().take(ROWS).collect::<Float32Array>());
    let levels = [Some("a"), Some(""), None, Some("été"), Some("b"), Some("x"), Some("XNA"), Some("never seen")];
    let levels: ArrayRef = Arc::new(levels.into_iter().cycle().take(ROWS).collect::<StringArray>());
    let columns: Vec<_> = model
        .features()
        .iter()
        .map(|feature| Some(if feature.kind == InputKind::Numeric { numbers.clone() } else { levels.clone() }))
        .collect();
    for feature in 0..model.features().len().min(50) {
        let level = model.missing_level(feature);
        assert!(level.is_empty() || model.knows_level(feature, level));
    }
    let inputs = model.inputs(ROWS, &columns).unwrap();
    let outputs = model.output_count();
    let mut raw = vec![0.0; ROWS * outputs];
    model.predict_raw(&inputs, 0..ROWS, &mut raw).unwrap();
    let mut few = vec![0.0; 3 * outputs];
    model.predict_raw(&inputs, 1..4, &mut few).unwrap();
    // The sign and payload of a NaN are unspecified.
    let bits = |values: &[f64]| -> Vec<u64> {
        values.iter().map(|value| if value.is_nan() { 0 } else { value.to_bits() }).collect()
    };
    assert_eq!(bits(&few), bits(&raw[outputs..4 * outputs]));
    let classes = model.classes().len();
    for raw in raw.chunks(outputs) {
        assert!(model.decision(raw).is_none_or(|class| class < classes));
    }
    let _ = model.probabilities(&mut raw);
    assert!(model.explainer().is_err() && model.leaf_trees().is_none() && !model.kind().is_empty());
}
