//! Which way a feature went: up or down, from where to where, in a clause that follows its name.

use super::{Language, reasons::bin_label};
use crate::{
    drift::{BinCount, BinKind, FeatureDrift, Summary},
    judge::{Finding, Test},
};

/// `went up, median 26199 → 38448`. Of a feature's worst finding; levels that the reference never had are not named.
pub(crate) fn way(finding: &Finding, drift: &FeatureDrift, language: Language) -> String {
    match finding.test {
        Test::Absent => language.pick("is no longer in the log", "n’est plus dans le journal").to_owned(),
        Test::Missing => missing(drift, language),
        Test::Unseen => unseen(drift, language),
        _ => values(drift, language),
    }
}

fn missing(drift: &FeatureDrift, language: Language) -> String {
    let (from, to) = (drift.missing.reference_share, drift.missing.window_share);
    let verb = match language {
        Language::English if to > from => "is missing more often",
        Language::English => "is missing less often",
        Language::French if to > from => "manque plus souvent",
        Language::French => "manque moins souvent",
    };
    from_to(verb, &language.percent_or_dash(from), &language.percent_or_dash(to))
}

fn unseen(drift: &FeatureDrift, language: Language) -> String {
    let share = drift.unseen.as_ref().and_then(|unseen| unseen.share);
    let verb = language.pick("has levels the reference never had", "a des modalités que la référence n’a jamais eues");
    from_to(verb, &language.percent(0.0), &language.percent_or_dash(share))
}

/// Values moved: what is missing, unseen or out of range if that is most of it, else the middle of numbers or the level that
/// moved most.
fn values(drift: &FeatureDrift, language: Language) -> String {
    let Some(most) = drift.bins.iter().max_by(|a, b| a.contribution.total_cmp(&b.contribution)) else {
        return language.pick("moved", "a bougé").to_owned();
    };
    match most.kind {
        BinKind::Missing => missing(drift, language),
        BinKind::Unseen => unseen(drift, language),
        BinKind::Above | BinKind::Below => {
            let (from, to) = shares(most, drift);
            let verb = match (most.kind, language) {
                (BinKind::Above, Language::English) => "is above the reference’s maximum more often",
                (BinKind::Above, Language::French) => "dépasse plus souvent le maximum de la référence",
                (_, Language::English) => "is below the reference’s minimum more often",
                (_, Language::French) => "passe plus souvent sous le minimum de la référence",
            };
            from_to(verb, &language.percent(from), &language.percent(to))
        }
        BinKind::Level | BinKind::Rare => equals(most, drift, language),
        BinKind::Atom | BinKind::Interval => numbers(drift, most, language),
    }
}

/// By the middle; by the bin that moved most where that stands still.
fn numbers(drift: &FeatureDrift, most: &BinCount, language: Language) -> String {
    if let Some(middle) = middle(drift, language) {
        return middle;
    }
    if most.kind == BinKind::Atom {
        return equals(most, drift, language);
    }
    let (from, to) = shares(most, drift);
    let label = bin_label(most, language);
    let verb = match language {
        Language::English if to > from => format!("falls in {label} more often"),
        Language::English => format!("falls in {label} less often"),
        Language::French if to > from => format!("tombe plus souvent dans {label}"),
        Language::French => format!("tombe moins souvent dans {label}"),
    };
    from_to(&verb, &language.percent(from), &language.percent(to))
}

/// `went up, median 26199 → 38448`: by the median, by the mean where the median stands still; `None` where both do, and of levels.
pub(crate) fn middle(drift: &FeatureDrift, language: Language) -> Option<String> {
    let median = |summary: &Summary| match summary {
        Summary::Numeric { quantiles, .. } => {
            quantiles.iter().find(|(q, _)| (*q - 0.5).abs() < 1e-9).and_then(|(_, value)| *value)
        }
        Summary::Categorical { .. } => None,
    };
    let mean = |summary: &Summary| match summary {
        Summary::Numeric { mean, .. } => *mean,
        Summary::Categorical { .. } => None,
    };
    let both = [
        (language.median(), median(&drift.reference), median(&drift.window)),
        (language.mean(), mean(&drift.reference), mean(&drift.window)),
    ];
    both.into_iter().find_map(|(name, from, to)| {
        let (from, to) = (from?, to?);
        let (shown_from, shown_to) = (language.number(from), language.number(to));
        let verb = match language {
            Language::English if to > from => "went up",
            Language::English => "went down",
            Language::French if to > from => "a augmenté",
            Language::French => "a baissé",
        };
        (shown_from != shown_to).then(|| format!("{verb}, {name} {shown_from} → {shown_to}"))
    })
}

/// One level, or one value that many rows have.
fn equals(most: &BinCount, drift: &FeatureDrift, language: Language) -> String {
    let (from, to) = shares(most, drift);
    let label = bin_label(most, language);
    let verb = match language {
        Language::English if to > from => format!("is {label} more often"),
        Language::English => format!("is {label} less often"),
        Language::French if to > from => format!("vaut plus souvent {label}"),
        Language::French => format!("vaut moins souvent {label}"),
    };
    from_to(&verb, &language.percent(from), &language.percent(to))
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn shares(bin: &BinCount, drift: &FeatureDrift) -> (f64, f64) {
    let share = |rows: u64, of: u64| rows as f64 / (of as f64).max(1.0);
    (share(bin.reference, drift.n_reference), share(bin.window, drift.n_window))
}

fn from_to(verb: &str, from: &str, to: &str) -> String {
    format!("{verb}, {from} → {to}")
}
