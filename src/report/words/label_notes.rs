//! Notes about labels in both languages: how many were matched, and the problems with the others.

use vigie_profile::shown::{harmless, shown};

use super::{Language, format::grouped};
use crate::performance::LabelCounts;

/// Returns one sentence per note. `rows` is the number of rows used in the window.
pub(crate) fn label_notes(labels: &LabelCounts, rows: u64, language: Language) -> Vec<String> {
    if let Some(place) = &labels.not_yet {
        let place = harmless(place);
        return vec![match language {
            Language::English => {
                format!("Labels: none have arrived yet ({place}). The report will be revised when they do.")
            }
            Language::French => {
                format!(
                    "Étiquettes\u{a0}: aucune n’est encore arrivée ({place}). Le rapport sera révisé à leur arrivée."
                )
            }
        }];
    }
    let [matched, rows, read, elsewhere, duplicates, invalid, pending, without, both] = [
        labels.matched,
        rows,
        labels.read,
        labels.elsewhere,
        labels.duplicates,
        labels.invalid,
        labels.pending,
        labels.without_id,
        labels.contradictory,
    ]
    .map(grouped);
    let mut notes = vec![match language {
        Language::English => format!(
            "Labels: {matched} of {rows} rows used have one. Of {read} label rows, {elsewhere} have an id that is not among these \
             rows (other windows, or unknown), {duplicates} are duplicates, {invalid} are neither 0 nor 1, {pending} have no \
             outcome yet, {without} have no id; {both} ids have contradictory outcomes and are not used."
        ),
        Language::French => format!(
            "Étiquettes\u{a0}: {matched} lignes utilisées sur {rows} en ont une. Sur {read} lignes d’étiquettes, {elsewhere} ont un \
             identifiant absent de ces lignes (autres fenêtres, ou inconnu), {duplicates} sont des doublons, {invalid} ne valent \
             ni 0 ni 1, {pending} n’ont pas encore d’issue, {without} n’ont pas d’identifiant\u{a0}; {both} identifiants ont des issues \
             contradictoires et ne sont pas retenus."
        ),
    }];
    if labels.malformed > 0 {
        let lines = grouped(labels.malformed);
        notes.push(match language {
            Language::English => format!("Labels: {lines} lines are not valid records."),
            Language::French => format!("Étiquettes\u{a0}: {lines} lignes ne sont pas des enregistrements valides."),
        });
    }
    let invalid = language.pick("Neither 0 nor 1:", "Ni 0 ni 1\u{a0}:");
    notes.extend(labels.examples.iter().map(|example| format!("{invalid} {}.", shown(example))));
    let unreadable = language.pick("Unreadable labels:", "Étiquettes illisibles\u{a0}:");
    notes.extend(labels.unreadable.iter().map(|why| format!("{unreadable} {}.", harmless(why))));
    notes
}
