//! Whom to tell what: alerts through time, and the mails and calls that speak of them.

mod compose;
mod delivery;
mod email;
mod event;
mod letter;
mod smtp;
mod webhook;

pub use compose::{compose, trial};
pub use delivery::Delivery;
pub use email::{Addresses, Email, StartTls};
pub use event::{Change, Event, Key, Telling};
pub use letter::Letter;
pub use smtp::deliver;
pub use webhook::{Call, Webhook, call_of, post};
