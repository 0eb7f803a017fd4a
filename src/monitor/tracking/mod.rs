//! Each run in MLflow: figures, tags and the report of a window, in an experiment of the model. `message.rs` says what is
//! logged, `place.rs` at which step, `send.rs` in which calls.

pub(crate) mod figures;
pub(crate) mod message;
mod place;
pub(crate) mod send;
