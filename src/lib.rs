//! draft
pub mod batch;
pub mod fault;
pub mod layout;
pub mod stats;
pub mod window;
