//! Every fixed phrase of mails, both languages side by side.

use super::Change;
use crate::{judge::Severity, report::Language};

/// The phrases in one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrases(pub Language);

macro_rules! phrases {
    ($($name:ident: $english:literal, $french:literal;)*) => {
        impl Phrases {
            $(pub(super) fn $name(self) -> &'static str {
                self.0.pick($english, $french)
            })*
        }
    };
}

phrases! {
    what_changed: "What changed", "Ce qui a changé";
    worst_first: "Worst first", "Le pire d’abord";
    since: "since", "depuis le";
    rows: "rows", "lignes";
    to: "to", "à";
    and: "and", "et";
    more: "more", "de plus";
    reference: "reference", "référence";
    this_window: "this window", "cette fenêtre";
    bars: "Bars are shares of rows, bin by bin; missing and unseen stand apart, at the right.",
        "Les barres sont des parts de lignes, classe par classe ; manquants et jamais vues sont à part, à droite.";
    in_all: "findings in all; the report has every one.", "constats en tout ; le rapport les contient tous.";
    open: "Open the report", "Ouvrir le rapport";
    the_report: "The report:", "Le rapport :";
    is_attached: "The report is attached.", "Le rapport est joint.";
    opens: "The report is attached; it opens in any browser.", "Le rapport est joint ; il s’ouvre dans tout navigateur.";
    on_the_host: "On the host:", "Sur la machine :";
    sent_by: "Sent by vigie", "Envoyé par vigie";
    counts_only: "Counts and shares only: no rows, no ids.", "Des nombres et des parts seulement : ni lignes, ni identifiants.";
    bars_of: "Bars of", "Barres de";
    against: "reference against this window:", "référence et cette fenêtre :";
    limit: "limit", "limite";
    colon: ":", " :";
    semicolon: "; ", " ; ";
    trial: "This is a test. If you read it, mail from vigie arrives.", "Ceci est un essai. Si vous le lisez, le courrier de vigie arrive.";
}

impl Phrases {
    /// An alarm is loud.
    pub(super) fn severity(self, severity: Severity) -> String {
        let word = self.0.severity_word(severity);
        if severity == Severity::Alarm { word.to_uppercase() } else { self.long(severity).unwrap_or(word).to_owned() }
    }

    /// The word in a table.
    pub(super) fn severity_plain(self, severity: Severity) -> &'static str {
        self.long(severity).unwrap_or_else(|| self.0.severity_word(severity))
    }

    fn long(self, severity: Severity) -> Option<&'static str> {
        (severity == Severity::TooFew).then(|| self.0.pick("too few", "trop peu de lignes"))
    }

    pub(super) fn change(self, change: Change) -> &'static str {
        match change {
            Change::Opened => self.0.pick("new", "nouveau"),
            Change::Worsened => self.0.pick("worse", "pire"),
            Change::Reminded => self.0.pick("still open", "toujours là"),
            Change::Recovered => self.0.pick("recovered", "rétabli"),
            Change::Noted => self.0.pick("noted", "noté"),
        }
    }

    /// What labels tell of, which no report says.
    pub(super) fn labels_came(self, windows: usize) -> String {
        match (self.0, windows) {
            (Language::English, 1) => "Labels have come for this window.".to_owned(),
            (Language::English, n) => format!("Labels have come for {n} windows, of which this is the newest."),
            (Language::French, 1) => "Les étiquettes de cette fenêtre sont arrivées.".to_owned(),
            (Language::French, n) => {
                format!("Les étiquettes de {n} fenêtres sont arrivées ; celle-ci est la plus récente.")
            }
        }
    }

    /// `… of 12 findings; the report has them all`.
    pub(super) fn of_findings(self, findings: usize) -> String {
        match self.0 {
            Language::English => format!("… of {findings} findings; the report has them all"),
            Language::French => format!("… sur {findings} constats ; le rapport les contient tous"),
        }
    }

    /// What the operator is told beside the verdict: made in English, when the run is written down.
    pub(super) fn note(self, note: &str) -> String {
        let (reference, model) = (note.contains("the reference"), note.contains("the model's file"));
        match (self.0, reference, model) {
            (Language::French, true, true) => {
                "la référence et le fichier du modèle ont changé : les tendances recommencent.".to_owned()
            }
            (Language::French, true, false) => "la référence a changé : les tendances recommencent.".to_owned(),
            (Language::French, false, true) => "le fichier du modèle a changé : les tendances recommencent.".to_owned(),
            _ => note.to_owned(),
        }
    }
}
