//! Whom to tell what: alerts through time, and the mails and calls that speak of them.

mod alert;
mod decide;
mod event;
mod nearness;
mod silence;

pub use alert::{Alert, Mute, Phase};
pub use decide::{Decision, Past, Rules, Scope, Seen, WELL, decide};
pub use event::{Change, Event, Key, Telling};
pub use nearness::nearness;
pub use silence::{Usual, stale_reference};
