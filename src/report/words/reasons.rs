//! A finding in one sentence. The English one comes from `judge`; the French one is built from the same typed fields.

use vigie_profile::{batch::Reason, shown::shown};

use super::Language;
use crate::{
    drift::{BinCount, FeatureDrift, PsiBinKind},
    judge::{FeatureVerdict, Finding, QValues, Severity, Test, strip_not_read},
    report::Report,
};

/// Returns the sentence of a finding of this report, or of a result that may be due to chance.
#[must_use]
pub fn reason(report: &Report, finding: &Finding, language: Language) -> String {
    match language {
        Language::English => finding.reason.clone(),
        Language::French => french(report, finding).unwrap_or_else(|| finding.reason.clone()),
    }
}

const FR: Language = Language::French;

/// French version of `judge::NOT_READ`.
pub(crate) const FRENCH_NOT_READ: &str = "non lu\u{a0}: ";

fn french(report: &Report, finding: &Finding) -> Option<String> {
    let feature = finding.feature.as_deref();
    let (drift, qs) = match feature {
        Some(name) => {
            let place = report.drift.features.iter().position(|feature| feature.name == name);
            (
                place.and_then(|place| report.drift.features.get(place)),
                place.and_then(|place| report.verdict.features.get(place)),
            )
        }
        None => (report.drift.score.as_ref().map(|score| &score.distance), report.verdict.score.as_ref()),
    };
    let qs = qs.map(|verdict: &FeatureVerdict| verdict.qs).unwrap_or_default();
    let value = finding.value;
    let what = match finding.test {
        Test::Psi => psi(drift?, value?),
        Test::Ks => format!("distance KS {}", FR.number(value?)),
        Test::Chi2 => format!("V de Cramér {}", FR.number(value?)),
        Test::Missing => missing(drift?)?,
        Test::Unseen => unseen(drift?)?,
        Test::Absent => return Some("aucun enregistrement de la fenêtre ne contient cette variable".to_owned()),
        Test::ShareRefused => {
            let refused = report.drift.score.as_ref()?.refused;
            format!("taux de refus {} → {}", FR.percent(refused.reference?), FR.percent(refused.window?))
        }
        Test::Score => score(drift?, value?)?,
        _ => return service(report, finding),
    };
    Some(with_evidence(report, finding, &what, drift, &qs))
}

/// Builds the sentence from effect, limit and evidence.
fn with_evidence(report: &Report, finding: &Finding, what: &str, drift: Option<&FeatureDrift>, qs: &QValues) -> String {
    let q = FR.q_value(finding.q_value);
    if !finding.severity.is_drift() {
        return match finding.q_value {
            Some(_) => format!("{what}, mais le hasard peut l’expliquer (q {q} > {})", FR.number(report.policy.q)),
            None => format!("{what}, mais trop peu de lignes pour le distinguer du hasard"),
        };
    }
    let limit = finding.limit.map_or(String::new(), |limit| match finding.test {
        Test::Missing | Test::ShareRefused => format!("{}\u{a0}points", FR.number(limit * 100.0)),
        Test::Unseen => FR.percent(limit),
        _ => FR.number(limit),
    });
    let exact =
        exact_test(finding, drift, qs).map_or(String::new(), |kind| format!(" d’après le test exact des {kind}"));
    format!("{what}\u{a0}; {} à partir de {limit}, q {q}{exact}", severity(finding.severity))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Alarm => "alarme",
        other => FR.severity_word(other),
    }
}

/// Returns which exact test provides the evidence for a PSI finding, if it is not PSI's own null distribution (see `judge`).
fn exact_test(finding: &Finding, drift: Option<&FeatureDrift>, qs: &QValues) -> Option<&'static str> {
    let q = finding.q_value?;
    let is = |other: Option<f64>| other.is_some_and(|other| other.to_bits() == q.to_bits());
    let of_psi = matches!(finding.test, Test::Psi)
        || finding.test == Test::Score && finding.value.is_some() && finding.value == drift?.psi.value;
    if !of_psi || is(qs.psi) {
        return None;
    }
    let kinds = [
        (qs.missing, "valeurs manquantes"),
        (qs.unseen, "modalités jamais vues"),
        (qs.out_of_range, "valeurs hors étendue"),
    ];
    kinds.into_iter().find(|(other, _)| is(*other)).map(|(_, kind)| kind)
}

/// Describes a finding about the score. The finding does not record its measure, so it is inferred from the value.
fn score(drift: &FeatureDrift, value: f64) -> Option<String> {
    let is = |other: Option<f64>| other.is_some_and(|other| other.to_bits() == value.to_bits());
    let what = if is(drift.psi.value) {
        psi(drift, value)
    } else if is(drift.ks.as_ref().map(|ks| ks.statistic)) {
        format!("distance KS {}", FR.number(value))
    } else {
        missing(drift)?
    };
    Some(format!("score\u{a0}: {what}"))
}

fn psi(drift: &FeatureDrift, value: f64) -> String {
    let Some(bin) = drift.bins.iter().max_by(|a, b| a.contribution.total_cmp(&b.contribution)) else {
        return format!("PSI {}", FR.number(value));
    };
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |rows: u64, of: u64| FR.percent(rows as f64 / (of as f64).max(1.0));
    let (from, to) = (share(bin.reference, drift.n_reference), share(bin.window, drift.n_window));
    format!("PSI {}, surtout\u{a0}: {} ({from} → {to})", FR.number(value), bin_label(bin, FR))
}

fn missing(drift: &FeatureDrift) -> Option<String> {
    let missing = drift.missing;
    Some(format!("manquants {} → {}", FR.percent(missing.reference_share?), FR.percent(missing.window_share?)))
}

fn unseen(drift: &FeatureDrift) -> Option<String> {
    let unseen = drift.unseen.as_ref()?;
    let names: Vec<String> =
        unseen.levels.iter().take(3).map(|(name, _)| format!("«\u{a0}{}\u{a0}»", shown(name))).collect();
    let more = if unseen.distinct > names.len() { ", …" } else { "" };
    // A redacted report does not name them.
    let listed = if names.is_empty() { String::new() } else { format!(" ({}{more})", names.join(", ")) };
    Some(format!("{} des lignes ont des modalités absentes de la référence{listed}", FR.percent(unseen.share?)))
}

/// Describes findings about the service. `None` if there is no French version.
fn service(report: &Report, finding: &Finding) -> Option<String> {
    let from = |limit: String| format!("\u{a0}; {} à partir de {limit}", severity(finding.severity));
    Some(match finding.test {
        Test::ModelVersion => format!(
            "{} des lignes viennent d’une autre version du modèle{}",
            FR.percent(finding.value?),
            from(FR.percent(finding.limit?))
        ),
        Test::ErrorRate => {
            format!("{} des requêtes ont échoué{}", FR.percent(finding.value?), from(FR.percent(finding.limit?)))
        }
        Test::Latency => format!(
            "95\u{a0}% des requêtes abouties ont pris jusqu’à {}{}",
            FR.milliseconds(finding.value),
            from(FR.milliseconds(finding.limit))
        ),
        Test::NoData => no_data(report),
        Test::TooFew => {
            let (rows, needed) = (report.drift.n_window, report.policy.min_rows);
            let s = |number| if FR.is_plural(number) { "s" } else { "" };
            format!(
                "{} utilisée{}, {} nécessaire{} pour un verdict",
                FR.row_count(rows),
                s(rows),
                FR.grouped(needed),
                s(needed)
            )
        }
        Test::Cost | Test::RealisedCost | Test::Auc | Test::RealisedAuc => return money(report, finding),
        Test::SegmentScore | Test::Disparity => return segment(report, finding),
        Test::Source | Test::Labels => format!("{FRENCH_NOT_READ}{}", strip_not_read(&finding.reason)?),
        _ => return brief(finding.test, finding.severity, finding.value, finding.limit),
    })
}

fn no_data(report: &Report) -> String {
    let question = "aucun enregistrement dans cette fenêtre\u{a0}: le service fonctionne-t-il, et écrit-il son journal à l’emplacement configuré\u{a0}?";
    match (report.examined.unreadable.len(), report.examined.filtered) {
        (0, 0) => question.to_owned(),
        (0, filtered) => {
            let noun = if FR.is_plural(filtered) { "enregistrements" } else { "enregistrement" };
            format!("{question} source.where a exclu {} {noun}", FR.grouped(filtered))
        }
        _ => "aucun enregistrement dans cette fenêtre, mais une partie du journal n’a pas pu être lue\u{a0}: voir les autres constats"
            .to_owned(),
    }
}

/// Describes findings about cost and AUC, estimated or measured from labels.
fn money(report: &Report, finding: &Finding) -> Option<String> {
    let performance = report.performance.as_ref()?;
    let expected = performance.expected.as_ref().ok()?;
    let (value, limit) = (finding.value?, finding.limit?);
    let realised = performance.realised.as_ref();
    let caution = ", à supposer que les scores aient gardé le même sens que dans la référence";
    let before = expected.reference.per_1000;
    let (what, now, before, caution) = match finding.test {
        Test::Cost => ("le coût attendu des décisions", expected.cost_per_1000.value, before, caution),
        Test::RealisedCost => ("le coût des décisions étiquetées", realised?.cost_per_1000().value, before, ""),
        Test::Auc => ("l’AUC attendue", expected.auc.window?.value, expected.auc_before?.0, caution),
        _ => ("l’AUC des lignes étiquetées", realised?.auc?.value, expected.auc_known_before?.value, ""),
    };
    let [now, before] = [now, before].map(|value| FR.number(value));
    let (moved, limit) = if matches!(finding.test, Test::Cost | Test::RealisedCost) {
        (format!("a augmenté de {}, à {now} pour 1\u{202f}000 lignes", FR.percent(value)), FR.percent(limit))
    } else {
        (format!("a baissé de {}, à {now}", FR.number(value)), FR.number(limit))
    };
    Some(format!(
        "{what} {moved} (référence {before}){caution}\u{a0}; {} à partir de {limit} (q {})",
        severity(finding.severity),
        FR.q_value(finding.q_value)
    ))
}

fn segment(report: &Report, finding: &Finding) -> Option<String> {
    let name = finding.feature.as_ref()?;
    let one = report.segments.as_ref()?.drift.list.iter().find(|one| one.name == *name)?;
    let (q, level) = (FR.q_value(finding.q_value), severity(finding.severity));
    Some(if finding.test == Test::SegmentScore {
        let refused = one.refused.reference.zip(one.refused.window);
        let refused = refused
            .map_or(String::new(), |(from, to)| format!(", taux de refus {} → {}", FR.percent(from), FR.percent(to)));
        format!(
            "le score de ses {} lignes s’est éloigné de celui du même segment dans la référence\u{a0}: PSI {}{refused}\u{a0}; {level} à \
             partir de {}, q {q}",
            FR.grouped(one.rows),
            FR.number(finding.value?),
            FR.number(finding.limit?)
        )
    } else {
        let disparity = one.disparity.as_ref()?;
        let ratio = disparity.ratio;
        let [value, low, high] = [ratio.value, ratio.low, ratio.high].map(|end| FR.number(end));
        let against = disparity
            .against
            .as_deref()
            .map_or("toutes les autres lignes".to_owned(), |name| format!("«\u{a0}{}\u{a0}»", shown(name)));
        format!(
            "taux d’acceptation égal à {value} fois celui de {against} (intervalle à 95\u{a0}%\u{a0}: {low} à {high})\u{a0}; {level} sous {}, q {q}",
            FR.number(1.0 - finding.limit?)
        )
    })
}

/// Returns an alert's sentence in French, from the values of its test. `None` if only the English sentence has the facts.
#[must_use]
pub(crate) fn brief(test: Test, severity: Severity, value: Option<f64>, limit: Option<f64>) -> Option<String> {
    let number = |name: &str| {
        Some(format!("{name} {}{}", FR.number(value?), from(severity, limit.map(|limit| FR.number(limit)))))
    };
    let share = |what: &str| {
        Some(format!("{} {what}{}", FR.percent(value?), from(severity, limit.map(|limit| FR.percent(limit)))))
    };
    let points = |what: &str| {
        let points = |value: f64| format!("{}\u{a0}points", FR.number(value * 100.0));
        Some(format!("{what} de {}{}", points(value?), from(severity, limit.map(points))))
    };
    match test {
        Test::Psi => number("PSI"),
        Test::Ks => number("distance KS"),
        Test::Chi2 => number("V de Cramér"),
        Test::Score => number("score\u{a0}:"),
        Test::Missing => points("part de manquants\u{a0}: variation"),
        Test::ShareRefused => points("taux de refus\u{a0}: variation"),
        Test::Unseen => share("de lignes de plus qu’attendu ont des modalités absentes de la référence"),
        Test::ModelVersion => share("des lignes viennent d’une autre version du modèle"),
        Test::ErrorRate => share("des requêtes ont échoué"),
        Test::Cost => share("de hausse du coût attendu par rapport à la référence"),
        Test::RealisedCost => share("de hausse du coût par rapport à la référence, d’après les étiquettes"),
        Test::Absent => Some("aucun enregistrement de la fenêtre ne contient cette variable".to_owned()),
        Test::NoData => Some("aucun enregistrement dans cette fenêtre".to_owned()),
        Test::TooFew => Some("trop peu de lignes pour un verdict".to_owned()),
        Test::Latency => Some(format!(
            "95\u{a0}% des requêtes abouties ont pris jusqu’à {}{}",
            FR.milliseconds(Some(value?)),
            from(severity, limit.map(|limit| FR.milliseconds(Some(limit))))
        )),
        Test::Volume => Some(format!(
            "{} enregistrements, moins que d’habitude ce jour de la semaine (limite {})",
            FR.number(value?),
            FR.number(limit?)
        )),
        Test::StaleReference => Some(format!(
            "la référence a {} jours, la limite est de {}\u{a0}; en apprendre une nouvelle sur des lignes récentes",
            FR.number_plain(value?),
            FR.number_plain(limit?)
        )),
        Test::Parity => {
            Some(format!("{} des scores du journal diffèrent de ceux du fichier de modèle", FR.percent(value?)))
        }
        Test::Auc => number("AUC attendue\u{a0}: baisse de"),
        Test::RealisedAuc => number("AUC, d’après les étiquettes\u{a0}: baisse de"),
        Test::SegmentScore => number("score du segment\u{a0}: PSI"),
        Test::Disparity => share("d’acceptations de moins que dans le segment le plus favorisé"),
        Test::Source | Test::Labels | Test::RunFailed => None,
    }
}

fn from(level: Severity, limit: Option<String>) -> String {
    limit.map_or(String::new(), |limit| format!("\u{a0}; {} à partir de {limit}", severity(level)))
}

/// Returns a bin's display name; levels keep their own.
pub(crate) fn bin_label(bin: &BinCount, language: Language) -> String {
    match bin.kind {
        PsiBinKind::Missing => language.missing_bin().to_owned(),
        PsiBinKind::Below => language.below_bin().to_owned(),
        PsiBinKind::Above => language.above_bin().to_owned(),
        PsiBinKind::Unseen => language.unseen_bin().to_owned(),
        PsiBinKind::Rare => language.rare_bin().to_owned(),
        PsiBinKind::Atom | PsiBinKind::Interval | PsiBinKind::Level => shown(&bin.label),
    }
}

/// Returns a complaint's reason in French.
pub(crate) fn complaint(reason: Reason) -> &'static str {
    match reason {
        Reason::Malformed => "illisible",
        Reason::Timestamp => "horodatage illisible",
        Reason::Duplicate => "en double",
        Reason::Failed => "requête en échec",
        Reason::ModelVersion => "autre version du modèle",
        Reason::NoFeatures => "sans variables",
        Reason::NoProbability => "sans probabilité",
        Reason::NotANumber => "valeur non numérique",
        Reason::UnreadableField => "champ illisible",
    }
}
