//! Compares the levels of a feature, and finds out how they differ.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    compare::Unequal,
    kind::{MIN_ROWS, RenamedLevel, SkewKind, are_nearly_all},
};
use crate::drift::CommonValue;

/// A logged level and the stored one; `None` is missing.
pub(super) type LevelPair<'a> = (Option<&'a str>, Option<&'a str>);

/// Number of renamed levels to name.
const MAX_NAMED: usize = 5;

/// Compares levels in canonical spelling.
pub(super) fn compare(pairs: &[LevelPair<'_>]) -> (Unequal, Option<SkewKind>) {
    let mut unequal = Unequal::default();
    for pair in pairs {
        match pair {
            (None, Some(_)) => unequal.missing_in_log += 1,
            (Some(_), None) => unequal.missing_in_table += 1,
            (logged, stored) if logged != stored => unequal.different += 1,
            _ => {}
        }
    }
    let kind = (unequal.rows() > 0).then(|| kind(unequal, pairs));
    (unequal, kind)
}

fn kind(unequal: Unequal, pairs: &[LevelPair<'_>]) -> SkewKind {
    let rows = unequal.rows();
    let constant = || constant(rows, pairs);
    if let Some(kind) = unequal.of_missing(&constant) {
        return kind;
    }
    if rows < MIN_ROWS {
        return SkewKind::Other;
    }
    let renamed = renamed(rows, pairs);
    let constant = || {
        let of_missing = unequal.missing_in_table > unequal.different;
        constant().map(|value| SkewKind::Constant { value, of_missing })
    };
    renamed.or_else(constant).unwrap_or(SkewKind::Other)
}

/// The logged level that nearly all unequal rows share.
fn constant(rows: u64, pairs: &[LevelPair<'_>]) -> Option<CommonValue> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for level in pairs.iter().filter(|(logged, stored)| logged != stored).filter_map(|(logged, _)| *logged) {
        *counts.entry(level).or_default() += 1;
    }
    let (level, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (rows >= MIN_ROWS && are_nearly_all(count, rows)).then(|| CommonValue::Level(Some(level.to_owned())))
}

/// Levels that are logged under one other name each.
fn renamed(rows: u64, pairs: &[LevelPair<'_>]) -> Option<SkewKind> {
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (logged, stored) in pairs.iter().filter(|(logged, stored)| logged != stored) {
        if let (Some(logged), Some(stored)) = (logged, stored) {
            *counts.entry((*stored, *logged)).or_default() += 1;
        }
    }
    let mut counts: Vec<((&str, &str), u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut names: Vec<((&str, &str), u64)> = Vec::new();
    for (pair, count) in counts {
        if names.iter().all(|((stored, logged), _)| *stored != pair.0 && *logged != pair.1) {
            names.push((pair, count));
        }
    }
    let stored: BTreeSet<&str> = names.iter().map(|((stored, _), _)| *stored).collect();
    // Levels that take each other's place in some rows only are the values of other rows.
    let is_swapped = names.iter().any(|((_, logged), _)| stored.contains(logged));
    let (mut all, mut changed) = (0, 0);
    for (logged, own) in pairs.iter().filter(|(_, own)| own.is_some_and(|own| stored.contains(own))) {
        all += 1;
        changed += u64::from(logged != own);
    }
    let explained = names.iter().map(|(_, count)| *count).sum();
    let fits = are_nearly_all(explained, rows) && (!is_swapped || are_nearly_all(changed, all));
    fits.then(|| SkewKind::Renamed {
        more: names.len().saturating_sub(MAX_NAMED),
        levels: names
            .into_iter()
            .take(MAX_NAMED)
            .map(|((stored, logged), rows)| RenamedLevel {
                stored: Some(stored.to_owned()),
                logged: Some(logged.to_owned()),
                rows,
            })
            .collect(),
    })
}
