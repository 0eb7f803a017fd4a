//! Replays and contributions in English.

use crate::replay::{LoggedPrecision, Unmeasured};

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

pub(super) fn logged_precision(precision: &[LoggedPrecision]) -> String {
    let one = |precision: &LoggedPrecision| match precision {
        LoggedPrecision::Half => "half precision".to_owned(),
        LoggedPrecision::Single => "single precision".to_owned(),
        LoggedPrecision::Digits(digits) => format!("{digits} significant digits"),
        LoggedPrecision::Decimals(-1) => "tens".to_owned(),
        LoggedPrecision::Decimals(-2) => "hundreds".to_owned(),
        LoggedPrecision::Decimals(-3) => "thousands".to_owned(),
        LoggedPrecision::Decimals(0) => "whole numbers".to_owned(),
        LoggedPrecision::Decimals(1) => "1 decimal".to_owned(),
        LoggedPrecision::Decimals(decimals @ 2..) => format!("{decimals} decimals"),
        LoggedPrecision::Decimals(decimals) => format!("multiples of 10^{}", decimals.unsigned_abs()),
        LoggedPrecision::Full => "full precision".to_owned(),
    };
    match precision {
        [] => "nothing".to_owned(),
        some => some.iter().map(one).collect::<Vec<_>>().join(" or "),
    }
}
