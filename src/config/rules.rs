//! What a value of the right type may still get wrong: a zone that does not exist, a watch above its alarm.

use serde_json::Value;
use vigie_profile::{
    segment,
    window::{Instant, Span},
};

use super::{Problem, cron::cron, key::Key, limits, masked, place, tree::Node};
use crate::alert;

/// What is wrong with a value (after its key's name), and what to do.
type Wrong = (String, String);

type Rule = fn(&Value) -> Option<Wrong>;

/// Which value has to obey what.
const RULES: [(&str, Rule); 36] = [
    ("model.name", folder_name),
    ("model.threshold", share),
    ("model.cost.*", not_negative),
    ("model.beta", positive_beta),
    ("source", place::wrong),
    ("source.statement_timeout", length),
    ("labels", place::wrong),
    ("labels.statement_timeout", length),
    ("labels.revise", length),
    ("source.timestamp_timezone", zone),
    ("source.fields.*.scale", positive),
    ("segments", no_segment),
    ("segments.filters.*", filter),
    ("segments.min_rows", rows),
    ("schedule.cron", cron_line),
    ("schedule.timezone", zone),
    ("schedule.window", window),
    ("schedule.lateness", length),
    ("schedule.start", start),
    ("schedule.catch_up", counted),
    ("schedule.revise", few),
    ("policy.q", share),
    ("policy.drifted_share", share),
    ("policy.empty_bins.floor", share),
    ("reports.keep", length),
    ("reports.base_url", web_address),
    ("run.threads", threads),
    ("alerts.cooldown", length),
    ("alerts.after", counted),
    ("alerts.volume", share),
    ("alerts.email.smtp", mail_server),
    ("alerts.email.from", mail_address),
    ("alerts.email.to", mail_address),
    ("alerts.email.to.*", mail_address),
    ("alerts.webhook.url", web_address),
    ("http.listen", listen),
];

/// Holds every value of the file against its rules.
pub(super) fn hold(value: &Value, key: &Key, tree: &Node, problems: &mut Vec<Problem>) {
    let mut tell = |key: &Key, (wrong, hint): Wrong| {
        let place = tree.place_of(key.pieces());
        problems.push(Problem::new(key.to_string(), format!("`{key}` {wrong}")).hint(hint).at(place));
    };
    // A record may be wanted for a field that is empty.
    if let Some(wrong) = empty(value).filter(|_| !(value.is_string() && is_wanted(key))) {
        return tell(key, wrong);
    }
    let rules = RULES.iter().filter(|(pattern, _)| key.is(pattern));
    rules.filter_map(|(_, rule)| rule(value)).for_each(|wrong| tell(key, wrong));
    if key.is("policy.*") || key.is("policy.features.*.*") {
        for (key, wrong) in limits::wrong(value, key) {
            tell(&key, wrong);
        }
    }
    match value {
        Value::Object(values) => values.iter().for_each(|(name, value)| hold(value, &key.join(name), tree, problems)),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, value)| hold(value, &key.item(index), tree, problems));
        }
        _ => {}
    }
}

/// Whether it is a value that records are kept for.
fn is_wanted(key: &Key) -> bool {
    key.is("source.where.*") || key.is("source.where.*.*")
}

fn wrong(sentence: impl Into<String>, hint: impl Into<String>) -> Wrong {
    (sentence.into(), hint.into())
}

fn empty(value: &Value) -> Option<Wrong> {
    match value {
        Value::String(text) if text.trim().is_empty() => Some(wrong("is empty", "give it a value, or remove the line")),
        Value::Array(values) if values.is_empty() => {
            Some(wrong("is an empty list", "name at least one, or remove the line"))
        }
        _ => None,
    }
}

/// The model's name is the name of its folder of reports.
fn folder_name(value: &Value) -> Option<Wrong> {
    let name = value.as_str()?;
    let bad = name.contains(['/', '\\']) || name.chars().any(char::is_control) || name.starts_with('.');
    if name == "example" {
        return Some(wrong("is `example`, the folder of the committed example", "choose another name"));
    }
    if bad || name.trim() != name || name.len() > 100 {
        return Some(wrong(
            format!("is `{}`, which cannot be the name of a folder", masked(name).escape_debug()),
            "use letters, digits, - and _, at most 100",
        ));
    }
    None
}

fn share(value: &Value) -> Option<Wrong> {
    let number = value.as_f64()?;
    if number > 0.0 && number <= 1.0 {
        return None;
    }
    Some(wrong(format!("is {number}, but must be above 0 and at most 1"), limits::as_share(number)))
}

fn not_negative(value: &Value) -> Option<Wrong> {
    let number = value.as_f64().filter(|number| *number < 0.0)?;
    Some(wrong(format!("is {number}, but must not be negative"), "write 0 or more"))
}

fn positive(value: &Value) -> Option<Wrong> {
    let number = value.as_f64().filter(|number| *number <= 0.0)?;
    Some(wrong(format!("is {number}, but must be above 0"), "write what the logged number is multiplied by: 1000"))
}

fn positive_beta(value: &Value) -> Option<Wrong> {
    let number = value.as_f64().filter(|number| *number <= 0.0)?;
    Some(wrong(format!("is {number}, but must be above 0"), "write 1, or 2 where recall counts twice as much"))
}

fn counted(value: &Value) -> Option<Wrong> {
    let count = value.as_i64().filter(|count| !(1..=1000).contains(count))?;
    Some(wrong(format!("is {count}, but must be from 1 to 1000"), "write a small number, such as 2"))
}

fn no_segment(value: &Value) -> Option<Wrong> {
    let asks = |key| value.get(key).is_some_and(|value| !value.is_null());
    let wanted = wrong(
        "names neither columns nor filters",
        "write `by: [COLUMN]` or `filters: {name: expression}`, or remove it",
    );
    (value.is_object() && !asks("by") && !asks("filters")).then_some(wanted)
}

fn filter(value: &Value) -> Option<Wrong> {
    let why = segment::parse(value.as_str()?).err()?;
    Some(wrong(format!("is not understood: {why}"), "write it as CODE_GENDER == \"F\" and AMT_CREDIT > 500000"))
}

fn rows(value: &Value) -> Option<Wrong> {
    let count = value.as_i64().filter(|count| *count < 20)?;
    Some(wrong(format!("is {count}, but must be at least 20"), "with fewer rows a share says nothing: write 200"))
}

fn few(value: &Value) -> Option<Wrong> {
    let count = value.as_i64().filter(|count| !(0..=100).contains(count))?;
    Some(wrong(format!("is {count}, but must be from 0 to 100"), "write 0 to never look at a window again"))
}

fn start(value: &Value) -> Option<Wrong> {
    let text = value.as_str()?;
    match Instant::parse(text, &jiff::tz::TimeZone::UTC) {
        Some(_) => None,
        None => Some(wrong(format!("is `{}`, which is no time", masked(text)), "write it as 2026-11-01")),
    }
}

fn zone(value: &Value) -> Option<Wrong> {
    let name = value.as_str()?;
    match jiff::tz::TimeZone::get(name) {
        Ok(_) => None,
        Err(_) => {
            Some(wrong(format!("is `{}`, which is no time zone", masked(name)), "write one as Europe/Paris or UTC"))
        }
    }
}

fn cron_line(value: &Value) -> Option<Wrong> {
    let why = cron(value.as_str()?).err()?;
    Some(wrong(why, "write second, minute, hour, day of month, month, day of week: \"0 15 6 * * *\""))
}

fn window(value: &Value) -> Option<Wrong> {
    let span: Span = value.as_str()?.parse().ok()?;
    if span.days().unwrap_or(0) == 0 && span.microseconds() == 0 {
        return Some(wrong(format!("is {span}, which is no time at all"), "write the length of a window: 1d"));
    }
    length(value)
}

/// Longer spans would leave the calendar.
const MOST_DAYS: i64 = 36_500;

fn length(value: &Value) -> Option<Wrong> {
    let span: Span = value.as_str()?.parse().ok()?;
    let days = span.days().unwrap_or_else(|| span.microseconds() / 86_400_000_000);
    if days <= MOST_DAYS {
        return None;
    }
    Some(wrong(format!("is {span}, longer than a hundred years"), "write a shorter time"))
}

fn mail_server(value: &Value) -> Option<Wrong> {
    let url = value.as_str()?;
    if alert::is_server(url) {
        return None;
    }
    Some(wrong(format!("is `{}`, which is no mail server", masked(url)), "write it as `smtps://mail.example.com:465`"))
}

fn mail_address(value: &Value) -> Option<Wrong> {
    let address = value.as_str()?;
    if alert::is_address(address) {
        return None;
    }
    Some(wrong(format!("is `{}`, which is no mail address", masked(address)), "write it as `risk@example.com`"))
}

fn web_address(value: &Value) -> Option<Wrong> {
    let url = value.as_str()?;
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_plain = |host: &str| host.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>'));
    if host.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && is_plain(host)) {
        return None;
    }
    // Not told as it is: such addresses hold keys.
    Some(wrong("is no web address", "write it as `https://vigie.example.com/`"))
}

fn threads(value: &Value) -> Option<Wrong> {
    let count = value.as_i64().filter(|count| !(1..=1024).contains(count))?;
    Some(wrong(format!("is {count}, but must be from 1 to 1024"), "remove the line for half the cores"))
}

fn listen(value: &Value) -> Option<Wrong> {
    let address = value.as_str()?;
    if address.parse::<std::net::SocketAddr>().is_ok() {
        return None;
    }
    Some(wrong(format!("is `{}`, which is no address with a port", masked(address)), "write it as `127.0.0.1:8787`"))
}
