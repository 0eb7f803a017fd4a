//! Joins labels to scores by id, and counts every problem with the labels.

use std::collections::HashMap;

use vigie_profile::{
    batch::{level, level_of_number},
    decision::HighScore,
};
use xxhash_rust::xxh3::xxh3_128;

use crate::fault::{InputShape, LeftOut, LostInput};

/// Content of a label row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    Known(bool),
    /// No outcome yet.
    Pending,
    /// Neither 0 nor 1.
    Invalid,
}

impl Label {
    /// Parses a label value; `1`, `1.0` and `true` are the same outcome.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Self {
        match text.and_then(level).as_deref() {
            None => Self::Pending,
            Some("0") => Self::Known(false),
            Some("1") => Self::Known(true),
            Some(_) => Self::Invalid,
        }
    }
}

/// What the outcomes of a model are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OutcomeKind {
    /// 0 or 1.
    #[default]
    Event,
    Number,
    /// One of the classes of the config.
    Class,
}

/// Counts of the labels found for a window's rows, and of all others by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelCounts {
    /// What an outcome is.
    pub outcome: OutcomeKind,
    /// Rows of the label files or of the label table.
    pub read: u64,
    /// Used rows of the window with exactly one outcome.
    pub matched: u64,
    /// Label rows whose id is not among this window's used rows: ids of other windows, and unknown ids.
    pub elsewhere: u64,
    /// Label rows without an id.
    pub without_id: u64,
    /// Label rows that repeat an outcome already read for the same id.
    pub duplicates: u64,
    /// Ids of the window with both outcomes, which are not used.
    pub contradictory: u64,
    /// Label rows of the window whose value is not an outcome: neither 0 nor 1, or not a number, or not a class.
    pub invalid: u64,
    /// Label rows of the window without an outcome yet.
    pub pending: u64,
    /// Lines that are not a record.
    pub malformed: u64,
    /// At most five examples of invalid labels.
    pub examples: Vec<String>,
    /// Parts of the labels that could not be read.
    pub unreadable: Vec<LeftOut>,
    /// Label files of which no line is a record.
    pub lost: Vec<LostInput>,
    /// Label rows of other ids, among the first thousand, that would match an id of the window if it were spelled
    /// differently; and how.
    pub misspelled: u64,
    pub spelling: Option<InputShape>,
    /// The configured location if it holds no labels yet, which is not an error.
    pub not_yet: Option<String>,
}

/// Number of unknown ids for which other spellings are tried.
const TRIED_IDS: u64 = 1_000;
/// Length to which ids are padded with zeros, at most.
const MAX_PADDED: usize = 24;
/// Integers with more digits are read as rounded numbers.
const MAX_DIGITS: usize = 15;

impl LabelCounts {
    /// Counts a label row of an id that is not among the window's, and whether another spelling of it is.
    pub(super) fn add_elsewhere(&mut self, id: &str, is_known: &dyn Fn(&str) -> bool) {
        self.elsewhere += 1;
        if self.elsewhere <= TRIED_IDS
            && let Some(shape) = other_spelling(id, is_known)
        {
            self.misspelled += 1;
            self.spelling = self.spelling.max(Some(shape));
        }
    }

    /// Counts a label row of the window that is not an outcome.
    pub(super) fn add_invalid(&mut self, id: &str, target: &str) {
        const EXAMPLES: usize = 5;
        self.invalid += 1;
        // Keeps the smallest ones, so that the order of rows does not matter.
        self.examples.push(format!("{id}: {target}"));
        self.examples.sort();
        self.examples.truncate(EXAMPLES);
    }

    /// Returns why no label of the window could be used, if there are some. Labels that have not arrived are not lost.
    #[must_use]
    pub fn losses(&self) -> Vec<LostInput> {
        let mut losses = self.lost.clone();
        let of_rows = |key: &str, shape| LostInput { place: key.to_owned(), line: None, shape, more: 0 };
        if self.matched == 0 && self.contradictory == 0 {
            if self.invalid > 0 && self.pending == 0 && self.outcome == OutcomeKind::Event {
                losses.push(of_rows("labels.target", InputShape::LabelValues));
            } else if let Some(shape) = self.spelling.filter(|_| self.invalid == 0 && self.misspelled > 0) {
                losses.push(of_rows("labels.id", shape));
            }
        }
        losses
    }
}

/// Returns how an id of the window differs that is the same in another spelling.
fn other_spelling(id: &str, is_known: &dyn Fn(&str) -> bool) -> Option<InputShape> {
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) {
        let plain = id.trim_start_matches('0');
        let is_padded = |width: usize| width != id.len() && is_known(&format!("{plain:0>width$}"));
        if (plain.len().max(1)..=MAX_PADDED).any(is_padded) {
            return Some(InputShape::PaddedIds);
        }
        let rounded = id.parse::<f64>().ok().filter(|_| id.len() > MAX_DIGITS).and_then(level_of_number);
        return rounded.filter(|rounded| is_known(rounded)).map(|_| InputShape::RoundedIds);
    }
    let (lower, upper) = (id.to_lowercase(), id.to_uppercase());
    (lower != id && is_known(&lower) || upper != id && is_known(&upper)).then_some(InputShape::IdCase)
}

/// A scored row with a known outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelledScore {
    /// Probability of the bad event.
    pub risk: f64,
    /// Whether the outcome is bad.
    pub outcome: bool,
    /// Whether the row was refused.
    pub refused: bool,
    /// The segments that contain the row, one bit each.
    pub segments: u64,
}

/// A used row of a window, to which labels are joined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnlabelledRow {
    /// 128-bit hash of the id.
    pub key: u128,
    /// Probability of the bad event.
    pub risk: f64,
    pub refused: bool,
    /// The segments that contain the row, one bit each.
    pub segments: u64,
}

/// Joins label rows to the scores of a window.
#[derive(Debug, Default)]
pub struct LabelJoin {
    scores: HashMap<u128, JoinedScore>,
    high_score: HighScore,
    counts: LabelCounts,
}

impl UnlabelledRow {
    fn labelled(self, outcome: bool) -> LabelledScore {
        let Self { key: _, risk, refused, segments } = self;
        LabelledScore { risk, outcome, refused, segments }
    }
}

#[derive(Debug)]
struct JoinedScore {
    row: UnlabelledRow,
    /// Number of label rows with outcome 0 and with outcome 1.
    outcomes: [u32; 2],
}

impl LabelJoin {
    /// Takes the used rows. `high_score` says whether labels of 1 are bad or good outcomes.
    pub fn new(rows: impl IntoIterator<Item = UnlabelledRow>, high_score: HighScore) -> Self {
        let scores = rows.into_iter().map(|row| (row.key, JoinedScore { row, outcomes: [0, 0] })).collect();
        Self { scores, high_score, counts: LabelCounts::default() }
    }

    /// Joins one row of a label file.
    pub fn join(&mut self, id: Option<&str>, target: Option<&str>) {
        self.counts.read += 1;
        let Some(id) = id.and_then(level) else {
            self.counts.without_id += 1;
            return;
        };
        let Some(row) = self.scores.get_mut(&xxh3_128(id.as_bytes())) else {
            let is_known = |id: &str| self.scores.contains_key(&xxh3_128(id.as_bytes()));
            self.counts.add_elsewhere(&id, &is_known);
            return;
        };
        match Label::parse(target) {
            Label::Pending => self.counts.pending += 1,
            Label::Invalid => self.counts.add_invalid(&id, target.unwrap_or_default()),
            Label::Known(outcome) => {
                let [zero, one] = &mut row.outcomes;
                let rows = if outcome { one } else { zero };
                *rows = rows.saturating_add(1);
            }
        }
    }

    /// Adds label files of which no line is a record.
    pub fn lost(&mut self, losses: Vec<LostInput>) {
        self.counts.lost.extend(losses);
    }

    /// Adds a part of the labels that could not be read.
    pub fn unreadable(&mut self, input: LeftOut) {
        self.counts.unreadable.push(input);
    }

    /// Counts lines that are not a record.
    pub fn malformed(&mut self, lines: u64) {
        self.counts.malformed += lines;
    }

    /// Notes that no label has arrived at `place` yet, which is not an error.
    pub fn not_yet(&mut self, place: String) {
        self.counts.not_yet = Some(place);
    }

    /// Discards everything joined so far, after a read that failed half-way.
    pub fn forget(&mut self) {
        self.counts = LabelCounts::default();
        self.scores.values_mut().for_each(|row| row.outcomes = [0, 0]);
    }

    /// Returns the counts and the rows with a known outcome.
    #[must_use]
    pub fn finish(mut self) -> (LabelCounts, Vec<LabelledScore>) {
        let mut known = Vec::with_capacity(self.scores.len());
        // Hash order does not matter: counts add up, and outcomes are sorted by score later.
        let is_bad = |event: bool| event == (self.high_score == HighScore::Bad);
        for JoinedScore { row, outcomes } in self.scores.into_values() {
            self.counts.duplicates += outcomes.iter().map(|rows| u64::from(rows.saturating_sub(1))).sum::<u64>();
            match outcomes {
                [0, 0] => {}
                [0, _] => known.push(row.labelled(is_bad(true))),
                [_, 0] => known.push(row.labelled(is_bad(false))),
                _ => self.counts.contradictory += 1,
            }
        }
        self.counts.matched = known.len() as u64;
        (self.counts, known)
    }
}
