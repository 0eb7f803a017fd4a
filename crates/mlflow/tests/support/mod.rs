//! Shared by the tests: a server that replies what a test tells it to.

pub(crate) mod fake;
