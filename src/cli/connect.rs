//! What `vigie config check` found in the records, and with `--connect` in databases.

use std::fmt::Write as _;

use vigie_profile::{
    shown::{listed, shown},
    window::Instant,
};

use super::print::noun;
use crate::monitor::{ConnectionCheck, FeatureTableCheck, LabelsCheck, TriedRecords};

/// Maximum number of missing features to list.
const LISTED: usize = 8;

/// What was found in the log's table, with a trailing newline.
pub(super) fn log_lines(connected: &ConnectionCheck) -> String {
    let preview = &connected.preview;
    let mut text = String::new();
    let estimate = preview.rows.map(|rows| format!(", about {rows} rows")).unwrap_or_default();
    let _ = writeln!(text, "{}: {} columns{estimate}", preview.place, preview.columns);
    let span = preview.span.map(|(first, last)| format!(", from {first} to {last}")).unwrap_or_default();
    let _ = match (&preview.time, preview.indexed) {
        (Ok(column), Some(true)) => writeln!(text, "time: {column}{span}; indexed"),
        (Ok(column), None) => writeln!(text, "time: {column}{span}"),
        (Ok(column), Some(false)) => writeln!(
            text,
            "time: {column}{span}; NOT INDEXED: every window reads the whole table — create an index that starts with this column"
        ),
        (Err(why), _) => writeln!(
            text,
            "time: {why}: every window reads the whole table — use an indexed timestamptz column instead"
        ),
    };
    let fields = |found: bool| {
        let named = connected.fields.iter().filter(|(_, (_, other))| *other == found);
        named.map(|(field, (path, _))| format!("{} ({})", field.key(), shown(path))).collect::<Vec<_>>().join(", ")
    };
    let _ = writeln!(text, "fields found in {} records: {}", preview.read, or_none(fields(true)));
    if connected.fields.values().any(|(_, found)| !found) {
        let _ = writeln!(text, "fields NOT found: {}", fields(false));
    }
    text.push_str(&features_found(connected.features, &connected.absent));
    let _ = write!(text, "\nusable: {} of {} records", connected.usable, connected.records);
    if preview.found.filtered > 0 {
        let _ = write!(text, "; {} more excluded by `where`", preview.found.filtered);
    }
    for (reason, complaint) in connected.complaints.iter() {
        let example = complaint.examples.first().map(|example| format!(", such as {example}")).unwrap_or_default();
        let _ = write!(text, "\n  {}: {}{example}", reason.word(), complaint.count);
    }
    text.push('\n');
    text
}

/// What the first records of files show.
pub(super) fn sample_lines(TriedRecords { sample, notes }: &TriedRecords) -> String {
    if sample.requests == 0 {
        return String::new();
    }
    let span = sample.span.map(|(first, last)| format!(", from {} to {}", Instant(first), Instant(last)));
    let mut text = format!(
        "log: {} of the first {} {} can be used{}\n",
        sample.used,
        sample.requests,
        noun(sample.requests, "record"),
        span.unwrap_or_default()
    );
    for (reason, complaint) in sample.complaints.iter() {
        let example = complaint.examples.first().map(|example| format!(", such as {}", shown(example)));
        let _ = writeln!(text, "  {}: {}{}", reason.word(), complaint.count, example.unwrap_or_default());
    }
    if !sample.absent.is_empty() {
        let names = sample.absent.iter().map(|(name, _)| name.as_str());
        let _ = writeln!(text, "note: features of the reference that no record has: {}", listed(names, LISTED));
    }
    for (name, spelled) in
        sample.absent.iter().filter_map(|(name, spelled)| Some((name, spelled.as_ref()?))).take(LISTED)
    {
        let (name, spelled) = (shown(name), shown(spelled));
        let _ = writeln!(text, "note: `{name}` is probably `{spelled}` in the records; write the same name in both");
    }
    for note in notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

/// Number of features that were found, and the names of others.
fn features_found(all: usize, absent: &[String]) -> String {
    let found = format!("features found: {} of {all}", all - absent.len());
    if absent.is_empty() {
        return found;
    }
    let mut names: Vec<String> = absent.iter().take(LISTED).map(|name| shown(name)).collect();
    if absent.len() > LISTED {
        names.push(format!("and {} more", absent.len() - LISTED));
    }
    format!("{found}; not found: {}", names.join(", "))
}

/// What was found in the feature table.
pub(super) fn feature_table_lines(seen: &FeatureTableCheck) -> String {
    let estimate = seen.preview.rows.map(|rows| format!(", about {rows} rows")).unwrap_or_default();
    let mut text =
        format!("features: {}{estimate}; read: {}, {} have no id\n", seen.preview.place, seen.read, seen.without_id);
    if seen.preview.scan.malformed > 0 {
        let _ = writeln!(text, "  malformed: {}", seen.preview.scan.malformed);
    }
    text + &features_found(seen.features, &seen.absent) + "\n"
}

/// What was found in the labels.
pub(super) fn label_lines(seen: &LabelsCheck) -> String {
    let found = match seen {
        LabelsCheck::NotYet(place) => return format!("labels: none yet at {place}\n"),
        LabelsCheck::Found(found) => found,
    };
    let estimate = found.at.rows.map(|rows| format!(", about {rows} rows")).unwrap_or_default();
    let mut text = format!("labels: {}{estimate}\n", found.at.place);
    if let Some((time, indexed)) = &found.at.time {
        let index = match indexed {
            Some(true) => "; indexed",
            Some(false) => {
                "; NOT INDEXED: every check reads the whole table — create an index that starts with this column"
            }
            None => "",
        };
        let _ = writeln!(text, "label time: {}{index}", shown(time));
    }
    let [zero, one] = found.known;
    let _ = if found.is_event {
        writeln!(
            text,
            "labels read: {}; {one} are 1, {zero} are 0, {} have no outcome yet, {} are invalid, {} have no id",
            found.rows, found.pending, found.invalid, found.without_id
        )
    } else {
        writeln!(
            text,
            "labels read: {}; {} have a value, {} have none yet, {} have no id",
            found.rows,
            zero + one + found.invalid,
            found.pending,
            found.without_id
        )
    };
    if found.scan.malformed > 0 {
        let _ = writeln!(text, "  malformed: {}", found.scan.malformed);
    }
    for loss in &found.scan.lost {
        let _ = writeln!(text, "  unreadable: {loss}");
    }
    for why in &found.scan.unreadable {
        let _ = writeln!(text, "  unreadable: {why}");
    }
    text
}

fn or_none(text: String) -> String {
    if text.is_empty() { "none".to_owned() } else { text }
}
