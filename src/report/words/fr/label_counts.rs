//! Counts of labels in French.

use super::numbers::{grouped, plural};
use crate::performance::{LabelCounts, OutcomeKind};

/// States how many of the used rows have a label, and what is wrong with the label rows that were not matched.
pub(super) fn label_counts(labels: &LabelCounts, rows: u64) -> String {
    let (matched, rows) = (grouped(labels.matched), grouped(rows));
    let used = plural(labels.matched, "ligne utilisée", "lignes utilisées");
    let have = plural(labels.matched, "en a une", "en ont une");
    format!("Étiquettes\u{a0}: {matched} {used} sur {rows} {have}.{}", others(labels))
}

/// Describes the label rows that were not matched, with a leading space; empty if there are none.
fn others(labels: &LabelCounts) -> String {
    let part = |count: u64, one: &str, many: &str| {
        (count > 0).then(|| format!("{} {}", grouped(count), plural(count, one, many)))
    };
    let invalid = match labels.outcome {
        OutcomeKind::Event => ("ne vaut ni 0 ni 1", "ne valent ni 0 ni 1"),
        OutcomeKind::Number => ("n’est pas un nombre", "ne sont pas des nombres"),
        OutcomeKind::Class => ("n’est aucune des classes", "ne sont aucune des classes"),
    };
    let parts: Vec<String> = [
        part(
            labels.elsewhere,
            "a un identifiant absent de ces lignes (autre fenêtre, ou inconnu)",
            "ont un identifiant absent de ces lignes (autres fenêtres, ou inconnu)",
        ),
        part(labels.duplicates, "est un doublon", "sont des doublons"),
        part(labels.invalid, invalid.0, invalid.1),
        part(labels.pending, "n’a pas encore d’issue", "n’ont pas encore d’issue"),
        part(labels.without_id, "n’a pas d’identifiant", "n’ont pas d’identifiant"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let contradictory = part(
        labels.contradictory,
        "identifiant a des issues contradictoires et n’est pas retenu.",
        "identifiants ont des issues contradictoires et ne sont pas retenus.",
    );
    let contradictory = contradictory.map_or(String::new(), |words| format!(" {words}"));
    if parts.is_empty() {
        return contradictory;
    }
    let label_rows = plural(labels.read, "ligne d’étiquettes", "lignes d’étiquettes");
    format!(" Sur {} {label_rows}, {}.{contradictory}", grouped(labels.read), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_zero_are_omitted() {
        let labels = LabelCounts {
            matched: 1_400,
            read: 1_402,
            duplicates: 1,
            pending: 2,
            contradictory: 1,
            ..LabelCounts::default()
        };
        assert_eq!(
            label_counts(&labels, 1_500),
            "Étiquettes\u{a0}: 1\u{202f}400 lignes utilisées sur 1\u{202f}500 en ont une. Sur 1\u{202f}402 lignes d’étiquettes, \
             1 est un doublon, 2 n’ont pas encore d’issue. 1 identifiant a des issues contradictoires et n’est pas retenu."
        );
    }
}
