//! Accord des scores du journal avec ceux du modèle, en français.

use vigie_profile::shown::shown;

use crate::{
    replay::{IterationsUsed, ParityCause, ScorePromise},
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
    let begins_with_name = matches!(cause, ParityCause::SwappedColumns { .. });
    let sentence = if begins_with_name { words } else { capitalized(&words) };
    sentence + "."
}

fn clause(cause: &ParityCause) -> String {
    const GIVES: &str = "donne les scores du journal";
    match cause {
        ParityCause::OtherClass => format!(
            "le journal contient probablement la probabilité de l’autre classe\u{a0}: 1 moins celle du modèle {GIVES}"
        ),
        ParityCause::Iterations { uses: IterationsUsed::All } => format!(
            "le service utilise probablement toutes les itérations du fichier\u{a0}: model.iterations\u{a0}: all {GIVES}"
        ),
        ParityCause::Iterations { uses: IterationsUsed::Best } => format!(
            "le service utilise probablement les itérations jusqu’à la meilleure\u{a0}: model.iterations\u{a0}: best {GIVES}"
        ),
        ParityCause::Iterations { uses: IterationsUsed::Default } => format!(
            "le service utilise probablement le nombre d’itérations par défaut de la bibliothèque\u{a0}: le modèle sans \
             model.iterations {GIVES}"
        ),
        ParityCause::InputsRounded => format!(
            "le service passe probablement les nombres à la bibliothèque sur 32 bits\u{a0}: model.inputs\u{a0}: f32 {GIVES}"
        ),
        ParityCause::InputsNotRounded => format!(
            "le service passe probablement les nombres à la bibliothèque sur 64 bits\u{a0}: le modèle sans model.inputs {GIVES}"
        ),
        ParityCause::ZerosMissing => format!(
            "les zéros sont probablement manquants pour la bibliothèque, comme dans des lignes creuses\u{a0}: le modèle {GIVES} \
             si les zéros sont pris pour manquants"
        ),
        ParityCause::MissingZeros => format!(
            "les nombres manquants sont probablement des zéros pour la bibliothèque\u{a0}: le modèle {GIVES} si les manquants \
             sont remplacés par zéro"
        ),
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
