//! draft
pub mod batch;
pub mod drift;
pub mod engine;
pub mod fault;
pub mod judge;
pub mod layout;
pub mod profile;
pub mod reference;
pub mod source;
pub mod stats;
pub mod window;
