//! Labels joined to scores by id, with everything that is wrong with them counted.

use std::collections::{BTreeMap, HashMap};

use xxhash_rust::xxh3::xxh3_128;

use crate::batch::level;

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
    /// Rows of the label files.
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
    /// Of what is invalid, at most five examples.
    pub examples: Vec<String>,
    /// Files that could not be read, and why.
    pub unreadable: Vec<String>,
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
    said: [u64; 2],
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
            Label::Known(false) => waiting.said[0] += 1,
            Label::Known(true) => waiting.said[1] += 1,
        }
    }

    /// A file that could not be read.
    pub fn unreadable(&mut self, why: String) {
        self.told.unreadable.push(why);
    }

    /// What came of it.
    #[must_use]
    pub fn told(mut self) -> (Labelled, Vec<Settled>) {
        let mut known = Vec::with_capacity(self.waiting.len());
        // In the order of the keys: hash order decides nothing.
        for waiting in self.waiting.into_iter().collect::<BTreeMap<_, _>>().into_values() {
            self.told.duplicates += waiting.said.iter().map(|rows| rows.saturating_sub(1)).sum::<u64>();
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
