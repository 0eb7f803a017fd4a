//! Any bytes as a model: a refusal in a sentence, or a model that scores alike by every kernel and explains; read in at
//! most four times the file's memory.

#![no_main]

#[path = "../../tests/counting/mod.rs"]
mod counting;
#[path = "../../tests/it/support/forest_exercise.rs"]
mod forest_exercise;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (cost, forest) = counting::cost("fuzz", bytes);
    assert!(cost <= counting::limit(bytes.len()), "{cost} bytes for a file of {}", bytes.len());
    match forest {
        Ok(forest) => _ = forest_exercise::exercise(forest),
        Err(fault) => assert!(fault.to_string().starts_with("fuzz: this CatBoost model "), "{fault}"),
    }
});
