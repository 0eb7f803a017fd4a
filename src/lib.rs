//! draft
pub mod batch;
pub mod fault;
pub mod layout;
pub mod profile;
pub mod reference;
pub mod source;
pub mod window;
