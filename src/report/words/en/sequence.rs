//! Findings about missing records in English.

use super::numbers::{grouped, plural};

/// `missing`: records; `dropped`: those that writers dropped on purpose.
pub(super) fn finding(missing: u64, writers: u64, dropped: u64) -> String {
    let dropped_ones = || {
        let (records, were) = (plural(dropped, "record", "records"), plural(dropped, "was", "were"));
        format!("{} {records} {were} dropped because the log was full (serve.log.when_full)", grouped(dropped))
    };
    if missing == 0 {
        return dropped_ones();
    }
    let (records, are) = (plural(missing, "record", "records"), plural(missing, "is", "are"));
    let of = if writers > 1 { format!(" of {} writers", grouped(writers)) } else { String::new() };
    let also = if dropped > 0 { format!("; {}", dropped_ones()) } else { String::new() };
    format!("{} {records}{of} {are} missing in the log, by gaps in its sequence numbers{also}", grouped(missing))
}

pub(super) const UNFOLLOWED: &str =
    "missing records cannot be counted: the sequence numbers of the log have too many writers or gaps";

/// For the head of a message.
pub(super) fn short(missing: u64, dropped: u64) -> String {
    let (count, what) = if missing > 0 { (missing, "missing in the log") } else { (dropped, "dropped") };
    let (records, are) = (plural(count, "record", "records"), plural(count, "is", "are"));
    format!("{} {records} {are} {what}", grouped(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_stated() {
        assert_eq!(finding(3, 1, 0), "3 records are missing in the log, by gaps in its sequence numbers");
        assert_eq!(
            finding(1_200, 2, 1),
            "1,200 records of 2 writers are missing in the log, by gaps in its sequence numbers; 1 record was dropped because \
             the log was full (serve.log.when_full)"
        );
        assert_eq!(finding(0, 0, 9), "9 records were dropped because the log was full (serve.log.when_full)");
        assert_eq!(
            (short(1, 4), short(0, 4)),
            ("1 record is missing in the log".into(), "4 records are dropped".into())
        );
    }
}
