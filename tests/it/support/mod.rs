//! Worlds, rows and servers that tests share.

pub(crate) mod applicants;
pub(crate) mod draw;
pub(crate) mod forest_exercise;
pub(crate) mod lab;
pub(crate) mod mime;
pub(crate) mod postman;
pub(crate) mod watched;
pub(crate) mod world;
