//! Accord des scores du journal avec ceux du modèle, en français.

use vigie_profile::shown::shown;

use super::replays::decimals;
use crate::{
    replay::{IterationsUsed, ParityCause, ScorePromise, UnitRatio},
    report::words::format::capitalized,
};

/// Why scores differ, or may differ where the rows do not show it, in a clause.
pub(super) fn why(cause: Option<&ParityCause>) -> String {
    cause.map_or_else(
        || {
            "soit un autre modèle a produit les scores, soit les entrées du journal ne sont pas celles qu’il a reçues"
                .to_owned()
        },
        clause,
    )
}

/// Why scores differ, in a sentence.
pub(super) fn sentence(cause: &ParityCause) -> String {
    let words = clause(cause);
    // A name keeps its first letter.
    let begins_with_name = matches!(
        cause,
        ParityCause::SwappedColumns { .. }
            | ParityCause::LostColumn { .. }
            | ParityCause::ZeroColumn { .. }
            | ParityCause::ScaledColumn { .. }
    );
    let sentence = if begins_with_name { words } else { capitalized(&words) };
    sentence + "."
}

/// The others may agree, where the cause came up within the window or concerns only some rows.
const GIVES: &str = "donne, pour les lignes en écart, les scores du journal";

fn clause(cause: &ParityCause) -> String {
    match cause {
        ParityCause::OtherClass => format!(
            "le journal contient probablement la probabilité de l’autre classe\u{a0}: 1 moins celle du modèle {GIVES}"
        ),
        ParityCause::AnotherClass { class } => {
            let class = shown(class);
            format!(
                "le journal contient probablement la probabilité de la classe {class}\u{a0}: model.class\u{a0}: {class} {GIVES}"
            )
        }
        ParityCause::RawScores => format!(
            "le journal contient probablement les scores bruts, avant la fonction de lien\u{a0}: le score brut du modèle {GIVES}"
        ),
        ParityCause::ScoresScaled { ratio } => {
            let change = match ratio {
                UnitRatio::Times(by) => format!("multiplié par {by}"),
                UnitRatio::Over(by) => format!("divisé par {by}"),
                UnitRatio::Negated => "de signe contraire".to_owned(),
            };
            format!(
                "le journal contient probablement les scores dans une autre unité\u{a0}: le score du modèle, {change}, {GIVES}"
            )
        }
        ParityCause::ScoresCut { decimals: places } => format!(
            "le service tronque probablement les scores à {} au lieu de les arrondir\u{a0}: tous les scores du journal sont ceux \
             du modèle, tronqués",
            decimals(*places)
        ),
        ParityCause::Iterations { uses } => iterations(*uses),
        ParityCause::InputsRounded => format!(
            "le service passe probablement les nombres à la bibliothèque sur 32 bits\u{a0}: model.inputs\u{a0}: f32 {GIVES}"
        ),
        ParityCause::InputsNotRounded => format!(
            "le service passe probablement les nombres à la bibliothèque sur 64 bits\u{a0}: le modèle sans model.inputs {GIVES}"
        ),
        ParityCause::ZerosMissing => format!(
            "les zéros sont probablement manquants pour la bibliothèque, comme dans des lignes creuses ou avec missing=0 de XGBoost \
             (model.missing\u{a0}: 0)\u{a0}: le modèle {GIVES} si les zéros sont pris pour manquants"
        ),
        ParityCause::MissingZeros => format!(
            "les nombres manquants sont probablement des zéros pour la bibliothèque\u{a0}: le modèle {GIVES} si les manquants \
             sont remplacés par zéro"
        ),
        ParityCause::ValueMissing { value } => format!(
            "{value} est probablement une valeur manquante pour la bibliothèque, comme avec missing={value} de XGBoost \
             (model.missing\u{a0}: {value})\u{a0}: le modèle {GIVES} si elle est prise pour manquante"
        ),
        ParityCause::LevelsMissing { features } => format!(
            "les modalités manquantes de {} restent probablement manquantes pour la bibliothèque\u{a0}: le modèle {GIVES} si aucun \
             mot ne les remplace\u{a0}; indiquer model.missing_level\u{a0}: {{{}}}",
            listed(features, |name| shown(name)),
            listed(features, |name| format!("{}: null", shown(name)))
        ),
        ParityCause::ColumnsSorted => format!(
            "la bibliothèque lit probablement les colonnes dans l’ordre alphabétique, et non d’après leurs noms\u{a0}: le modèle \
             {GIVES} si ses colonnes sont dans cet ordre"
        ),
        ParityCause::LostColumn { feature } => format!(
            "{} manque probablement à la bibliothèque\u{a0}: le modèle {GIVES} sans ses valeurs",
            shown(feature)
        ),
        ParityCause::ZeroColumn { feature } => format!(
            "{} vaut probablement zéro pour la bibliothèque\u{a0}: le modèle {GIVES} avec des zéros à sa place",
            shown(feature)
        ),
        ParityCause::ScaledColumn { feature, ratio } => {
            let change = match ratio {
                UnitRatio::Times(by) => format!("multipliées par {by}"),
                UnitRatio::Over(by) => format!("divisées par {by}"),
                UnitRatio::Negated => "de signe contraire".to_owned(),
            };
            let feature = shown(feature);
            format!(
                "{feature} parvient probablement à la bibliothèque dans une autre unité\u{a0}: le modèle {GIVES} avec ses valeurs \
                 {change}"
            )
        }
        ParityCause::SwappedColumns { first, second } => format!(
            "{} et {} sont probablement interverties\u{a0}: le modèle {GIVES} si leurs valeurs sont échangées",
            shown(first),
            shown(second)
        ),
        ParityCause::ChangedLeaf { tree } => format!(
            "une feuille de l’arbre {tree} a probablement une autre valeur dans le fichier de modèle que dans celui en service\
             \u{a0}: ses lignes diffèrent toutes du même écart et les autres concordent"
        ),
        ParityCause::OtherModel { similar: true } => {
            "une autre version du modèle a probablement produit les scores\u{a0}: elle classe les lignes de la même façon et \
             aucun changement des entrées n’explique ses scores"
                .to_owned()
        }
        ParityCause::OtherModel { similar: false } => {
            "un autre modèle a probablement produit les scores\u{a0}: il classe les lignes autrement et aucun changement des \
             entrées n’explique ses scores"
                .to_owned()
        }
    }
}

fn iterations(uses: IterationsUsed) -> String {
    match uses {
        IterationsUsed::First(count) => {
            let first = match count {
                1 => "la première itération".to_owned(),
                _ => format!("les {count} premières itérations"),
            };
            format!("le service utilise probablement {first} du fichier\u{a0}: model.iterations\u{a0}: {count} {GIVES}")
        }
        IterationsUsed::All => format!(
            "le service utilise probablement toutes les itérations du fichier\u{a0}: model.iterations\u{a0}: all {GIVES}"
        ),
        IterationsUsed::Best => format!(
            "le service utilise probablement les itérations jusqu’à la meilleure\u{a0}: model.iterations\u{a0}: best {GIVES}"
        ),
        IterationsUsed::Default => format!(
            "le service utilise probablement le nombre d’itérations par défaut de la bibliothèque\u{a0}: le modèle sans \
             model.iterations {GIVES}"
        ),
    }
}

/// Features, separated by commas.
fn listed(features: &[String], one: impl Fn(&String) -> String) -> String {
    features.iter().map(one).collect::<Vec<String>>().join(", ")
}

/// How closely vigie's scores equal those of the library.
pub(super) fn promise(promise: &ScorePromise) -> String {
    let library = shown(&promise.library);
    let tolerance = promise.tolerance;
    match tolerance.within {
        within if within > 0.0 => format!("ceux de {library}, à {within:e} près"),
        _ if tolerance.is_single => format!("ceux de {library}, au bit près de ses nombres de 32 bits"),
        _ => format!("ceux de {library}, au bit près"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        let cut = |decimals| sentence(&ParityCause::ScoresCut { decimals });
        assert!(cut(1).contains("à 1 décimale au lieu"), "{}", cut(1));
        assert!(cut(3).contains("à 3 décimales au lieu"), "{}", cut(3));
        let first = |count| sentence(&ParityCause::Iterations { uses: IterationsUsed::First(count) });
        assert!(first(1).contains("utilise probablement la première itération du fichier"), "{}", first(1));
        assert!(first(7).contains("utilise probablement les 7 premières itérations du fichier"), "{}", first(7));
    }
}
