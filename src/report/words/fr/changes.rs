//! What happened to a feature, in French.

use vigie_profile::shown::shown;

use super::{
    findings::quoted,
    numbers::{exact, number, percent},
};
use crate::{
    drift::{Change, CommonValue, Respelled},
    report::words::values::Multiple,
};

pub(super) fn change(change: &Change) -> String {
    match change {
        Change::Absent => "absente de tous les enregistrements".to_owned(),
        Change::Gap { extent } => match rows(*extent) {
            None => "vide dans toutes les lignes".to_owned(),
            Some(share) => format!("vide dans {share} des lignes qui devraient avoir une valeur"),
        },
        Change::Filled { extent } => match rows(*extent) {
            None => "n’est plus jamais vide".to_owned(),
            Some(share) => format!("remplie dans {share} des lignes qui devraient être vides"),
        },
        Change::Sentinel { value, extent } => format!("{} {}", exact(*value), in_rows(*extent)),
        Change::Atom { value, extent } => format!("{} à la place d’autres valeurs {}", exact(*value), in_rows(*extent)),
        Change::Unit { factor, extent } => {
            let unit = match Multiple::new(*factor) {
                Multiple::Reversed => "signe inversé".to_owned(),
                Multiple::By(factor) => format!("×\u{a0}{}", exact(factor)),
                Multiple::DividedBy(divisor) => format!("÷\u{a0}{}", exact(divisor)),
            };
            format!("{unit} {}", in_rows(*extent))
        }
        Change::Factor { factor } => format!("toutes les valeurs ×\u{a0}{}", number(*factor)),
        Change::Offset { by } if *by < 0.0 => format!("toutes les valeurs −\u{a0}{}", number(-by)),
        Change::Offset { by } => format!("toutes les valeurs +\u{a0}{}", number(*by)),
        Change::Merged { from, into, extent } => {
            format!("{} au lieu de {} {}", quoted(&shown(into)), quoted(&shown(from)), in_rows(*extent))
        }
        Change::Repeated { extent } => format!("les valeurs d’une seule ligne {}", in_rows(*extent)),
        Change::Spelling { levels, extent } => {
            let pair = |Respelled { known, found, rows: _ }: &Respelled| {
                found.as_ref().map(|found| format!("{} pour {}", quoted(&shown(found)), quoted(&shown(known))))
            };
            let pairs: Vec<String> = levels.iter().filter_map(pair).collect();
            let listed = if pairs.is_empty() { String::new() } else { format!("\u{a0}: {}", pairs.join(", ")) };
            format!("modalités écrites autrement {}{listed}", in_rows(*extent))
        }
        Change::NewLevel { level: Some(level), others: 0, extent } => {
            format!("nouvelle modalité {} {}", quoted(&shown(level)), in_rows(*extent))
        }
        Change::NewLevel { level, others, extent } => {
            let most = level.as_ref().map_or(String::new(), |level| format!(", surtout {}", quoted(&shown(level))));
            let new = if *others == 0 {
                "une nouvelle modalité".to_owned()
            } else {
                format!("{} nouvelles modalités", others + 1)
            };
            format!("{new} {}{most}", in_rows(*extent))
        }
        Change::Constant { value: CommonValue::Number(value) } => format!("toujours {}", exact(*value)),
        Change::Constant { value: CommonValue::Level(Some(level)) } => format!("toujours {}", quoted(&shown(level))),
        Change::Constant { value: CommonValue::Level(None) } => "toujours la même modalité".to_owned(),
        Change::Stale { extent } => format!("de nouveau les valeurs de la fenêtre précédente {}", in_rows(*extent)),
        Change::Shift => "autre distribution des valeurs".to_owned(),
    }
}

/// A share of rows; `None` if these are all rows.
fn rows(extent: f64) -> Option<String> {
    (extent < 0.995).then(|| percent(extent))
}

fn in_rows(extent: f64) -> String {
    rows(extent).map_or("dans toutes les lignes".to_owned(), |share| format!("dans {share} des lignes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_short_clauses() {
        let all = [
            (Change::Gap { extent: 0.3 }, "vide dans 30,0\u{a0}% des lignes qui devraient avoir une valeur"),
            (Change::Sentinel { value: -0.5, extent: 0.06 }, "-0,5 dans 6,0\u{a0}% des lignes"),
            (Change::Unit { factor: 1.0 / 365.25, extent: 1.0 }, "÷\u{a0}365,25 dans toutes les lignes"),
            (
                Change::NewLevel { level: Some("CDD".to_owned()), others: 2, extent: 0.12 },
                "3 nouvelles modalités dans 12,0\u{a0}% des lignes, surtout «\u{a0}CDD\u{a0}»",
            ),
        ];
        for (what, expected) in all {
            assert_eq!(change(&what), expected);
        }
    }
}
