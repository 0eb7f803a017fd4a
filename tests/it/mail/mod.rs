//! Mails, webhooks and the outbox.

pub mod mail;
pub mod mail_real;
pub mod mail_server;
pub mod outbox;
pub mod webhook;
