//! Agreement of logged scores with the model's, in English.

use vigie_profile::shown::shown;

use crate::{
    replay::{IterationsUsed, ParityCause, ScorePromise},
    report::words::format::capitalized,
};

/// Why scores differ, or may differ where the rows do not show it, in a clause.
pub(super) fn why(cause: Option<&ParityCause>) -> String {
    cause.map_or_else(
        || "either another model produced the scores, or the logged inputs are not the ones it was given".to_owned(),
        clause,
    )
}

/// Why scores differ, in a sentence.
pub(super) fn sentence(cause: &ParityCause) -> String {
    let words = clause(cause);
    // A name keeps its first letter.
    let begins_with_name = matches!(cause, ParityCause::SwappedColumns { .. });
    let sentence = if begins_with_name { words } else { capitalized(&words) };
    sentence + "."
}

fn clause(cause: &ParityCause) -> String {
    const GIVES: &str = "gives the logged scores";
    match cause {
        ParityCause::OtherClass => {
            format!("the log probably has the probability of the other class: 1 minus the model’s {GIVES}")
        }
        ParityCause::Iterations { uses: IterationsUsed::All } => {
            format!("the service probably uses all boosting iterations of the file: model.iterations: all {GIVES}")
        }
        ParityCause::Iterations { uses: IterationsUsed::Best } => format!(
            "the service probably uses the boosting iterations up to the best one: model.iterations: best {GIVES}"
        ),
        ParityCause::Iterations { uses: IterationsUsed::Default } => format!(
            "the service probably uses the library’s default number of boosting iterations: the model without \
             model.iterations {GIVES}"
        ),
        ParityCause::InputsRounded => format!(
            "the service probably passes numbers to the library as 32-bit floats: model.inputs: f32 {GIVES}"
        ),
        ParityCause::InputsNotRounded => format!(
            "the service probably passes numbers to the library as 64-bit floats: the model without model.inputs {GIVES}"
        ),
        ParityCause::ZerosMissing => format!(
            "zeros are probably missing to the library, as in sparse rows: the model with zeros as missing values {GIVES}"
        ),
        ParityCause::MissingZeros => format!(
            "missing numbers are probably zeros to the library: the model with zeros in place of missing values {GIVES}"
        ),
        ParityCause::SwappedColumns { first, second } => format!(
            "{} and {} are probably exchanged: the model with their values swapped {GIVES}",
            shown(first),
            shown(second)
        ),
        ParityCause::ChangedLeaf { tree } => format!(
            "one leaf of tree {tree} probably has another value in the model file than in the one in use: its rows differ by \
             the same amount, and all others agree"
        ),
        ParityCause::OtherModel { similar: true } => {
            "another version of the model probably scored the rows: it ranks them alike, and no change of the inputs explains \
             its scores"
                .to_owned()
        }
        ParityCause::OtherModel { similar: false } => {
            "another model probably scored the rows: it ranks them otherwise, and no change of the inputs explains its scores"
                .to_owned()
        }
    }
}

/// How closely vigie's scores equal those of the library.
pub(super) fn promise(promise: &ScorePromise) -> String {
    let library = shown(&promise.library);
    let tolerance = promise.tolerance;
    match tolerance.within {
        within if within > 0.0 => format!("those of {library}, within {within:e}"),
        _ if tolerance.is_single => format!("those of {library}, to the bit of its 32-bit floats"),
        _ => format!("those of {library}, to the bit"),
    }
}
