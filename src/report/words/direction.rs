//! Direction of a feature's drift: a clause that follows its name.

use super::{Language, reasons::bin_label};
use crate::{
    drift::{BinCount, FeatureDrift, PsiBinKind, Summary},
    judge::{Finding, Test},
};

/// Describes a feature's worst finding, such as `increased, median 26199 → 38448`. Unseen levels are not named.
pub(crate) fn direction(finding: &Finding, drift: &FeatureDrift, language: Language) -> String {
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
    let verb = language.pick("has levels not seen in the reference", "a des modalités absentes de la référence");
    from_to(verb, &language.percent(0.0), &language.percent_or_dash(share))
}

/// Describes drifted values by the bin that contributes most: missing, unseen, out of range, one level, or else by the median.
fn values(drift: &FeatureDrift, language: Language) -> String {
    let Some(most) = drift.bins.iter().max_by(|a, b| a.contribution.total_cmp(&b.contribution)) else {
        return language.pick("has drifted", "a dérivé").to_owned();
    };
    match most.kind {
        PsiBinKind::Missing => missing(drift, language),
        PsiBinKind::Unseen => unseen(drift, language),
        PsiBinKind::Above | PsiBinKind::Below => {
            let (from, to) = shares(most, drift);
            let verb = match (most.kind, language) {
                (PsiBinKind::Above, Language::English) => "is above the reference maximum more often",
                (PsiBinKind::Above, Language::French) => "dépasse plus souvent le maximum de la référence",
                (_, Language::English) => "is below the reference minimum more often",
                (_, Language::French) => "passe plus souvent sous le minimum de la référence",
            };
            from_to(verb, &language.percent(from), &language.percent(to))
        }
        PsiBinKind::Level | PsiBinKind::Rare => equals(most, drift, language),
        PsiBinKind::Atom | PsiBinKind::Interval => numbers(drift, most, language),
    }
}

/// Describes numbers by their median or mean, or by the bin that contributes most if neither changed.
fn numbers(drift: &FeatureDrift, most: &BinCount, language: Language) -> String {
    if let Some(clause) = central_shift(drift, language) {
        return clause;
    }
    if most.kind == PsiBinKind::Atom {
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

/// Describes the change of the median, such as `increased, median 26199 → 38448`, or of the mean if the median is unchanged.
/// `None` if both are unchanged, and for levels.
pub(crate) fn central_shift(drift: &FeatureDrift, language: Language) -> Option<String> {
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
            Language::English if to > from => "increased",
            Language::English => "decreased",
            Language::French if to > from => "a augmenté",
            Language::French => "a baissé",
        };
        (shown_from != shown_to).then(|| format!("{verb}, {name} {shown_from} → {shown_to}"))
    })
}

/// Describes one level, or one value shared by many rows.
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
