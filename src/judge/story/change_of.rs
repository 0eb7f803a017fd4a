//! What happened to a feature with findings: as the second pass over its values found it, or else as the findings show it.

use crate::{
    drift::{Change, CommonValue, FeatureDrift, PsiBinKind},
    judge::{Facts, Finding},
};

/// Share of rows without a value from which a feature is empty, and the share below which it was not.
const EMPTY: f64 = 0.99;
const NOT_EMPTY: f64 = 0.9;

/// Returns the change of a feature with these findings.
pub(super) fn change_of(drift: &FeatureDrift, findings: &[&Finding]) -> Change {
    if let Some(change) = &drift.change {
        return change.clone();
    }
    if findings.iter().any(|finding| matches!(finding.facts, Facts::Absent { .. })) {
        return Change::Absent;
    }
    if let Some(value) = findings.iter().find_map(|finding| constant(finding)) {
        return Change::Constant { value };
    }
    let (from, to) = drift.rows_without_value().shares();
    let is_empty = to >= EMPTY && from < NOT_EMPTY;
    if is_empty || findings.iter().any(|one| is_missing(one)) {
        return if to > from {
            Change::Gap { extent: (to - from) / (1.0 - from) }
        } else {
            Change::Filled { extent: (from - to) / from }
        };
    }
    if findings.iter().any(|finding| matches!(finding.facts, Facts::Unseen { .. }))
        && let Some(unseen) = &drift.unseen
    {
        return Change::NewLevel {
            level: unseen.levels.first().map(|(name, _)| name.clone()),
            others: unseen.distinct.saturating_sub(1),
            extent: unseen.share.unwrap_or(0.0),
        };
    }
    Change::Shift
}

/// The value of a feature that became constant.
fn constant(finding: &Finding) -> Option<CommonValue> {
    let Facts::Constant { value, .. } = &finding.facts else { return None };
    Some(value.clone())
}

/// Returns whether a finding is about missing values.
fn is_missing(finding: &Finding) -> bool {
    match &finding.facts {
        Facts::Dead { .. } => true,
        Facts::Missing { from, to } => from.total_cmp(to).is_ne(),
        Facts::Psi { largest_bin: Some(bin), .. } => {
            bin.kind == PsiBinKind::Missing && (bin.to - bin.from).abs() >= MOVED
        }
        _ => false,
    }
}

/// Change of the missing share that explains a PSI by itself.
const MOVED: f64 = 0.05;
