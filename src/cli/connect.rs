//! What a first look at a database found, line by line.

use std::fmt::Write as _;

use vigie_profile::shown::shown;

use crate::monitor::{Connected, LabelsSeen};

const NAMED: usize = 8;

/// The lines, a line end at the end.
pub(super) fn lines(connected: &Connected) -> String {
    let looked = &connected.looked;
    let mut text = String::new();
    let estimate = looked.rows.map(|rows| format!(", about {rows} rows")).unwrap_or_default();
    let _ = writeln!(text, "{}: {} columns{estimate}", looked.place, looked.columns);
    let span = looked.span.map(|(first, last)| format!(", from {first} to {last}")).unwrap_or_default();
    let _ = match (&looked.time, looked.indexed) {
        (Ok(column), Some(true)) => writeln!(text, "time: {column}{span}; an index begins with it"),
        (Ok(column), None) => writeln!(text, "time: {column}{span}"),
        (Ok(column), Some(false)) => writeln!(
            text,
            "time: {column}{span}; NO INDEX begins with it: every window reads the whole table — CREATE INDEX on it"
        ),
        (Err(why), _) => writeln!(
            text,
            "time: {why}: every window reads the whole table — a column of type timestamptz with an index spares that"
        ),
    };
    let of = |there: bool| {
        let named = connected.fields.iter().filter(|(_, (_, found))| *found == there);
        named.map(|(field, (path, _))| format!("{} ({})", field.key(), shown(path))).collect::<Vec<_>>().join(", ")
    };
    let _ = writeln!(text, "fields found in {} records: {}", looked.read, or_none(of(true)));
    if connected.fields.values().any(|(_, found)| !found) {
        let _ = writeln!(text, "fields NOT found: {}", of(false));
    }
    let _ = write!(text, "features found: {} of {}", connected.features - connected.absent.len(), connected.features);
    if !connected.absent.is_empty() {
        let mut names: Vec<String> = connected.absent.iter().take(NAMED).map(|name| shown(name)).collect();
        if connected.absent.len() > NAMED {
            names.push(format!("and {} more", connected.absent.len() - NAMED));
        }
        let _ = write!(text, "; not found: {}", names.join(", "));
    }
    let _ = write!(text, "\nusable: {} of {} records", connected.usable, connected.records);
    if looked.found.filtered > 0 {
        let _ = write!(text, ", beside {} that `where` leaves out", looked.found.filtered);
    }
    for (reason, complaint) in connected.complaints.iter() {
        let example = complaint.examples.first().map(|example| format!(", such as {example}")).unwrap_or_default();
        let _ = write!(text, "\n  {}: {}{example}", reason.word(), complaint.count);
    }
    text.push('\n');
    text
}

/// The same of the labels.
pub(super) fn label_lines(seen: &LabelsSeen) -> String {
    let found = match seen {
        LabelsSeen::NotYet(place) => return format!("labels: none has come yet to {place}\n"),
        LabelsSeen::Found(found) => found,
    };
    let estimate = found.at.rows.map(|rows| format!(", about {rows} rows")).unwrap_or_default();
    let mut text = format!("labels: {}{estimate}\n", found.at.place);
    if let Some((time, indexed)) = &found.at.time {
        let index = match indexed {
            Some(true) => "; an index begins with it",
            Some(false) => "; NO INDEX begins with it: every look reads the whole table — CREATE INDEX on it",
            None => "",
        };
        let _ = writeln!(text, "labels are written at: {}{index}", shown(time));
    }
    let [zero, one] = found.known;
    let _ = writeln!(
        text,
        "labels looked at: {}; {one} are 1, {zero} are 0, {} have no outcome yet, {} are something else, {} have no id",
        found.rows, found.pending, found.invalid, found.without_id
    );
    if found.heard.malformed > 0 {
        let _ = writeln!(text, "  malformed: {}", found.heard.malformed);
    }
    for why in &found.heard.unreadable {
        let _ = writeln!(text, "  unreadable: {why}");
    }
    text
}

fn or_none(text: String) -> String {
    if text.is_empty() { "none".to_owned() } else { text }
}
