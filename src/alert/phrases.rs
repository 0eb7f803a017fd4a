//! All fixed phrases used in emails, in both languages. French uses no-break spaces before `:` and `;`.

use super::Change;
use crate::{judge::Severity, report::Language};

/// Phrases in one language.
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
    by_severity: "Findings by severity", "Constats par gravité";
    since: "since", "depuis le";
    to: "to", "à";
    reference: "reference", "référence";
    this_window: "this window", "cette fenêtre";
    bars: "Bars show the share of rows in each bin; missing and unseen values are shown separately on the right.",
        "Les barres indiquent la part des lignes dans chaque classe\u{a0}; les valeurs manquantes et les modalités jamais vues figurent à part, à droite.";
    open: "Open the report", "Ouvrir le rapport";
    the_report: "Report:", "Rapport\u{a0}:";
    is_attached: "The report is attached.", "Le rapport est joint à ce message.";
    opens: "The report is attached and opens in any browser.",
        "Le rapport est joint à ce message et s’ouvre dans n’importe quel navigateur.";
    on_the_host: "To manage alerts on the host:", "Pour gérer les alertes sur le serveur\u{a0}:";
    sent_by: "Sent by vigie", "Envoyé par vigie";
    aggregates_only: "This message contains aggregate figures only: no rows, no identifiers.",
        "Ce message ne contient que des chiffres agrégés\u{a0}: ni lignes, ni identifiants.";
    bars_of: "Bar chart of", "Histogramme de";
    against: "reference compared with this window:", "référence comparée à cette fenêtre\u{a0}:";
    limit: "limit", "limite";
}

impl Phrases {
    /// The severity as a heading: alarms are in capitals.
    pub(super) fn severity(self, severity: Severity) -> String {
        let word = self.0.severity_word(severity);
        if severity == Severity::Alarm { word.to_uppercase() } else { self.long(severity).unwrap_or(word).to_owned() }
    }

    /// The severity as shown in a table.
    pub(super) fn severity_plain(self, severity: Severity) -> &'static str {
        self.long(severity).unwrap_or_else(|| self.0.severity_word(severity))
    }

    fn long(self, severity: Severity) -> Option<&'static str> {
        (severity == Severity::TooFew).then(|| self.0.pick("too few", "trop peu de lignes"))
    }

    pub(super) fn change(self, change: Change) -> &'static str {
        match change {
            Change::Opened => self.0.pick("new", "nouveau"),
            Change::Worsened => self.0.pick("worse", "aggravé"),
            Change::Reminded => self.0.pick("still open", "en cours"),
            Change::Recovered => self.0.pick("recovered", "rétabli"),
            Change::Noted => self.0.pick("noted", "à noter"),
        }
    }

    /// `and 3 more`.
    pub(super) fn and_more(self, number: usize) -> String {
        match (self.0, number) {
            (Language::English, n) => format!("and {n} more"),
            (Language::French, 1) => "et 1 autre".to_owned(),
            (Language::French, n) => format!("et {n} autres"),
        }
    }

    /// `12 findings in total; the full list is in the report.`
    pub(super) fn in_total(self, findings: usize) -> String {
        match self.0 {
            Language::English => format!("{findings} findings in total; the full list is in the report."),
            Language::French => {
                format!("{findings} constats au total\u{a0}; la liste complète figure dans le rapport.")
            }
        }
    }
}
