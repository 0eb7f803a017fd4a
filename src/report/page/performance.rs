//! Performance and cost, in both languages.

use vigie_stats::Interval;

use crate::{
    performance::{Band, Expected, NoEstimate, Performance, Realised},
    report::{
        document::performance::{ASSUMPTION, coverage},
        words::{Language, label_notes::label_notes},
    },
};

/// Table row of a metric.
pub(crate) struct MetricLine {
    pub name: String,
    pub cells: Vec<String>,
}

/// Content of the section.
pub(crate) struct PerformanceCard {
    pub sentences: Vec<String>,
    pub heads: Vec<String>,
    pub lines: Vec<MetricLine>,
    pub calibration: Vec<(String, String, String)>,
    pub notes: Vec<String>,
}

/// Returns the section, or `None` if nothing is known or can be estimated.
pub(crate) fn card(performance: &Performance, language: Language) -> Option<PerformanceCard> {
    let (expected, realised) = (performance.expected.as_ref().ok(), performance.realised.as_ref());
    if expected.is_none() && performance.labels.is_none() {
        return None;
    }
    let mut heads = Vec::new();
    if expected.is_some() {
        heads.extend([
            language.reference().to_owned(),
            language.pick("expected (95% CI)", "attendu (IC à 95\u{a0}%)").to_owned(),
        ]);
    }
    let share = performance.labels.as_ref().and_then(|labels| coverage(labels, performance.rows));
    if realised.is_some() {
        let share = language.percent_or_dash(share);
        heads.push(match language {
            Language::English => format!("from labels, {share} of rows (95% CI)"),
            Language::French => format!("d’après les étiquettes, {share} des lignes (IC à 95\u{a0}%)"),
        });
    }
    let calibration = realised.iter().flat_map(|realised| &realised.calibration);
    let calibration = calibration
        .map(|bin| (language.number(bin.mean_score), language.percent(bin.share), format!("{:.0}", bin.rows)));
    Some(PerformanceCard {
        sentences: sentences(performance, language),
        heads,
        lines: lines(expected, realised, performance.terms.beta, language),
        calibration: calibration.collect(),
        notes: notes(performance, language),
    })
}

fn sentences(performance: &Performance, language: Language) -> Vec<String> {
    let mut sentences = Vec::new();
    let price = performance.terms.price;
    if let Ok(expected) = &performance.expected {
        let cost = language.number(expected.cost_per_1000.value);
        let [missed, wrong] = [price.false_negative, price.false_positive].map(|price| language.number_plain(price));
        let own = language.number(expected.reference.per_1000);
        let moved = expected.cost_moved().map(|moved| (moved < 0.0, language.percent(moved.abs())));
        sentences.push(match language {
            Language::English => {
                let moved = moved.map_or(String::new(), |(is_less, moved)| {
                    format!(", {moved} {} than in the reference ({own})", if is_less { "less" } else { "more" })
                });
                format!(
                    "The expected cost of these decisions is {cost} per 1,000 rows{moved}, with {missed} for each row wrongly \
                     accepted and {wrong} for each row wrongly refused."
                )
            }
            Language::French => {
                let moved = moved.map_or(String::new(), |(is_less, moved)| {
                    format!(", {moved} de {} que dans la référence ({own})", if is_less { "moins" } else { "plus" })
                });
                format!(
                    "Le coût attendu de ces décisions est de {cost} pour 1\u{202f}000 lignes{moved}, à raison de {missed} par ligne acceptée \
                     à tort et de {wrong} par ligne refusée à tort."
                )
            }
        });
    }
    if let Some(realised) = &performance.realised {
        let (rows, cost) = (language.row_count(realised.rows), language.number(realised.cost.value));
        let saving = language.number(realised.saving().unwrap_or(0.0));
        let threshold = realised.cheapest.and_then(|at| at.threshold).map(|at| language.four_decimals(at));
        sentences.push(match language {
            Language::English => {
                let cheapest = threshold.map_or("refusing nobody".to_owned(), |at| format!("threshold {at}"));
                format!(
                    "According to their labels, the decisions on {rows} cost {cost}; the cheapest choice ({cheapest}) would \
                     have saved {saving}."
                )
            }
            Language::French => {
                let cheapest = threshold.map_or("aucun refus".to_owned(), |at| format!("seuil {at}"));
                format!(
                    "D’après leurs étiquettes, les décisions sur {rows} ont coûté {cost}\u{a0}; le choix le moins coûteux ({cheapest}) \
                     aurait économisé {saving}."
                )
            }
        });
    }
    sentences
}

/// Formats a value with its interval.
pub(crate) fn figure(interval: Option<Interval>, language: Language) -> String {
    interval.map_or("–".to_owned(), |interval| {
        let [value, low, high] = [interval.value, interval.low, interval.high].map(|end| language.number(end));
        format!("{value} ({low} {} {high})", language.pick("to", "à"))
    })
}

fn lines(expected: Option<&Expected>, realised: Option<&Realised>, beta: f64, language: Language) -> Vec<MetricLine> {
    let figure = |interval| figure(interval, language);
    let plain = |value| language.number_or_dash(value);
    let row = |name: &str, band: Option<(Option<f64>, Option<Interval>)>, known: Option<String>| {
        let band = band.into_iter().flat_map(|(reference, window)| [plain(reference), figure(window)]);
        MetricLine { name: name.to_owned(), cells: band.chain(known).collect() }
    };
    let of = |pick: fn(&Expected) -> Band| expected.map(|expected| (pick(expected).reference, pick(expected).window));
    let nothing = expected.map(|_| (None, None));
    let by = |pick: &dyn Fn(&Realised) -> String| realised.map(pick);
    // The value with its interval if it has one.
    let either = |interval: Option<Interval>, value| interval.map_or_else(|| plain(value), |one| figure(Some(one)));
    let cost = expected.map(|expected| (Some(expected.reference.per_1000), Some(expected.cost_per_1000)));
    let all = [
        row(language.cost_per_1000(), cost, by(&|one| figure(Some(one.cost_per_1000())))),
        row("AUC", of(|one| one.auc), by(&|one| either(one.auc, one.auc_value))),
        row(language.pick("recall", "rappel"), of(|one| one.recall), by(&|one| figure(one.recall))),
        row(language.pick("precision", "précision"), of(|one| one.precision), by(&|one| figure(one.precision))),
        row(&format!("F{}", language.number_plain(beta)), of(|one| one.f_beta), by(&|one| figure(one.f_beta))),
        row(
            language.pick("average precision", "précision moyenne"),
            nothing,
            by(&|one| either(one.average_precision_interval, one.average_precision)),
        ),
        row(language.pick("Brier score", "score de Brier"), nothing, by(&|one| figure(one.brier))),
        row(language.pick("log loss", "perte logarithmique"), nothing, by(&|one| figure(one.log_loss))),
    ];
    // Some metrics need labels.
    all.into_iter().filter(|line| line.cells.iter().any(|cell| cell != "–")).collect()
}

const ASSUMPTION_FR: &str = "L’estimation suppose qu’à score égal le taux de réalisation est celui de la référence. Elle ne détecte ni une \
    dérive de concept (un même score qui n’a plus le même sens), ni un déplacement au sein d’une tranche de score, ni les scores hors \
    de l’étendue de la référence.";

fn no_estimate(reason: NoEstimate, language: Language) -> String {
    match (language, reason) {
        (Language::English, reason) => format!("There is no estimate without labels: {reason}."),
        (Language::French, NoEstimate::NoOutcomes) => {
            "Pas d’estimation sans étiquettes\u{a0}: la référence a été apprise sans --target ou sans probabilité."
                .to_owned()
        }
        (Language::French, NoEstimate::NoRows) => {
            "Pas d’estimation sans étiquettes\u{a0}: la fenêtre n’a aucune ligne utilisée.".to_owned()
        }
    }
}

fn notes(performance: &Performance, language: Language) -> Vec<String> {
    let mut notes = vec![match &performance.expected {
        Ok(_) => language.pick(ASSUMPTION, ASSUMPTION_FR).to_owned(),
        Err(reason) => no_estimate(*reason, language),
    }];
    if let Some(labels) = &performance.labels {
        notes.extend(label_notes(labels, performance.rows, language));
    }
    notes
}
