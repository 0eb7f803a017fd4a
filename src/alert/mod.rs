//! Whom to tell what: alerts through time, and the mails and calls that speak of them.

mod alert;
mod by_labels;
mod compose;
mod decide;
mod delivery;
mod email;
mod event;
mod html;
mod letter;
mod nearness;
mod phrases;
mod secret;
mod server;
mod silence;
mod smtp;
mod story;
mod text;
mod webhook;
mod words;

pub use alert::{Alert, Mute, Phase};
pub use by_labels::{Said, by_labels};
pub use compose::{compose, is_address, labels_came, trial};
pub use decide::{Decision, Past, Rules, Scope, Seen, WELL, decide, decide_all};
pub use delivery::{Delivery, Refusal};
pub use email::{Addresses, Email, StartTls};
pub use event::{Change, Event, Key, Telling};
pub use letter::Letter;
pub use nearness::nearness;
pub use secret::{PASSWORD_CREDENTIAL, TOKEN_CREDENTIAL, credential};
pub use server::is_server;
pub use silence::{Usual, stale_reference};
pub use smtp::{Patience, deliver};
pub use webhook::{Call, Webhook, call_of, post};
