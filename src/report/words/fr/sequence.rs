//! Findings about missing records in French.

use super::numbers::{grouped, plural, s};
use crate::judge::Facts;

/// `missing`: records; `dropped`: those that writers dropped on purpose.
pub(super) fn finding(missing: u64, writers: u64, dropped: u64) -> String {
    let dropped_ones = || {
        let were = plural(dropped, "a été abandonné", "ont été abandonnés");
        format!(
            "{} enregistrement{} {were} parce que le journal était plein (serve.log.when_full)",
            grouped(dropped),
            s(dropped)
        )
    };
    if missing == 0 {
        return dropped_ones();
    }
    let (records, are) = (s(missing), plural(missing, "manque", "manquent"));
    let of = if writers > 1 { format!(" de {} processus", grouped(writers)) } else { String::new() };
    let also = if dropped > 0 { format!("\u{a0}; {}", dropped_ones()) } else { String::new() };
    let by = "d’après les trous dans ses numéros de séquence";
    format!("{} enregistrement{records}{of} {are} dans le journal, {by}{also}", grouped(missing))
}

pub(super) const UNFOLLOWED: &str = "les enregistrements manquants ne peuvent pas être comptés\u{a0}: les numéros de séquence du \
                                     journal ont trop de processus ou de trous";

/// For the head of a message.
pub(super) fn short(facts: &Facts) -> String {
    let (count, one, many) = match facts {
        Facts::MissingRecords { missing: 0, dropped, .. } => (*dropped, "abandonné", "abandonnés"),
        Facts::MissingRecords { missing, .. } => (*missing, "manque dans le journal", "manquent dans le journal"),
        _ => return "Les enregistrements manquants ne peuvent pas être comptés".to_owned(),
    };
    format!("{} enregistrement{} {}", grouped(count), s(count), plural(count, one, many))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_stated() {
        let gaps = "dans le journal, d’après les trous dans ses numéros de séquence";
        assert_eq!(finding(1, 1, 0), format!("1 enregistrement manque {gaps}"));
        assert_eq!(
            finding(1_200, 2, 2),
            format!(
                "1\u{202f}200 enregistrements de 2 processus manquent {gaps}\u{a0}; 2 enregistrements ont été abandonnés parce \
                 que le journal était plein (serve.log.when_full)"
            )
        );
        let short = |missing, dropped| short(&Facts::MissingRecords { missing, writers: 1, dropped, requests: 9 });
        assert_eq!(short(2, 0), "2 enregistrements manquent dans le journal");
        assert_eq!(short(0, 1), "1 enregistrement abandonné");
    }
}
