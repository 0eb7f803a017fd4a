//! The Microsoft Teams channel: a workflow that starts when a Teams webhook request is received and posts an Adaptive Card.
//!
//! <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>,
//! <https://learn.microsoft.com/adaptive-cards/schema-explorer/adaptive-card>

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Channel, ChannelKey, ChannelSpec, ComposeContext, Delivery, KeyKind, Message, MissingSecret, Notification,
    SecretUrl, Timeouts,
    channel::set_files,
    content::MailContent,
    http::{Post, error_word},
    message::digest,
    secret::UrlSource,
};
use crate::{fault::Result, judge::Severity};

/// The `alerts.teams:` section. Either `url` or `url_file`; default: the systemd credential `vigie.teams-url`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Teams {
    /// The URL of the workflow's trigger. It is a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<SecretUrl>,
    /// A file that contains the URL and nothing else. Default: the systemd credential `vigie.teams-url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// A PEM file with certificates to trust in addition to the system's, for example those of a proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// Maximum size of a message. Teams rejects messages above 28 KB, counting some characters twice.
const MAX_BYTES: usize = 20_000;

/// The code of the response while someone has turned the workflow off.
const TURNED_OFF: &str = "WorkflowTriggerIsNotEnabled";

impl Teams {
    pub const SPEC: ChannelSpec = ChannelSpec {
        word: "teams",
        server: "Microsoft Teams",
        credential: "vigie.teams-url",
        keys: &[
            ChannelKey::new("alerts.teams", KeyKind::UrlOrFile),
            ChannelKey::new(
                "alerts.teams.url",
                KeyKind::WebUrl { example: "https://…/workflows/…/triggers/manual/paths/invoke?…" },
            ),
            ChannelKey::new("alerts.teams.url_file", KeyKind::SecretFile),
            ChannelKey::new("alerts.teams.ca_file", KeyKind::CertificateFile),
        ],
        has_threads: false,
    };

    fn source(&self) -> UrlSource<'_> {
        UrlSource {
            section: "alerts.teams",
            url: self.url.as_ref(),
            file: self.url_file.as_deref(),
            credential: Self::SPEC.credential,
        }
    }
}

impl Channel for Teams {
    fn spec(&self) -> &'static ChannelSpec {
        &Self::SPEC
    }

    fn files(&mut self) -> Vec<(&'static str, &mut PathBuf)> {
        set_files([("alerts.teams.url_file", &mut self.url_file), ("alerts.teams.ca_file", &mut self.ca_file)])
    }

    fn missing_secret(&self) -> Option<MissingSecret> {
        self.source().needs_credential().then_some(MissingSecret {
            key: "alerts.teams",
            problem: "`alerts.teams` has no URL",
            file_key: "url_file",
        })
    }

    fn compose(&self, notification: &Notification, context: &ComposeContext<'_>) -> Result<Vec<Message>> {
        let notification = &notification.redacted();
        let ComposeContext { report, base_url, language, now: _ } = *context;
        let mut mail = MailContent::new(notification, report, base_url, language);
        let subject = mail.subject(notification);
        let mut bytes = message(&mail, &subject);
        while bytes.len() > MAX_BYTES && mail.shorten() {
            bytes = message(&mail, &subject);
        }
        Ok(vec![Message { message_id: digest(&notification.id), subject, to: Vec::new(), bytes }])
    }

    fn send(&self, message: &Message, timeouts: Timeouts) -> Delivery {
        let (url, place) = match self.source().read() {
            Ok(found) => found,
            Err(reason) => return Delivery::setup(&reason),
        };
        let post = Post {
            server: Self::SPEC.server,
            url: &url,
            url_place: &place,
            secret_place: &place,
            ca: ("alerts.teams.ca_file", self.ca_file.as_deref()),
            headers: &[],
            body: &message.bytes,
        };
        let reply = match post.send(timeouts.dialogue) {
            Ok(reply) => reply,
            Err(failed) => return failed,
        };
        let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let code = body.pointer("/error/code").and_then(Value::as_str).and_then(error_word);
        if code == Some(TURNED_OFF) {
            return post.rejected_setup(&reply, code, &place);
        }
        post.delivery(&reply, code)
    }
}

fn message(content: &MailContent, subject: &str) -> Vec<u8> {
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": subject,
        "lang": content.language.code(),
        "msteams": { "width": "Full" },
        "body": body(content),
    });
    if let (Some(link), Some(card)) = (&content.link, card.as_object_mut()) {
        let open = json!({ "type": "Action.OpenUrl", "title": content.labels.open, "url": link });
        card.insert("actions".to_owned(), json!([open]));
    }
    let attachment = json!({
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": null,
        "content": card,
    });
    json!({ "type": "message", "attachments": [attachment] }).to_string().into_bytes()
}

fn body(content: &MailContent) -> Vec<Value> {
    let (labels, language) = (content.labels, content.language);
    let colon = language.colon();
    let title = format!("{}{colon} {}", content.model, content.severity_shown);
    let colour = colour(content.severity);
    let mut body = vec![
        block(&[json!({ "type": "TextRun", "text": title, "size": "Large", "weight": "Bolder", "color": colour })]),
        block(&[run(&content.verdict)]),
    ];
    body.extend(content.window.as_ref().map(|window| block(&[subtle(window)])));
    if !content.changes.is_empty() {
        body.push(block(&[bold(labels.what_changed)]));
    }
    for change in &content.changes {
        let tests = if change.tests.is_empty() { String::new() } else { format!("{colon} {}", change.tests) };
        let about = format!(" {}{tests} ({} {})", change.subject, labels.since, change.since);
        body.push(block(&[bold(change.word), run(&about)]));
        body.extend(change.sentences.iter().map(|sentence| block(&[run(sentence)])));
    }
    if content.changes_omitted > 0 {
        body.push(block(&[run(&format!("… {}", language.and_more(content.changes_omitted)))]));
    }
    if !content.rows.is_empty() {
        body.push(block(&[bold(labels.by_severity)]));
    }
    for row in &content.rows {
        let value = if row.value.is_empty() { String::new() } else { format!("{colon} {}", row.value) };
        let limit = if row.limit.is_empty() { String::new() } else { format!(" ({})", row.limit) };
        body.push(block(&[bold(row.severity_shown), run(&format!(" {}{value}{limit}", row.subject))]));
        body.extend(row.reasons.iter().map(|reason| block(&[run(reason)])));
    }
    if content.findings > content.shown() {
        body.push(block(&[run(&language.findings_in_total(content.findings))]));
    }
    let sent_by = format!("{} {}. {}", labels.sent_by, content.version, labels.aggregates_only);
    body.push(block(&[subtle(&sent_by)]));
    body
}

/// A paragraph. Unlike in a `TextBlock`, names with `*` or `_` are not read as Markdown.
fn block(runs: &[Value]) -> Value {
    json!({ "type": "RichTextBlock", "inlines": runs })
}

fn run(text: &str) -> Value {
    json!({ "type": "TextRun", "text": text })
}

fn bold(text: &str) -> Value {
    json!({ "type": "TextRun", "text": text, "weight": "Bolder" })
}

fn subtle(text: &str) -> Value {
    json!({ "type": "TextRun", "text": text, "isSubtle": true })
}

fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Alarm => "Attention",
        Severity::Watch => "Warning",
        Severity::Stable => "Good",
        Severity::TooFew | Severity::NoData => "Default",
    }
}
