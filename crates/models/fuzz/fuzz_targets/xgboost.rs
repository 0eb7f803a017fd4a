//! Reads arbitrary bytes as an XGBoost model, JSON or UBJSON. The result must be an error message, or a model that scores.
//! Reading may take at most four times the size of the input in memory.

#![no_main]

#[path = "../../../../tests/counting/mod.rs"]
mod counting;
#[path = "../../tests/support/exercise.rs"]
mod exercise;

use libfuzzer_sys::fuzz_target;
use vigie_models::Model;

fuzz_target!(|bytes: &[u8]| {
    let (cost, model) = counting::cost(|| Model::from_bytes("fuzz", bytes));
    assert!(cost <= counting::limit(bytes.len()), "{cost} bytes for a file of {}", bytes.len());
    match model {
        Ok(model) => _ = exercise::exercise(&model),
        Err(error) => {
            let why = error.to_string();
            assert!(why.starts_with("fuzz: this ") || why.starts_with("fuzz: not a "), "{why}");
        }
    }
});
