//! Sentences of the pages in French.

use vigie_profile::shown::{harmless, shown};
use vigie_stats::{Interval, Price};

use super::numbers::{comma, four_decimals, number, percent};
use crate::{
    drift::NotCompared,
    performance::{CostCurve, EstimateCheck, Expected, LabelCounts, NoEstimate, Realised},
    replay::{Parity, ScoreShift},
    report::{
        report::SkippedFiles,
        words::{
            format::grouped,
            typed::{ChangedDecisions, Restored, Since},
        },
    },
};

pub(super) fn since(since: &Since, severity_word: &str) -> String {
    match since {
        Since::First => "Inconnu\u{a0}: aucun rapport antérieur de ce modèle.".to_owned(),
        Since::StableAgain { was: _ } => {
            format!("De nouveau stable\u{a0}: la fenêtre précédente était «\u{a0}{severity_word}\u{a0}».")
        }
        Since::New { day, subject, windows } => {
            let windows = if *windows == 1 {
                "la fenêtre précédente".to_owned()
            } else {
                format!("les {windows} fenêtres précédentes")
            };
            match subject {
                Some(name) => {
                    format!("Nouveau dans cette fenêtre ({day})\u{a0}: {name} n’avait pas dérivé dans {windows}.")
                }
                None => format!("Nouveau dans cette fenêtre ({day})\u{a0}: le verdict était différent dans {windows}."),
            }
        }
        Since::Stable { day, windows } => {
            format!("Stable au moins depuis le {day}\u{a0}: {windows} fenêtres consécutives.")
        }
        Since::Lasting { day, subject, windows } => {
            let what = subject.as_deref().unwrap_or("le même verdict");
            format!("Depuis le {day}\u{a0}: {what}, {windows} fenêtres consécutives.")
        }
    }
}

pub(super) fn names(names: &[String], more: usize) -> String {
    let listed = names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    match more {
        0 => listed,
        1 => format!("{listed} et 1 autre"),
        more => format!("{listed} et {more} autres"),
    }
}

pub(super) fn pooled_levels(levels: usize) -> String {
    format!("{levels} modalités rares regroupées")
}

pub(super) fn cost_curve(curve: &CostCurve) -> String {
    let at = |threshold: Option<f64>| threshold.map_or("aucun refus".to_owned(), four_decimals);
    let used = comma(&curve.terms.threshold.to_string());
    let (cheapest, low, high) = (at(curve.cheapest.threshold), at(curve.near.low), at(curve.near.high));
    format!(
        "Sur les {} lignes de la référence, le seuil en vigueur ({used}) coûte {} pour 1\u{202f}000 lignes\u{a0}; le moins coûteux \
         ({cheapest}) coûte {}. Les seuils de {low} à {high} ne sont pas significativement plus coûteux (5\u{a0}%)\u{a0}: {used} {} \
         de cet intervalle.",
        grouped(whole(curve.rows)),
        number(curve.used),
        number(curve.least),
        if curve.is_used_near() { "fait partie" } else { "est en dehors" }
    )
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
fn whole(rows: f64) -> u64 {
    rows as u64
}

pub(super) fn surprise(check: &EstimateCheck) -> String {
    let band = |of: Interval| format!("{} à {}", number(of.low), number(of.high));
    let mut parts = Vec::new();
    if !check.is_cost_inside() {
        parts.push(format!(
            "un coût de {} pour 1\u{202f}000 lignes, pour {} attendus",
            number(check.cost_realised),
            band(check.cost_expected)
        ));
    }
    if let (Some(false), Some(expected), Some(realised)) =
        (check.is_auc_inside(), check.auc_expected, check.auc_realised)
    {
        parts.push(format!("une AUC de {}, pour {} attendus", number(realised), band(expected)));
    }
    format!(
        "Les étiquettes révèlent ce qu’aucune estimation ne peut voir sans elles\u{a0}: {}. À score égal, les issues ne sont \
         plus celles de la référence\u{a0}: dérive de concept, ou changement que le score ne capte pas.",
        parts.join(" et ")
    )
}

pub(super) fn expected_cost(expected: &Expected, price: Price) -> String {
    let moved = expected.cost_moved().map_or(String::new(), |moved| {
        let more = if moved < 0.0 { "moins" } else { "plus" };
        let own = number(expected.reference.per_1000);
        format!(", {} de {more} que dans la référence ({own})", percent(moved.abs()))
    });
    format!(
        "Le coût attendu de ces décisions est de {} pour 1\u{202f}000 lignes{moved}, à raison de {} par ligne acceptée \
         à tort et de {} par ligne refusée à tort.",
        number(expected.cost_per_1000.value),
        comma(&price.false_negative.to_string()),
        comma(&price.false_positive.to_string())
    )
}

pub(super) fn realised_cost(realised: &Realised) -> String {
    let threshold = realised.cheapest.and_then(|at| at.threshold);
    let cheapest =
        threshold.map_or("aucun refus".to_owned(), |threshold| format!("seuil {}", four_decimals(threshold)));
    format!(
        "D’après leurs étiquettes, les décisions sur {} lignes ont coûté {}\u{a0}; le choix le moins coûteux ({cheapest}) \
         aurait économisé {}.",
        grouped(realised.rows),
        number(realised.cost.value),
        number(realised.saving().unwrap_or(0.0))
    )
}

pub(super) fn by_labels_of(share: Option<f64>) -> String {
    format!("d’après les étiquettes, {} des lignes (95\u{a0}%)", share.map_or("–".to_owned(), percent))
}

pub(super) fn no_estimate(reason: NoEstimate) -> String {
    match reason {
        NoEstimate::NoOutcomes => {
            "Pas d’estimation sans étiquettes\u{a0}: la référence a été apprise sans --target ou sans probabilité."
        }
        NoEstimate::NoRows => "Pas d’estimation sans étiquettes\u{a0}: la fenêtre n’a aucune ligne utilisée.",
    }
    .to_owned()
}

pub(super) fn labels_not_yet(place: &str) -> String {
    format!(
        "Étiquettes\u{a0}: aucune n’est encore arrivée ({}). Le rapport sera révisé à leur arrivée.",
        harmless(place)
    )
}

pub(super) fn label_counts(labels: &LabelCounts, rows: u64) -> String {
    let LabelCounts { matched, read, elsewhere, duplicates, invalid, pending, without_id, contradictory, .. } = labels;
    format!(
        "Étiquettes\u{a0}: {} lignes utilisées sur {} en ont une. Sur {} lignes d’étiquettes, {} ont un \
         identifiant absent de ces lignes (autres fenêtres, ou inconnu), {} sont des doublons, {} ne valent \
         ni 0 ni 1, {} n’ont pas encore d’issue, {} n’ont pas d’identifiant\u{a0}; {} identifiants ont des issues \
         contradictoires et ne sont pas retenus.",
        grouped(*matched),
        grouped(rows),
        grouped(*read),
        grouped(*elsewhere),
        grouped(*duplicates),
        grouped(*invalid),
        grouped(*pending),
        grouped(*without_id),
        grouped(*contradictory)
    )
}

pub(super) fn malformed_labels(lines: u64) -> String {
    format!("Étiquettes\u{a0}: {} lignes ne sont pas des enregistrements valides.", grouped(lines))
}

pub(super) fn invalid_label(example: &str) -> String {
    format!("Ni 0 ni 1\u{a0}: {}.", shown(example))
}

pub(super) fn field_not_found(field: &str) -> String {
    format!("Aucun enregistrement ne contient le champ déclaré {}.", shown(field))
}

/// Without the word for files and the full stop.
pub(super) fn skipped_files(skipped: &SkippedFiles) -> String {
    let mut names = skipped.names.join(", ");
    if skipped.more > 0 {
        names = format!("{names} et {} autres", skipped.more);
    }
    format!("ignorés, car leur nom ne se termine pas par {}\u{a0}: {names}", skipped.endings)
}

pub(super) fn empty_later(from: &str, to: &str) -> String {
    format!("Les fenêtres suivantes ne contiennent aucun enregistrement (du {from} au {to}).")
}

pub(super) fn other_version(rows: u64) -> String {
    format!("{} lignes proviennent d’une autre version du modèle et sont mesurées séparément.", grouped(rows))
}

pub(super) fn parity(parity: &Parity, precision: &str) -> String {
    let (compared, mismatches) = (grouped(parity.compared), grouped(parity.mismatches));
    match (parity.compared, parity.mismatches) {
        (0, _) => "Aucune ligne n’a pu être rescorée.".to_owned(),
        (_, 0) => format!(
            "Les {compared} lignes rescorées donnent toutes le score du journal, à la précision du journal ({precision})."
        ),
        _ => format!("{mismatches} scores du journal sur {compared} diffèrent de ceux du fichier de modèle."),
    }
}

pub(super) fn challenge(changed: ChangedDecisions) -> String {
    let ChangedDecisions { refused, accepted, rows } = changed;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |part: u64| percent(part as f64 / (rows as f64).max(1.0));
    format!(
        "Le nouveau modèle refuserait {} lignes acceptées par le journal ({}) et en accepterait {} qui ont été refusées ({}).",
        grouped(refused),
        share(refused),
        grouped(accepted),
        share(accepted)
    )
}

pub(super) fn cost_by_both(logged: &str, new: &str) -> String {
    format!("{logged} selon le score du journal, {new} selon le nouveau")
}

pub(super) fn restored(restored: &Restored) -> String {
    let names: Vec<String> = restored.names.iter().map(|name| shown(name)).collect();
    let names = match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, second] => format!("{first} et {second}"),
        [first, second, _] => format!("{first}, {second} et 1 autre"),
        [first, second, rest @ ..] => format!("{first}, {second} et {} autres", rest.len()),
    };
    let (now, then) = restored.refused;
    let cost = restored.cost.map_or(String::new(), |(now, then)| {
        format!(", coût attendu pour 1\u{202f}000 {} → {}", number(now), number(then))
    });
    let all = restored.all_refused.map_or(String::new(), |refused| {
        format!(" (pour toutes les variables en dérive\u{a0}: taux de refus {})", percent(refused))
    });
    format!("En rétablissant la référence pour {names}\u{a0}: taux de refus {} → {}{cost}{all}", percent(now), percent(then))
}

pub(super) fn restored_without_effect(features: usize) -> String {
    format!(
        "{features} variables importantes sans dérive ont aussi été examinées\u{a0}: rétablir leurs valeurs de référence ne change \
         rien au-delà du hasard."
    )
}

pub(super) fn not_restored(features: usize) -> String {
    format!("Les valeurs de {features} autres variables en dérive n’ont pas été rétablies.")
}

pub(super) fn restored_window(shift: &ScoreShift) -> String {
    let (now, known) = (&shift.now, &shift.reference);
    let score = |value: Option<f64>| value.map_or("–".to_owned(), four_decimals);
    let cost = |value: Option<f64>| value.map_or("–".to_owned(), number);
    let refused = |value: Option<f64>| value.map_or("–".to_owned(), percent);
    format!(
        "Les {} lignes de la fenêtre ont un score moyen de {} (référence {}), un taux de refus de {} (référence {}) et un coût \
         attendu de {} pour 1\u{202f}000 lignes (référence {}). Le tableau présente les mêmes lignes rescorées avec les valeurs de la \
         référence rétablies, plus grand changement de score moyen d’abord\u{a0}; ± couvre 95\u{a0}% des autres tirages des valeurs de la \
         référence.",
        grouped(shift.rows),
        score(Some(now.mean_score)),
        score(known.mean_score),
        refused(Some(now.share_refused)),
        refused(known.share_refused),
        cost(now.cost_per_1000),
        cost(known.cost_per_1000)
    )
}

pub(super) fn segments_not_compared(reason: NotCompared, segments: usize, min_rows: u64) -> String {
    let least = grouped(min_rows);
    match reason {
        NotCompared::NotInReference => format!(
            "{segments} d’entre eux sont absents de la référence, leur score n’est donc pas comparé\u{a0}: refaire la référence avec vigie \
             learn --segments."
        ),
        NotCompared::TooFewRows => format!("{segments} ont moins de {least} lignes et ne sont pas évalués."),
        NotCompared::TooFewReferenceRows => format!("{segments} ont moins de {least} lignes dans la référence."),
    }
}

pub(super) fn levels_left_out(column: &str, levels: usize) -> String {
    format!("{} a {levels} autres modalités, qui ne forment pas de segment.", shown(column))
}

pub(super) fn findings_in_total(findings: usize) -> String {
    format!("{findings} constats au total\u{a0}; la liste complète figure dans le rapport.")
}

pub(super) fn and_more(number: usize) -> String {
    match number {
        1 => "et 1 autre".to_owned(),
        number => format!("et {number} autres"),
    }
}
