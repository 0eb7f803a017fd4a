//! Worlds, rows and servers that tests share.

pub mod applicants;
pub mod draw;
pub mod forest_exercise;
pub mod lab;
pub mod mime;
pub mod postman;
pub mod watched;
pub mod world;
