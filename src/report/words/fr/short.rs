//! Headlines that fit in two lines, in French.

use vigie_profile::shown::shown;

use super::{
    findings::{self, quoted},
    headline,
    numbers::{exact, grouped, milliseconds, number, percent, plural, rounded, s},
    sequence, skew,
};
use crate::{
    drift::{Change, CommonValue},
    judge::{
        DecisionCause, Direction, DriftedFeatures, Facts, Finding, Headline, LeftOutKind, Severity, StoryBrief,
        Subject, Test, UnusableReason, VerdictHeadline,
    },
    report::words::values::{Multiple, ShortHeadline},
};

/// Extents from here on are all rows.
const ALL_ROWS: f64 = 0.99;

/// `clause` states a finding as one clause.
pub(super) fn headline(headline: &Headline, clause: &dyn Fn(&Finding) -> String) -> Option<ShortHeadline> {
    match headline {
        Headline::Verdict(verdict) => Some(self::verdict(verdict, clause)),
        Headline::Failed { .. } | Headline::Labels { .. } | Headline::Test | Headline::Stored { .. } => {
            headline::headline(headline, clause).map(ShortHeadline::whole)
        }
    }
}

fn verdict(verdict: &VerdictHeadline, clause: &dyn Fn(&Finding) -> String) -> ShortHeadline {
    let VerdictHeadline { severity, rows, min_rows, features, .. } = verdict;
    let text = match severity {
        Severity::Watch | Severity::Alarm => return worst(verdict, clause),
        Severity::Stable if *features == 1 => "La variable est conforme à la référence".to_owned(),
        Severity::Stable => format!("Les {} variables sont conformes à la référence", grouped(*features as u64)),
        Severity::TooFew => {
            let (rows, min_rows) = (grouped(*rows), grouped(*min_rows));
            format!("Trop peu de lignes pour un verdict\u{a0}: {rows} sur {min_rows} nécessaires")
        }
        Severity::NoData => "Aucun enregistrement dans cette fenêtre".to_owned(),
    };
    ShortHeadline::whole(text)
}

fn worst(verdict: &VerdictHeadline, clause: &dyn Fn(&Finding) -> String) -> ShortHeadline {
    let worst = verdict.others.first().filter(|_| !verdict.is_feature_worst);
    let short = worst.map_or_else(|| verdict.drifted.as_ref().map(drifted), finding);
    ShortHeadline::new(short, headline::clauses(verdict, clause), findings::severity_word(verdict.severity))
}

/// What happened to the worst features, and whether that is all there is to say.
fn drifted(drifted: &DriftedFeatures) -> (String, bool) {
    match &drifted.story {
        Some(story) => self::story(story),
        None => {
            let (moved, is_whole) = direction(&drifted.direction);
            (format!("{} {moved}", shown(&drifted.worst)), is_whole)
        }
    }
}

fn direction(direction: &Direction) -> (String, bool) {
    let short = match direction {
        Direction::Median { .. } | Direction::Mean { .. } | Direction::Unknown | Direction::Absent { near: None } => {
            return (findings::direction(direction), true);
        }
        Direction::Absent { near: Some(_) } => "n’est dans aucun enregistrement",
        Direction::Dead { .. } => "n’a plus de valeur",
        Direction::Constant { .. } => "a partout la même valeur",
        Direction::Missing { from, to } if to > from => "manque plus souvent",
        Direction::Missing { .. } => "manque moins souvent",
        Direction::Unseen { .. } => "a des modalités jamais vues",
        Direction::Above { .. } => "dépasse le maximum de la référence",
        Direction::Below { .. } => "passe sous le minimum de la référence",
        Direction::Equals { .. } | Direction::Within { .. } => "a dérivé",
    };
    (short.to_owned(), false)
}

fn story(brief: &StoryBrief) -> (String, bool) {
    let many = brief.only().is_none();
    let (state, is_whole) = state(brief, many);
    (format!("{} {state}", who(brief)), is_whole)
}

fn who(brief: &StoryBrief) -> String {
    if let Some(block) = &brief.block {
        let (all, name) = (grouped(block.features as u64), shown(&block.name()));
        return if block.is_whole() {
            format!("Les {all} variables de {name}")
        } else {
            format!("{} variables sur {all} de {name}", grouped(block.affected as u64))
        };
    }
    let lead = brief.named.first().map(|lead| shown(lead)).unwrap_or_default();
    match (brief.named.len() + brief.more).saturating_sub(1) {
        0 => lead,
        1 => format!("{lead} et 1 autre"),
        others => format!("{lead} et {others} autres"),
    }
}

/// What the features are or have done. Since when is stated elsewhere.
fn state(brief: &StoryBrief, many: bool) -> (String, bool) {
    let (be, have, s) = if many { ("sont", "ont", "s") } else { ("est", "a", "") };
    let worth = if many { "valent" } else { "vaut" };
    let most = brief.extent.map_or(1.0, |(_, most)| most);
    let is_all = brief.extent.is_none_or(|(least, _)| least >= ALL_ROWS);
    let partly = if is_all { "" } else { "en partie " };
    let short = match &brief.change {
        Change::Absent => {
            return (format!("{} dans aucun enregistrement", if many { "ne sont" } else { "n’est" }), true);
        }
        Change::Gap { .. } if is_all => return (format!("{be} vide{s}"), true),
        Change::Gap { .. } => {
            format!("{have} perdu {} de {} valeurs", percent(most), if many { "leurs" } else { "ses" })
        }
        Change::Filled { .. } => format!("{be} renseignée{s} là où {} ne l’{} pas", pronoun(many), was(many)),
        Change::Sentinel { value, .. } | Change::Atom { value, .. } => {
            format!("{worth} {} dans {} des lignes", exact(*value), percent(most))
        }
        Change::Unit { factor, .. } => match Multiple::new(*factor) {
            Multiple::Reversed => format!("{be} {partly}de signe opposé"),
            Multiple::By(factor) => format!("{be} {partly}multipliée{s} par {}", exact(factor)),
            Multiple::DividedBy(divisor) => format!("{be} {partly}divisée{s} par {}", exact(divisor)),
        },
        Change::Factor { factor } => return (format!("{be} multipliée{s} par {}", number(*factor)), true),
        Change::Offset { by } => return (format!("{be} décalée{s} de {}", number(*by)), true),
        Change::Merged { .. } => format!("{have} une modalité remplacée par une autre"),
        Change::Repeated { .. } => format!("{be} {partly}recopiée{s} d’une seule ligne"),
        Change::Spelling { .. } => format!("{be} {partly}écrite{s} autrement"),
        Change::Constant { value: CommonValue::Number(value) } => {
            return (format!("{worth} toujours {}", exact(*value)), true);
        }
        Change::Constant { value: CommonValue::Level(_) } => format!("{have} toujours la même modalité"),
        Change::NewLevel { .. } => format!("{have} des modalités jamais vues"),
        Change::Stale { .. } => format!("{} d’anciennes valeurs", if many { "reprennent" } else { "reprend" }),
        Change::Shift if many => return (format!("{have} dérivé ensemble"), true),
        Change::Shift => return (format!("{have} dérivé"), true),
    };
    // A unit in all rows needs no more words.
    (short, is_all && matches!(brief.change, Change::Unit { .. }))
}

fn pronoun(many: bool) -> &'static str {
    if many { "elles" } else { "elle" }
}

fn was(many: bool) -> &'static str {
    if many { "étaient" } else { "était" }
}

fn registry_away(is_denied: bool) -> &'static str {
    if is_denied {
        "Le registre des modèles refuse les identifiants de vigie"
    } else {
        "Le registre des modèles est injoignable"
    }
}

/// A finding about the run, the score or a segment; `None` if its clause is short already.
fn finding(finding: &Finding) -> Option<(String, bool)> {
    let part = |text: String| Some((text, false));
    let whole = |text: String| Some((text, true));
    match &finding.facts {
        Facts::RefusalRate { from, to } => whole(format!("Taux de refus {} → {}", percent(*from), percent(*to))),
        Facts::Decision(found) => {
            let against = found.accepted + found.refused;
            let (rows, counted) = (grouped(found.rows), grouped(against));
            part(match found.cause {
                DecisionCause::OneWord { refused: true } => {
                    format!("Les {rows} décisions du journal sont toutes des refus")
                }
                DecisionCause::OneWord { refused: false } => {
                    format!("Les {rows} décisions du journal sont toutes des accords")
                }
                DecisionCause::Reversed => format!("{counted} décisions sur {rows} sont l’inverse du score"),
                DecisionCause::Threshold { followed } => {
                    format!("Les décisions suivent le seuil {} et non {}", exact(followed), exact(found.threshold))
                }
                DecisionCause::Overrides => {
                    let contradict = plural(against, "décision contredit", "décisions contredisent");
                    format!("{counted} {contradict} leur score, sur {rows}")
                }
            })
        }
        Facts::UnknownDecisions { rows, unknown, .. } => {
            let carry = plural(*unknown, "décision porte", "décisions portent");
            part(format!("{} {carry} un mot inconnu, sur {}", grouped(*unknown), grouped(*rows)))
        }
        Facts::Overrides { refused, from, to, .. } => {
            let what = if *refused { "Refus" } else { "Acceptations" };
            part(format!("{what} contre l’avis du score\u{a0}: {} → {}", percent(*from), percent(*to)))
        }
        Facts::RowsLeftOut { what, rows, of, reason, .. } => {
            let noun = match what {
                LeftOutKind::Rows => "lignes",
                LeftOutKind::Labels => "étiquettes",
            };
            #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
            let share = percent(*rows as f64 / (*of as f64).max(1.0));
            part(match reason {
                UnusableReason::Percentage => {
                    format!("{share} des {noun} sont écartées\u{a0}: score en pourcentage\u{a0}?")
                }
                _ => format!("{share} des {noun} sont écartées, {} sur {}", grouped(*rows), grouped(*of)),
            })
        }
        Facts::ScoreNotMapped => part("Le score n’est pas surveillé\u{a0}: aucun champ n’est indiqué".to_owned()),
        Facts::ModelVersion { share } => {
            part(format!("{} des lignes viennent d’une autre version du modèle", percent(*share)))
        }
        Facts::ErrorRate { share } => whole(format!("{} des requêtes ont échoué", percent(*share))),
        Facts::Latency { p95_ms } => part(format!("95\u{a0}% des requêtes ont pris jusqu’à {}", milliseconds(*p95_ms))),
        Facts::NoData { .. } => part("Aucun enregistrement dans cette fenêtre".to_owned()),
        Facts::Parity { compared, mismatches, .. } => {
            let differ = plural(*mismatches, "score diffère", "scores diffèrent");
            part(format!("{} {differ} du fichier de modèle, sur {}", grouped(*mismatches), grouped(*compared)))
        }
        Facts::Cost { by_labels, increase, .. } => {
            let what = if *by_labels { "Coût des décisions étiquetées" } else { "Coût attendu des décisions" };
            part(format!("{what} en hausse de {}", percent(*increase)))
        }
        Facts::Auc { by_labels, drop, window, .. } => {
            let what = if *by_labels { "AUC des lignes étiquetées" } else { "AUC attendue" };
            part(format!("{what} en baisse de {}, à {}", number(*drop), number(*window)))
        }
        Facts::SegmentScore { .. } => {
            part(format!("Le score du segment {} a dérivé", quoted(&shown(finding.subject.name()?))))
        }
        Facts::Disparity { ratio, .. } => {
            let name = quoted(&shown(finding.subject.name()?));
            part(format!("Segment {name}\u{a0}: taux d’acceptation ×\u{a0}{}", number(*ratio)))
        }
        Facts::Volume { records, usual, .. } => {
            part(format!("{} enregistrement{}, contre {} d’habitude", grouped(*records), s(*records), rounded(*usual)))
        }
        Facts::StaleReference { days, .. } => whole(format!("La référence a {days} jours")),
        Facts::RegistryAway { is_denied, .. } => whole(registry_away(*is_denied).to_owned()),
        Facts::LeftOut(_) | Facts::Lost(_) if finding.test == Test::Labels => {
            part("Les étiquettes n’ont pas pu être lues".to_owned())
        }
        Facts::LeftOut(_) if finding.test == Test::Skew => {
            part("La table des variables n’a pas pu être comparée".to_owned())
        }
        Facts::LeftOut(_) | Facts::Lost(_) => part("Une partie du journal n’a pas pu être lue".to_owned()),
        Facts::Skew { causes, more, .. } => part(skew::short(causes, *more)),
        Facts::MissingRecords { .. } | Facts::UnfollowedSequence => part(sequence::short(&finding.facts)),
        Facts::Failed(_) => part("L’exécution a échoué".to_owned()),
        _ if finding.subject == Subject::Score => part("Le score a dérivé".to_owned()),
        // Findings about features are stated by stories; the others are of earlier versions.
        Facts::Psi { .. }
        | Facts::Distance { .. }
        | Facts::Missing { .. }
        | Facts::Unseen { .. }
        | Facts::Absent { .. }
        | Facts::Dead { .. }
        | Facts::Constant { .. }
        | Facts::TooFew { .. }
        | Facts::Stale { .. }
        | Facts::Story { .. }
        | Facts::Stored { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::StoryBlock;

    #[test]
    fn features_and_their_state_agree() {
        let brief = |named: &[&str], change: Change| StoryBrief {
            extent: change.extent().map(|extent| (extent, extent)),
            named: named.iter().map(|name| (*name).to_owned()).collect(),
            more: 0,
            block: None,
            change,
            onset: None,
        };
        let block = StoryBrief {
            block: Some(StoryBlock { prefix: "BUREAU_".to_owned(), features: 25, affected: 25 }),
            ..brief(&["BUREAU_A", "BUREAU_B"], Change::Gap { extent: 1.0 })
        };
        assert_eq!(story(&block), ("Les 25 variables de BUREAU_* sont vides".to_owned(), true));
        let unit = brief(&["A", "B"], Change::Unit { factor: 0.001, extent: 0.08 });
        assert_eq!(story(&unit), ("A et 1 autre sont en partie divisées par 1\u{202f}000".to_owned(), false));
        let filled = brief(&["A"], Change::Filled { extent: 0.5 });
        assert_eq!(story(&filled).0, "A est renseignée là où elle ne l’était pas");
    }
}
