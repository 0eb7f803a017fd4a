//! Performance and money as a page shows them, in both languages.

use vigie_stats::Interval;

use crate::{
    performance::{Band, Expected, Performance, Realised, Unexpected},
    report::{
        document::performance::{ASSUMPTION, coverage},
        words::{Language, label_notes::label_notes, language::unbroken, verdict::grouped},
    },
};

/// One figure, as text.
pub(crate) struct Line {
    pub name: String,
    pub cells: Vec<String>,
}

/// What the page shows.
pub(crate) struct PerformanceCard {
    pub sentences: Vec<String>,
    pub heads: Vec<String>,
    pub lines: Vec<Line>,
    pub calibration: Vec<(String, String, String)>,
    pub notes: Vec<String>,
}

/// `None` where nothing is known, nor can be expected.
pub(crate) fn card(performance: &Performance, language: Language) -> Option<PerformanceCard> {
    let (expected, realised) = (performance.expected.as_ref().ok(), performance.realised.as_ref());
    if expected.is_none() && performance.labels.is_none() {
        return None;
    }
    let mut heads = Vec::new();
    if expected.is_some() {
        heads.extend([
            language.reference().to_owned(),
            language.pick("expected now (95 %)", "attendu (95 %)").to_owned(),
        ]);
    }
    let share = performance.labels.as_ref().and_then(|labels| coverage(labels, performance.rows));
    if realised.is_some() {
        let share = language.percent_or_dash(share);
        heads.push(match language {
            Language::English => format!("by labels of {share} of rows (95 %)"),
            Language::French => format!("d’après les étiquettes de {share} des lignes (95 %)"),
        });
    }
    let calibration = realised.iter().flat_map(|realised| &realised.calibration);
    let calibration = calibration
        .map(|bin| (language.number(bin.mean_score), language.percent(bin.share), format!("{:.0}", bin.rows)));
    Some(PerformanceCard {
        sentences: sentences(performance, language),
        heads: heads.iter().map(|head| unbroken(head)).collect(),
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
                    "These decisions are expected to cost {cost} per 1,000 rows{moved}: {missed} for each that should have been \
                     refused, {wrong} for each that should not."
                )
            }
            Language::French => {
                let moved = moved.map_or(String::new(), |(is_less, moved)| {
                    format!(", {moved} de {} que dans la référence ({own})", if is_less { "moins" } else { "plus" })
                });
                format!(
                    "On attend de ces décisions un coût de {cost} pour 1 000 lignes{moved} : {missed} pour chacune qui aurait dû \
                     être refusée, {wrong} pour chacune refusée à tort."
                )
            }
        });
    }
    if let Some(realised) = &performance.realised {
        let (rows, cost) = (grouped(realised.rows), language.number(realised.cost.value));
        let saving = language.number(realised.saving().unwrap_or(0.0));
        let threshold = realised.cheapest.and_then(|at| at.threshold).map(|at| language.four_decimals(at));
        sentences.push(match language {
            Language::English => {
                let cheapest = threshold.map_or("refusing nobody".to_owned(), |at| format!("threshold {at}"));
                format!(
                    "By their labels, {rows} rows have cost {cost}; at the cheapest, {cheapest}, it would have been {saving} less."
                )
            }
            Language::French => {
                let cheapest = threshold.map_or("ne refuser personne".to_owned(), |at| format!("seuil {at}"));
                format!(
                    "D’après leurs étiquettes, {rows} lignes ont coûté {cost} ; au moins cher, {cheapest}, ç’aurait été {saving} de moins."
                )
            }
        });
    }
    sentences
}

/// A value with its interval.
pub(crate) fn figure(interval: Option<Interval>, language: Language) -> String {
    interval.map_or("–".to_owned(), |interval| {
        let [value, low, high] = [interval.value, interval.low, interval.high].map(|end| language.number(end));
        format!("{value} ({low} {} {high})", language.pick("to", "à"))
    })
}

fn lines(expected: Option<&Expected>, realised: Option<&Realised>, beta: f64, language: Language) -> Vec<Line> {
    let figure = |interval| figure(interval, language);
    let plain = |value| language.number_or_dash(value);
    let row = |name: &str, band: Option<(Option<f64>, Option<Interval>)>, known: Option<String>| {
        let band = band.into_iter().flat_map(|(reference, window)| [plain(reference), figure(window)]);
        Line { name: name.to_owned(), cells: band.chain(known).collect() }
    };
    let of = |pick: fn(&Expected) -> Band| expected.map(|expected| (pick(expected).reference, pick(expected).window));
    let nothing = expected.map(|_| (None, None));
    let by = |pick: &dyn Fn(&Realised) -> String| realised.map(pick);
    // Two values of which only one may have an interval.
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
    // Some figures only labels can give.
    all.into_iter().filter(|line| line.cells.iter().any(|cell| cell != "–")).collect()
}

const ASSUMPTION_FR: &str = "L’estimation suppose qu’un score se réalise aussi souvent que dans la référence. Elle ne voit ni une \
    dérive de concept (le même score qui ne veut plus dire la même chose), ni un déplacement au sein d’une tranche de score, ni \
    les scores hors de l’étendue de la référence.";

fn unexpected(why: Unexpected, language: Language) -> String {
    match (language, why) {
        (Language::English, why) => format!("Nothing is estimated without labels: {why}."),
        (Language::French, Unexpected::NoOutcomes) => {
            "Rien n’est estimé sans étiquettes : la référence a été apprise sans --target ni probabilité.".to_owned()
        }
        (Language::French, Unexpected::NoRows) => {
            "Rien n’est estimé sans étiquettes : la fenêtre n’a pas de ligne utilisée.".to_owned()
        }
    }
}

fn notes(performance: &Performance, language: Language) -> Vec<String> {
    let mut notes = vec![match &performance.expected {
        Ok(_) => language.pick(ASSUMPTION, ASSUMPTION_FR).to_owned(),
        Err(why) => unexpected(*why, language),
    }];
    if let Some(labels) = &performance.labels {
        notes.extend(label_notes(labels, performance.rows, language));
    }
    notes
}
