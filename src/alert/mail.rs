//! The email channel.

use std::path::PathBuf;

use super::{
    Channel, ChannelKey, ChannelSpec, ComposeContext, Delivery, Email, KeyKind, Message, MissingSecret, Notification,
    Timeouts, channel::set_files, compose::compose, smtp::deliver,
};
use crate::fault::Result;

impl Email {
    pub const SPEC: ChannelSpec = ChannelSpec {
        word: "email",
        server: "the mail server",
        credential: "vigie.smtp-password",
        keys: &[
            ChannelKey::required(
                "alerts.email.smtp",
                KeyKind::MailServer,
                "set it to the mail server: `smtps://mail.example.com:465`",
            ),
            ChannelKey::required(
                "alerts.email.from",
                KeyKind::MailAddress,
                "set it to the sender's address: `vigie@example.com`",
            ),
            ChannelKey::required(
                "alerts.email.to",
                KeyKind::MailAddress,
                "set it to the recipients: `[risk@example.com]`",
            ),
            ChannelKey::new("alerts.email.to.*", KeyKind::MailAddress),
            ChannelKey::new("alerts.email.password_file", KeyKind::SecretFile),
            ChannelKey::new("alerts.email.ca_file", KeyKind::CertificateFile),
        ],
        has_threads: true,
    };
}

impl Channel for Email {
    fn spec(&self) -> &'static ChannelSpec {
        &Self::SPEC
    }

    fn files(&mut self) -> Vec<(&'static str, &mut PathBuf)> {
        set_files([
            ("alerts.email.password_file", &mut self.password_file),
            ("alerts.email.ca_file", &mut self.ca_file),
        ])
    }

    fn missing_secret(&self) -> Option<MissingSecret> {
        let is_missing = self.username.is_some() && self.password_file.is_none() && !self.smtp.contains('@');
        is_missing.then_some(MissingSecret {
            key: "alerts.email.username",
            problem: "`alerts.email.username` is set, but there is no password",
            file_key: "password_file",
        })
    }

    fn compose(&self, notification: &Notification, context: &ComposeContext<'_>) -> Result<Vec<Message>> {
        let ComposeContext { report, base_url, language, now } = *context;
        Ok(vec![compose(self, notification, report, base_url, language, now)?])
    }

    fn send(&self, message: &Message, timeouts: Timeouts) -> Delivery {
        let bytes = without_preamble(&message.bytes).to_vec();
        deliver(self, &Message { bytes, ..message.clone() }, timeouts)
    }
}

/// Emails queued by earlier versions begin with the Message-ID, the subject and the recipients, one a line, and an empty line.
fn without_preamble(stored: &[u8]) -> &[u8] {
    if stored.first() != Some(&b'<') {
        return stored;
    }
    let end = stored.windows(2).position(|two| two == b"\n\n");
    end.and_then(|end| stored.get(end + 2..)).unwrap_or(stored)
}

#[cfg(test)]
mod tests {
    use super::without_preamble;

    #[test]
    fn mails_of_earlier_versions_lose_their_preamble() {
        let mail = b"From: a@x\r\n\r\nbody\n\nend\r\n";
        assert_eq!(without_preamble(mail), mail);
        let stored = [b"<1@x>\nthe subject \na@x\nb@x\n\n".as_slice(), mail].concat();
        assert_eq!(without_preamble(&stored), mail);
    }
}
