//! The channels, and the outbox.

pub(crate) mod channels;
pub(crate) mod mail;
pub(crate) mod mail_privacy;
pub(crate) mod mail_real;
pub(crate) mod mail_server;
pub(crate) mod outbox;
pub(crate) mod pagerduty;
pub(crate) mod slack;
pub(crate) mod teams;
pub(crate) mod webhook;
