//! Labels joined to scores by id, with everything that is wrong with them counted.

use std::collections::HashMap;

use vigie_profile::batch::level;
use xxhash_rust::xxh3::xxh3_128;

/// What a row of a label file says of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    Known(bool),
    /// No outcome yet.
    Pending,
    /// Something else than 0 or 1.
    Invalid,
}

impl Label {
    /// `1`, `1.0` and `true` are one outcome.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        match text.and_then(level).as_deref() {
            None => Self::Pending,
            Some("0") => Self::Known(false),
            Some("1") => Self::Known(true),
            Some(_) => Self::Invalid,
        }
    }
}

/// How many labels were found for a window's rows, and what the others were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labelled {
    /// Rows of the label files, or of the table.
    pub read: u64,
    /// Used rows of the window with one clear outcome.
    pub matched: u64,
    /// Label rows whose id no used row of this window has: those of other windows, and unknown ones.
    pub elsewhere: u64,
    /// Label rows without an id.
    pub without_id: u64,
    /// Label rows that say the same of an id once more.
    pub duplicates: u64,
    /// Ids of the window with both outcomes; none of them counts.
    pub contradictory: u64,
    /// Label rows of the window that hold something else than 0 or 1.
    pub invalid: u64,
    /// Label rows of the window without an outcome yet.
    pub pending: u64,
    /// Lines that are no record.
    pub malformed: u64,
    /// Of what is invalid, at most five examples.
    pub examples: Vec<String>,
    /// What could not be read, each a sentence.
    pub unreadable: Vec<String>,
    /// The place that no label has come to yet, which is no mistake.
    pub not_yet: Option<String>,
}

/// A row whose outcome is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settled {
    pub score: f64,
    pub outcome: bool,
    /// Those it is in, a bit each.
    pub segments: u64,
}

/// The scores of a window, waiting for their labels.
#[derive(Debug, Default)]
pub struct Labels {
    waiting: HashMap<u128, Waiting>,
    told: Labelled,
}

#[derive(Debug)]
struct Waiting {
    score: f64,
    segments: u64,
    /// How many label rows say 0, and how many 1.
    said: [u32; 2],
}

impl Labels {
    /// Of the used rows: 128 bits of each id, the score, and the segments it is in, a bit each.
    pub fn new(scores: impl IntoIterator<Item = (u128, f64, u64)>) -> Self {
        let waiting = |score, segments| Waiting { score, segments, said: [0, 0] };
        let waiting = scores.into_iter().map(|(key, score, segments)| (key, waiting(score, segments))).collect();
        Self { waiting, told: Labelled::default() }
    }

    /// Joins one row of a label file.
    pub fn join(&mut self, id: Option<&str>, target: Option<&str>) {
        const EXAMPLES: usize = 5;
        self.told.read += 1;
        let Some(id) = id.and_then(level) else {
            self.told.without_id += 1;
            return;
        };
        let Some(waiting) = self.waiting.get_mut(&xxh3_128(id.as_bytes())) else {
            self.told.elsewhere += 1;
            return;
        };
        match Label::of(target) {
            Label::Pending => self.told.pending += 1,
            Label::Invalid => {
                self.told.invalid += 1;
                // The least ones: the order of rows decides nothing.
                self.told.examples.push(format!("{id}: {}", target.unwrap_or_default()));
                self.told.examples.sort();
                self.told.examples.truncate(EXAMPLES);
            }
            Label::Known(outcome) => {
                let [zero, one] = &mut waiting.said;
                let rows = if outcome { one } else { zero };
                *rows = rows.saturating_add(1);
            }
        }
    }

    /// What could not be read.
    pub fn unreadable(&mut self, why: String) {
        self.told.unreadable.push(why);
    }

    /// Lines that are no record.
    pub fn malformed(&mut self, lines: u64) {
        self.told.malformed += lines;
    }

    /// No label has come yet, and that is no mistake.
    pub fn not_yet(&mut self, place: String) {
        self.told.not_yet = Some(place);
    }

    /// Forgets what was joined: a reading that broke off in the middle counts for nothing.
    pub fn forget(&mut self) {
        self.told = Labelled::default();
        self.waiting.values_mut().for_each(|waiting| waiting.said = [0, 0]);
    }

    /// What came of it.
    #[must_use]
    pub fn told(mut self) -> (Labelled, Vec<Settled>) {
        let mut known = Vec::with_capacity(self.waiting.len());
        // Hash order decides nothing: counts add up, and outcomes are sorted by score.
        for waiting in self.waiting.into_values() {
            self.told.duplicates += waiting.said.iter().map(|rows| u64::from(rows.saturating_sub(1))).sum::<u64>();
            let Waiting { score, segments, said } = waiting;
            match said {
                [0, 0] => {}
                [0, _] => known.push(Settled { score, outcome: true, segments }),
                [_, 0] => known.push(Settled { score, outcome: false, segments }),
                _ => self.told.contradictory += 1,
            }
        }
        self.told.matched = known.len() as u64;
        (self.told, known)
    }
}
