//! Replays and contributions in French.

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
        LoggedPrecision::Digits(digits) => format!("{digits} chiffres significatifs"),
        LoggedPrecision::Decimals(-1) => "dizaines".to_owned(),
        LoggedPrecision::Decimals(-2) => "centaines".to_owned(),
        LoggedPrecision::Decimals(-3) => "milliers".to_owned(),
        LoggedPrecision::Decimals(0) => "nombres entiers".to_owned(),
        LoggedPrecision::Decimals(1) => "1 décimale".to_owned(),
        LoggedPrecision::Decimals(decimals @ 2..) => format!("{decimals} décimales"),
        LoggedPrecision::Decimals(decimals) => format!("multiples de 10^{}", decimals.unsigned_abs()),
        LoggedPrecision::Full => "pleine précision".to_owned(),
    };
    match precision {
        [] => "aucune valeur".to_owned(),
        some => some.iter().map(one).collect::<Vec<_>>().join(" ou "),
    }
}
