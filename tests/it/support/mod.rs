//! Shared test fixtures: worlds, rows and servers.

pub(crate) mod applicants;
pub(crate) mod boosted;
pub(crate) mod bracketed;
pub(crate) mod draw;
pub(crate) mod every_story;
pub(crate) mod fake_http;
pub(crate) mod fake_mlflow;
pub(crate) mod fake_smtp;
pub(crate) mod fake_tracking;
#[path = "../../../crates/mlflow/tests/support/guarded_server.rs"]
pub(crate) mod guarded_server;
pub(crate) mod lab;
pub(crate) mod leaf_lab;
pub(crate) mod light_model;
pub(crate) mod mime;
#[path = "../../../crates/mlflow/tests/support/mlflow_server.rs"]
#[expect(dead_code, reason = "also used by the tests of the crate")]
pub(crate) mod mlflow_server;
pub(crate) mod reference_exercise;
pub(crate) mod reference_file;
pub(crate) mod registry_world;
pub(crate) mod schema;
pub(crate) mod stories;
pub(crate) mod talker;
pub(crate) mod unbracketed;
pub(crate) mod watched;
pub(crate) mod world;
