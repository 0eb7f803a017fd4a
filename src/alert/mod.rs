//! Whom to tell what: alerts through time, and the mails and calls that speak of them.

mod event;

pub use event::{Change, Event, Key, Telling};
