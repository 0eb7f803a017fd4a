//! What became of the labels, in both languages: how many were found, and what was wrong with the others.

use vigie_profile::shown::{harmless, shown};

use super::{Language, verdict::grouped};
use crate::performance::Labelled;

/// One sentence each; `rows` are the window's used ones.
pub(crate) fn label_notes(labels: &Labelled, rows: u64, language: Language) -> Vec<String> {
    if let Some(place) = &labels.not_yet {
        let place = harmless(place);
        return vec![match language {
            Language::English => {
                format!("Labels: none has come yet ({place}). The report is made anew when they come.")
            }
            Language::French => {
                format!("Étiquettes : aucune n’est encore arrivée ({place}). Le rapport sera refait à leur arrivée.")
            }
        }];
    }
    let [matched, rows, read, elsewhere, again, invalid, pending, without, both] = [
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
            "Labels: {matched} of {rows} used rows have one. Of {read} label rows, {elsewhere} have an id that is not among these \
             rows (of other windows, or unknown), {again} say the same again, {invalid} are not 0 or 1, {pending} have no outcome \
             yet, {without} no id; {both} ids have both outcomes and do not count."
        ),
        Language::French => format!(
            "Étiquettes : {matched} lignes utilisées sur {rows} en ont une. Sur {read} lignes d’étiquettes, {elsewhere} ont un \
             identifiant absent de ces lignes (d’autres fenêtres, ou inconnu), {again} répètent la même chose, {invalid} ne sont \
             ni 0 ni 1, {pending} n’ont pas encore d’issue, {without} pas d’identifiant ; {both} identifiants ont les deux issues \
             et ne comptent pas."
        ),
    }];
    if labels.malformed > 0 {
        let lines = grouped(labels.malformed);
        notes.push(match language {
            Language::English => format!("Labels: {lines} lines are no record."),
            Language::French => format!("Étiquettes : {lines} lignes ne sont pas des enregistrements."),
        });
    }
    let invalid = language.pick("Not 0 or 1:", "Ni 0 ni 1 :");
    notes.extend(labels.examples.iter().map(|example| format!("{invalid} {}.", shown(example))));
    let unreadable = language.pick("Labels that cannot be read:", "Étiquettes illisibles :");
    notes.extend(labels.unreadable.iter().map(|why| format!("{unreadable} {}.", harmless(why))));
    notes
}
