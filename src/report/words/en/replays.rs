//! Replays and contributions in English.

use vigie_profile::shown::shown;

use super::numbers::plural;
use crate::replay::{LoggedPrecision, ModelDifference, OtherModel, Unmeasured};

pub(super) fn unmeasured(why: &Unmeasured) -> String {
    let again = "learn the reference again with `vigie learn --model`";
    match why {
        Unmeasured::NoModel => format!("the reference was learnt without a model; {again}"),
        Unmeasured::OtherModel => format!("the reference was learnt with another model file; {again}"),
        Unmeasured::Model(error) => error.clone(),
        Unmeasured::Distributions => {
            "the reference was imported as distributions, and has no values to put back".to_owned()
        }
        Unmeasured::Prediction => {
            "the model predicts a number, from which neither decisions nor costs follow".to_owned()
        }
        Unmeasured::TooFewRows => "too few rows for a verdict".to_owned(),
        Unmeasured::NoRows => "the window has no used rows".to_owned(),
    }
}

/// How the config's model differs from that of the reference.
pub(super) fn other_model(other: &OtherModel) -> String {
    let name = shown(&other.learnt);
    let start = |sha256: &str| sha256.chars().take(12).collect::<String>();
    let options = |list: &[String]| match list {
        [] => "none".to_owned(),
        some => some.iter().map(|option| shown(option)).collect::<Vec<_>>().join(", "),
    };
    match &other.difference {
        ModelDifference::File { learnt, now } => format!(
            "The reference was learnt with another model file ({name}, sha256 {}…) than the config names ({}…): learn it again \
             with vigie learn --model, or name the file that it belongs to.",
            start(learnt),
            start(now)
        ),
        ModelDifference::Options { learnt, now } => format!(
            "The reference was learnt with other options of the model file than the config has (reference: {}; config: {}): \
             learn it again with those of the config, or set those of the reference.",
            options(learnt),
            options(now)
        ),
        ModelDifference::FileOrOptions => format!(
            "The reference was learnt with another model file than the config names ({name}), or with other options of it: learn \
             it again with vigie learn --model and the options of the config."
        ),
    }
}

pub(super) fn logged_precision(precision: &[LoggedPrecision]) -> String {
    let one = |precision: &LoggedPrecision| match precision {
        LoggedPrecision::Half => "half precision".to_owned(),
        LoggedPrecision::Single => "single precision".to_owned(),
        LoggedPrecision::Digits(digits) => {
            format!("{digits} significant {}", plural(u64::from(*digits), "digit", "digits"))
        }
        LoggedPrecision::Decimals(places) => places_of(*places),
        LoggedPrecision::Full => "full precision".to_owned(),
    };
    match precision {
        [] => "nothing".to_owned(),
        some => some.iter().map(one).collect::<Vec<_>>().join(" or "),
    }
}

/// `1 decimal`, `4 decimals`
pub(super) fn decimals(number: u8) -> String {
    format!("{number} {}", plural(u64::from(number), "decimal", "decimals"))
}

/// What logged scores are rounded to, by their number of decimals.
fn places_of(decimals_kept: i8) -> String {
    match (decimals_kept, decimals_kept.unsigned_abs()) {
        (0, _) => "whole numbers".to_owned(),
        (1.., number) => decimals(number),
        (_, 1) => "tens".to_owned(),
        (_, 2) => "hundreds".to_owned(),
        (_, 3) => "thousands".to_owned(),
        (_, zeros) => format!("multiples of 10^{zeros}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_decimal_is_singular() {
        let words = |precision: &[LoggedPrecision]| logged_precision(precision);
        assert_eq!(words(&[LoggedPrecision::Decimals(1)]), "1 decimal");
        assert_eq!(
            words(&[LoggedPrecision::Digits(1), LoggedPrecision::Decimals(0)]),
            "1 significant digit or whole numbers"
        );
        assert_eq!(
            words(&[LoggedPrecision::Digits(7), LoggedPrecision::Decimals(4)]),
            "7 significant digits or 4 decimals"
        );
    }
    #[test]
    fn another_model_is_stated_with_what_to_do() {
        let stated = |difference| other_model(&OtherModel { learnt: "m.cbm".to_owned(), difference });
        let file = ModelDifference::File { learnt: "0123456789abcdef".to_owned(), now: "fedcba9876543210".to_owned() };
        assert_eq!(
            stated(file),
            "The reference was learnt with another model file (m.cbm, sha256 0123456789ab…) than the config names \
             (fedcba987654…): learn it again with vigie learn --model, or name the file that it belongs to."
        );
        let options = ModelDifference::Options {
            learnt: Vec::new(),
            now: vec!["iterations: 4".to_owned(), "class: 0".to_owned()],
        };
        assert!(stated(options).contains("(reference: none; config: iterations: 4, class: 0)"), "the options of both");
        assert!(stated(ModelDifference::FileOrOptions).contains("m.cbm"));
    }
}
