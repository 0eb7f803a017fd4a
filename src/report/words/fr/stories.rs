//! Stories in French.

use vigie_profile::shown::shown;

use super::{
    lists::names,
    numbers::{exact, number, percent},
    onsets,
};
use crate::{
    drift::{Change, CommonValue, Onset, Respelled},
    judge::{Story, StoryBrief, StoryReason, StorySide, StoryTable},
    report::words::{
        format::moment,
        values::{Cause, Multiple},
    },
};

/// Extents from here on are all rows.
const ALL_ROWS: f64 = 0.99;

/// States a story with its subject, as a clause: `les 25 variables de BUREAU_* sont vides depuis le 2026-10-13 14:20 UTC`.
pub(super) fn story(brief: &StoryBrief) -> String {
    let many = brief.only().is_none();
    format!("{} {}{}", who(brief, true), verb(brief, many), since(brief.onset))
}

/// States a story after its subject. `strongest`: what the strongest test of the feature that leads found.
pub(super) fn stated(brief: &StoryBrief, strongest: &str) -> String {
    let since = since(brief.onset);
    if brief.only().is_none() {
        return format!("{} {}{since}", who(brief, false), verb(brief, true));
    }
    match lone_state(brief) {
        Some(state) => format!("{state}{since}\u{a0}: {strongest}"),
        None if since.is_empty() => strongest.to_owned(),
        None => format!("{}\u{a0}: {strongest}", since.trim_start()),
    }
}

/// The state of a single feature, unless the strongest test states it.
fn lone_state(brief: &StoryBrief) -> Option<String> {
    match brief.change {
        Change::Absent | Change::NewLevel { .. } | Change::Stale { .. } | Change::Shift => None,
        Change::Gap { .. }
        | Change::Filled { .. }
        | Change::Sentinel { .. }
        | Change::Atom { .. }
        | Change::Unit { .. }
        | Change::Factor { .. }
        | Change::Offset { .. }
        | Change::Merged { .. }
        | Change::Repeated { .. }
        | Change::Spelling { .. }
        | Change::Constant { .. } => state(brief, false),
    }
}

fn who(brief: &StoryBrief, is_named: bool) -> String {
    let Some(block) = &brief.block else { return names(&brief.named, brief.more) };
    let of = if is_named { format!(" de {}", shown(&block.name())) } else { String::new() };
    if block.is_whole() {
        format!("les {} variables{of}", block.features)
    } else {
        format!("{} variables sur {}{of}", block.affected, block.features)
    }
}

fn verb(brief: &StoryBrief, many: bool) -> String {
    let (be, have) = if many { ("sont", "ont") } else { ("est", "a") };
    match (state(brief, many), &brief.change) {
        (Some(state), _) => format!("{be} {state}"),
        (None, Change::NewLevel { level, others, .. }) => {
            let levels = new_levels(level.as_deref(), *others);
            format!("{have} des modalités absentes de la référence{}{levels}", in_rows(brief))
        }
        (None, Change::Stale { .. }) => format!("reprennent les valeurs de la fenêtre précédente{}", in_rows(brief)),
        (None, _) if many => "ont dérivé ensemble".to_owned(),
        (None, _) => "a dérivé".to_owned(),
    }
}

/// What the features are now, after « sont »; `None` if that takes another verb.
fn state(brief: &StoryBrief, many: bool) -> Option<String> {
    let s = if many { "s" } else { "" };
    Some(match &brief.change {
        Change::Absent => format!("absente{s} du journal"),
        Change::Gap { .. } if is_all(brief) => format!("vide{s}"),
        Change::Gap { .. } => format!("sans valeur dans {} des lignes qui devraient en avoir une", extent(brief)),
        Change::Filled { .. } => {
            format!("renseignée{s} dans {} des lignes où la référence n’a pas de valeur", extent(brief))
        }
        Change::Sentinel { value, .. } => {
            format!("égale{s} à {}{}, valeur que la référence n’a pas", exact(*value), in_rows(brief))
        }
        Change::Atom { value, .. } => {
            format!("égale{s} à {} dans {} des lignes qui auraient d’autres valeurs", exact(*value), extent(brief))
        }
        Change::Unit { factor, .. } => format!("{}{}", multiplied(*factor, s), in_rows(brief)),
        Change::Factor { factor } => format!("multipliée{s} par {}", number(*factor)),
        Change::Offset { by } => format!("décalée{s} de {}", number(*by)),
        Change::Merged { from, into, .. } => {
            format!("passée{s} de {} à {}{}", quoted(from), quoted(into), in_rows(brief))
        }
        Change::Repeated { .. } => format!("recopiée{s} d’une seule ligne{}", in_rows(brief)),
        Change::Spelling { levels, .. } => format!("écrite{s} autrement{}{}", in_rows(brief), spellings(levels)),
        Change::Constant { value: CommonValue::Number(value) } => format!("toujours égale{s} à {}", exact(*value)),
        Change::Constant { value: CommonValue::Level(Some(level)) } => format!("toujours égale{s} à {}", quoted(level)),
        Change::Constant { value: CommonValue::Level(None) } => format!("toujours égale{s} à la même modalité"),
        Change::NewLevel { .. } | Change::Stale { .. } | Change::Shift => return None,
    })
}

fn multiplied(factor: f64, s: &str) -> String {
    match Multiple::new(factor) {
        Multiple::Reversed => "de signe opposé".to_owned(),
        Multiple::By(factor) => format!("multipliée{s} par {}", exact(factor)),
        Multiple::DividedBy(divisor) => format!("divisée{s} par {}", exact(divisor)),
    }
}

fn quoted(text: &str) -> String {
    format!("«\u{a0}{}\u{a0}»", shown(text))
}

fn spellings(levels: &[Respelled]) -> String {
    match levels.first() {
        Some(Respelled { known, found: Some(found), .. }) => format!(" ({} pour {})", quoted(found), quoted(known)),
        Some(Respelled { known, found: None, .. }) => format!(" (autre graphie de {})", quoted(known)),
        None => String::new(),
    }
}

fn new_levels(level: Option<&str>, others: usize) -> String {
    match (level, others) {
        (Some(level), 0) => format!(" ({})", quoted(level)),
        (Some(level), 1) => format!(" ({} et 1 autre)", quoted(level)),
        (Some(level), others) => format!(" ({} et {others} autres)", quoted(level)),
        (None, _) => String::new(),
    }
}

fn is_all(brief: &StoryBrief) -> bool {
    brief.extent.is_none_or(|(least, _)| least >= ALL_ROWS)
}

fn in_rows(brief: &StoryBrief) -> String {
    if is_all(brief) { " dans toutes les lignes".to_owned() } else { format!(" dans {} des lignes", extent(brief)) }
}

fn extent(brief: &StoryBrief) -> String {
    let (least, most) = brief.extent.unwrap_or((1.0, 1.0));
    let (least, most) = (percent(least), percent(most));
    if least == most { least } else { format!("{least} à {most}") }
}

fn since(onset: Option<Onset>) -> String {
    onset.map_or(String::new(), |onset| format!(" {}", onsets::onset(&onset)))
}

/// States what caused a story, as a clause.
pub(super) fn side(story: &Story) -> String {
    let cause = match story.side {
        StorySide::Pipeline => "probablement un défaut de la chaîne de données",
        StorySide::Population => "probablement un changement de la population des demandeurs",
        StorySide::Unknown => "impossible de dire si c’est la chaîne de données ou la population qui a changé",
    };
    if story.reasons.is_empty() { cause.to_owned() } else { format!("{cause}\u{a0}: {}", reasons(story)) }
}

/// Names the source table, with the number of features if not all come from it.
pub(super) fn source_table(table: &StoryTable) -> String {
    let some = format!(" ({} variables sur {})", table.features, table.members);
    format!("table source\u{a0}: {}{}", shown(&table.name), if table.is_of_all() { "" } else { &some })
}

pub(super) fn reasons(story: &Story) -> String {
    story.reasons.iter().map(reason).collect::<Vec<_>>().join(", ")
}

/// Why a finding that is not about features has the cause that it has.
pub(super) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Decisions => {
            "les décisions contredisent les scores des mêmes lignes, ce qu’aucun changement de population n’explique"
        }
        Cause::Overrides => "des personnes ou des règles forcent peut-être la décision, ou le service est en défaut",
        Cause::Log => "le journal, ou le service qui l’écrit, est en défaut",
        Cause::Service => "le service lui-même est lent ou en échec",
        Cause::Model => "un autre modèle que celui attendu répond",
        Cause::ScoredInputs => "le service modifie les entrées entre le journal et le modèle",
        Cause::ModelReading => "le service utilise le fichier de modèle autrement que ne le dit la configuration",
        Cause::Skew => "le service n’a pas utilisé les valeurs de la table des variables",
        Cause::FeatureTable => "la table des variables n’a pas pu être comparée",
        Cause::Volume => "moins de demandeurs, ou une partie du journal manquante",
        Cause::Unexplained => "aucune variable ne montre pourquoi",
    }
}

fn reason(reason: &StoryReason) -> String {
    match reason {
        StoryReason::FieldGone => "aucun enregistrement ne contient le champ".to_owned(),
        StoryReason::Emptied => "au moins 90\u{a0}% des valeurs manquent ou sont illisibles".to_owned(),
        StoryReason::PartlyEmptied => {
            "une partie des valeurs a disparu, et aucun changement de population ne l’explique".to_owned()
        }
        StoryReason::Filled => "des valeurs apparaissent là où la référence n’en a pas".to_owned(),
        StoryReason::WholeBlock => "toutes les variables d’une même source sont touchées".to_owned(),
        StoryReason::Unit => "le facteur est celui d’un changement d’unité".to_owned(),
        StoryReason::OutOfRange => "la valeur sort de l’étendue de la référence".to_owned(),
        StoryReason::Respelled => "des modalités connues s’écrivent autrement".to_owned(),
        StoryReason::Constant => "toutes les lignes ont la même valeur".to_owned(),
        StoryReason::Repeated => "la source renvoie d’anciennes réponses".to_owned(),
        StoryReason::OneAnswer => {
            "de nombreuses lignes portent les valeurs d’une seule, comme après une jointure erronée".to_owned()
        }
        StoryReason::LevelMerged => "une modalité a disparu, et une autre a pris ses lignes".to_owned(),
        StoryReason::Passed { from, until } => {
            format!("le changement est soudain et a pris fin, {}", onsets::from_to(*from, *until))
        }
        StoryReason::Began { at } => format!("le changement est soudain, le {}", moment(*at)),
        StoryReason::StoodStill { feature } => format!("{}, qui évolue d’ordinaire avec elle, n’a pas bougé", shown(feature)),
        StoryReason::MovedAlong { features } => format!("les variables liées ont suivi ({})", names(features, 0)),
        StoryReason::SharedFactor => {
            "plusieurs variables ont le même facteur, ce que feraient une autre devise, l’inflation ou d’autres demandeurs"
                .to_owned()
        }
        StoryReason::SharedOffset => {
            "des variables d’échelles différentes sont décalées du même montant, comme avec une autre date ou valeur de référence"
                .to_owned()
        }
        StoryReason::PopulationMoved { feature } => format!("la population a changé elle aussi ({})", shown(feature)),
        StoryReason::PlausibleValue => "un demandeur peut avoir cette valeur".to_owned(),
        StoryReason::NewLevel => {
            "une modalité nouvelle peut venir d’un nouveau produit ou d’un nouveau codage".to_owned()
        }
        StoryReason::LevelGone { level } => {
            format!("plus aucune ligne n’a {}, et aucune autre modalité n’a pris ses lignes", quoted(level))
        }
        StoryReason::NoRelative => "aucune autre variable n’y est assez liée".to_owned(),
        StoryReason::TooFewRows => "trop peu de lignes pour la comparer aux variables liées".to_owned(),
        StoryReason::Mixed => "les variables liées ne montrent ni l’un ni l’autre".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use vigie_profile::window::Instant;

    use super::*;
    use crate::{drift::OnsetOf, judge::StoryBlock};

    fn brief(named: &[&str], change: Change) -> StoryBrief {
        let extent = change.extent().map(|extent| (extent, extent));
        let named = named.iter().map(|name| (*name).to_owned()).collect();
        StoryBrief { named, more: 0, block: None, change, extent, onset: None }
    }

    #[test]
    fn features_and_their_state_agree() {
        let block = StoryBrief {
            block: Some(StoryBlock { prefix: "B_".to_owned(), features: 25, affected: 24 }),
            ..brief(&["B_A", "B_B"], Change::Gap { extent: 1.0 })
        };
        assert_eq!(story(&block), "24 variables sur 25 de B_* sont vides");
        let one = brief(&["A"], Change::Unit { factor: 1_000.0, extent: 0.3 });
        assert_eq!(story(&one), "A est multipliée par 1\u{202f}000 dans 30,0\u{a0}% des lignes");
        assert_eq!(stated(&one, "PSI 1,00"), "multipliée par 1\u{202f}000 dans 30,0\u{a0}% des lignes\u{a0}: PSI 1,00");
        assert_eq!(story(&brief(&["A", "B"], Change::Shift)), "A, B ont dérivé ensemble");
        let at = Instant(1_791_901_200_000_000);
        let until = Some(Instant(at.0 + 90 * 60_000_000));
        let onset = Onset { at, until, resolution_s: 60, of: OnsetOf::Missing, before: 0.1, after: 1.0 };
        let passed = StoryBrief { onset: Some(onset), ..brief(&["A"], Change::Offset { by: -365.0 }) };
        assert_eq!(story(&passed), "A est décalée de -365 le 2026-10-13 de 14:20 à 15:50 UTC");
    }
}
