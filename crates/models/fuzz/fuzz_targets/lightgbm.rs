//! Reads arbitrary bytes as a LightGBM model. The result must be an error message, or a model that scores. Reading may take
//! at most four times the size of the input in memory.

#![no_main]

#[path = "../../tests/support/counting.rs"]
mod counting;
#[path = "../../tests/support/exercise.rs"]
mod exercise;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The first line decides the family, and other families have their own targets.
    let file = [b"tree\n", bytes].concat();
    match counting::read_within("fuzz", &file, 0) {
        Ok(model) => _ = exercise::exercise(&model),
        Err(error) => {
            let why = error.to_string();
            assert!(
                ["fuzz: this LightGBM model ", "fuzz: the file is damaged"].iter().any(|start| why.starts_with(start)),
                "{why}"
            );
        }
    }
});
