//! Reads arbitrary bytes as a `.skops` archive. The result must be an error message, or a model that scores. Reading may take
//! at most four times the size of the input in memory; of a compressed archive, two decompressed members in addition.

#![no_main]

#[path = "../../tests/support/counting.rs"]
mod counting;
#[path = "../../tests/support/exercise.rs"]
mod exercise;

use libfuzzer_sys::fuzz_target;

/// Two members of a compressed archive.
const DECOMPRESSED: usize = 16 << 20;

fuzz_target!(|bytes: &[u8]| {
    // The first bytes decide the family, and other families have their own targets.
    let file = if bytes.starts_with(b"PK\x03\x04") { bytes.to_vec() } else { [b"PK\x03\x04", bytes].concat() };
    match counting::read_within("fuzz", &file, DECOMPRESSED) {
        Ok(model) => _ = exercise::exercise(&model),
        Err(error) => {
            let why = error.to_string();
            let starts = [
                "fuzz: this .skops file is damaged: ",
                "fuzz: this scikit-learn model ",
                "fuzz: this LightGBM model ",
                "fuzz: this XGBoost model ",
                "fuzz: this is a ZIP archive",
            ];
            assert!(starts.iter().any(|start| why.starts_with(start)), "{why}");
        }
    }
});
