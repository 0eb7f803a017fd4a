//! The Slack channel: an incoming webhook that receives Block Kit messages.
//!
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>,
//! <https://docs.slack.dev/reference/block-kit/blocks>

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Channel, ChannelKey, ChannelSpec, ComposeContext, Delivery, KeyKind, Message, MissingSecret, Notification,
    SecretUrl, Timeouts,
    channel::set_files,
    content::MailContent,
    http::{Post, Reply, error_word},
    message::digest,
    secret::UrlSource,
};
use crate::fault::Result;

/// The `alerts.slack:` section. Either `url` or `url_file`; default: the systemd credential `vigie.slack-url`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slack {
    /// The URL of the incoming webhook, `https://hooks.slack.com/services/…`. It is a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<SecretUrl>,
    /// A file that contains the URL and nothing else. Default: the systemd credential `vigie.slack-url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// A PEM file with certificates to trust in addition to the system's, for example those of a proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// Maximum number of characters in a header.
const MAX_HEADER: usize = 150;
/// Maximum number of characters in a rich text block. Slack documents this limit for sections, and none for rich text.
const MAX_RICH_TEXT: usize = 3_000;

/// Errors that are about the webhook or its channel, not about the message.
const SETUP_ERRORS: [&str; 11] = [
    "action_prohibited",
    "channel_is_archived",
    "channel_not_found",
    "invalid_token",
    "no_active_hooks",
    "no_service",
    "no_service_id",
    "no_team",
    "posting_to_general_channel_denied",
    "team_disabled",
    "user_not_found",
];

impl Slack {
    pub const SPEC: ChannelSpec = ChannelSpec {
        word: "slack",
        server: "Slack",
        credential: "vigie.slack-url",
        keys: &[
            ChannelKey::new("alerts.slack", KeyKind::UrlOrFile),
            ChannelKey::new("alerts.slack.url", KeyKind::WebUrl { example: "https://hooks.slack.com/services/…" }),
            ChannelKey::new("alerts.slack.url_file", KeyKind::SecretFile),
            ChannelKey::new("alerts.slack.ca_file", KeyKind::CertificateFile),
        ],
        has_threads: false,
    };

    fn source(&self) -> UrlSource<'_> {
        UrlSource {
            section: "alerts.slack",
            url: self.url.as_ref(),
            file: self.url_file.as_deref(),
            credential: Self::SPEC.credential,
        }
    }
}

impl Channel for Slack {
    fn spec(&self) -> &'static ChannelSpec {
        &Self::SPEC
    }

    fn files(&mut self) -> Vec<(&'static str, &mut PathBuf)> {
        set_files([("alerts.slack.url_file", &mut self.url_file), ("alerts.slack.ca_file", &mut self.ca_file)])
    }

    fn missing_secret(&self) -> Option<MissingSecret> {
        self.source().needs_credential().then_some(MissingSecret {
            key: "alerts.slack",
            problem: "`alerts.slack` has no URL",
            file_key: "url_file",
        })
    }

    fn compose(&self, notification: &Notification, context: &ComposeContext<'_>) -> Result<Vec<Message>> {
        let notification = &notification.redacted();
        let ComposeContext { report, base_url, language, now: _ } = *context;
        let mail = MailContent::new(notification, report, base_url, language);
        let subject = mail.subject(notification);
        let body = json!({
            // For notifications and screen readers; the blocks are what is shown.
            "text": escaped(&subject),
            "blocks": blocks(&mail),
            // Slack would otherwise request the report.
            "unfurl_links": false,
            "unfurl_media": false,
        });
        let bytes = body.to_string().into_bytes();
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
            ca: ("alerts.slack.ca_file", self.ca_file.as_deref()),
            headers: &[],
            body: &message.bytes,
        };
        match post.send(timeouts.dialogue) {
            Err(failed) => failed,
            Ok(reply) if is_setup_error(&reply) => post.rejected_setup(&reply, error_word(&reply.body), &place),
            Ok(reply) => post.delivery(&reply, error_word(&reply.body)),
        }
    }
}

fn is_setup_error(reply: &Reply) -> bool {
    let is_known = error_word(&reply.body).is_some_and(|word| SETUP_ERRORS.contains(&word));
    reply.status == 410 || (400..=499).contains(&reply.status) && is_known
}

fn blocks(content: &MailContent) -> Vec<Value> {
    let (labels, language) = (content.labels, content.language);
    let colon = language.colon();
    let title = format!("{}{colon} {}", content.model, content.severity_shown);
    let mut blocks = vec![header(&title)];
    blocks.extend(rich_texts([vec![run(&content.verdict)]]));
    blocks.extend(content.window.as_ref().map(|window| context(&escaped(window))));
    if !content.changes.is_empty() {
        let mut lines = vec![vec![bold(labels.what_changed)]];
        for change in &content.changes {
            let tests = if change.tests.is_empty() { String::new() } else { format!("{colon} {}", change.tests) };
            let about = format!(" {}{tests} ({} {})", change.subject, labels.since, change.since);
            lines.push(vec![run("• "), bold(change.word), run(&about)]);
            lines.extend(change.sentences.iter().map(|sentence| vec![run(sentence)]));
        }
        if content.changes_omitted > 0 {
            lines.push(vec![run(&format!("… {}", language.and_more(content.changes_omitted)))]);
        }
        blocks.extend(rich_texts(lines));
    }
    if !content.rows.is_empty() {
        let mut lines = vec![vec![bold(labels.by_severity)]];
        for row in &content.rows {
            let value = if row.value.is_empty() { String::new() } else { format!("{colon} {}", row.value) };
            let limit = if row.limit.is_empty() { String::new() } else { format!(" ({})", row.limit) };
            let about = format!(" {}{value}{limit}", row.subject);
            lines.push(vec![run("• "), bold(row.severity_shown), run(&about)]);
            lines.extend(row.reasons.iter().map(|reason| vec![run(reason)]));
        }
        if content.findings > content.shown() {
            lines.push(vec![run(&language.findings_in_total(content.findings))]);
        }
        blocks.extend(rich_texts(lines));
    }
    if let Some(link) = &content.link {
        let text = mrkdwn(&format!("<{}|{}>", escaped(link), labels.open));
        blocks.push(json!({ "type": "section", "text": text }));
    }
    blocks.push(context(&format!("{} {}. {}", labels.sent_by, content.version, labels.aggregates_only)));
    blocks
}

fn header(title: &str) -> Value {
    let mut title = title.to_owned();
    while escaped(&title).chars().count() > MAX_HEADER {
        title.pop();
    }
    let title = escaped(&title);
    json!({ "type": "header", "text": { "type": "plain_text", "text": title, "emoji": false } })
}

fn context(text: &str) -> Value {
    json!({ "type": "context", "elements": [mrkdwn(text)] })
}

/// Packs lines into as few blocks as their size limit allows. Names can be in rich text only: it shows `*`, `_`, `~`,
/// backticks, `<!channel>` and addresses as they are, while `mrkdwn` has no way to escape the first four.
fn rich_texts(lines: impl IntoIterator<Item = Vec<Value>>) -> Vec<Value> {
    let mut blocks: Vec<(Vec<Value>, usize)> = Vec::new();
    for runs in lines {
        let texts = runs.iter().filter_map(|run| run.get("text")?.as_str());
        let length: usize = texts.map(|text| text.chars().count()).sum();
        let line = json!({ "type": "rich_text_section", "elements": runs });
        match blocks.last_mut() {
            Some((lines, used)) if *used + 1 + length <= MAX_RICH_TEXT => {
                lines.push(line);
                *used += 1 + length;
            }
            _ => blocks.push((vec![line], length)),
        }
    }
    blocks.into_iter().map(|(lines, _)| json!({ "type": "rich_text", "elements": lines })).collect()
}

fn run(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

fn bold(text: &str) -> Value {
    json!({ "type": "text", "text": text, "style": { "bold": true } })
}

/// Formatted text, for fixed words, dates and links. `verbatim`: addresses in it do not become links.
fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

/// Escapes Slack's control characters, so that text contains no mention or link.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
