//! Replays and contributions in French.

use super::numbers::plural;
use crate::replay::{LoggedPrecision, Unmeasured};

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

pub(super) fn logged_precision(precision: &[LoggedPrecision]) -> String {
    let one = |precision: &LoggedPrecision| match precision {
        LoggedPrecision::Half => "demi-précision".to_owned(),
        LoggedPrecision::Single => "simple précision".to_owned(),
        LoggedPrecision::Digits(digits) => {
            format!("{digits} {}", plural(u64::from(*digits), "chiffre significatif", "chiffres significatifs"))
        }
        LoggedPrecision::Decimals(places) => decimals(*places),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_decimal_is_singular() {
        let words = |precision: &[LoggedPrecision]| logged_precision(precision);
        assert_eq!(words(&[LoggedPrecision::Decimals(1)]), "1 décimale");
        assert_eq!(
            words(&[LoggedPrecision::Digits(1), LoggedPrecision::Decimals(0)]),
            "1 chiffre significatif ou 0 décimale"
        );
        assert_eq!(
            words(&[LoggedPrecision::Digits(7), LoggedPrecision::Decimals(4)]),
            "7 chiffres significatifs ou 4 décimales"
        );
    }
}
