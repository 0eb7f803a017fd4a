//! Composes an email from a notification.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use lettre::message::{
    Attachment, Body, Mailbox, MultiPart, SinglePart,
    header::{self, ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
};
use vigie_profile::window::Instant;

use super::{
    AlertChange, Email, Event, Message, Notification, address::mailbox, content::MailContent, html::html,
    message::digest, text::text,
};
use crate::{
    fault::{Fault, Result},
    judge::{Headline, Severity},
    report::{Context, Language, Report, to_html},
};

/// Maximum size of an attached report page; larger ones are linked only.
const MAX_PAGE_BYTES: usize = 5 * 1024 * 1024;
/// Maximum total size of the images in an email.
const MAX_IMAGE_BYTES: usize = 150 * 1024;

/// Composes the email for one notification: text and HTML, small images of the worst five subjects, and the report attached
/// if it is smaller than 5 MB.
///
/// `base_url` is `reports.base_url`, the public URL of the reports folder; `now` becomes the `Date` header. The same
/// arguments always produce the same bytes. Fails only on addresses that `vigie config check` rejects.
pub fn compose(
    email: &Email,
    notification: &Notification,
    report: Option<&Report>,
    base_url: Option<&str>,
    language: Language,
    now: Instant,
) -> Result<Message> {
    let notification = &notification.redacted();
    let from = mailbox("alerts.email.from", &email.from)?;
    let to = email.to.iter().map(|to| mailbox("alerts.email.to", to)).collect::<Result<Vec<_>>>()?;
    let mark = digest(&notification.id);
    let message_id = format!("<vigie.{mark}@{}>", domain(&from));
    let page = report.and_then(|report| page(report, language));
    let mut content = MailContent::new(notification, report, base_url, language);
    content.attached = page.is_some();
    if let Some(report) = report {
        content.draw(report);
        limit_images(&mut content);
    }
    let subject = unencoded(&content.subject(notification));
    let mut builder = lettre::Message::builder()
        .from(from)
        .date(system_time(now))
        .subject(&subject)
        .message_id(Some(message_id.clone()))
        .raw_header(text_header("Auto-Submitted", "auto-generated"))
        // Otherwise Exchange replies with out-of-office messages.
        .raw_header(text_header("X-Auto-Response-Suppress", "All"))
        .raw_header(text_header("X-Mailer", concat!("vigie ", env!("CARGO_PKG_VERSION"))))
        .raw_header(text_header("X-Vigie-Model", &content.model))
        .raw_header(text_header("X-Vigie-Severity", content.severity.word()));
    for to in &to {
        builder = builder.to(to.clone());
    }
    if is_urgent(notification) {
        builder = builder.raw_header(text_header("Importance", "high"));
    }
    let threads = threads(&notification.events, &message_id);
    if let Some(thread) = threads.last() {
        builder = builder.in_reply_to(thread.clone()).references(threads.join(" "));
    }
    let parts = parts(&content, &subject, &mark, page)?;
    let message =
        builder.multipart(parts).map_err(|error| Fault::setup(format!("cannot compose the email: {error}")))?;
    Ok(Message {
        message_id,
        subject,
        to: to.iter().map(|to| to.email.to_string()).collect(),
        bytes: message.formatted(),
    })
}

/// Returns the notification sent by `vigie alert test`. Its id is unique to the test.
#[must_use]
pub fn test_notification(model: &str, now: Instant) -> Notification {
    Notification {
        id: format!("test/{model}/{now}"),
        model: model.to_owned(),
        window: None,
        severity: Severity::Stable,
        headline: Headline::Test,
        note: None,
        events: Vec::new(),
        report: None,
        muted: BTreeSet::new(),
    }
}

fn domain(from: &Mailbox) -> String {
    let domain = from.email.domain();
    let is_plain = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if is_plain { domain.to_owned() } else { "vigie.invalid".to_owned() }
}

fn system_time(now: Instant) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(now.0).unwrap_or(0))
}

/// Builds a header with an encoded value, so that no value can inject another header.
fn text_header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), unencoded(value))
}

/// Breaks up text that looks like an encoded word (`=?utf-8?q?…?=`), which mail clients would decode.
fn unencoded(text: &str) -> String {
    text.replace("=?", "= ?")
}

fn is_urgent(notification: &Notification) -> bool {
    let is_news = |event: &Event| matches!(event.change, AlertChange::Opened | AlertChange::Worsened);
    notification.severity == Severity::Alarm && notification.events.iter().any(is_news)
}

/// Returns the Message-IDs of the emails that opened the alerts in `events`. The worst event comes last: the email replies to
/// that one.
fn threads(events: &[Event], own: &str) -> Vec<String> {
    let is_id = |id: &&str| {
        id.starts_with('<') && id.ends_with('>') && id.len() < 250 && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let mut threads: Vec<String> = Vec::new();
    for id in events.iter().filter_map(|event| event.thread.as_deref()).filter(is_id) {
        if id != own && threads.len() < 20 && !threads.iter().any(|other| other == id) {
            threads.push(id.to_owned());
        }
    }
    threads.reverse();
    threads
}

/// Renders the redacted report page, or `None` if it is too large.
fn page(report: &Report, language: Language) -> Option<String> {
    to_html(&report.redacted(), &Context { language, ..Context::default() })
        .ok()
        .filter(|page| page.len() < MAX_PAGE_BYTES)
}

/// Removes the last images if their total size is over the limit.
fn limit_images(content: &mut MailContent) {
    let mut bytes = 0;
    for row in &mut content.rows {
        bytes += row.picture.as_ref().map_or(0, |picture| picture.png.len());
        if bytes > MAX_IMAGE_BYTES {
            row.picture = None;
        }
    }
}

/// Builds mixed (related (alternative (text, HTML), images), page), without the levels that have no content.
fn parts(content: &MailContent, subject: &str, mark: &str, page: Option<String>) -> Result<MultiPart> {
    let cid = format!("{mark}@vigie");
    let html =
        html(content, subject, &cid).map_err(|error| Fault::setup(format!("cannot compose the email: {error}")))?;
    let printable = |text: String| {
        // Every server preserves long lines and non-ASCII characters in this encoding.
        Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable).unwrap_or_else(Body::new)
    };
    let typed = |kind: ContentType, body: Body| SinglePart::builder().header(kind).body(body);
    let mut parts = MultiPart::alternative()
        .boundary(format!("alternative-{mark}"))
        .singlepart(typed(ContentType::TEXT_PLAIN, printable(text(content))))
        .singlepart(typed(ContentType::TEXT_HTML, printable(html)));
    if content.has_pictures() {
        parts = MultiPart::related().boundary(format!("related-{mark}")).multipart(parts);
        for (index, row) in content.rows.iter().enumerate() {
            let Some(picture) = &row.picture else { continue };
            let number = index + 1;
            let inline = Attachment::new_inline_with_name(format!("{number}.{cid}"), format!("bars-{number}.png"));
            parts = parts.singlepart(inline.body(picture.png.clone(), content_type("image/png")?));
        }
    }
    if let Some(page) = page {
        let attached = Attachment::new(file_name(content)).body(page.into_bytes(), content_type("text/html")?);
        parts = MultiPart::mixed().boundary(format!("mixed-{mark}")).multipart(parts).singlepart(attached);
    }
    Ok(parts)
}

fn content_type(name: &str) -> Result<ContentType> {
    header::ContentType::parse(name).map_err(|error| Fault::setup(format!("cannot compose the email: {error}")))
}

fn file_name(content: &MailContent) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let model: String = content.model.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    format!("{model}.html")
}
