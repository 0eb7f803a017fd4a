//! Emails in French.

use vigie_profile::window::Window;

use super::French;
use crate::report::words::{
    format::minute,
    mail_words::{MailLabels, MailWords},
};

static LABELS: MailLabels = MailLabels {
    what_changed: "Ce qui a changé",
    by_severity: "Constats par gravité",
    since: "depuis le",
    reference: "référence",
    this_window: "cette fenêtre",
    bars: "Les barres indiquent la part des lignes dans chaque classe\u{a0}; les valeurs manquantes et les modalités jamais vues figurent à part, à droite.",
    open: "Ouvrir le rapport",
    the_report: "Rapport\u{a0}:",
    is_attached: "Le rapport est joint à ce message.",
    opens: "Le rapport est joint à ce message et s’ouvre dans n’importe quel navigateur.",
    on_the_host: "Pour gérer les alertes sur le serveur\u{a0}:",
    sent_by: "Envoyé par vigie",
    aggregates_only: "Ce message ne contient que des chiffres agrégés\u{a0}: ni lignes, ni identifiants.",
    limit: "limite",
    too_few: "trop peu de lignes",
    // What happened to an alert.
    opened: "nouveau",
    worsened: "aggravé",
    reminded: "en cours",
    recovered: "rétabli",
    noted: "à noter",
};

impl MailWords for French {
    fn mail_labels(&self) -> &'static MailLabels {
        &LABELS
    }

    fn mail_window(&self, window: Window) -> String {
        format!("{} à {} UTC", minute(window.from), minute(window.to))
    }

    fn and_more(&self, number: usize) -> String {
        match number {
            1 => "et 1 autre".to_owned(),
            number => format!("et {number} autres"),
        }
    }

    fn findings_in_total(&self, findings: usize) -> String {
        format!("{findings} constats au total\u{a0}; la liste complète figure dans le rapport.")
    }

    fn picture_of(&self, subject: &str, value: &str) -> String {
        format!("Histogramme de {subject}, référence comparée à cette fenêtre\u{a0}: {value}")
    }
}
