//! Shared by the tests against official libraries.

pub(crate) mod column;
pub(crate) mod golden;
