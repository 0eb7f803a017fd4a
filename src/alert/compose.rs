//! From what happened to a letter people can act on.

use std::time::{Duration, SystemTime};

use lettre::{
    Message,
    message::{
        Attachment, Body, Mailbox, MultiPart, SinglePart,
        header::{self, ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use sha2::{Digest, Sha256};
use vigie_profile::window::Instant;

use super::{Change, Email, Event, Letter, Telling, html::html, phrases::Phrases, story::Story, text::text};
use crate::{
    fault::{Fault, Result},
    judge::Severity,
    report::{Context, Language, Report, to_html},
};

/// Larger reports are linked, not attached.
const LARGEST_PAGE: usize = 5 * 1024 * 1024;
/// All pictures of a mail together.
const LARGEST_PICTURES: usize = 150 * 1024;

/// The mail of one run: text and HTML, small pictures of the worst five, the report attached below 5 MB.
///
/// `base_url` is `reports.base_url`, where people find the reports folder; `now` becomes the `Date`. The same arguments make
/// the same bytes. It is written in `language`, as pages are. Fails only on addresses that the config's check refuses.
pub fn compose(
    email: &Email,
    telling: &Telling,
    report: Option<&Report>,
    base_url: Option<&str>,
    language: Language,
    now: Instant,
) -> Result<Letter> {
    let from = mailbox("alerts.email.from", &email.from)?;
    let to = email.to.iter().map(|to| mailbox("alerts.email.to", to)).collect::<Result<Vec<_>>>()?;
    let mark = mark(&telling.id);
    let message_id = format!("<vigie.{mark}@{}>", domain(&from));
    let page = report.and_then(|report| page(report, language));
    let mut story = Story::of(telling, report, base_url, language);
    story.attached = page.is_some();
    spare(&mut story);
    let subject = unencoded(&story.subject(telling));
    let mut builder = Message::builder()
        .from(from)
        .date(moment(now))
        .subject(&subject)
        .message_id(Some(message_id.clone()))
        .raw_header(named("Auto-Submitted", "auto-generated"))
        // Exchange answers with absence notes otherwise.
        .raw_header(named("X-Auto-Response-Suppress", "All"))
        .raw_header(named("X-Mailer", concat!("vigie ", env!("CARGO_PKG_VERSION"))))
        .raw_header(named("X-Vigie-Model", &story.model))
        .raw_header(named("X-Vigie-Severity", story.severity));
    for to in &to {
        builder = builder.to(to.clone());
    }
    if is_urgent(telling) {
        builder = builder.raw_header(named("Importance", "high"));
    }
    let threads = threads(&telling.events, &message_id);
    if let Some(thread) = threads.last() {
        builder = builder.in_reply_to(thread.clone()).references(threads.join(" "));
    }
    let parts = parts(&story, &subject, &mark, page)?;
    let message =
        builder.multipart(parts).map_err(|error| Fault::setup(format!("the mail cannot be made: {error}")))?;
    Ok(Letter {
        message_id,
        subject,
        to: to.iter().map(|to| to.email.to_string()).collect(),
        bytes: message.formatted(),
    })
}

/// What `vigie alert test` tells: nothing happened. `id` is unique to the test.
#[must_use]
pub fn trial(model: &str, language: Language, now: Instant) -> Telling {
    Telling {
        id: format!("test/{model}/{now}"),
        model: model.to_owned(),
        window: None,
        severity: Severity::Stable,
        verdict: Phrases(language).trial().to_owned(),
        by_labels: None,
        events: Vec::new(),
        report: None,
    }
}

/// The sentence of what tells of so many windows whose labels have come; mails have it in their own language.
#[must_use]
pub fn labels_came(windows: usize) -> String {
    Phrases(Language::English).labels_came(windows)
}

/// Whether an address can be written to: `risk@example.com`, also `Risk <risk@example.com>`.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

pub(super) fn mailbox(key: &str, text: &str) -> Result<Mailbox> {
    text.parse().map_err(|_| Fault::setup(format!("{key}: `{text}` is no mail address; write it as risk@example.com")))
}

/// 32 letters that stand for the telling wherever a name is needed.
pub(super) fn mark(id: &str) -> String {
    Sha256::digest(id.as_bytes()).iter().take(16).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn domain(from: &Mailbox) -> String {
    let domain = from.email.domain();
    let is_plain = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if is_plain { domain.to_owned() } else { "vigie.invalid".to_owned() }
}

fn moment(now: Instant) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(now.0).unwrap_or(0))
}

/// Every text is encoded: no line can be broken out of.
fn named(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), unencoded(value))
}

/// A name that looks like an encoded word (`=?utf-8?q?…?=`) would be decoded by readers: it is broken up.
fn unencoded(text: &str) -> String {
    text.replace("=?", "= ?")
}

fn is_urgent(telling: &Telling) -> bool {
    let is_news = |event: &Event| matches!(event.change, Change::Opened | Change::Worsened);
    telling.severity == Severity::Alarm && telling.events.iter().any(is_news)
}

/// The mails that opened what this one speaks of; the worst event's last, for it is the one answered.
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

/// The page as it may leave the house, when it is small enough.
fn page(report: &Report, language: Language) -> Option<String> {
    to_html(&report.discreet(), &Context { language, ..Context::default() })
        .ok()
        .filter(|page| page.len() < LARGEST_PAGE)
}

/// Takes away the last pictures when all together weigh too much.
fn spare(story: &mut Story) {
    let mut weight = 0;
    for row in &mut story.rows {
        weight += row.picture.as_ref().map_or(0, |picture| picture.png.len());
        if weight > LARGEST_PICTURES {
            row.picture = None;
        }
    }
}

/// mixed (related (alternative (text, HTML), pictures), page), as far as there are some.
fn parts(story: &Story, subject: &str, mark: &str, page: Option<String>) -> Result<MultiPart> {
    let cid = format!("{mark}@vigie");
    let page_of_mail =
        html(story, subject, &cid).map_err(|error| Fault::setup(format!("the mail cannot be made: {error}")))?;
    let printable = |text: String| {
        // Long lines and letters beyond ASCII survive every server this way.
        Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable).unwrap_or_else(Body::new)
    };
    let typed = |kind: ContentType, body: Body| SinglePart::builder().header(kind).body(body);
    let mut parts = MultiPart::alternative()
        .boundary(format!("alternative-{mark}"))
        .singlepart(typed(ContentType::TEXT_PLAIN, printable(text(story))))
        .singlepart(typed(ContentType::TEXT_HTML, printable(page_of_mail)));
    if story.has_pictures() {
        parts = MultiPart::related().boundary(format!("related-{mark}")).multipart(parts);
        for (place, row) in story.rows.iter().enumerate() {
            let Some(picture) = &row.picture else { continue };
            let number = place + 1;
            let inline = Attachment::new_inline_with_name(format!("{number}.{cid}"), format!("bars-{number}.png"));
            parts = parts.singlepart(inline.body(picture.png.clone(), content_type("image/png")?));
        }
    }
    if let Some(page) = page {
        let attached = Attachment::new(file_name(story)).body(page.into_bytes(), content_type("text/html")?);
        parts = MultiPart::mixed().boundary(format!("mixed-{mark}")).multipart(parts).singlepart(attached);
    }
    Ok(parts)
}

fn content_type(name: &str) -> Result<ContentType> {
    header::ContentType::parse(name).map_err(|error| Fault::setup(format!("the mail cannot be made: {error}")))
}

fn file_name(story: &Story) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let model: String = story.model.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    format!("{model}.html")
}
