//! Notes about a run, which are not findings, in French.

use vigie_profile::shown::shown;

use super::findings::quoted;
use crate::{judge::Note, report::words::format::day};

pub(super) fn note(note: &Note) -> String {
    match note {
        Note::NewTrendLine { reference, model, from: _, reset_alerts: _ } => {
            let what = match (reference, model) {
                (true, true) => "la référence et le fichier du modèle ont changé",
                (false, true) => "le fichier du modèle a changé",
                (_, false) => "la référence a changé",
            };
            format!("{what}\u{a0}: les courbes de tendance repartent de zéro")
        }
        Note::Promoted { name, alias, former, version, from, new_line, reset_alerts: _ } => {
            let role = alias.as_deref().map_or_else(|| "utilisée".to_owned(), |alias| quoted(&shown(alias)));
            let trends = if *new_line { "\u{a0}: les courbes de tendance repartent de zéro" } else { "" };
            format!(
                "la version {version} de {} est {role} depuis la fenêtre du {}, après la version {former}{trends}",
                shown(name),
                day(*from)
            )
        }
        Note::Stored { sentence } => quoted(sentence),
    }
}
