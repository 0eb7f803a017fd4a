//! Since when a feature has changed, and until when, in English.

use vigie_profile::window::Instant;

use crate::{
    drift::Onset,
    report::words::format::{Period, moment, period},
};

pub(super) fn onset(onset: &Onset) -> String {
    match onset.until {
        Some(until) => from_to(onset.at, until),
        None => format!("since {}", moment(onset.at)),
    }
}

/// A time with a beginning and an end: `from 2026-10-13 09:00 to 11:00 UTC`.
pub(super) fn from_to(from: Instant, until: Instant) -> String {
    let Period { day, from, until, .. } = period(from, until);
    format!("from {day} {from} to {until} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::OnsetOf;

    #[test]
    fn a_change_lasts_or_ended() {
        let at = Instant(1_791_901_200_000_000);
        let stated = |minutes: Option<i64>| {
            let until = minutes.map(|minutes| Instant(at.0 + minutes * 60_000_000));
            onset(&Onset { at, until, resolution_s: 60, of: OnsetOf::Missing, before: 0.1, after: 1.0 })
        };
        assert_eq!(stated(None), "since 2026-10-13 14:20 UTC");
        assert_eq!(stated(Some(90)), "from 2026-10-13 14:20 to 15:50 UTC");
        assert_eq!(stated(Some(600)), "from 2026-10-13 14:20 to 2026-10-14 00:20 UTC");
    }
}
