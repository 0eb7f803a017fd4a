//! The endpoints: each reads requests of one protocol, and writes answers and errors in its words.

mod admitted;
mod answer;
mod infer;
mod invocations;
mod predict;
mod protocol;
mod read;

pub(super) use infer::{infer, model_metadata, model_ready};
pub(super) use invocations::{instances, invocations};
pub(super) use predict::predict;
pub(super) use protocol::{EndpointProtocol, plainly_refused};
