//! Drift among the leaves of the model in French.

use vigie_profile::shown::shown;

use super::numbers::{grouped, number, q, row_count};
use crate::replay::{LeafDrift, NoPValue};

pub(super) fn leaf_shift(drift: &LeafDrift) -> String {
    let (rows, overall, strongest) =
        (row_count(drift.rows), number(drift.shift.overall), number(drift.shift.strongest));
    let figures = format!(
        "l’écart de l’ensemble des arbres vaut {overall}\u{a0}fois celui que produit le hasard seul, et l’écart réduit moyen \
         des 5\u{a0}% d’arbres les plus touchés vaut {strongest}"
    );
    let shift = match drift.p_value {
        Ok(p) if drift.is_beyond_chance() => format!(
            "La répartition de {rows} entre les feuilles s’écarte de celle de la référence au-delà du hasard (p = \
             {})\u{a0}: {figures}.",
            q(Some(p))
        ),
        Ok(p) => format!(
            "La répartition de {rows} entre les feuilles ne s’écarte pas de celle de la référence au-delà du hasard (p = \
             {})\u{a0}: {figures}.",
            q(Some(p))
        ),
        Err(why) => format!("Sur {rows}, {figures}. Il n’y a pas de valeur p\u{a0}: {}.", no_p_value(why)),
    };
    if drift.p_value.is_err() || !drift.is_reference_small() {
        return shift;
    }
    format!(
        "{shift} La référence compte {}, moins de dix fois plus\u{a0}: son propre bruit, le même pour toutes les fenêtres, \
         rend p plus petite, ou plus grande, qu’elle ne devrait l’être.",
        row_count(drift.reference_rows)
    )
}

pub(super) fn changed_tie(pair: &[String; 2]) -> String {
    let [first, other] = pair;
    format!(
        "C’est probablement le lien entre {} et {} qui a changé, ou la première variable seule.",
        shown(first),
        shown(other)
    )
}

pub(super) fn no_p_value(why: NoPValue) -> String {
    match why {
        NoPValue::FewRows(least) => format!("la fenêtre compte moins de {} lignes", grouped(least)),
        NoPValue::FewReferenceRows(least) => format!("la référence compte moins de {} lignes", grouped(least)),
    }
}
