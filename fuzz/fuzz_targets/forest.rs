//! Any bytes as a model: a refusal in a sentence, or a model that scores alike by every kernel and explains.

#![no_main]

#[path = "../../tests/it/forest_exercise.rs"]
mod forest_exercise;

use libfuzzer_sys::fuzz_target;
use vigie::scorer::Forest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(forest) = Forest::from_bytes("fuzz", bytes) {
        forest_exercise::exercise(forest);
    }
});
