//! Findings whose facts are unknown, because an earlier version stored only an English sentence: by test, value and limit.

use super::{
    measures::measure_name,
    numbers::{exact, milliseconds, number, percent, points},
};
use crate::judge::{Finding, Measure, Test};

/// `severity`: the word for it. `quoted`: the stored sentence, quoted; `None` if it was redacted.
pub(super) fn stored(finding: &Finding, severity: &str, quoted: Option<String>) -> String {
    if let Some(words) = by_value(finding, severity) {
        return words;
    }
    let what = match finding.test {
        Test::Source => Some("le journal ne peut pas être lu en entier"),
        Test::Labels => Some("les étiquettes ne peuvent pas être lues en entier"),
        _ => None,
    };
    match (what, quoted) {
        (Some(what), Some(quoted)) => format!("{what}\u{a0}: {quoted}"),
        (Some(what), None) => format!("{what}\u{a0}; `vigie status` en donne la raison"),
        (None, quoted) => quoted.unwrap_or_default(),
    }
}

/// `None` if the value does not show what was found.
fn by_value(finding: &Finding, severity: &str) -> Option<String> {
    let (value, limit) = (finding.value, finding.limit);
    let from =
        |limit: Option<String>| limit.map_or(String::new(), |limit| format!("\u{a0}; {severity} à partir de {limit}"));
    let figure = |name: &str| Some(format!("{name} {}{}", number(value?), from(limit.map(number))));
    let share = |what: &str| Some(format!("{} {what}{}", percent(value?), from(limit.map(percent))));
    let change = |what: &str| Some(format!("{what} de {}{}", points(value?), from(limit.map(points))));
    match finding.test {
        Test::Score => figure("score\u{a0}:"),
        Test::Measure(Measure::Missing) => change("part de manquants\u{a0}: variation"),
        Test::ShareRefused => change("taux de refus\u{a0}: variation"),
        Test::Measure(Measure::Unseen) => {
            share("de lignes de plus qu’attendu ont des modalités absentes de la référence")
        }
        Test::Measure(measure) => figure(measure_name(measure)),
        Test::ModelVersion => share("des lignes viennent d’une autre version du modèle"),
        Test::ErrorRate => share("des requêtes ont échoué"),
        Test::Cost => share("de hausse du coût attendu par rapport à la référence"),
        Test::RealisedCost => share("de hausse du coût par rapport à la référence, d’après les étiquettes"),
        Test::Dead => share("des lignes n’ont pas de valeur"),
        Test::Constant => share("des lignes renseignées ont la même valeur"),
        Test::Skew => share("des lignes diffèrent de la table des variables"),
        Test::Sequence => share("des enregistrements manquent dans le journal"),
        Test::LeftOut => share("des lignes sont écartées"),
        Test::Absent => Some("aucun enregistrement de la fenêtre ne contient cette variable".to_owned()),
        Test::NoData => Some("aucun enregistrement dans cette fenêtre".to_owned()),
        Test::TooFew => Some("trop peu de lignes pour un verdict".to_owned()),
        Test::Latency => Some(format!(
            "95\u{a0}% des requêtes abouties ont pris jusqu’à {}{}",
            milliseconds(value?),
            from(limit.map(milliseconds))
        )),
        Test::Volume => Some(format!(
            "{} enregistrements, moins que d’habitude ce jour de la semaine (limite {})",
            number(value?),
            number(limit?)
        )),
        Test::StaleReference => Some(format!(
            "la référence a {} jours, la limite est de {}\u{a0}; en apprendre une nouvelle sur des lignes récentes",
            exact(value?),
            exact(limit?)
        )),
        Test::Stale => share("des lignes reprennent les valeurs d’une ligne de la fenêtre précédente"),
        Test::Parity => {
            Some(format!("{} des scores du journal diffèrent de ceux du fichier de modèle", percent(value?)))
        }
        Test::Auc => figure("AUC attendue\u{a0}: baisse de"),
        Test::RealisedAuc => figure("AUC, d’après les étiquettes\u{a0}: baisse de"),
        Test::SegmentScore => figure("score du segment\u{a0}: PSI"),
        Test::Disparity => share("d’acceptations de moins que dans le segment le plus favorisé"),
        Test::Decision => share("des décisions contredisent le score et le seuil"),
        Test::Overrides => change("part des forçages\u{a0}: variation"),
        Test::Source | Test::Labels | Test::RunFailed | Test::Registry | Test::Presence | Test::Values => None,
    }
}
