//! ONNX models: graphs of operators, converted from scikit-learn pipelines by skl2onnx.
//!
//! `proto` and `messages` read the file, `graph` orders its nodes, and `outputs` finds the probabilities. `assemble` turns
//! nodes into the steps of a `program`, which computes blocks of rows. Operators are in `ops`: they check types and shapes
//! with the help of `compile`.

mod assemble;
mod block;
mod compile;
mod graph;
mod messages;
mod model;
mod numbers;
mod ops;
mod outputs;
mod program;
mod proto;
mod read;
mod refusal;
mod tensor;
mod texts;

pub(crate) use model::OnnxModel;
pub(crate) use read::{from_bytes, looks_like};
