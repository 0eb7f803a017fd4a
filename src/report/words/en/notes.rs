//! Notes about a run, which are not findings, in English.

use vigie_profile::shown::shown;

use crate::judge::Note;

pub(super) fn note(note: &Note) -> String {
    match note {
        Note::NewTrendLine { reference, model, from, reset_alerts } => {
            let what = match (reference, model) {
                (true, true) => "the reference and the model file",
                (false, true) => "the model file",
                (_, false) => "the reference",
            };
            format!("{what} changed in the window from {from}: trends start over{}", reset(*reset_alerts))
        }
        Note::Promoted { name, alias, former, version, from, new_line, reset_alerts } => {
            let role = alias.as_deref().map_or_else(|| "in use".to_owned(), shown);
            let trends = if *new_line { ": trends start over" } else { "" };
            format!(
                "version {version} of {} is {role} since the window from {from}, after version {former}{trends}{}",
                shown(name),
                reset(*reset_alerts)
            )
        }
        Note::Stored { sentence } => sentence.clone(),
    }
}

fn reset(alerts: usize) -> String {
    if alerts == 0 { String::new() } else { format!("; pending alerts reset: {alerts}") }
}
