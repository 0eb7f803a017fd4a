//! Notes about labels in both languages: how many were matched, and the problems with the others.

use vigie_profile::shown::{harmless, shown};

use super::Language;
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
    let mut notes = vec![format!(
        "{} {}{}",
        language.pick("Labels:", "Étiquettes\u{a0}:"),
        matched(labels, rows, language),
        others(labels, language)
    )];
    if labels.malformed > 0 {
        let lines = language.grouped(labels.malformed);
        let is_plural = language.is_plural(labels.malformed);
        notes.push(match (language, is_plural) {
            (Language::English, true) => format!("Labels: {lines} lines are not valid records."),
            (Language::English, false) => format!("Labels: {lines} line is not a valid record."),
            (Language::French, true) => {
                format!("Étiquettes\u{a0}: {lines} lignes ne sont pas des enregistrements valides.")
            }
            (Language::French, false) => {
                format!("Étiquettes\u{a0}: {lines} ligne n’est pas un enregistrement valide.")
            }
        });
    }
    let invalid = language.pick("Neither 0 nor 1:", "Ni 0 ni 1\u{a0}:");
    notes.extend(labels.examples.iter().map(|example| format!("{invalid} {}.", shown(example))));
    notes.extend(labels.unreadable.iter().map(|input| language.unreadable_labels(input)));
    notes
}

/// Describes how many of the used rows have a label.
fn matched(labels: &LabelCounts, rows: u64, language: Language) -> String {
    let (matched, rows) = (language.grouped(labels.matched), language.grouped(rows));
    match (language, language.is_plural(labels.matched)) {
        (Language::English, true) => format!("{matched} of {rows} rows used have one."),
        (Language::English, false) => format!("{matched} of {rows} rows used has one."),
        (Language::French, true) => format!("{matched} lignes utilisées sur {rows} en ont une."),
        (Language::French, false) => format!("{matched} ligne utilisée sur {rows} en a une."),
    }
}

/// Describes the label rows that were not matched, with a leading space; empty if there are none.
fn others(labels: &LabelCounts, language: Language) -> String {
    let pick = |count: u64, [one, many]: [&str; 2]| {
        let words = if language.is_plural(count) { many } else { one };
        (count > 0).then(|| format!("{} {words}", language.grouped(count)))
    };
    let (elsewhere, duplicates, invalid, pending, without) = match language {
        Language::English => (
            [
                "has an id that is not among these rows (another window, or unknown)",
                "have an id that is not among these rows (other windows, or unknown)",
            ],
            ["is a duplicate", "are duplicates"],
            ["is neither 0 nor 1", "are neither 0 nor 1"],
            ["has no outcome yet", "have no outcome yet"],
            ["has no id", "have no id"],
        ),
        Language::French => (
            [
                "a un identifiant absent de ces lignes (autre fenêtre, ou inconnu)",
                "ont un identifiant absent de ces lignes (autres fenêtres, ou inconnu)",
            ],
            ["est un doublon", "sont des doublons"],
            ["ne vaut ni 0 ni 1", "ne valent ni 0 ni 1"],
            ["n’a pas encore d’issue", "n’ont pas encore d’issue"],
            ["n’a pas d’identifiant", "n’ont pas d’identifiant"],
        ),
    };
    let parts: Vec<String> = [
        pick(labels.elsewhere, elsewhere),
        pick(labels.duplicates, duplicates),
        pick(labels.invalid, invalid),
        pick(labels.pending, pending),
        pick(labels.without_id, without),
    ]
    .into_iter()
    .flatten()
    .collect();
    let contradictory = match language {
        Language::English => {
            ["id has contradictory outcomes and is not used.", "ids have contradictory outcomes and are not used."]
        }
        Language::French => [
            "identifiant a des issues contradictoires et n’est pas retenu.",
            "identifiants ont des issues contradictoires et ne sont pas retenus.",
        ],
    };
    let contradictory = pick(labels.contradictory, contradictory).map_or(String::new(), |words| format!(" {words}"));
    if parts.is_empty() {
        return contradictory;
    }
    let (read, parts) = (language.grouped(labels.read), parts.join(", "));
    match (language, language.is_plural(labels.read)) {
        (Language::English, true) => format!(" Of {read} label rows, {parts}.{contradictory}"),
        (Language::English, false) => format!(" Of {read} label row, {parts}.{contradictory}"),
        (Language::French, true) => format!(" Sur {read} lignes d’étiquettes, {parts}.{contradictory}"),
        (Language::French, false) => format!(" Sur {read} ligne d’étiquettes, {parts}.{contradictory}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_zero_are_omitted() {
        let labels = LabelCounts { matched: 1_400, read: 1_402, ..LabelCounts::default() };
        let english = |labels: &LabelCounts| label_notes(labels, 1_500, Language::English).concat();
        assert_eq!(english(&labels), "Labels: 1,400 of 1,500 rows used have one.");
        let labels = LabelCounts { duplicates: 1, pending: 2, contradictory: 1, ..labels };
        assert_eq!(
            english(&labels),
            "Labels: 1,400 of 1,500 rows used have one. Of 1,402 label rows, 1 is a duplicate, 2 have no outcome yet. \
             1 id has contradictory outcomes and is not used."
        );
        assert_eq!(
            label_notes(&labels, 1_500, Language::French).concat(),
            "Étiquettes\u{a0}: 1\u{202f}400 lignes utilisées sur 1\u{202f}500 en ont une. Sur 1\u{202f}402 lignes d’étiquettes, \
             1 est un doublon, 2 n’ont pas encore d’issue. 1 identifiant a des issues contradictoires et n’est pas retenu."
        );
    }
}
