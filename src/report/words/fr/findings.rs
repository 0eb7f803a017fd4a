//! Findings in French.

use vigie_profile::shown::shown;

use super::{
    decisions,
    losses::lost,
    measures::{distance, measure_name},
    numbers::{self, grouped, is_plural, milliseconds, number, percent, plural, points, q, rounded, row_count, s},
    parity, sequence, skew,
    stored::stored,
    stories, unusable,
};
use crate::{
    drift::PsiBinKind,
    fault::{LeftOut, PublicCause},
    judge::{BinShare, Direction, ExactTest, Facts, Failure, Finding, Severity, StoryKind, Test},
    report::words::format::day,
};

const CAUTION: &str = "à supposer que les scores aient gardé le même sens que dans la référence";
/// Longer errors are truncated before they are quoted, so that the closing quotation mark is never cut off.
const MAX_QUOTED: usize = 400;

#[expect(clippy::too_many_lines, reason = "one sentence for each kind of fact")]
pub(super) fn measure(finding: &Finding) -> String {
    match &finding.facts {
        Facts::Psi { value, largest_bin, exact_test: _ } => {
            let mostly = largest_bin.as_ref().map_or(String::new(), |BinShare { kind, label, from, to }| {
                format!(", surtout\u{a0}: {} ({} → {})", bin_label(*kind, label), percent(*from), percent(*to))
            });
            format!("PSI {}{mostly}", number(*value))
        }
        Facts::Distance { measure, value, bounds, in_unit } => distance(*measure, *value, *bounds, *in_unit),
        Facts::Missing { from, to } => format!("manquants {} → {}", percent(*from), percent(*to)),
        Facts::Unseen { share, excess: _, levels, has_more } => {
            let names: Vec<String> = levels.iter().map(|name| quoted(&shown(name))).collect();
            let more = if *has_more { ", …" } else { "" };
            let listed = if names.is_empty() { String::new() } else { format!(" ({}{more})", names.join(", ")) };
            format!("{} des lignes ont des modalités absentes de la référence{listed}", percent(*share))
        }
        Facts::Absent { near } => {
            let near = near.as_ref().map_or(String::new(), |near| {
                format!("\u{a0}; des enregistrements contiennent {}", quoted(&shown(near)))
            });
            format!("aucun enregistrement de la fenêtre ne contient cette variable{near}")
        }
        Facts::Dead { from, to } => unusable::dead(*from, *to),
        Facts::Constant { value, from, to } => unusable::constant(value, *from, *to),
        Facts::RowsLeftOut { .. } => unusable::left_out(&finding.facts),
        Facts::ScoreNotMapped => {
            "la référence a un score, mais la configuration n’en désigne aucun\u{a0}: il n’est pas \
                                  surveillé\u{a0}; renseigner source.fields.probability"
                .to_owned()
        }
        Facts::RefusalRate { from, to } => format!("{} → {}", percent(*from), percent(*to)),
        Facts::ModelVersion { share } => {
            format!("{} des lignes viennent d’une autre version du modèle", percent(*share))
        }
        Facts::ErrorRate { share } => format!("{} des requêtes ont échoué", percent(*share)),
        Facts::Latency { p95_ms } => {
            format!("95\u{a0}% des requêtes abouties ont pris jusqu’à {}", milliseconds(*p95_ms))
        }
        Facts::NoData { has_unreadable, filtered } => no_data(*has_unreadable, *filtered),
        Facts::TooFew { rows, min_rows } => {
            let (used, needed) = (s(*rows), s(*min_rows));
            format!("{} utilisée{used}, {} nécessaire{needed} pour un verdict", row_count(*rows), grouped(*min_rows))
        }
        Facts::Parity { compared, mismatches, max_difference, decisions_flipped: _, cause: _ } => {
            #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
            let share = *mismatches as f64 / (*compared as f64).max(1.0);
            let largest = max_difference.map_or(String::new(), |most| format!(", jusqu’à {} près", number(most)));
            let (score, differ) =
                if is_plural(*mismatches) { ("scores", "diffèrent de ceux") } else { ("score", "diffère de celui") };
            format!(
                "{} {score} du journal sur {} ({}) {differ} du fichier de modèle{largest}",
                grouped(*mismatches),
                grouped(*compared),
                percent(share)
            )
        }
        Facts::Decision(found) => decisions::contradictions(found),
        Facts::UnknownDecisions { rows, unknown, words } => decisions::unknown(*rows, *unknown, words),
        Facts::Overrides { refused, from, to, windows } => decisions::overrides(*refused, *from, *to, *windows),
        Facts::Cost { by_labels, increase, window, reference } => {
            let moved = format!(
                "a augmenté de {}, à {} pour 1\u{202f}000 lignes (référence {})",
                percent(*increase),
                number(*window),
                number(*reference)
            );
            if *by_labels {
                format!("le coût des décisions étiquetées {moved}")
            } else {
                format!("le coût attendu des décisions {moved}, {CAUTION}")
            }
        }
        Facts::Auc { by_labels, drop, window, reference } => {
            let moved =
                format!("a baissé de {}, à {} (référence {})", number(*drop), number(*window), number(*reference));
            if *by_labels {
                format!("l’AUC des lignes étiquetées {moved}")
            } else {
                format!("l’AUC attendue {moved}, {CAUTION}")
            }
        }
        Facts::SegmentScore { rows, psi, refused } => format!(
            "le score de ses {} lignes s’est éloigné de celui du même segment dans la référence\u{a0}: PSI {}{}",
            grouped(*rows),
            number(*psi),
            refusal_rate(*refused)
        ),
        Facts::Disparity { against, ratio, low, high } => format!(
            "taux d’acceptation égal à {} (intervalle à 95\u{a0}%\u{a0}: {} à {})",
            acceptance(*ratio, against.as_deref()),
            number(*low),
            number(*high)
        ),
        Facts::Volume { records, usual: _, windows: _ } => {
            format!("{} enregistrement{}", grouped(*records), s(*records))
        }
        Facts::StaleReference { days, limit_days: _ } => format!("la référence a {days} jours"),
        Facts::RegistryAway { kept, is_denied } => {
            let why = if *is_denied { "refuse les identifiants de vigie" } else { "est injoignable" };
            format!("le registre des modèles {why}\u{a0}; le fichier conservé ({}) est utilisé", shown(kept))
        }
        Facts::Stale { block, features, share, since } => format!(
            "{} des lignes reprennent les valeurs d’une ligne de la fenêtre précédente dans {}* ({features} variables), depuis \
             le {}",
            percent(*share),
            shown(block),
            day(*since)
        ),
        Facts::Skew { compared, causes, more } => skew::finding(*compared, causes, *more),
        Facts::MissingRecords { missing, writers, dropped, .. } => sequence::finding(*missing, *writers, *dropped),
        Facts::UnfollowedSequence => sequence::UNFOLLOWED.to_owned(),
        Facts::LeftOut(input) => left_out(finding.test, input, input.cause.as_deref()),
        Facts::Lost(loss) => lost(loss),
        Facts::Failed(failure) => self::failure(finding.test, failure, true),
        Facts::Story { story, .. } => {
            let strongest = finding.strongest().map_or(String::new(), |strongest| measure(&strongest));
            if story.kind() == StoryKind::Stale { strongest } else { stories::stated(&story.brief(), &strongest) }
        }
        Facts::Stored { sentence } => {
            stored(finding, severity_word(finding.severity), sentence.as_deref().map(quoted_error))
        }
    }
}

pub(super) fn evidence(finding: &Finding) -> Option<String> {
    let severity = severity_word(finding.severity);
    let q = q(finding.q_value);
    let from = |limit: fn(f64) -> String| Some(format!("{severity} à partir de {}", limit(finding.limit?)));
    match &finding.facts {
        Facts::Psi { value: _, largest_bin: _, exact_test } => {
            let exact = match exact_test {
                None => "",
                Some(ExactTest::Missing) => " d’après le test exact des valeurs manquantes",
                Some(ExactTest::Unseen) => " d’après le test exact des modalités jamais vues",
                Some(ExactTest::OutOfRange) => " d’après le test exact des valeurs hors étendue",
            };
            Some(format!("{}, q {q}{exact}", from(number)?))
        }
        Facts::Distance { measure, .. } if measure.tested_by() != *measure => {
            Some(format!("{}, q {q} (test\u{a0}: {})", from(number)?, measure_name(measure.tested_by())))
        }
        Facts::Distance { .. } | Facts::SegmentScore { .. } => Some(format!("{}, q {q}", from(number)?)),
        Facts::Missing { .. } | Facts::RefusalRate { .. } | Facts::Overrides { .. } => {
            Some(format!("{}, q {q}", from(points)?))
        }
        Facts::Decision(found) => Some(decisions::contradictions_evidence(found.cause).to_owned()),
        Facts::UnknownDecisions { .. } => Some("préciser leur sens dans model.decisions".to_owned()),
        Facts::Unseen { .. } => Some(format!("{}, q {q}", from(percent)?)),
        Facts::ModelVersion { .. }
        | Facts::ErrorRate { .. }
        | Facts::Stale { .. }
        | Facts::Skew { .. }
        | Facts::MissingRecords { .. } => from(percent),
        Facts::Dead { .. } | Facts::Constant { .. } => Some(format!("{}, p {q}", from(percent)?)),
        Facts::RowsLeftOut { usual, windows, .. } => {
            Some(format!("{}{}", from(percent)?, unusable::usual(*usual, *windows)))
        }
        Facts::Latency { .. } => from(milliseconds),
        Facts::Cost { .. } => Some(format!("{} (q {q})", from(percent)?)),
        Facts::Auc { .. } => Some(format!("{} (q {q})", from(number)?)),
        Facts::Disparity { .. } => Some(format!("{severity} sous {}, q {q}", number(1.0 - finding.limit?))),
        Facts::Parity { compared: _, mismatches: _, max_difference: _, decisions_flipped, cause } => {
            let why = parity::why(cause.as_ref());
            let changes = plural(*decisions_flipped, "décision changerait", "décisions changeraient");
            Some(format!("{} {changes}\u{a0}; {why}", grouped(*decisions_flipped)))
        }
        Facts::Volume { records: _, usual, windows } => {
            let usual = rounded(*usual);
            Some(format!("ce jour de la semaine en compte habituellement {usual} (médiane de {windows} fenêtres)"))
        }
        Facts::StaleReference { days: _, limit_days } => Some(format!(
            "la limite est de {limit_days} jours\u{a0}; en apprendre une nouvelle sur des lignes récentes"
        )),
        // Groups have the figures of one of many features only.
        Facts::Story { story, .. } if story.brief().only().is_none() && story.kind() != StoryKind::Stale => None,
        Facts::Story { .. } => evidence(&finding.strongest()?),
        Facts::Absent { .. }
        | Facts::ScoreNotMapped
        | Facts::UnfollowedSequence
        | Facts::RegistryAway { .. }
        | Facts::NoData { .. }
        | Facts::TooFew { .. }
        | Facts::LeftOut(_)
        | Facts::Lost(_)
        | Facts::Failed(_)
        | Facts::Stored { .. } => None,
    }
}

pub(super) fn by_chance(q_value: Option<f64>, required: f64) -> String {
    match q_value {
        Some(_) => format!(", mais le hasard peut l’expliquer (q {} > {})", q(q_value), number(required)),
        None => ", mais trop peu de lignes pour le distinguer du hasard".to_owned(),
    }
}

/// A redacted finding in a message: input that was not read with a pointer to the report, a story with what caused it.
pub(super) fn message(finding: &Finding) -> Option<String> {
    match &finding.facts {
        Facts::LeftOut(input) => {
            Some(format!("{}\u{a0}; la raison figure dans le rapport", left_out(finding.test, input, None)))
        }
        Facts::Story { story, .. } => {
            let strongest = finding.strongest()?;
            let short = message(&strongest);
            let evidence = if short.is_none() { evidence(finding) } else { None };
            let stated = stories::stated(&story.brief(), &short.unwrap_or_else(|| measure(&strongest)));
            let evidence = evidence.map_or(String::new(), |evidence| format!("\u{a0}; {evidence}"));
            Some(format!("{stated}{evidence}\u{a0}; {}", stories::side(story)))
        }
        _ => None,
    }
}

pub(super) fn segment(name: &str, finding: &Finding) -> String {
    let quoted_name = quoted(&shown(name));
    match &finding.facts {
        Facts::Disparity { against, ratio, low: _, high: _ } => {
            format!(
                "le segment {quoted_name} a un taux d’acceptation égal à {}",
                acceptance(*ratio, against.as_deref())
            )
        }
        Facts::SegmentScore { rows: _, psi, refused } => {
            format!("le score du segment {quoted_name} a dérivé, PSI {}{}", number(*psi), refusal_rate(*refused))
        }
        _ => format!("segment {quoted_name}\u{a0}: {}", measure(finding)),
    }
}

fn acceptance(ratio: f64, against: Option<&str>) -> String {
    let against = against.map_or("toutes les autres lignes".to_owned(), |name| quoted(&shown(name)));
    format!("{} fois celui de {against}", number(ratio))
}

fn refusal_rate(refused: Option<(f64, f64)>) -> String {
    refused.map_or(String::new(), |(from, to)| format!(", taux de refus {} → {}", percent(from), percent(to)))
}

fn no_data(has_unreadable: bool, filtered: u64) -> String {
    let question = "aucun enregistrement dans cette fenêtre\u{a0}: le service fonctionne-t-il, et écrit-il son journal à l’emplacement configuré\u{a0}?";
    match (has_unreadable, filtered) {
        (true, _) => "aucun enregistrement dans cette fenêtre, mais une partie du journal n’a pas pu être lue\u{a0}: voir les autres constats"
            .to_owned(),
        (false, 0) => question.to_owned(),
        (false, filtered) => {
            format!("{question} source.where a exclu {} enregistrement{}", grouped(filtered), s(filtered))
        }
    }
}

fn left_out(test: Test, input: &LeftOut, cause: Option<&str>) -> String {
    let unnamed = match test {
        Test::Labels => "étiquettes",
        Test::Skew => "la table des variables",
        _ => "une partie du journal",
    };
    match (input.place.as_deref(), cause) {
        (Some(place), Some(cause)) => format!("non lu\u{a0}: {place}: {cause}"),
        (None, Some(cause)) => format!("non lu\u{a0}: {cause}"),
        (place, None) => format!("non lu\u{a0}: {}", place.unwrap_or(unnamed)),
    }
}

/// Input that could not be read, as a clause of a headline.
pub(super) fn left_out_clause(test: Test, input: &LeftOut) -> String {
    match (test, input.place.as_deref()) {
        // These causes name columns, not rows.
        (Test::Labels, Some("labels.id" | "labels.target")) if input.cause.is_some() => {
            format!("étiquettes inutilisables\u{a0}: {}", quoted_error(input.cause.as_deref().unwrap_or_default()))
        }
        (Test::Labels, Some(place)) => format!("étiquettes illisibles ({place})"),
        (Test::Labels, None) => "étiquettes illisibles".to_owned(),
        _ => left_out(test, input, None),
    }
}

/// `is_named`: the subject, which precedes the sentence, states that the run failed.
pub(super) fn failure(test: Test, failure: &Failure, is_named: bool) -> String {
    let quoted = match failure {
        Failure::Error { detail: _, public: PublicCause::Lost(loss) } => lost(loss),
        Failure::Error { detail: Some(error), public: _ }
        | Failure::Error { detail: None, public: PublicCause::Text(error) } => quoted_error(error),
        Failure::Error { detail: None, public: PublicCause::Crashed } => {
            return "l’exécution s’est interrompue\u{a0}; il s’agit d’un défaut de vigie, merci de le signaler"
                .to_owned();
        }
        Failure::Error { detail: None, public: PublicCause::NotCounted } => {
            return "les enregistrements de la fenêtre ne peuvent pas être comptés\u{a0}; `vigie status` en donne la raison"
                .to_owned();
        }
        Failure::Error { detail: None, public: PublicCause::NotReadAgain } => {
            return "les enregistrements de la fenêtre ne peuvent pas être relus\u{a0}; `vigie status` en donne la raison"
                .to_owned();
        }
        Failure::Retried { windows: 1, first } => {
            return format!(
                "la fenêtre du {} au {} n’a pas encore de rapport et sera réexaminée\u{a0}; `vigie status` en donne la raison",
                first.from, first.to
            );
        }
        Failure::Retried { windows, first } => {
            return format!(
                "{windows} fenêtres, la première du {} au {}, n’ont pas encore de rapport et seront réexaminées\u{a0}; \
                 `vigie status` en donne la raison",
                first.from, first.to
            );
        }
        Failure::Missed { windows, span } => {
            return format!(
                "{windows} fenêtres du {} au {} n’ont pas été examinées\u{a0}: c’est plus que ne le permet schedule.catch_up\u{a0}; \
                 `vigie check --from T --to T` en examine une",
                span.from, span.to
            );
        }
    };
    match test {
        Test::Source => format!("le journal ne peut pas être lu\u{a0}: {quoted}"),
        Test::Labels => format!("les étiquettes ne peuvent pas être lues\u{a0}: {quoted}"),
        _ if is_named => quoted,
        _ => format!("l’exécution a échoué\u{a0}: {quoted}"),
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("«\u{a0}{text}\u{a0}»")
}

/// Quotes an error, which is in English.
pub(super) fn quoted_error(text: &str) -> String {
    let mut error: String = text.chars().take(MAX_QUOTED).collect();
    if error.len() < text.len() {
        error.push('…');
    }
    quoted(&error)
}

pub(super) fn direction(direction: &Direction) -> String {
    let or_dash = |share: &Option<f64>| share.map_or("–".to_owned(), percent);
    let more = |from: f64, to: f64| if to > from { "plus" } else { "moins" };
    let rose = |from: f64, to: f64| if to > from { "a augmenté" } else { "a baissé" };
    match direction {
        Direction::Absent { near: None } => "n’est dans aucun enregistrement".to_owned(),
        Direction::Absent { near: Some(near) } => {
            format!("n’est dans aucun enregistrement, mais des enregistrements contiennent {}", quoted(&shown(near)))
        }
        Direction::Dead { from, to } => {
            format!("n’a plus de valeur, manquants {} → {}", percent(*from), percent(*to))
        }
        Direction::Constant { value } => format!("a partout la même valeur{}", unusable::which(value)),
        Direction::Missing { from, to } => {
            let often = if to > from { "plus" } else { "moins" };
            format!("manque {often} souvent, {} → {}", or_dash(from), or_dash(to))
        }
        Direction::Unseen { share } => {
            format!("a des modalités absentes de la référence, {} → {}", percent(0.0), or_dash(share))
        }
        Direction::Above { from, to } => {
            format!("dépasse plus souvent le maximum de la référence, {} → {}", percent(*from), percent(*to))
        }
        Direction::Below { from, to } => {
            format!("passe plus souvent sous le minimum de la référence, {} → {}", percent(*from), percent(*to))
        }
        Direction::Equals { bin: BinShare { kind, label, from, to } } => {
            let label = bin_label(*kind, label);
            format!("vaut {} souvent {label}, {} → {}", more(*from, *to), percent(*from), percent(*to))
        }
        Direction::Within { bin: BinShare { kind, label, from, to } } => {
            let (label, more) = (bin_label(*kind, label), more(*from, *to));
            format!("tombe {more} souvent dans l’intervalle {label}, {} → {}", percent(*from), percent(*to))
        }
        Direction::Median { from, to } => {
            format!("{}, médiane {} → {}", rose(*from, *to), number(*from), number(*to))
        }
        Direction::Mean { from, to } => format!("{}, moyenne {} → {}", rose(*from, *to), number(*from), number(*to)),
        Direction::Unknown => "a dérivé".to_owned(),
    }
}

pub(super) fn bin_label(kind: PsiBinKind, label: &str) -> String {
    match kind {
        PsiBinKind::Missing => "manquants".to_owned(),
        PsiBinKind::Below => "sous le minimum de la référence".to_owned(),
        PsiBinKind::Above => "au-dessus du maximum de la référence".to_owned(),
        PsiBinKind::Unseen => "modalités jamais vues".to_owned(),
        PsiBinKind::Rare => "modalités rares".to_owned(),
        PsiBinKind::Atom | PsiBinKind::Interval => numbers::values(label),
        PsiBinKind::Level => shown(label),
    }
}

pub(super) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Stable => "stable",
        Severity::Watch => "à surveiller",
        Severity::Alarm => "alarme",
        Severity::TooFew => "trop peu",
        Severity::NoData => "pas de données",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> Failure {
        Failure::Error { detail: None, public: PublicCause::Text(text.to_owned()) }
    }

    #[test]
    fn errors_are_quoted() {
        let text = "reference: /r is truncated or damaged; copy it again";
        assert_eq!(
            failure(Test::RunFailed, &error(text), false),
            format!("l’exécution a échoué\u{a0}: «\u{a0}{text}\u{a0}»")
        );
        assert_eq!(failure(Test::RunFailed, &error(text), true), format!("«\u{a0}{text}\u{a0}»"));
        assert_eq!(
            failure(Test::Source, &error("source.path: /log cannot be listed"), true),
            "le journal ne peut pas être lu\u{a0}: «\u{a0}source.path: /log cannot be listed\u{a0}»"
        );
        let long = failure(Test::RunFailed, &error(&"é".repeat(MAX_QUOTED + 1)), false);
        assert!(long.ends_with("é…\u{a0}»"), "{long}");
    }

    #[test]
    fn fixed_causes_are_translated() {
        for public in [PublicCause::Crashed, PublicCause::NotCounted, PublicCause::NotReadAgain] {
            let french = failure(Test::RunFailed, &Failure::Error { detail: None, public }, false);
            assert!(french.contains(['é', 'ê']) && !french.contains('«'), "{french}");
        }
    }

    #[test]
    fn input_that_was_not_read_is_named() {
        let input = |place: Option<&str>, cause: &str| LeftOut {
            place: place.map(ToOwned::to_owned),
            cause: Some(cause.to_owned()),
        };
        let file = input(Some("a.csv"), "no such file or directory");
        let stated = |input: &LeftOut| left_out(Test::Source, input, input.cause.as_deref());
        assert_eq!(stated(&file), "non lu\u{a0}: a.csv: no such file or directory");
        assert_eq!(stated(&input(None, "no such table")), "non lu\u{a0}: no such table");
        assert_eq!(left_out_clause(Test::Source, &file), "non lu\u{a0}: a.csv");
        assert_eq!(left_out_clause(Test::Labels, &file), "étiquettes illisibles (a.csv)");
        assert_eq!(left_out_clause(Test::Labels, &input(None, "no such table")), "étiquettes illisibles");
    }

    #[test]
    fn counts_and_their_nouns_agree() {
        let stated = |facts: Facts| {
            let finding = Finding::of_run(Test::TooFew, Severity::TooFew, facts);
            let evidence = evidence(&finding).map_or(String::new(), |evidence| format!("\u{a0}; {evidence}"));
            format!("{}{evidence}", measure(&finding))
        };
        assert_eq!(
            stated(Facts::TooFew { rows: 1, min_rows: 1_000 }),
            "1 ligne utilisée, 1\u{202f}000 nécessaires pour un verdict"
        );
        let differing = |mismatches, decisions_flipped| Facts::Parity {
            compared: 1_000,
            mismatches,
            max_difference: None,
            decisions_flipped,
            cause: None,
        };
        let (one, many) = (stated(differing(1, 1)), stated(differing(2, 0)));
        assert!(
            one.starts_with("1 score du journal sur 1\u{202f}000 (0,1\u{a0}%) diffère de celui du fichier"),
            "{one}"
        );
        assert!(one.contains("1 décision changerait\u{a0};"), "{one}");
        assert!(many.starts_with("2 scores du journal sur 1\u{202f}000 (0,2\u{a0}%) diffèrent de ceux"), "{many}");
    }
}
