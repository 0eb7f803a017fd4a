//! Logged inputs compared with the feature table: what was compared, and the features that differ.

use vigie_profile::shown::shown;

use crate::{
    judge::{Severity, skew_severity},
    report::{Report, words::Language},
};

/// Table row of a feature.
pub(crate) struct SkewLine {
    /// Link and name.
    pub name: (String, String),
    pub severity: Severity,
    pub how: String,
    pub rows: String,
    pub share: String,
}

/// Content of the section.
pub(crate) struct SkewCard {
    pub sentences: Vec<String>,
    pub lines: Vec<SkewLine>,
}

/// Features to list; `report.json` has all of them.
const MAX_LINES: usize = 60;

pub(crate) fn card(report: &Report, language: Language) -> Option<SkewCard> {
    let skew = match &report.skew.as_ref()?.skew {
        Ok(skew) => skew,
        Err(input) => {
            return Some(SkewCard { sentences: vec![language.skew_not_compared(input)], lines: Vec::new() });
        }
    };
    let link = |name: &String| {
        let place = report.drift.features.iter().position(|feature| feature.name == *name);
        (place.map_or(String::new(), |place| format!("#f{place}")), shown(name))
    };
    let mut sentences = language.skew_compared(skew);
    let more = skew.unequal.len().saturating_sub(MAX_LINES);
    if more > 0 {
        sentences.push(language.and_more(more));
    }
    let lines = skew.unequal.iter().take(MAX_LINES).map(|feature| SkewLine {
        name: link(&feature.name),
        severity: skew_severity(feature, &report.policy),
        how: language.skew_how(&feature.kind),
        rows: language.grouped(feature.rows()),
        share: language.percent(feature.share()),
    });
    Some(SkewCard { sentences, lines: lines.collect() })
}
