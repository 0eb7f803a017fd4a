//! Skew between training and serving in French.

use vigie_profile::shown::shown;

use super::{
    French,
    findings::quoted_error,
    lists::names,
    numbers::{exact, grouped, number, percent, plural, row_count, s},
};
use crate::{
    drift::CommonValue,
    fault::LeftOut,
    judge::SkewCause,
    report::words::{SkewWords, values::Multiple},
    skew::{RenamedLevel, Skew, SkewKind},
};

impl SkewWords for French {
    fn skew_compared(&self, skew: &Skew) -> Vec<String> {
        compared(skew)
    }

    fn skew_how(&self, kind: &SkewKind) -> String {
        how(kind)
    }

    fn skew_not_compared(&self, input: &LeftOut) -> String {
        not_compared(input)
    }
}

pub(super) fn finding(compared: u64, causes: &[SkewCause], more: usize) -> String {
    let mut clauses: Vec<String> = causes.iter().map(|cause| clause(cause, compared)).collect();
    if more > 0 {
        clauses.push(format!("et {} autre{}", grouped(more as u64), s(more as u64)));
    }
    format!("les entrées du journal diffèrent de la table des variables\u{a0}: {}", clauses.join("\u{a0}; "))
}

fn clause(cause: &SkewCause, compared: u64) -> String {
    let most = if cause.named.len() + cause.more > 1 { "jusqu’à " } else { "" };
    format!("{}\u{a0}: {} dans {most}{} de {}", who(cause), how(&cause.how), percent(cause.share), row_count(compared))
}

fn who(cause: &SkewCause) -> String {
    match &cause.block {
        Some(block) if block.is_whole() => format!("les {} variables de {}", block.features, shown(&block.name())),
        Some(block) => format!("{} des {} variables de {}", block.affected, block.features, shown(&block.name())),
        None => names(&cause.named, cause.more),
    }
}

/// The lead of the first cause, in a headline.
pub(super) fn short(causes: &[SkewCause], more: usize) -> String {
    let others = causes.len().saturating_sub(1) + more;
    let Some(first) = causes.first() else { return "Le journal diffère de la table des variables".to_owned() };
    let named = match &first.block {
        Some(block) => shown(&block.name()),
        None => first.named.first().map(|name| shown(name)).unwrap_or_default(),
    };
    let is_several = others > 0 || first.block.is_some() || first.named.len() + first.more > 1;
    let and_others =
        if others > 0 || first.block.is_none() && first.named.len() + first.more > 1 { " et d’autres" } else { "" };
    format!("{named}{and_others} {} de la table des variables", if is_several { "diffèrent" } else { "diffère" })
}

/// How logged values differ, as a noun phrase.
fn how(kind: &SkewKind) -> String {
    match kind {
        SkewKind::MissingInLog => "pas de valeur là où la table des variables en a une".to_owned(),
        SkewKind::MissingInTable => "une valeur là où la table des variables n’en a pas".to_owned(),
        SkewKind::Constant { value, of_missing } => {
            let value = match value {
                CommonValue::Number(value) => exact(*value),
                CommonValue::Level(Some(level)) => format!("«\u{a0}{}\u{a0}»", shown(level)),
                CommonValue::Level(None) => "une même modalité".to_owned(),
            };
            let place = if *of_missing { "d’une valeur manquante" } else { "des valeurs de la table des variables" };
            format!("{value} à la place {place}")
        }
        SkewKind::Factor { factor } => format!("les valeurs de la table des variables {}", multiplied(*factor)),
        SkewKind::Offset { by } if *by < 0.0 => {
            format!("les valeurs de la table des variables moins {}", number(-by))
        }
        SkewKind::Offset { by } => format!("les valeurs de la table des variables plus {}", number(*by)),
        SkewKind::Renamed { levels, more } => renamed(levels, *more),
        SkewKind::Other => "d’autres valeurs que dans la table des variables".to_owned(),
    }
}

fn multiplied(factor: f64) -> String {
    #[expect(clippy::float_cmp, reason = "as snapped")]
    let is_reversed = factor == -1.0;
    match Multiple::new(factor) {
        Multiple::Reversed if is_reversed => "de signe opposé".to_owned(),
        Multiple::Reversed => format!("multipliées par {}", number(factor)),
        Multiple::By(factor) => format!("multipliées par {}", exact(factor)),
        Multiple::DividedBy(divisor) => format!("divisées par {}", exact(divisor)),
    }
}

fn renamed(levels: &[RenamedLevel], more: usize) -> String {
    let named = levels.iter().filter_map(|level| {
        let (stored, logged) = (level.stored.as_ref()?, level.logged.as_ref()?);
        Some(format!("«\u{a0}{}\u{a0}» devenu «\u{a0}{}\u{a0}»", shown(stored), shown(logged)))
    });
    let mut named: Vec<String> = named.collect();
    if named.is_empty() {
        let all = (levels.len() + more) as u64;
        return format!("{} modalité{} sous un autre nom", grouped(all), s(all));
    }
    if more > 0 {
        named.push(format!("et {} autre{} modalité{}", grouped(more as u64), s(more as u64), s(more as u64)));
    }
    named.join(", ")
}

/// What was compared, as whole sentences.
fn compared(skew: &Skew) -> Vec<String> {
    let mut sentences = vec![format!(
        "Lignes comparées avec la table des variables\u{a0}: {} sur {}, pour {} variable{}.",
        grouped(skew.compared),
        grouped(skew.rows),
        grouped(skew.features as u64),
        s(skew.features as u64)
    )];
    if skew.not_found > 0 {
        let rows = row_count(skew.not_found);
        sentences.push(format!("Identifiant absent de la table des variables\u{a0}: {rows}."));
    }
    if skew.ambiguous > 0 {
        sentences.push(format!(
            "{} identifiant{} {} plusieurs lignes dans la table des variables\u{a0}: {} sans comparaison.",
            grouped(skew.duplicates),
            s(skew.duplicates),
            plural(skew.duplicates, "a", "ont"),
            row_count(skew.ambiguous)
        ));
    }
    if skew.without_id > 0 {
        sentences.push(format!("{} sans identifiant à rechercher.", row_count(skew.without_id)));
    }
    if !skew.not_in_table.is_empty() {
        sentences.push(format!("Absentes de la table des variables\u{a0}: {}.", listed(&skew.not_in_table)));
    }
    if skew.unequal.is_empty() && skew.compared > 0 {
        sentences.push(
            "Toutes les entrées du journal sont celles de la table des variables, à la précision du journal."
                .to_owned(),
        );
    }
    sentences
}

fn listed(all: &[String]) -> String {
    const NAMED: usize = 3;
    names(all.get(..NAMED).unwrap_or(all), all.len().saturating_sub(NAMED))
}

fn not_compared(input: &LeftOut) -> String {
    match input.to_string() {
        why if why.is_empty() => {
            "Les entrées du journal n’ont pas été comparées\u{a0}: la table des variables n’a pas pu être lue."
                .to_owned()
        }
        why => format!(
            "Les entrées du journal n’ont pas été comparées avec la table des variables\u{a0}: {}.",
            quoted_error(&why)
        ),
    }
}
