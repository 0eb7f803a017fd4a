//! Checks of values that have the right type: time zones must exist, a watch must not exceed its alarm, and so on.

use std::{collections::BTreeMap, ops::RangeInclusive};

use serde_json::Value;
use vigie_mlflow::MlflowSettings;
use vigie_profile::{
    decision::{HighScore, folded_word},
    segment,
    window::{Instant, Span},
};

use super::{Alerts, Problem, cron, key::KeyPath, limits, masked, tree::YamlNode};
use crate::{
    alert::{self, AddressProblem, ChannelSpec, KeyKind},
    source,
};

/// The message after the key's name, and a hint.
type Violation = (String, String);

type ValueRule = fn(&Value) -> Option<Violation>;

/// Rules by key pattern.
const RULES: &[(&str, ValueRule)] = &[
    ("model", known_event),
    ("model.decisions", decision_words),
    ("model.name", folder_name),
    ("model.threshold", share),
    ("model.cost.*", not_negative),
    ("model.beta", positive_beta),
    ("source", source::misplaced_key),
    ("source.statement_timeout", duration),
    ("labels", source::misplaced_joined_key),
    ("labels.statement_timeout", duration),
    ("labels.revise", duration),
    ("features", source::misplaced_joined_key),
    ("features.statement_timeout", duration),
    ("source.timestamp_timezone", time_zone),
    ("source.fields", one_output),
    ("source.fields.probabilities", several_classes),
    ("source.fields.*.scale", positive),
    ("segments", any_segment),
    ("segments.filters.*", filter),
    ("segments.min_rows", segment_rows),
    ("schedule.cron", cron_expression),
    ("schedule.timezone", time_zone),
    ("schedule.window", window_length),
    ("schedule.lateness", duration),
    ("schedule.start", date_or_time),
    ("schedule.catch_up", catch_up),
    ("schedule.revise", revise),
    ("policy.q", share),
    ("policy.drifted_share", share),
    ("policy.empty_bins.floor", share),
    ("baseline.windows", baseline_windows),
    ("reports.keep", duration),
    ("reports.base_url", base_url),
    ("run.threads", threads),
    ("alerts.cooldown", duration),
    ("alerts.after", consecutive_windows),
    ("alerts.volume", share),
    ("http.listen", listen_address),
    ("http.hosts.*", host_name),
    ("serve.listen", listen_address),
    ("serve.hosts.*", host_name),
    ("serve.max_rows", max_rows),
    ("serve.max_body_kib", max_body),
    ("serve.max_requests", max_requests),
    ("serve.refresh", refresh),
    ("serve.feature_cache.age", cache_age),
    ("serve.feature_cache.max_mib", cache_size),
    ("serve.log", one_log),
    ("serve.log.max_file_mib", max_file),
    ("serve.challenger.share", share),
    ("mlflow", one_login),
    ("mlflow.tracking_uri", mlflow_server),
    ("mlflow.registry_uri", mlflow_server),
    ("mlflow.artifact_hosts.*", artifact_host),
];

/// Checks the value of a channel's key.
fn channel_violation(spec: &ChannelSpec, kind: KeyKind, value: &Value) -> Option<Violation> {
    match kind {
        KeyKind::Section | KeyKind::UrlOrFile if value.is_null() => Some(section_without_keys(spec)),
        KeyKind::MailServer => mail_server(value),
        KeyKind::MailAddress => mail_address(value),
        KeyKind::WebUrl { example } => web_url(value, example),
        KeyKind::UrlOrFile => url_or_file(value),
        // Checked with the other files.
        KeyKind::Section | KeyKind::SecretFile | KeyKind::CertificateFile => None,
    }
}

/// Checks a value against the rules of its key.
fn violations(key: &KeyPath, value: &Value) -> impl Iterator<Item = Violation> {
    let rules = RULES.iter().filter(|(pattern, _)| key.matches(pattern));
    let channels = Alerts::specs().into_iter().flat_map(|spec| spec.keys.iter().map(move |known| (spec, known)));
    let channels = channels.filter(|(_, known)| key.matches(known.key));
    rules
        .filter_map(|(_, rule)| rule(value))
        .chain(channels.filter_map(|(spec, known)| channel_violation(spec, known.kind, value)))
}

/// Checks every value of the file against its rules.
pub(super) fn check(value: &Value, key: &KeyPath, tree: &YamlNode, problems: &mut Vec<Problem>) {
    let has_refused_item = value.is_array() && {
        let items = format!("{key}[");
        problems.iter().any(|problem| problem.key.starts_with(&items))
    };
    let mut report = |key: &KeyPath, (message, hint): Violation| {
        let location = tree.location_of(key.keys());
        problems.push(Problem::new(key.to_string(), format!("`{key}` {message}")).hint(hint).at(location));
    };
    // `source.where` may select records whose field is empty, and a list is not empty if its items were refused.
    let may_be_empty = || has_refused_item || value.is_string() && is_filter_value(key);
    if let Some(violation) = empty(value).filter(|_| !may_be_empty()) {
        return report(key, violation);
    }
    violations(key, value).for_each(|violation| report(key, violation));
    if key.matches("policy.*") || key.matches("policy.features.*.*") {
        for (key, violation) in limits::check(value, key) {
            report(&key, violation);
        }
    }
    match value {
        Value::Object(values) => values.iter().for_each(|(name, value)| check(value, &key.join(name), tree, problems)),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, value)| check(value, &key.item(index), tree, problems));
        }
        _ => {}
    }
}

/// Returns whether this is a value that records are selected by.
fn is_filter_value(key: &KeyPath) -> bool {
    key.matches("source.where.*") || key.matches("source.where.*.*")
}

fn violation(message: impl Into<String>, hint: impl Into<String>) -> Violation {
    (message.into(), hint.into())
}

fn empty(value: &Value) -> Option<Violation> {
    match value {
        Value::String(text) if text.trim().is_empty() => Some(violation("is empty", "set a value, or remove the line")),
        Value::Array(values) if values.is_empty() => {
            Some(violation("is an empty list", "add at least one item, or remove the line"))
        }
        _ => None,
    }
}

/// The model's name is also the name of its report folder.
fn folder_name(value: &Value) -> Option<Violation> {
    let name = value.as_str()?;
    let bad = name.contains(['/', '\\']) || name.chars().any(char::is_control) || name.starts_with('.');
    if name == "example" {
        return Some(violation(
            "must not be `example`, which is reserved for the example's reports",
            "choose another name",
        ));
    }
    if bad || name.trim() != name || name.len() > 100 {
        return Some(violation(
            format!("must be a valid folder name, not `{}`", masked(name).escape_debug()),
            "use at most 100 letters, digits, - and _",
        ));
    }
    None
}

/// The event must say whether a high score is bad, unless `high_score` does.
fn known_event(value: &Value) -> Option<Violation> {
    let event = value.get("event")?.as_str().filter(|event| !event.trim().is_empty())?;
    let shown = masked(event);
    let stated = match value.get("high_score").and_then(Value::as_str) {
        Some("bad") => Some(HighScore::Bad),
        Some("good") => Some(HighScore::Good),
        _ => None,
    };
    match (HighScore::of_event(event), stated) {
        (None, None) => Some(violation(
            format!("has the event `{shown}`, which does not say whether a high score is bad or good"),
            "add `high_score: bad` or `high_score: good`",
        )),
        (Some(known), Some(stated)) if known != stated => Some(violation(
            format!("has the event `{shown}` and a `high_score` that contradicts it"),
            "remove `high_score`, or name the event that the score is the probability of",
        )),
        _ => None,
    }
}

/// No word means two things.
fn decision_words(value: &Value) -> Option<Violation> {
    let lists = ["accepted", "refused", "open"].map(|key| (key, value.get(key).and_then(Value::as_array)));
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    for (key, word) in
        lists.iter().flat_map(|(key, words)| words.iter().flat_map(|words| words.iter()).map(move |word| (*key, word)))
    {
        let Ok(Some(word)) = serde_json::from_value::<source::Scalar>(word.clone()).map(|word| word.spelled()) else {
            return Some(violation("has an empty word", "remove it; rows without a decision are counted anyway"));
        };
        let other = known.insert(folded_word(&word), key);
        if let Some(other) = other.filter(|other| *other != key) {
            let word = masked(&word);
            return Some(violation(
                format!("has `{word}` under both `{other}` and `{key}`"),
                "keep one; case, accents and punctuation do not matter",
            ));
        }
    }
    None
}

fn share(value: &Value) -> Option<Violation> {
    let number = value.as_f64()?;
    if number > 0.0 && number <= 1.0 {
        return None;
    }
    Some(violation(format!("must be above 0 and at most 1, not {number}"), limits::share_hint(number)))
}

fn not_negative(value: &Value) -> Option<Violation> {
    let number = value.as_f64().filter(|number| *number < 0.0)?;
    Some(violation(format!("must not be negative, but is {number}"), "write 0 or more"))
}

fn positive(value: &Value) -> Option<Violation> {
    let number = value.as_f64().filter(|number| *number <= 0.0)?;
    Some(violation(format!("must be above 0, not {number}"), "write the factor for the logged number, such as 1000"))
}

fn positive_beta(value: &Value) -> Option<Violation> {
    let number = value.as_f64().filter(|number| *number <= 0.0)?;
    Some(violation(format!("must be above 0, not {number}"), "write 1, or 2 to count recall twice as much"))
}

/// A model returns one kind of output.
fn one_output(value: &Value) -> Option<Violation> {
    let is_set = |key: &&str| value.get(*key).is_some_and(|value| !value.is_null());
    let set: Vec<&str> = ["probability", "prediction", "probabilities"].into_iter().filter(is_set).collect();
    let names = set.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
    (set.len() > 1).then(|| violation(format!("has {names}"), "keep the one that the model returns"))
}

fn several_classes(value: &Value) -> Option<Violation> {
    const MOST: usize = 1_000;
    let classes = value.as_object()?.len();
    (!(2..=MOST).contains(&classes)).then(|| {
        violation(
            format!("must have between 2 and {MOST} classes, not {classes}"),
            "write the path of each class's probability: `{low: outputs.proba.0, high: outputs.proba.1}`",
        )
    })
}

fn consecutive_windows(value: &Value) -> Option<Violation> {
    between(value, &(1..=1000), "the default is 2")
}

fn catch_up(value: &Value) -> Option<Violation> {
    between(value, &(1..=1000), "the default is 31")
}

fn revise(value: &Value) -> Option<Violation> {
    between(value, &(0..=100), "the default is 3; 0 turns rechecking off")
}

fn baseline_windows(value: &Value) -> Option<Violation> {
    between(value, &(4..=100), "the default is 28: four weeks of days")
}

fn between(value: &Value, allowed: &RangeInclusive<i64>, hint: &str) -> Option<Violation> {
    let count = value.as_i64().filter(|count| !allowed.contains(count))?;
    Some(violation(format!("must be between {} and {}, not {count}", allowed.start(), allowed.end()), hint))
}

fn max_rows(value: &Value) -> Option<Violation> {
    between(value, &(1..=100_000), "the default is 1000")
}

fn max_body(value: &Value) -> Option<Violation> {
    between(value, &(1..=1_048_576), "the default is 8192 (8 MiB)")
}

fn max_requests(value: &Value) -> Option<Violation> {
    between(value, &(1..=65_536), "the default is 256")
}

fn max_file(value: &Value) -> Option<Violation> {
    between(value, &(1..=65_536), "the default is 256")
}

fn one_log(value: &Value) -> Option<Violation> {
    let has = |key: &str| value.get(key).is_some_and(|value| !value.is_null());
    let hint = "write `dir: FOLDER` for files, or `table: NAME` for a table of PostgreSQL";
    match (has("dir"), has("table")) {
        (true, true) => Some(violation("has both `dir` and `table`", hint)),
        (false, false) => Some(violation("has neither `dir` nor `table`", hint)),
        _ => None,
    }
}

fn refresh(value: &Value) -> Option<Violation> {
    let span: Span = value.as_str()?.parse().ok()?;
    let is_allowed = (1_000_000..=86_400_000_000).contains(&span.microseconds()) && !span.is_month();
    (!is_allowed).then(|| violation(format!("must be between 1s and 24h, not {span}"), "the default is 1m"))
}

fn cache_age(value: &Value) -> Option<Violation> {
    let span: Span = value.as_str()?.parse().ok()?;
    let is_allowed = (1_000_000..=86_400_000_000).contains(&span.microseconds()) && !span.is_month();
    let hint = "write the age at which features are looked up again, such as 30s";
    (!is_allowed).then(|| violation(format!("must be between 1s and 24h, not {span}"), hint))
}

fn cache_size(value: &Value) -> Option<Violation> {
    between(value, &(1..=65_536), "the default is 64")
}

fn any_segment(value: &Value) -> Option<Violation> {
    let is_set = |key| value.get(key).is_some_and(|value| !value.is_null());
    let message =
        violation("defines no segments", "add `by: [COLUMN]` or `filters: {name: expression}`, or remove the section");
    (value.is_object() && !is_set("by") && !is_set("filters")).then_some(message)
}

fn filter(value: &Value) -> Option<Violation> {
    let why = segment::parse(value.as_str()?).err()?;
    Some(violation(format!("is not a valid filter: {why}"), "example: CODE_GENDER == \"F\" and AMT_CREDIT > 500000"))
}

fn segment_rows(value: &Value) -> Option<Violation> {
    let count = value.as_i64().filter(|count| *count < 20)?;
    Some(violation(format!("must be at least 20, not {count}"), "shares of fewer rows are too noisy: write 200"))
}

fn date_or_time(value: &Value) -> Option<Violation> {
    let text = value.as_str()?;
    match Instant::parse(text, &jiff::tz::TimeZone::UTC) {
        Some(_) => None,
        None => Some(violation(format!("must be a date or time, not `{}`", masked(text)), "example: 2026-11-01")),
    }
}

fn time_zone(value: &Value) -> Option<Violation> {
    let name = value.as_str()?;
    match jiff::tz::TimeZone::get(name) {
        Ok(_) => None,
        Err(_) => Some(violation(
            format!("must be an IANA time zone name, not `{}`", masked(name)),
            "example: Europe/Paris or UTC",
        )),
    }
}

fn cron_expression(value: &Value) -> Option<Violation> {
    let why = cron::normalise(value.as_str()?).err()?;
    Some(violation(why, "the fields are second, minute, hour, day of month, month, day of week: \"0 15 6 * * *\""))
}

fn window_length(value: &Value) -> Option<Violation> {
    let span: Span = value.as_str()?.parse().ok()?;
    if span.days().unwrap_or(0) == 0 && span.microseconds() == 0 {
        return Some(violation(
            format!("must be longer than 0, not {span}"),
            "write the length of a window, such as 1d",
        ));
    }
    if span.is_month() { None } else { duration(value) }
}

/// Longer spans would exceed the supported range of dates.
const MAX_DAYS: i64 = 36_500;

fn duration(value: &Value) -> Option<Violation> {
    let span: Span = value.as_str()?.parse().ok()?;
    if span.is_month() {
        return Some(violation("must be a length of time, not a calendar month", "write 30d"));
    }
    let days = span.days().unwrap_or_else(|| span.microseconds() / 86_400_000_000);
    if days <= MAX_DAYS {
        return None;
    }
    Some(violation(format!("must be at most 36500d, not {span}"), "write a shorter duration"))
}

fn mail_server(value: &Value) -> Option<Violation> {
    let url = value.as_str()?;
    if alert::is_smtp_url(url) {
        return None;
    }
    Some(violation(
        format!("must be the URL of a mail server, not `{}`", masked(url)),
        "example: `smtps://mail.example.com:465`",
    ))
}

fn mail_address(value: &Value) -> Option<Violation> {
    let address = value.as_str()?;
    let shown = masked(address);
    match alert::address_problem(address)? {
        AddressProblem::Invalid => {
            Some(violation(format!("must be an email address, not `{shown}`"), "example: `risk@example.com`"))
        }
        AddressProblem::NotAscii => Some(violation(
            format!("has characters before the `@` that mail servers may not accept: `{shown}`"),
            "use an address whose part before the `@` is plain ASCII: `risk@example.com`",
        )),
    }
}

fn base_url(value: &Value) -> Option<Violation> {
    web_url(value, "https://vigie.example.com/")
}

fn web_url(value: &Value, example: &str) -> Option<Violation> {
    let url = value.as_str()?;
    if alert::is_web_url(url) {
        return None;
    }
    // The value is not shown because such URLs often contain secrets.
    Some(violation("must be an http or https URL", format!("example: `{example}`")))
}

fn one_login(value: &Value) -> Option<Violation> {
    let is_set = |key: &str| value.get(key).is_some_and(|value| !value.is_null());
    (is_set("password_file") && is_set("token_file"))
        .then(|| violation("has `password_file` and `token_file`", "keep the one that the server asks for"))
}

fn mlflow_server(value: &Value) -> Option<Violation> {
    // The value is not shown: the address of a database, or one with a slash in its password, would show the password.
    let problem = MlflowSettings::address_problem(value.as_str()?)?;
    let (message, hint) = problem.split_once("; ").unwrap_or((&problem, "example: `http://mlflow:5000`"));
    Some(violation(message, hint))
}

fn artifact_host(value: &Value) -> Option<Violation> {
    let host = value.as_str()?;
    (!MlflowSettings::is_artifact_host(host)).then(|| {
        let why = format!("must be a host, or host:port, not `{}`", masked(host).escape_debug());
        violation(why, "example: `artifacts.example.com:5500`")
    })
}

/// YAML reads a section whose keys are all commented out as null, which would silently disable the channel.
fn section_without_keys(spec: &ChannelSpec) -> Violation {
    let ChannelSpec { word, credential, .. } = spec;
    violation(
        "has no keys",
        format!("write `{word}: {{}}` to use the systemd credential {credential}, or remove the line"),
    )
}

fn url_or_file(value: &Value) -> Option<Violation> {
    let is_set = |key| value.get(key).is_some_and(|value| !value.is_null());
    let is_both = is_set("url") && is_set("url_file");
    is_both.then(|| violation("has both `url` and `url_file`", "keep one of the two"))
}

fn threads(value: &Value) -> Option<Violation> {
    let count = value.as_i64().filter(|count| !(1..=1024).contains(count))?;
    Some(violation(format!("must be between 1 and 1024, not {count}"), "remove the line to use half the cores"))
}

fn listen_address(value: &Value) -> Option<Violation> {
    let address = value.as_str()?;
    if address.parse::<std::net::SocketAddr>().is_ok() {
        return None;
    }
    Some(violation(format!("must be an address and port, not `{}`", masked(address)), "example: `127.0.0.1:8787`"))
}

fn host_name(value: &Value) -> Option<Violation> {
    let name = value.as_str()?;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if !name.is_empty() && name.bytes().all(is_allowed) {
        return None;
    }
    Some(violation(
        format!("must be a host name without a port, not `{}`", masked(name)),
        "example: `vigie.example.com`",
    ))
}
