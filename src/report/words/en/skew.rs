//! Skew between training and serving in English.

use vigie_profile::shown::{harmless, shown};

use super::{
    English,
    lists::names,
    numbers::{exact, grouped, number, percent, plural, row_count},
};
use crate::{
    drift::CommonValue,
    fault::LeftOut,
    judge::SkewCause,
    report::words::{SkewWords, values::Multiple},
    skew::{RenamedLevel, Skew, SkewKind},
};

impl SkewWords for English {
    fn skew_compared(&self, skew: &Skew) -> Vec<String> {
        compared(skew)
    }

    fn skew_how(&self, kind: &SkewKind) -> String {
        how(kind)
    }

    fn skew_not_compared(&self, input: &LeftOut) -> String {
        not_compared(input)
    }
}

pub(super) fn finding(compared: u64, causes: &[SkewCause], more: usize) -> String {
    let mut clauses: Vec<String> = causes.iter().map(|cause| clause(cause, compared)).collect();
    if more > 0 {
        clauses.push(format!("and {} more", grouped(more as u64)));
    }
    format!("logged inputs differ from the feature table: {}", clauses.join("; "))
}

fn clause(cause: &SkewCause, compared: u64) -> String {
    let most = if cause.named.len() + cause.more > 1 { "up to " } else { "" };
    format!("{}: {} in {most}{} of {}", who(cause), how(&cause.how), percent(cause.share), row_count(compared))
}

fn who(cause: &SkewCause) -> String {
    match &cause.block {
        Some(block) if block.is_whole() => format!("all {} features of {}", block.features, shown(&block.name())),
        Some(block) => format!("{} of {} features of {}", block.affected, block.features, shown(&block.name())),
        None => names(&cause.named, cause.more),
    }
}

/// The lead of the first cause, in a headline.
pub(super) fn short(causes: &[SkewCause], more: usize) -> String {
    let others = causes.len().saturating_sub(1) + more;
    let Some(first) = causes.first() else { return "Logged inputs differ from the feature table".to_owned() };
    let named = match &first.block {
        Some(block) => shown(&block.name()),
        None => first.named.first().map(|name| shown(name)).unwrap_or_default(),
    };
    let is_several = others > 0 || first.block.is_some() || first.named.len() + first.more > 1;
    let and_others =
        if others > 0 || first.block.is_none() && first.named.len() + first.more > 1 { " and others" } else { "" };
    format!("{named}{and_others} {} from the feature table", if is_several { "differ" } else { "differs" })
}

/// How logged values differ, as a noun phrase.
fn how(kind: &SkewKind) -> String {
    match kind {
        SkewKind::MissingInLog => "no value where the feature table has one".to_owned(),
        SkewKind::MissingInTable => "a value where the feature table has none".to_owned(),
        SkewKind::Constant { value, of_missing } => {
            let value = match value {
                CommonValue::Number(value) => exact(*value),
                CommonValue::Level(Some(level)) => format!("“{}”", shown(level)),
                CommonValue::Level(None) => "one level".to_owned(),
            };
            let place = if *of_missing { "of a missing value" } else { "of the feature table’s values" };
            format!("{value} in place {place}")
        }
        SkewKind::Factor { factor } => format!("the feature table’s values {}", multiplied(*factor)),
        SkewKind::Offset { by } if *by < 0.0 => format!("the feature table’s values minus {}", number(-by)),
        SkewKind::Offset { by } => format!("the feature table’s values plus {}", number(*by)),
        SkewKind::Renamed { levels, more } => renamed(levels, *more),
        SkewKind::Other => "other values than in the feature table".to_owned(),
    }
}

fn multiplied(factor: f64) -> String {
    #[expect(clippy::float_cmp, reason = "as snapped")]
    let is_reversed = factor == -1.0;
    match Multiple::new(factor) {
        Multiple::Reversed if is_reversed => "with the opposite sign".to_owned(),
        Multiple::Reversed => format!("multiplied by {}", number(factor)),
        Multiple::By(factor) => format!("multiplied by {}", exact(factor)),
        Multiple::DividedBy(divisor) => format!("divided by {}", exact(divisor)),
    }
}

fn renamed(levels: &[RenamedLevel], more: usize) -> String {
    let named = levels.iter().filter_map(|level| {
        let (stored, logged) = (level.stored.as_ref()?, level.logged.as_ref()?);
        Some(format!("“{}” logged as “{}”", shown(stored), shown(logged)))
    });
    let mut named: Vec<String> = named.collect();
    if named.is_empty() {
        let all = (levels.len() + more) as u64;
        return format!("{} {} logged under another name", grouped(all), plural(all, "level", "levels"));
    }
    if more > 0 {
        named.push(format!("and {} more levels", grouped(more as u64)));
    }
    named.join(", ")
}

/// What was compared, as whole sentences.
fn compared(skew: &Skew) -> Vec<String> {
    let mut sentences = vec![format!(
        "{} of {} were compared with the feature table, in {} features.",
        grouped(skew.compared),
        row_count(skew.rows),
        grouped(skew.features as u64)
    )];
    if skew.not_found > 0 {
        let rows = row_count(skew.not_found);
        sentences.push(format!("The ids of {rows} are not in the feature table."));
    }
    if skew.ambiguous > 0 {
        sentences.push(format!(
            "{} {} more than one row in the feature table: {} with them {} not compared.",
            grouped(skew.duplicates),
            plural(skew.duplicates, "id has", "ids have"),
            row_count(skew.ambiguous),
            plural(skew.ambiguous, "is", "are")
        ));
    }
    if skew.without_id > 0 {
        let rows = row_count(skew.without_id);
        sentences.push(format!("{rows} {} no id to look up.", plural(skew.without_id, "has", "have")));
    }
    if !skew.not_in_table.is_empty() {
        sentences.push(format!("Not in the feature table: {}.", listed(&skew.not_in_table)));
    }
    if skew.unequal.is_empty() && skew.compared > 0 {
        sentences.push("All logged inputs are those of the feature table, at the precision of the log.".to_owned());
    }
    sentences
}

fn listed(all: &[String]) -> String {
    const NAMED: usize = 3;
    names(all.get(..NAMED).unwrap_or(all), all.len().saturating_sub(NAMED))
}

fn not_compared(input: &LeftOut) -> String {
    match harmless(&input.to_string()) {
        why if why.is_empty() => "The logged inputs were not compared: the feature table could not be read.".to_owned(),
        why => format!("The logged inputs were not compared with the feature table: {why}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::StoryBlock;

    #[test]
    fn causes_are_stated_with_features_rows_and_values() {
        let sentinel = SkewCause {
            how: SkewKind::Constant { value: CommonValue::Number(365_243.0), of_missing: true },
            block: None,
            named: vec!["DAYS_EMPLOYED".to_owned()],
            more: 0,
            share: 0.18,
        };
        let old = SkewCause {
            how: SkewKind::Other,
            block: Some(StoryBlock { prefix: "BUREAU_".to_owned(), features: 25, affected: 20 }),
            named: vec!["BUREAU_A".to_owned()],
            more: 19,
            share: 0.9,
        };
        assert_eq!(
            finding(700, &[old.clone(), sentinel.clone()], 1),
            "logged inputs differ from the feature table: 20 of 25 features of BUREAU_*: other values than in the feature \
             table in up to 90.0% of 700 rows; DAYS_EMPLOYED: 365,243 in place of a missing value in 18.0% of 700 rows; and \
             1 more"
        );
        assert_eq!(short(&[sentinel], 0), "DAYS_EMPLOYED differs from the feature table");
        assert_eq!(short(&[old], 2), "BUREAU_* and others differ from the feature table");
    }

    #[test]
    fn kinds_are_noun_phrases() {
        let level = |stored: &str, logged: &str| RenamedLevel {
            stored: Some(stored.to_owned()),
            logged: Some(logged.to_owned()),
            rows: 9,
        };
        let renamed = SkewKind::Renamed { levels: vec![level("a", "b")], more: 0 };
        for (kind, expected) in [
            (SkewKind::Factor { factor: 365.25 }, "the feature table’s values multiplied by 365.25"),
            (SkewKind::Factor { factor: 0.001 }, "the feature table’s values divided by 1,000"),
            (SkewKind::Factor { factor: -1.0 }, "the feature table’s values with the opposite sign"),
            (SkewKind::Offset { by: -1.0 }, "the feature table’s values minus 1"),
            (renamed.clone(), "“a” logged as “b”"),
            (renamed.redacted(), "1 level logged under another name"),
        ] {
            assert_eq!(how(&kind), expected);
        }
    }
}
