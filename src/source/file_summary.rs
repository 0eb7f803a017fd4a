//! What was read of one file: records, their times, and complaints about records whose time is not known.

use vigie_profile::{
    batch::{Complaints, Reason},
    window::Window,
};

/// Summary of a file, or of a part of one. Merging is commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FileSummary {
    /// Number of records, whether or not they passed `where`.
    pub parsed: u64,
    /// The first and last time of its records.
    pub times: Option<(i64, i64)>,
    /// Lines that are not records, and records without a readable time.
    pub timeless: Complaints,
}

impl FileSummary {
    pub(super) fn note_time(&mut self, at: i64) {
        self.times = Some(self.times.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.parsed += other.parsed;
        if let Some((first, last)) = other.times {
            self.note_time(first);
            self.note_time(last);
        }
        self.timeless.merge(other.timeless);
    }

    /// Returns whether records without a time may be of the window: if the file has records around that time, or none
    /// with a time at all.
    pub(super) fn may_concern(&self, window: Option<Window>) -> bool {
        match (window, self.times) {
            (Some(window), Some((first, last))) => first < window.to.0 && window.from.0 <= last,
            _ => true,
        }
    }

    /// Returns whether at most half of the lines are records.
    pub(super) fn is_mostly_malformed(&self) -> bool {
        let malformed = self.timeless.count(Reason::Malformed);
        malformed > 0 && malformed >= self.parsed
    }

    /// Returns whether there are records, but none with a readable time.
    pub(super) fn has_no_time(&self) -> bool {
        self.parsed > 0 && self.times.is_none() && self.timeless.count(Reason::Timestamp) == self.parsed
    }
}

#[cfg(test)]
mod tests {
    use vigie_profile::window::Instant;

    use super::*;

    #[test]
    fn lines_without_a_time_belong_to_the_times_of_their_file() {
        let window = |from, to| Some(Window { from: Instant(from), to: Instant(to) });
        let mut file = FileSummary::default();
        assert!(file.may_concern(window(0, 10)), "the file has no time");
        file.note_time(15);
        file.merge(FileSummary { times: Some((12, 13)), ..FileSummary::default() });
        assert_eq!(file.times, Some((12, 15)));
        assert!(
            file.may_concern(window(10, 20)) && file.may_concern(window(0, 13)) && file.may_concern(window(15, 16))
        );
        assert!(!file.may_concern(window(0, 12)) && !file.may_concern(window(16, 20)));
        assert!(file.may_concern(None));
    }
}
