//! Exercises a model that could be read, valid or not: scores with every kernel, then explains.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, StringArray};
use vigie_models::{
    InputKind,
    catboost::{Forest, Kernel, Shap},
};

/// More rows than fill a register.
const ROWS: usize = 72;

/// Scores and explains rows with the model's features. Returns whether SHAP values are supported; if not, checks the error.
pub(crate) fn exercise(mut forest: Forest) -> bool {
    let numbers = [0.0, -1.5, 2.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.25, 1e30];
    let numbers: ArrayRef = Arc::new(numbers.into_iter().cycle().take(ROWS).collect::<Float32Array>());
    let levels = [Some("a"), Some(""), None, Some("été"), Some("b"), Some("1"), Some("XNA"), Some("never seen")];
    let levels: ArrayRef = Arc::new(levels.into_iter().cycle().take(ROWS).collect::<StringArray>());
    let columns: Vec<_> = forest
        .features()
        .iter()
        .map(|feature| Some(if feature.kind == InputKind::Numeric { numbers.clone() } else { levels.clone() }))
        .collect();
    let inputs = forest.inputs(ROWS, &columns).unwrap();
    let mut first: Option<Vec<u64>> = None;
    let mut raw = vec![0.0; ROWS * forest.output_count()];
    for kernel in Kernel::available() {
        forest.set_kernel(kernel);
        forest.predict_raw(&inputs, 0..ROWS, &mut raw).unwrap();
        // The sign and payload of a NaN are unspecified.
        let bits = raw.iter().map(|value| if value.is_nan() { 0 } else { value.to_bits() }).collect();
        assert_eq!(*first.get_or_insert_with(|| Vec::clone(&bits)), bits, "{kernel}");
    }
    if let Some(trees) = forest.leaf_trees() {
        let sink = &mut |tree: usize, _: usize, leaves: &[u32]| {
            assert!(leaves.iter().all(|leaf| (*leaf as usize) < trees[tree].leaves));
        };
        forest.predict_raw_with_leaves(&inputs, 0..ROWS, &mut raw, sink).unwrap();
        for (tree, feature) in trees.iter().flat_map(|tree| tree.features.iter().map(move |feature| (tree, feature))) {
            feature.choices.for_each(tree.leaves, &mut |parts| {
                assert!(parts.iter().all(|part| part.start < part.end && part.end <= tree.leaves));
            });
        }
    }
    let mut few = vec![0.0; 3 * forest.output_count()];
    forest.predict_raw(&inputs, 1..4, &mut few).unwrap();
    let _ = forest.probabilities(&mut raw);
    let classes = forest.classes().len();
    for raw in raw.chunks(forest.output_count()) {
        assert!(forest.decision(raw).is_none_or(|class| class < classes));
    }
    match Shap::new(&forest) {
        Ok(shap) => {
            let mut values = vec![0.0; 8 * shap.width()];
            shap.values(&forest, &inputs, 0..8, &mut values).unwrap();
            true
        }
        Err(fault) => {
            assert!(fault.to_string().starts_with("this CatBoost model "), "{fault}");
            false
        }
    }
}
