//! The scoring API: `vigie serve` answers requests with scores, and logs each before it is answered.

mod admission;
mod endpoint;
mod feature_store;
mod guard;
mod json_object;
mod log;
mod metrics;
mod model;
mod openapi;
mod refusal;
mod request_id;
mod resolve;
mod rows_reader;
#[cfg(test)]
mod rows_reader_tests;
mod run;
mod schema;
mod server;
mod service;
mod slot;
mod value;

pub use run::{ServeRequest, run};
