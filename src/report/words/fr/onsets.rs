//! Since when a feature has changed, and until when, in French.

use vigie_profile::window::Instant;

use crate::{
    drift::Onset,
    report::words::format::{Period, moment, period},
};

pub(super) fn onset(onset: &Onset) -> String {
    match onset.until {
        Some(until) => from_to(onset.at, until),
        None => format!("depuis le {}", moment(onset.at)),
    }
}

/// A time with a beginning and an end: `le 2026-10-13 de 09:00 à 11:00 UTC`.
pub(super) fn from_to(from: Instant, until: Instant) -> String {
    let Period { day, from, until, ends_same_day } = period(from, until);
    if ends_same_day { format!("le {day} de {from} à {until} UTC") } else { format!("du {day} {from} au {until} UTC") }
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
        assert_eq!(stated(None), "depuis le 2026-10-13 14:20 UTC");
        assert_eq!(stated(Some(90)), "le 2026-10-13 de 14:20 à 15:50 UTC");
        assert_eq!(stated(Some(600)), "du 2026-10-13 14:20 au 2026-10-14 00:20 UTC");
    }
}
