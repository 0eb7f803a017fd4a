//! Replays and contributions in French.

use vigie_profile::shown::shown;

use super::numbers::plural;
use crate::replay::{LoggedPrecision, ModelDifference, OtherModel, Unmeasured};

pub(super) fn unmeasured(why: &Unmeasured) -> String {
    let again = "refaire la référence avec vigie learn --model et le fichier du modèle";
    match why {
        Unmeasured::NoModel => format!("la référence a été apprise sans modèle\u{a0}; {again}"),
        Unmeasured::OtherModel => format!("la référence a été apprise avec un autre fichier de modèle\u{a0}; {again}"),
        Unmeasured::Model(error) => format!("«\u{a0}{error}\u{a0}»"),
        Unmeasured::Distributions => {
            "la référence a été importée sous forme de distributions, sans valeurs à rétablir".to_owned()
        }
        Unmeasured::Prediction => "le modèle prédit un nombre, dont ne découle ni décision ni coût".to_owned(),
        Unmeasured::TooFewRows => "trop peu de lignes pour un verdict".to_owned(),
        Unmeasured::NoRows => "la fenêtre n’a aucune ligne utilisée".to_owned(),
    }
}

/// How the config's model differs from that of the reference.
pub(super) fn other_model(other: &OtherModel) -> String {
    let name = shown(&other.learnt);
    let start = |sha256: &str| sha256.chars().take(12).collect::<String>();
    let options = |list: &[String]| match list {
        [] => "aucune".to_owned(),
        some => some.iter().map(|option| shown(option)).collect::<Vec<_>>().join(", "),
    };
    match &other.difference {
        ModelDifference::File { learnt, now } => format!(
            "La référence a été apprise avec un autre fichier de modèle ({name}, sha256 {}…) que celui de la configuration \
             ({}…)\u{a0}: la refaire avec vigie learn --model, ou indiquer le fichier auquel elle correspond.",
            start(learnt),
            start(now)
        ),
        ModelDifference::Options { learnt, now } => format!(
            "La référence a été apprise avec d’autres options du fichier de modèle que celles de la configuration \
             (référence\u{a0}: {}\u{a0}; configuration\u{a0}: {})\u{a0}: la refaire avec celles de la configuration, ou reprendre \
             celles de la référence.",
            options(learnt),
            options(now)
        ),
        ModelDifference::FileOrOptions => format!(
            "La référence a été apprise avec un autre fichier de modèle que celui de la configuration ({name}), ou avec d’autres \
             options\u{a0}: la refaire avec vigie learn --model et les options de la configuration."
        ),
    }
}

pub(super) fn logged_precision(precision: &[LoggedPrecision]) -> String {
    let one = |precision: &LoggedPrecision| match precision {
        LoggedPrecision::Half => "demi-précision".to_owned(),
        LoggedPrecision::Single => "simple précision".to_owned(),
        LoggedPrecision::Digits(digits) => {
            format!("{digits} {}", plural(u64::from(*digits), "chiffre significatif", "chiffres significatifs"))
        }
        LoggedPrecision::Decimals(places) => places_of(*places),
        LoggedPrecision::Full => "pleine précision".to_owned(),
    };
    match precision {
        [] => "aucune valeur".to_owned(),
        some => some.iter().map(one).collect::<Vec<_>>().join(" ou "),
    }
}

/// `1 décimale`, `4 décimales`
pub(super) fn decimals(number: u8) -> String {
    format!("{number} {}", plural(u64::from(number), "décimale", "décimales"))
}

/// What logged scores are rounded to, by their number of decimals.
fn places_of(decimals_kept: i8) -> String {
    match (decimals_kept, decimals_kept.unsigned_abs()) {
        (0, _) => "nombres entiers".to_owned(),
        (1.., number) => decimals(number),
        (_, 1) => "dizaines".to_owned(),
        (_, 2) => "centaines".to_owned(),
        (_, 3) => "milliers".to_owned(),
        (_, zeros) => format!("multiples de 10^{zeros}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_decimal_is_singular() {
        let words = |precision: &[LoggedPrecision]| logged_precision(precision);
        assert_eq!(words(&[LoggedPrecision::Decimals(1)]), "1 décimale");
        assert_eq!(
            words(&[LoggedPrecision::Digits(1), LoggedPrecision::Decimals(0)]),
            "1 chiffre significatif ou nombres entiers"
        );
        assert_eq!(
            words(&[LoggedPrecision::Digits(7), LoggedPrecision::Decimals(4)]),
            "7 chiffres significatifs ou 4 décimales"
        );
    }
    #[test]
    fn another_model_is_stated_with_what_to_do() {
        let stated = |difference| other_model(&OtherModel { learnt: "m.cbm".to_owned(), difference });
        let file = ModelDifference::File { learnt: "0123456789abcdef".to_owned(), now: "fedcba9876543210".to_owned() };
        assert_eq!(
            stated(file),
            "La référence a été apprise avec un autre fichier de modèle (m.cbm, sha256 0123456789ab…) que celui de la \
             configuration (fedcba987654…)\u{a0}: la refaire avec vigie learn --model, ou indiquer le fichier auquel elle \
             correspond."
        );
        let options = ModelDifference::Options {
            learnt: Vec::new(),
            now: vec!["iterations: 4".to_owned(), "class: 0".to_owned()],
        };
        assert!(
            stated(options).contains("(référence\u{a0}: aucune\u{a0}; configuration\u{a0}: iterations: 4, class: 0)"),
            "the options of both"
        );
        assert!(stated(ModelDifference::FileOrOptions).contains("m.cbm"));
    }
}
