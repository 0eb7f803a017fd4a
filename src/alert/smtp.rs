//! One letter to one mail server.

use std::time::Duration;

use super::{Delivery, Email, Letter};

/// Sends a letter, and answers within `patience` whatever the server does. Blocks.
///
/// | the server | so |
/// |---|---|
/// | 4xx (421, 450, 451, 452), closes, hangs, is not there | [`Delivery::Later`] |
/// | 535 and other refusals of the login, a certificate that is not trusted | [`Delivery::Later`] with `setup` |
/// | 5xx (550, 553, 554) to the letter or to every recipient | [`Delivery::Refused`] |
/// | 5xx to some recipients | [`Delivery::Accepted`] by the others, `refused` names them |
pub fn deliver(email: &Email, letter: &Letter, patience: Duration) -> Delivery {
    let _ = (email, letter, patience);
    Delivery::Later {
        reason: "mails are not sent yet".to_owned(),
        to: letter.to.clone(),
        refused: Vec::new(),
        setup: true,
    }
}
