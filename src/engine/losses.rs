//! Fails if what was read is lost as a whole for one reason, which would otherwise look like a window without traffic.

use std::collections::BTreeMap;

use vigie_profile::{
    batch::{Complaints, Reason},
    layout::Layout,
    near::{nearest, suggestions},
    shown::shown,
};

use crate::{
    fault::{Fault, InputShape, LeftOut, LostInput, PublicCause, Result},
    source::{Field, FoundNames, ReadSummary, Unreadable},
};

/// The records of a window or a sample.
pub(super) struct ReadRows<'a> {
    pub found: &'a ReadSummary,
    pub complaints: &'a Complaints,
    /// Mapped fields with their paths as in the config.
    pub fields: BTreeMap<Field, String>,
    pub requests: u64,
    /// Usable rows.
    pub used: u64,
}

impl ReadRows<'_> {
    /// Number of requests that did not fail.
    pub(super) fn answered(&self) -> u64 {
        self.requests.saturating_sub(self.complaints.count(Reason::Failed))
    }

    fn path(&self, field: Field) -> &str {
        self.fields.get(&field).map_or("", String::as_str)
    }

    /// Fails if no record has a readable timestamp.
    pub(super) fn check_timestamps(&self) -> Result<()> {
        let timeless = self.complaints.iter().find(|(reason, _)| *reason == Reason::Timestamp);
        let is_all = |count| count == self.found.records && self.found.fields.contains(&Field::Timestamp);
        let Some((_, timeless)) = timeless.filter(|(_, timeless)| is_all(timeless.count)) else { return Ok(()) };
        let example = timeless.examples.first().map_or(String::new(), |example| format!(", such as {example}"));
        let path = self.path(Field::Timestamp);
        let place = format!("source.fields.timestamp (`{path}`)");
        let loss = LostInput { place, line: None, shape: InputShape::NoTime, more: 0 };
        Err(Fault::setup(format!(
            "source.fields.timestamp: none of {} records has a readable time in `{path}`{example}; expected RFC 3339 or a \
             Unix timestamp",
            timeless.count
        ))
        .with_public(PublicCause::Lost(loss)))
    }

    /// Fails if a mapped field is in no record: a mistake in the config.
    pub(super) fn check_fields(&self) -> Result<()> {
        /// Number of the records' names in the message.
        const LISTED: usize = 60;
        let answered = self.answered();
        let required = [
            (Field::Timestamp, self.found.records),
            (Field::Id, self.requests),
            // Failed requests have neither inputs nor a score.
            (Field::Features, answered),
            (Field::Probability, answered),
            (Field::Prediction, answered),
        ];
        let classes = self.fields.keys().filter(|field| matches!(field, Field::ClassProbability(_)));
        let classes = classes.map(|field| (*field, answered));
        let is_missing = |(field, rows): &(Field, u64)| {
            *rows > 0 && self.fields.contains_key(field) && !self.found.fields.contains(field)
        };
        let Some((field, _)) = required.into_iter().chain(classes).find(is_missing) else { return Ok(()) };
        // Values in the place of names are not for everyone's eyes.
        if self.found.names.iter().any(is_value) {
            let place = "source.path".to_owned();
            return Err(Fault::lost(LostInput { place, line: None, shape: InputShape::NoHeader, more: 0 }, None));
        }
        let names: Vec<&str> = self.found.names.iter().take(LISTED).collect();
        Err(Fault::setup(format!(
            "source.fields.{}: no record has `{}`; the records have: {}",
            field.key(),
            self.path(field),
            names.join(", ")
        )))
    }

    /// Fails if the rows are left out for one reason, which would otherwise look like too few rows.
    pub(super) fn check_rows(&self) -> Result<()> {
        /// With fewer rows, the reason may be theirs.
        const MIN_ROWS: u64 = 20;
        let answered = self.answered();
        if self.used > 0 || answered < MIN_ROWS {
            return Ok(());
        }
        let reasons = [
            (Reason::NoProbability, InputShape::NoProbability, Field::Probability),
            (Reason::NoFeatures, InputShape::NoFeatures, Field::Features),
            (Reason::UnknownInputs, InputShape::UnknownInputs, Field::Features),
        ];
        let count = |reason| self.complaints.count(reason);
        let (no_inputs, no_score) = (count(Reason::NoFeatures), count(Reason::NoProbability));
        let are_split = no_inputs + no_score == answered && no_inputs.min(no_score) * 4 >= answered;
        let split = are_split.then_some((Reason::NoFeatures, InputShape::SplitEvents, Field::Id));
        let only = reasons.into_iter().find(|(reason, _, _)| count(*reason) == answered);
        let Some((reason, shape, field)) = only.or(split) else { return Ok(()) };
        let path = self.fields.get(&field).map(|path| format!(" (`{path}`)")).unwrap_or_default();
        let place = format!("source.fields.{}{path}", field.key());
        let loss = LostInput { place, line: None, shape, more: 0 };
        let complaint = self.complaints.iter().find(|(own, _)| *own == reason).map(|(_, complaint)| complaint);
        let example = complaint.and_then(|complaint| complaint.examples.first()).map(String::as_str);
        Err(Fault::lost(loss, example))
    }

    /// Fails if no key of the records is a feature: a mistake in the config or another model's log, not drift. `absent`: by
    /// feature, whether no record has it.
    pub(super) fn check_features(&self, layout: &Layout, absent: &[bool]) -> Result<()> {
        /// Number of features for which a similar name is searched, and of pairs in the message.
        const TRIED: usize = 100;
        const PAIRS: usize = 3;
        if self.used == 0 || absent.is_empty() || absent.contains(&false) {
            return Ok(());
        }
        let features: Vec<&str> = layout.features().iter().map(|feature| feature.name.as_str()).collect();
        let keys = if self.found.inputs.is_empty() { &self.found.names } else { &self.found.inputs };
        let pairs: Vec<String> = features
            .iter()
            .take(TRIED)
            .filter_map(|feature| Some((feature, similar_key(feature, keys)?)))
            .take(PAIRS)
            .map(|(feature, key)| format!("`{}` for `{}`", shown(key), shown(feature)))
            .collect();
        let nearest = if pairs.is_empty() { String::new() } else { format!("; the nearest: {}", pairs.join(", ")) };
        Err(Fault::setup(format!(
            "source.fields.features: no record has any of the reference's features ({}){nearest}; the records have: {}",
            suggestions("", features.iter().copied()),
            suggestions("", keys.iter())
        )))
    }
}

/// Fails if files were lost that may hold the records of the window, or if no file could be read.
pub(super) fn check_files(found: &ReadSummary, unreadable: &[Unreadable]) -> Result<()> {
    let losses: Vec<LostInput> = unreadable.iter().filter_map(Unreadable::loss).collect();
    if let Some(first) = losses.first() {
        let more = losses.iter().filter(|loss| loss.shape == first.shape).count() as u64 - 1;
        return Err(Fault::lost(LostInput { more, ..first.clone() }, None).context("source.path"));
    }
    match unreadable {
        [first, others @ ..] if found.is_empty() => {
            let more = match others.len() {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            let sentence = |first: &LeftOut| format!("source.path: no file of the log could be read: {first}{more}");
            let left_out = first.left_out();
            // An error may quote what the file contains.
            let public = sentence(&LeftOut { cause: None, ..left_out.clone() });
            Err(Fault::retry(sentence(&left_out)).with_public(PublicCause::Text(public)))
        }
        _ => Ok(()),
    }
}

/// The key whose name is most like a feature's: the same but for case and separators, or with a prefix or suffix, or with
/// a few other letters.
fn similar_key<'n>(feature: &str, keys: &'n FoundNames) -> Option<&'n str> {
    let folded = |name: &str| -> String {
        name.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = folded(feature);
    let same = keys.iter().find(|key| folded(last_part(key)) == wanted);
    let affixed = || {
        let has_affix = |key: &&str| {
            let key = folded(last_part(key));
            let (long, short) = if key.len() > wanted.len() { (&key, &wanted) } else { (&wanted, &key) };
            short.len() > 1 && (long.ends_with(short.as_str()) || long.starts_with(short.as_str()))
        };
        keys.iter().filter(has_affix).min_by_key(|key| key.len().abs_diff(feature.len()))
    };
    let near = || {
        let name = nearest(feature, keys.iter().map(last_part))?;
        keys.iter().find(|key| last_part(key) == name)
    };
    same.or_else(affixed).or_else(near)
}

/// Whether the name of a column is a value: a number with a fraction, or a date or time.
fn is_value(name: &str) -> bool {
    let is_of_date = |(place, byte): (usize, &u8)| match place {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    let begins_with_date = name.as_bytes().get(..10).is_some_and(|date| date.iter().enumerate().all(is_of_date));
    begins_with_date || name.contains('.') && name.parse::<f64>().is_ok()
}

/// The part of a key after its last dot.
fn last_part(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}
