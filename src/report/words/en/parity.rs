//! Agreement of logged scores with the model's, in English.

use vigie_profile::shown::shown;

use super::replays::decimals;
use crate::{
    replay::{IterationsUsed, ParityCause, ScorePromise, UnitRatio},
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
    let begins_with_name = matches!(
        cause,
        ParityCause::SwappedColumns { .. }
            | ParityCause::LostColumn { .. }
            | ParityCause::ZeroColumn { .. }
            | ParityCause::ScaledColumn { .. }
    );
    let sentence = if begins_with_name { words } else { capitalized(&words) };
    sentence + "."
}

/// The others may agree, where the cause came up within the window or concerns only some rows.
const GIVES: &str = "gives the logged scores of the rows that differ";

fn clause(cause: &ParityCause) -> String {
    match cause {
        ParityCause::OtherClass => {
            format!("the log probably has the probability of the other class: 1 minus the model’s {GIVES}")
        }
        ParityCause::AnotherClass { class } => {
            let class = shown(class);
            format!("the log probably has the probability of the class {class}: model.class: {class} {GIVES}")
        }
        ParityCause::RawScores => {
            format!("the log probably has raw scores, before the link function: the model’s raw score {GIVES}")
        }
        ParityCause::ScoresScaled { ratio } => {
            format!("the log probably has scores in another unit: the model’s score {} {GIVES}", changed(*ratio))
        }
        ParityCause::ScoresCut { decimals: places } => format!(
            "the service probably cuts scores off after {} instead of rounding them: all logged scores are the model’s, \
             cut off",
            decimals(*places)
        ),
        ParityCause::Iterations { uses } => iterations(*uses),
        ParityCause::InputsRounded => format!(
            "the service probably passes numbers to the library as 32-bit floats: model.inputs: f32 {GIVES}"
        ),
        ParityCause::InputsNotRounded => format!(
            "the service probably passes numbers to the library as 64-bit floats: the model without model.inputs {GIVES}"
        ),
        ParityCause::ZerosMissing => format!(
            "zeros are probably missing to the library, as in sparse rows or with XGBoost’s missing=0 (model.missing: 0): the model \
             with zeros as missing values {GIVES}"
        ),
        ParityCause::MissingZeros => format!(
            "missing numbers are probably zeros to the library: the model with zeros in place of missing values {GIVES}"
        ),
        ParityCause::ValueMissing { value } => format!(
            "{value} is probably a missing value to the library, as with XGBoost’s missing={value} (model.missing: {value}): the model \
             with it as a missing value {GIVES}"
        ),
        ParityCause::LevelsMissing { features } => format!(
            "missing levels of {} probably stay missing to the library: the model {GIVES} if no word replaces them; set \
             model.missing_level: {{{}}}",
            listed(features, |name| shown(name)),
            listed(features, |name| format!("{}: null", shown(name)))
        ),
        ParityCause::ColumnsSorted => format!(
            "the library probably reads the columns in alphabetical order, and not by their names: the model with its columns in \
             that order {GIVES}"
        ),
        ParityCause::LostColumn { feature } => format!(
            "{} is probably missing to the library: the model without its values {GIVES}",
            shown(feature)
        ),
        ParityCause::ZeroColumn { feature } => format!(
            "{} is probably zero to the library: the model with zeros in its place {GIVES}",
            shown(feature)
        ),
        ParityCause::ScaledColumn { feature, ratio } => {
            let (feature, change) = (shown(feature), changed(*ratio));
            format!("{feature} probably reaches the library in another unit: the model with its values {change} {GIVES}")
        }
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

fn iterations(uses: IterationsUsed) -> String {
    match uses {
        IterationsUsed::First(count) => {
            let first = match count {
                1 => "first boosting iteration".to_owned(),
                _ => format!("first {count} boosting iterations"),
            };
            format!("the service probably uses the {first} of the file: model.iterations: {count} {GIVES}")
        }
        IterationsUsed::All => {
            format!("the service probably uses all boosting iterations of the file: model.iterations: all {GIVES}")
        }
        IterationsUsed::Best => format!(
            "the service probably uses the boosting iterations up to the best one: model.iterations: best {GIVES}"
        ),
        IterationsUsed::Default => format!(
            "the service probably uses the library’s default number of boosting iterations: the model without \
             model.iterations {GIVES}"
        ),
    }
}

fn changed(ratio: UnitRatio) -> String {
    match ratio {
        UnitRatio::Times(by) => format!("times {by}"),
        UnitRatio::Over(by) => format!("divided by {by}"),
        UnitRatio::Negated => "with the other sign".to_owned(),
    }
}

/// Features, separated by commas.
fn listed(features: &[String], one: impl Fn(&String) -> String) -> String {
    features.iter().map(one).collect::<Vec<String>>().join(", ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        let cut = |decimals| sentence(&ParityCause::ScoresCut { decimals });
        assert!(cut(1).contains("after 1 decimal instead"), "{}", cut(1));
        assert!(cut(3).contains("after 3 decimals instead"), "{}", cut(3));
        let first = |count| sentence(&ParityCause::Iterations { uses: IterationsUsed::First(count) });
        assert!(
            first(1).contains("uses the first boosting iteration of the file: model.iterations: 1 "),
            "{}",
            first(1)
        );
        assert!(
            first(7).contains("uses the first 7 boosting iterations of the file: model.iterations: 7 "),
            "{}",
            first(7)
        );
    }
}
