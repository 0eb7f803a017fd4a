//! Sentences of the pages in French.

use vigie_profile::{
    shown::{harmless, shown},
    window::{Instant, Window},
};
use vigie_stats::{Interval, Price};

use super::{
    French, advice, decisions, history, label_counts,
    labels::LABELS,
    leaves, lists,
    numbers::{exact, four_decimals, grouped, number, percent, plural, row_count, s},
    parity, replays, stories,
};
use crate::{
    drift::NotCompared,
    judge::{Pace, Severity, Story},
    performance::{CostCurve, EstimateCheck, Expected, LabelCounts, NoEstimate, OutcomeKind, Realised},
    replay::{LeafDrift, NoPValue, OtherModel, Parity, ParityCause, ScorePromise, ScoreShift},
    report::{
        report::{AgainstWindow, DecisionReport, SkippedFiles},
        words::{
            Notation,
            format::{day, minute},
            labels::PageLabels,
            page_words::PageWords,
            values::{Advice, Cause, ChangedDecisions, Restored, Since},
        },
    },
};

impl PageWords for French {
    fn labels(&self) -> &'static PageLabels {
        &LABELS
    }

    fn glossary(&self) -> &'static str {
        include_str!("glossary.html")
    }

    fn advice(&self, advice: Advice) -> &'static str {
        advice::advice(advice)
    }

    fn cause(&self, cause: Cause) -> &'static str {
        stories::cause(cause)
    }

    fn reasons(&self, story: &Story) -> String {
        stories::reasons(story)
    }

    fn since(&self, since: &Since) -> String {
        history::since(since)
    }

    fn same_since(&self, from: Instant, windows: usize) -> String {
        history::same_since(from, windows)
    }

    fn names(&self, names: &[String], more: usize) -> String {
        lists::names(names, more)
    }

    fn part_of(&self, part: u64, whole: u64) -> String {
        format!("{} sur {}", grouped(part), grouped(whole))
    }

    fn interval(&self, interval: Interval) -> String {
        let Interval { value, low, high } = interval;
        format!("{} ({} à {})", number(value), number(low), number(high))
    }

    fn row_count(&self, rows: u64) -> String {
        row_count(rows)
    }

    fn rows_left_out(&self, rows: u64) -> String {
        format!("{} écartée{}", grouped(rows), s(rows))
    }

    fn requests(&self, requests: u64, failed: u64) -> String {
        format!("{} requête{}, {} en échec", grouped(requests), s(requests), grouped(failed))
    }

    fn pooled_levels(&self, levels: usize) -> String {
        match levels {
            1 => ", 1 modalité rare regroupée".to_owned(),
            levels => format!(", {levels} modalités rares regroupées"),
        }
    }

    fn untested_levels(&self, levels: usize) -> String {
        let levels = self.grouped(levels as u64);
        format!(
            "non testé\u{a0}: les {levels} modalités sont toutes rares\u{a0}; regroupez-les pour tester leurs parts"
        )
    }

    fn below_and_above(&self, below: Option<f64>, above: Option<f64>) -> String {
        let (below, above) = (self.percent_or_dash(below), self.percent_or_dash(above));
        format!("en dessous\u{a0}: {below}, au-dessus\u{a0}: {above}")
    }

    fn cost_curve(&self, curve: &CostCurve) -> String {
        let at = |threshold: Option<f64>| threshold.map_or("aucun refus".to_owned(), four_decimals);
        let used = exact(curve.terms.threshold);
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

    fn surprise(&self, check: &EstimateCheck) -> String {
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

    fn estimated(&self, from: Instant, expected: (f64, f64, f64), realised: Option<f64>) -> String {
        let (value, low, high) = expected;
        let realised = realised.map_or(String::new(), |cost| format!(", constaté {}", number(cost)));
        format!("{}\u{a0}: attendu {} ({} – {}){realised}", day(from), number(value), number(low), number(high))
    }

    fn expected_cost(&self, expected: &Expected, price: Price) -> String {
        let moved = expected.cost_moved().map_or(String::new(), |moved| {
            let more = if moved < 0.0 { "moins" } else { "plus" };
            let own = number(expected.reference.per_1000);
            format!(", {} de {more} que dans la référence ({own})", percent(moved.abs()))
        });
        format!(
            "Le coût attendu de ces décisions est de {} pour 1\u{202f}000 lignes{moved}, à raison de {} par ligne acceptée \
             à tort et de {} par ligne refusée à tort.",
            number(expected.cost_per_1000.value),
            exact(price.false_negative),
            exact(price.false_positive)
        )
    }

    fn realised_cost(&self, realised: &Realised) -> String {
        let threshold = realised.cheapest.and_then(|at| at.threshold);
        let cheapest =
            threshold.map_or("aucun refus".to_owned(), |threshold| format!("seuil {}", four_decimals(threshold)));
        format!(
            "D’après leurs étiquettes, les décisions sur {} ont coûté {}\u{a0}; le choix le moins coûteux ({cheapest}) \
             aurait économisé {}.",
            row_count(realised.rows),
            number(realised.cost.value),
            number(realised.saving().unwrap_or(0.0))
        )
    }

    fn by_labels_of(&self, share: Option<f64>) -> String {
        format!("d’après les étiquettes, {} des lignes (IC à 95\u{a0}%)", share.map_or("–".to_owned(), percent))
    }

    fn no_estimate(&self, reason: NoEstimate) -> String {
        match reason {
            NoEstimate::NoOutcomes => {
                "Pas d’estimation sans étiquettes\u{a0}: la référence a été apprise sans --target ou sans probabilité."
            }
            NoEstimate::NoRows => "Pas d’estimation sans étiquettes\u{a0}: la fenêtre n’a aucune ligne utilisée.",
        }
        .to_owned()
    }

    fn recent_windows(&self, windows: usize, first: Instant, same_weekday: bool) -> String {
        history::recent_windows(windows, first, same_weekday)
    }

    fn too_few_recent(&self, windows: usize, least: usize) -> String {
        history::too_few_recent(windows, least)
    }

    fn pace(&self, pace: Pace, psi: f64, windows: usize, since: Option<Instant>) -> String {
        history::pace(pace, psi, windows, since)
    }

    fn against(&self, against: &AgainstWindow) -> String {
        history::against(against)
    }

    fn compared_with(&self, reference: &str) -> String {
        format!("comparé à {reference}")
    }

    fn not_compared(&self, columns: &[String]) -> String {
        format!(
            "Colonnes non comparées\u{a0}: {}.",
            lists::names(columns.get(..10).unwrap_or(columns), columns.len().saturating_sub(10))
        )
    }

    fn range_verdicts(&self, verdicts: &[(Severity, usize)]) -> String {
        history::range_verdicts(verdicts)
    }

    fn labels_not_yet(&self, place: &str) -> String {
        format!(
            "Étiquettes\u{a0}: aucune n’est encore arrivée ({}). Le rapport sera révisé à leur arrivée.",
            harmless(place)
        )
    }

    fn label_counts(&self, labels: &LabelCounts, rows: u64) -> String {
        label_counts::label_counts(labels, rows)
    }

    fn malformed_labels(&self, lines: u64) -> String {
        let are =
            plural(lines, "ligne n’est pas un enregistrement valide", "lignes ne sont pas des enregistrements valides");
        format!("Étiquettes\u{a0}: {} {are}.", grouped(lines))
    }

    fn invalid_label(&self, example: &str, outcome: OutcomeKind) -> String {
        let what = match outcome {
            OutcomeKind::Event => "Ni 0 ni 1",
            OutcomeKind::Number => "N’est pas un nombre",
            OutcomeKind::Class => "N’est aucune des classes",
        };
        format!("{what}\u{a0}: {}.", shown(example))
    }

    fn field_not_found(&self, field: &str) -> String {
        format!("Aucun enregistrement ne contient le champ déclaré {}.", shown(field))
    }

    fn doubled_names(&self, names: &[String]) -> String {
        let names: Vec<String> = names.iter().map(|name| shown(name)).collect();
        format!(
            "Noms en double dans un enregistrement ou un en-tête\u{a0}: {}. La dernière clé JSON compte, et la première colonne.",
            names.join(", ")
        )
    }

    fn decimal_comma(&self, example: &str) -> String {
        format!(
            "Valeur non numérique\u{a0}: {} (une virgule décimale\u{a0}? Pour du CSV, ajoutez `csv: {{decimal: \",\"}}` à côté de \
             source.path).",
            shown(example)
        )
    }

    fn skipped_files(&self, skipped: &SkippedFiles) -> String {
        format!(
            "ignorés, car leur nom ne se termine pas par .parquet, .ndjson, .jsonl ou .csv, suivi ou non de .gz ou .zst (source.format \
             donne le format des autres noms\u{a0}; un classeur doit être converti en CSV ou en Parquet)\u{a0}: {}",
            lists::names(&skipped.names, skipped.more)
        )
    }

    fn files(&self) -> &'static str {
        "Fichiers\u{a0}:"
    }

    fn empty_later(&self, later: Window) -> String {
        let (from, to) = (minute(later.from), minute(later.to));
        format!("Les fenêtres suivantes ne contiennent aucun enregistrement (du {from} au {to}).")
    }

    fn other_version(&self, rows: u64) -> String {
        let (come, are) = (plural(rows, "provient", "proviennent"), plural(rows, "est mesurée", "sont mesurées"));
        format!("{} {come} d’une autre version du modèle et {are} séparément.", row_count(rows))
    }

    fn decisions(&self, decisions: &DecisionReport) -> String {
        decisions::summary(decisions)
    }

    fn decision_tie(&self, rounding: f64) -> String {
        decisions::tie(rounding)
    }

    fn in_previous_windows(&self, share: f64, windows: usize) -> String {
        match windows {
            1 => format!("(fenêtre précédente\u{a0}: {})", percent(share)),
            windows => format!("({windows} fenêtres précédentes\u{a0}: {})", percent(share)),
        }
    }

    fn parity(&self, parity: &Parity, precision: &str, challenger: Option<&str>) -> String {
        let (compared, mismatches) = (grouped(parity.compared), grouped(parity.mismatches));
        let model = challenger.map_or("du fichier de modèle".to_owned(), |name| format!("de {}", shown(name)));
        match (parity.compared, parity.mismatches) {
            (0, _) => "Aucune ligne n’a pu être rescorée\u{a0}: il n’y a aucun enregistrement exploitable.".to_owned(),
            (1, 0) => {
                format!("La seule ligne rescorée donne le score du journal, à la précision du journal ({precision}).")
            }
            (_, 0) => format!(
                "Les {compared} lignes rescorées donnent toutes le score du journal, à la précision du journal ({precision})."
            ),
            (_, 1) => format!("1 score du journal sur {compared} diffère de celui {model}."),
            _ => format!("{mismatches} scores du journal sur {compared} diffèrent de ceux {model}."),
        }
    }

    fn parity_cause(&self, cause: &ParityCause) -> String {
        parity::sentence(cause)
    }

    fn other_model(&self, other: &OtherModel) -> String {
        replays::other_model(other)
    }

    fn score_promise(&self, promise: &ScorePromise) -> String {
        parity::promise(promise)
    }

    fn no_decisions(&self) -> &'static str {
        "aucune\u{a0}: le modèle prédit un nombre"
    }

    fn not_rescored(&self) -> String {
        "Aucune ligne n’a été rescorée\u{a0}: la configuration ne désigne aucun fichier de modèle (model.file)."
            .to_owned()
    }

    fn challenge(&self, changed: ChangedDecisions) -> String {
        let ChangedDecisions { refused, accepted, rows } = changed;
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let share = |part: u64| percent(part as f64 / (rows as f64).max(1.0));
        format!(
            "Le nouveau modèle refuserait {} jusqu’ici acceptée{} ({}) et en accepterait {} jusqu’ici refusée{} ({}).",
            row_count(refused),
            s(refused),
            share(refused),
            grouped(accepted),
            s(accepted),
            share(accepted)
        )
    }

    fn decisions_changed(&self, refused: u64, accepted: u64) -> String {
        format!(
            "{} désormais refusée{}, {} désormais acceptée{}",
            grouped(refused),
            s(refused),
            grouped(accepted),
            s(accepted)
        )
    }

    fn cost_by_both(&self, logged: &str, new: &str) -> String {
        format!("{logged} selon le score du journal, {new} selon le nouveau")
    }

    fn restored(&self, restored: &Restored) -> String {
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
        format!(
            "En rétablissant la référence pour {names}\u{a0}: taux de refus {} → {}{cost}{all}",
            percent(now),
            percent(then)
        )
    }

    fn restored_without_effect(&self, features: usize) -> String {
        match features {
            1 => "Une variable importante sans dérive a aussi été examinée\u{a0}: rétablir ses valeurs de référence ne change rien \
                  au-delà du hasard."
                .to_owned(),
            _ => format!(
                "{features} variables importantes sans dérive ont aussi été examinées\u{a0}: rétablir leurs valeurs de référence ne \
                 change rien au-delà du hasard."
            ),
        }
    }

    fn not_restored(&self, features: usize) -> String {
        match features {
            1 => "Les valeurs d’une autre variable en dérive n’ont pas été rétablies.".to_owned(),
            _ => format!("Les valeurs de {features} autres variables en dérive n’ont pas été rétablies."),
        }
    }

    fn restored_window(&self, shift: &ScoreShift) -> String {
        let (now, known) = (&shift.now, &shift.reference);
        let score = |value: Option<f64>| value.map_or("–".to_owned(), four_decimals);
        let cost = |value: Option<f64>| value.map_or("–".to_owned(), number);
        let refused = |value: Option<f64>| value.map_or("–".to_owned(), percent);
        format!(
            "Les {} lignes de la fenêtre ont un score moyen de {} (référence {}), un taux de refus de {} (référence {}) et un coût \
             attendu de {} pour 1\u{202f}000 lignes (référence {}). Le tableau présente les mêmes lignes rescorées avec les valeurs de la \
             référence rétablies, plus grand changement de score moyen d’abord\u{a0}; ± couvre 95\u{a0}% des tirages aléatoires répétés parmi les \
             valeurs de la référence.",
            grouped(shift.rows),
            score(Some(now.mean_score)),
            score(known.mean_score),
            refused(Some(now.share_refused)),
            refused(known.share_refused),
            cost(now.cost_per_1000),
            cost(known.cost_per_1000)
        )
    }

    fn leaf_shift(&self, drift: &LeafDrift) -> String {
        leaves::leaf_shift(drift)
    }

    fn changed_tie(&self, pair: &[String; 2]) -> String {
        leaves::changed_tie(pair)
    }

    fn no_p_value(&self, why: NoPValue) -> String {
        leaves::no_p_value(why)
    }

    fn segments_not_compared(&self, reason: NotCompared, segments: usize, min_rows: u64) -> String {
        let least = grouped(min_rows);
        match (reason, segments) {
            (NotCompared::NotInReference, 1) => {
                "L’un d’entre eux est absent de la référence, son score n’est donc pas comparé\u{a0}: refaire la référence avec vigie \
                 learn --segments."
                    .to_owned()
            }
            (NotCompared::NotInReference, _) => format!(
                "{segments} d’entre eux sont absents de la référence, leur score n’est donc pas comparé\u{a0}: refaire la référence avec vigie \
                 learn --segments."
            ),
            (NotCompared::TooFewRows, 1) => format!("L’un a moins de {least} lignes et n’est pas évalué."),
            (NotCompared::TooFewRows, _) => format!("{segments} ont moins de {least} lignes et ne sont pas évalués."),
            (NotCompared::TooFewReferenceRows, 1) => format!("L’un a moins de {least} lignes dans la référence."),
            (NotCompared::TooFewReferenceRows, _) => {
                format!("{segments} ont moins de {least} lignes dans la référence.")
            }
        }
    }

    fn levels_left_out(&self, column: &str, levels: usize) -> String {
        match levels {
            1 => format!("{} a 1 autre modalité, qui ne forme pas de segment.", shown(column)),
            _ => format!("{} a {levels} autres modalités, qui ne forment pas de segment.", shown(column)),
        }
    }

    fn made(&self, at: Instant, vigie_version: &str) -> String {
        format!("{} par vigie {vigie_version}", minute(at))
    }

    fn revision(&self, id: &str, revision: u32) -> String {
        format!("{id} révision {revision}")
    }

    fn target(&self, name: &str) -> String {
        format!("cible {name}")
    }

    fn open_since(&self, since: Instant, is_acknowledged: bool) -> String {
        format!("depuis le {}{}", day(since), if is_acknowledged { ", prise en compte" } else { "" })
    }

    fn earlier_windows(&self, windows: usize) -> String {
        format!("{windows} plus ancienne{}", if windows > 1 { "s" } else { "" })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
fn whole(rows: f64) -> u64 {
    rows as u64
}
