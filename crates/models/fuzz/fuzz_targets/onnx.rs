//! Reads arbitrary bytes as an ONNX model. The result must be an error message, or a model that scores.

#![no_main]

#[path = "../../tests/support/onnx_exercise.rs"]
mod onnx_exercise;

use libfuzzer_sys::fuzz_target;
use vigie_models::Model;

fuzz_target!(|bytes: &[u8]| {
    match Model::from_bytes("fuzz", bytes) {
        // Other formats have targets of their own.
        Ok(model) if model.kind().starts_with("ONNX") => onnx_exercise::exercise(&model),
        Ok(_) => {}
        Err(error) => assert!(error.to_string().starts_with("fuzz: "), "{error}"),
    }
});
