//! The endpoints: each reads requests of one protocol, and writes answers and errors in its words.

mod answer;
mod infer;
mod invocations;
mod predict;
mod read;

pub(super) use infer::{infer, model_metadata, model_ready};
pub(super) use invocations::{instances, invocations};
pub(super) use predict::predict;
