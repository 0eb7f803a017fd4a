//! Dead and constant features, and rows that are left out, in French.

use vigie_profile::shown::{harmless, shown};

use super::numbers::{grouped, number, percent, s};
use crate::{
    drift::CommonValue,
    judge::{Facts, LeftOutKind, UnusableReason},
};

pub(super) fn dead(from: f64, to: f64) -> String {
    if to < 1.0 {
        return format!("manquante dans {} des lignes (référence\u{a0}: {})", percent(to), percent(from));
    }
    format!("aucune ligne n’a de valeur (référence\u{a0}: manquante dans {} des lignes)", percent(from))
}

pub(super) fn constant(value: &CommonValue, from: f64, to: f64) -> String {
    let rows = if to < 1.0 { format!("{} des lignes", percent(to)) } else { "toutes les lignes".to_owned() };
    format!("{rows} renseignées ont la même valeur{} (référence\u{a0}: {} au plus)", which(value), percent(from))
}

/// Names the value after « la même valeur »; empty if it is redacted.
pub(super) fn which(value: &CommonValue) -> String {
    match value {
        CommonValue::Number(value) => format!(", {}", number(*value)),
        CommonValue::Level(Some(level)) => format!(", «\u{a0}{}\u{a0}»", shown(level)),
        CommonValue::Level(None) => String::new(),
    }
}

/// States rows or labels that are left out; empty for other facts.
pub(super) fn left_out(facts: &Facts) -> String {
    let Facts::RowsLeftOut { what, rows, of, reason, with_reason, example, usual: _, windows: _, no_verdict } = facts
    else {
        return String::new();
    };
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = *rows as f64 / (*of as f64).max(1.0);
    let (noun, judged) = match what {
        LeftOutKind::Rows => ("lignes", "les variables"),
        LeftOutKind::Labels => ("étiquettes", "les étiquettes"),
    };
    let mostly = if with_reason < rows { "surtout\u{a0}: " } else { "" };
    let why = unusable(*reason, example.as_deref());
    let verdict =
        if *no_verdict { format!("\u{a0}: c’est trop pour un verdict sur {judged}") } else { String::new() };
    let counts = format!("{} sur {}", grouped(*rows), grouped(*of));
    format!("{} des {noun} sont écartées, {counts} ({mostly}{why}){verdict}", percent(share))
}

/// The reason, with what a row holds.
fn unusable(reason: UnusableReason, example: Option<&str>) -> String {
    let held = example.map_or(String::new(), |example| format!(" {}", harmless(example)));
    let such = example.map_or(String::new(), |example| format!(", par exemple {}", harmless(example)));
    match reason {
        UnusableReason::Percentage => {
            format!("probabilité{held}\u{a0}: hors de l’intervalle de 0 à 1\u{a0}; s’agit-il d’un pourcentage\u{a0}?")
        }
        UnusableReason::OutOfRange => {
            format!(
                "probabilité{held}\u{a0}: hors de l’intervalle de 0 à 1\u{a0}; s’agit-il de la sortie brute du \
                 modèle\u{a0}?"
            )
        }
        UnusableReason::NoScore => format!("sans probabilité{such}"),
        UnusableReason::NoPrediction => format!("sans prédiction{such}"),
        UnusableReason::Malformed => format!("illisibles{such}"),
        UnusableReason::Timestamp => format!("sans horodatage lisible{such}"),
        UnusableReason::NoFeatures => format!("sans variables{such}"),
        UnusableReason::UnknownInputs => format!("variables d’une forme qui n’est pas prise en charge{such}"),
        UnusableReason::NoId => "sans identifiant".to_owned(),
        UnusableReason::Outcome => format!("valeur inattendue{such}"),
        UnusableReason::Contradictory => "plusieurs issues pour un même identifiant".to_owned(),
    }
}

/// What is usual, after the limit.
pub(super) fn usual(usual: f64, windows: usize) -> String {
    match windows {
        0 => String::new(),
        windows => {
            let s = s(windows as u64);
            format!(", habituellement {} ({windows} fenêtre{s})", percent(usual))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_left_out_have_a_reason_and_an_example() {
        let facts = Facts::RowsLeftOut {
            what: LeftOutKind::Rows,
            rows: 640,
            of: 1_000,
            reason: UnusableReason::Percentage,
            with_reason: 640,
            example: Some("36.2".to_owned()),
            usual: 0.001,
            windows: 28,
            no_verdict: true,
        };
        assert_eq!(
            left_out(&facts).replace('\u{a0}', " "),
            "64,0 % des lignes sont écartées, 640 sur 1\u{202f}000 (probabilité 36.2 : hors de l’intervalle de 0 à 1 ; \
             s’agit-il d’un pourcentage ?) : c’est trop pour un verdict sur les variables"
        );
        assert_eq!(usual(0.002, 28).replace('\u{a0}', " "), ", habituellement 0,2 % (28 fenêtres)");
    }

    #[test]
    fn dead_and_constant_features_are_compared_with_the_reference() {
        assert_eq!(
            dead(0.13, 1.0).replace('\u{a0}', " "),
            "aucune ligne n’a de valeur (référence : manquante dans 13,0 % des lignes)"
        );
        assert_eq!(
            constant(&CommonValue::Number(0.5), 0.66, 0.995).replace('\u{a0}', " "),
            "99,5 % des lignes renseignées ont la même valeur, 0,500 (référence : 66,0 % au plus)"
        );
    }
}
