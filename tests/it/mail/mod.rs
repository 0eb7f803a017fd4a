//! Emails, webhooks and the outbox.

pub(crate) mod mail;
pub(crate) mod mail_real;
pub(crate) mod mail_server;
pub(crate) mod outbox;
pub(crate) mod webhook;
