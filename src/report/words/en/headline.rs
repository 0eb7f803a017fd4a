//! Headlines in English.

use vigie_profile::shown::shown;

use super::{
    findings, lists,
    numbers::{grouped, percent, plural, row_count},
    stories,
};
use crate::judge::{DriftedFeatures, Finding, Headline, Severity, VerdictHeadline};

/// `clause` states a finding as one clause.
pub(super) fn headline(headline: &Headline, clause: &dyn Fn(&Finding) -> String) -> String {
    match headline {
        Headline::Verdict(verdict) => self::verdict(verdict, clause),
        Headline::Failed { test: _, failure } => findings::failure(failure),
        Headline::Labels { windows: 1 } => "Labels have arrived for this window.".to_owned(),
        Headline::Labels { windows } => format!("Labels have arrived for {windows} windows; this is the most recent."),
        Headline::Test => "This is a test message: alert delivery from vigie works.".to_owned(),
        Headline::Stored { sentence, french: _ } => sentence.clone(),
    }
}

fn verdict(verdict: &VerdictHeadline, clause: &dyn Fn(&Finding) -> String) -> String {
    let VerdictHeadline { severity, rows, min_rows, features, .. } = verdict;
    match severity {
        Severity::Stable => {
            let features = if *features == 1 {
                "1 feature".to_owned()
            } else {
                format!("all {} features", grouped(*features as u64))
            };
            let verb = plural(*rows, "matches", "match");
            format!("Stable: {} {verb} the reference in {features}.", row_count(*rows))
        }
        Severity::Watch => format!("Watch: {}.", clauses(verdict, clause).join("; ")),
        Severity::Alarm => format!("Alarm: {}.", clauses(verdict, clause).join("; ")),
        Severity::TooFew => {
            format!("Too few rows for a verdict: {} used, {} needed.", grouped(*rows), grouped(*min_rows))
        }
        Severity::NoData => "No data: no records in this window.".to_owned(),
    }
}

/// The worst finding comes first.
pub(super) fn clauses(verdict: &VerdictHeadline, clause: &dyn Fn(&Finding) -> String) -> Vec<String> {
    let features = verdict.drifted.iter().flat_map(|drifted| self::drifted(drifted, verdict.features));
    let others = verdict.others.iter().map(clause);
    let more = match verdict.more_others {
        0 => None,
        1 => Some("1 more finding".to_owned()),
        more => Some(format!("{more} more findings")),
    };
    if verdict.is_feature_worst {
        features.chain(others).chain(more).collect()
    } else {
        others.chain(features).chain(more).collect()
    }
}

/// What happened to the worst features, and how many there are.
fn drifted(drifted: &DriftedFeatures, features: usize) -> Vec<String> {
    let DriftedFeatures { count, worst, direction, story, also, more } = drifted;
    let worst = match story {
        Some(story) => stories::story(story),
        None => format!("{} {}", shown(worst), findings::direction(direction)),
    };
    let noun = if features == 1 { "feature" } else { "features" };
    let also = if also.is_empty() { String::new() } else { format!(" (also {})", lists::stories(also, *more)) };
    if *count == 0 {
        return vec![format!("{worst}{also}")];
    }
    let (count, features) = (grouped(*count as u64), grouped(features as u64));
    vec![worst, format!("{count} of {features} {noun} drifted{also}")]
}

pub(super) fn bare(severity: Severity, found: usize, drifted_share: Option<f64>) -> String {
    let share = drifted_share.map_or("–".to_owned(), percent);
    let noun = if found == 1 { "finding" } else { "findings" };
    format!("{}: {found} {noun}, {share} of features drifted.", findings::severity_word(severity))
}
