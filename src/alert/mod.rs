//! Alert states over time, and the emails and webhook calls that report them.

mod alert;
mod baseline;
mod compose;
mod content;
mod decide;
mod delivery;
mod email;
mod event;
mod html;
mod label_verdicts;
mod message;
mod nearness;
mod secret;
mod server;
mod smtp;
mod text;
mod webhook;
mod words;

pub use alert::{Alert, Mute, Phase};
pub use baseline::{Baseline, stale_reference};
pub use compose::{compose, is_address, test_notification};
pub use decide::{Decision, History, Observation, RECOVERY_SHARE, Rules, Scope, decide, decide_all};
pub use delivery::{Delivery, Refusal};
pub use email::{Addresses, Email, StartTls};
pub use event::{AlertKey, Change, Event, Notification};
pub use label_verdicts::{LabelVerdict, label_verdicts};
pub use message::Message;
pub use nearness::nearness;
pub use secret::{PASSWORD_CREDENTIAL, TOKEN_CREDENTIAL, credential};
pub use server::is_smtp_url;
pub use smtp::{Timeouts, deliver};
pub use webhook::{Webhook, WebhookCall, post, webhook_call};
