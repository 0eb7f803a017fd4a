//! Finding: logged inputs are not those of the feature table. One for the run, which names what happened to which features.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vigie_profile::layout::{PrefixBlock, prefix_blocks};
use vigie_stats::proportion::binomial_test;

use super::{Facts, Finding, Limits, Policy, Severity, StoryBlock, Test, rules::highest};
use crate::{
    fault::LeftOut,
    skew::{FeatureSkew, Skew, SkewKind},
};

/// Features whose logged values differ from the feature table in the same way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SkewCause {
    pub how: SkewKind,
    /// The beginning that all of their names share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<StoryBlock>,
    /// The features with most unequal rows, at most three.
    pub named: Vec<String>,
    /// Number of further ones.
    pub more: usize,
    /// The greatest share of unequal rows.
    pub share: f64,
}

/// The comparison with the feature table, as far as it could be made.
#[derive(Debug, Clone, PartialEq)]
pub struct SkewCheck {
    /// `Err`: why the feature table could not be compared.
    pub skew: Result<Skew, LeftOut>,
    /// Names of all features, in the order of the reference.
    pub names: Vec<String>,
}

impl SkewCheck {
    /// Returns the comparison without the text of levels, and without the error, which may quote the input.
    #[must_use]
    pub fn redacted(self) -> Self {
        let hidden = |feature: FeatureSkew| FeatureSkew { kind: feature.kind.redacted(), ..feature };
        let skew = self.skew.map(|skew| Skew { unequal: skew.unequal.into_iter().map(hidden).collect(), ..skew });
        Self { skew: skew.map_err(LeftOut::redacted), names: self.names }
    }
}

/// Number of features that a cause names.
const NAMED: usize = 3;
/// Number of causes that a finding names.
const MAX_CAUSES: usize = 5;
/// Features that make a block.
const MIN_BLOCK: usize = 3;
/// The evidence for a limit: more rows are unequal than chance explains if this part of the limit were true.
const TRUE_PART: f64 = 0.5;

/// Returns a finding if a feature reaches a limit, or if nothing could be compared.
pub(super) fn finding(check: &SkewCheck, policy: &Policy) -> Option<Finding> {
    let skew = match &check.skew {
        Ok(skew) => skew,
        Err(input) => {
            return Some(Finding::of_run(Test::Skew, Severity::Watch, Facts::LeftOut(input.clone())));
        }
    };
    let judged = skew.unequal.iter().filter_map(|feature| {
        let (severity, limit) = reached(policy.skew_of(&feature.name), feature, policy.q)?;
        Some((feature, severity, limit))
    });
    let judged: Vec<(&FeatureSkew, Severity, f64)> = judged.collect();
    // Features are sorted by their rows: the first of the worst has the greatest share.
    let worst = judged.iter().map(|(_, severity, _)| *severity).max()?;
    let (lead, severity, limit) = judged.iter().find(|(_, severity, _)| *severity == worst)?;
    let mut causes = causes(judged.iter().map(|(feature, _, _)| *feature), &check.names);
    let more = causes.len().saturating_sub(MAX_CAUSES);
    causes.truncate(MAX_CAUSES);
    Some(Finding {
        value: Some(lead.share()),
        limit: Some(*limit),
        ..Finding::of_run(Test::Skew, *severity, Facts::Skew { compared: skew.compared, causes, more })
    })
}

/// Returns the severity of a feature, with the limit that it reaches.
#[must_use]
pub fn skew_severity(feature: &FeatureSkew, policy: &Policy) -> Severity {
    reached(policy.skew_of(&feature.name), feature, policy.q).map_or(Severity::Stable, |(severity, _)| severity)
}

fn reached(limits: Limits, feature: &FeatureSkew, q: f64) -> Option<(Severity, f64)> {
    let is_evident = |limit: f64| binomial_test(feature.rows(), feature.compared, TRUE_PART * limit) <= q;
    highest(limits, |limit| feature.share() >= limit && is_evident(limit))
}

/// What must be equal for features to have one cause.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CauseKey {
    /// Values of a source, by the first word of the names: empty for features outside all blocks.
    OfSource(&'static str, String),
    /// A value, factor or amount that features share.
    Shared(String),
    /// A feature of its own.
    Single(String),
}

/// Groups features by how they differ, largest share first.
fn causes<'f>(features: impl Iterator<Item = &'f FeatureSkew>, names: &[String]) -> Vec<SkewCause> {
    let features: Vec<&FeatureSkew> = features.collect();
    let blocks = prefix_blocks(names.iter().map(String::as_str));
    let mut groups: BTreeMap<CauseKey, Vec<&FeatureSkew>> = BTreeMap::new();
    for feature in &features {
        let source = source(&feature.name, &blocks);
        let own = features.iter().filter(|other| source_is(&other.name, &source));
        let (others, all) =
            own.fold((0, 0), |(others, all), other| (others + usize::from(other.kind == SkewKind::Other), all + 1));
        // Old rows of a source differ from the new ones in many ways.
        let is_of_rows = !source.is_empty() && all >= MIN_BLOCK && 2 * others >= all;
        let key = match &feature.kind {
            _ if is_of_rows => CauseKey::OfSource("other", source),
            SkewKind::Other => CauseKey::OfSource("other", source),
            SkewKind::MissingInLog => CauseKey::OfSource("missing_in_log", source),
            SkewKind::MissingInTable => CauseKey::OfSource("missing_in_table", source),
            SkewKind::Constant { .. } | SkewKind::Factor { .. } | SkewKind::Offset { .. } => {
                CauseKey::Shared(serde_json::to_string(&feature.kind).unwrap_or_default())
            }
            SkewKind::Renamed { .. } => CauseKey::Single(feature.name.clone()),
        };
        groups.entry(key).or_default().push(feature);
    }
    let mut causes: Vec<SkewCause> = groups.into_iter().filter_map(|(key, own)| cause(&key, &own, &blocks)).collect();
    causes.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.named.cmp(&b.named)));
    causes
}

fn cause(key: &CauseKey, features: &[&FeatureSkew], blocks: &[PrefixBlock]) -> Option<SkewCause> {
    let lead = features.first()?;
    let how = match key {
        CauseKey::OfSource("other", _) => SkewKind::Other,
        _ => lead.kind.clone(),
    };
    Some(SkewCause {
        how,
        block: block(features, blocks),
        named: features.iter().take(NAMED).map(|feature| feature.name.clone()).collect(),
        more: features.len().saturating_sub(NAMED),
        share: lead.share(),
    })
}

/// The first word of a feature's name, if at least three features share it; otherwise empty.
fn source(name: &str, blocks: &[PrefixBlock]) -> String {
    let mut of_name = blocks.iter().filter(|block| block.words() == 1 && name.starts_with(&block.prefix));
    of_name.next().map(|block| block.prefix.clone()).unwrap_or_default()
}

fn source_is(name: &str, source: &str) -> bool {
    !source.is_empty() && name.starts_with(source)
}

/// The smallest block of names that holds all of these features.
fn block(features: &[&FeatureSkew], blocks: &[PrefixBlock]) -> Option<StoryBlock> {
    if features.len() < MIN_BLOCK {
        return None;
    }
    let holds_all = |prefix: &str| features.iter().all(|feature| feature.name.starts_with(prefix));
    let holding = blocks.iter().filter(|block| holds_all(&block.prefix));
    let smallest = holding.min_by_key(|block| (block.features.len(), block.prefix.len()))?;
    Some(StoryBlock { prefix: smallest.prefix.clone(), features: smallest.features.len(), affected: features.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::CommonValue;

    fn unequal(name: &str, rows: u64, kind: SkewKind) -> FeatureSkew {
        FeatureSkew {
            name: name.to_owned(),
            compared: 1_000,
            missing_in_log: 0,
            missing_in_table: 0,
            different: rows,
            kind,
        }
    }

    fn check(mut unequal: Vec<FeatureSkew>) -> SkewCheck {
        unequal.sort_by_key(|feature| std::cmp::Reverse(feature.rows()));
        let names = ["B_X_1", "B_X_2", "B_X_3", "B_Y", "AGE", "JOB", "C_1", "C_2", "C_3"].map(ToOwned::to_owned).into();
        SkewCheck { skew: Ok(Skew { compared: 1_000, unequal, ..Skew::default() }), names }
    }

    fn found(unequal: Vec<FeatureSkew>) -> (Severity, Vec<(SkewKind, String)>) {
        let finding = finding(&check(unequal), &Policy::default()).unwrap();
        let Facts::Skew { causes, .. } = finding.facts else { panic!() };
        let named = |cause: &SkewCause| match &cause.block {
            Some(block) => format!("{}* {} of {}", block.prefix, block.affected, block.features),
            None => cause.named.join(" "),
        };
        (finding.severity, causes.iter().map(|cause| (cause.how.clone(), named(cause))).collect())
    }

    #[test]
    fn a_limit_needs_effect_and_evidence() {
        let severity = |rows, compared| {
            let feature = FeatureSkew { compared, ..unequal("AGE", rows, SkewKind::Other) };
            skew_severity(&feature, &Policy::default())
        };
        assert_eq!(
            [9, 12, 99, 100].map(|rows| severity(rows, 1_000)),
            [Severity::Stable, Severity::Watch, Severity::Watch, Severity::Alarm]
        );
        assert_eq!(severity(1, 100), Severity::Stable, "a single row of a hundred");
        assert_eq!(severity(5, 5), Severity::Alarm);
        let off = Policy {
            features: [("AGE".to_owned(), super::super::Override { skew: Some(Limits::off()), ..Default::default() })]
                .into(),
            ..Policy::default()
        };
        assert_eq!(skew_severity(&unequal("AGE", 999, SkewKind::Other), &off), Severity::Stable);
    }

    #[test]
    fn features_with_one_cause_are_one() {
        let zero = || SkewKind::Constant { value: CommonValue::Number(0.0), of_missing: true };
        let causes = found(vec![
            unequal("B_X_1", 54, zero()),
            unequal("C_1", 54, zero()),
            unequal("C_2", 54, zero()),
            unequal("AGE", 900, SkewKind::Factor { factor: 365.0 }),
        ]);
        assert_eq!(
            causes,
            (
                Severity::Alarm,
                vec![(SkewKind::Factor { factor: 365.0 }, "AGE".to_owned()), (zero(), "B_X_1 C_1 C_2".to_owned())]
            )
        );
    }

    #[test]
    fn old_rows_of_a_source_are_one_cause_whatever_its_features_show() {
        let causes = found(vec![
            unequal("B_X_1", 990, SkewKind::Other),
            unequal("B_X_2", 980, SkewKind::Offset { by: -1.0 }),
            unequal("B_X_3", 300, SkewKind::Other),
            unequal("JOB", 40, SkewKind::Other),
        ]);
        let all = (SkewKind::Other, "B_X_* 3 of 3".to_owned());
        assert_eq!(causes, (Severity::Alarm, vec![all, (SkewKind::Other, "JOB".to_owned())]));
    }

    #[test]
    fn a_table_that_cannot_be_read_is_a_watch() {
        let input = LeftOut { place: None, cause: Some("features.path: no such file".to_owned()) };
        let lost = SkewCheck { skew: Err(input), names: Vec::new() };
        assert_eq!(finding(&lost, &Policy::default()).unwrap().severity, Severity::Watch);
        assert_eq!(finding(&check(Vec::new()), &Policy::default()), None);
    }
}
