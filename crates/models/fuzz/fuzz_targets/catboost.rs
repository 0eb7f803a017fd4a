//! Reads arbitrary bytes as a model. The result must be an error message, or a model that every kernel scores alike and
//! that can be explained. Reading may take at most four times the size of the input in memory.

#![no_main]

#[path = "../../../../tests/counting/mod.rs"]
mod counting;
#[path = "../../tests/support/catboost_exercise.rs"]
mod catboost_exercise;

use libfuzzer_sys::fuzz_target;
use vigie_models::catboost::Forest;

fuzz_target!(|bytes: &[u8]| {
    let (cost, forest) = counting::cost(|| Forest::from_bytes("fuzz", bytes));
    assert!(cost <= counting::limit(bytes.len()), "{cost} bytes for a file of {}", bytes.len());
    match forest {
        Ok(forest) => _ = catboost_exercise::exercise(forest),
        Err(error) => {
            let why = error.to_string();
            let starts = ["fuzz: this CatBoost model ", "fuzz: not a CatBoost model"];
            assert!(starts.iter().any(|start| why.starts_with(start)), "{why}");
        }
    }
});
