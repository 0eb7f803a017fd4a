//! Earlier windows in French.

use vigie_profile::window::Instant;

use super::{
    findings::severity_word,
    numbers::{grouped, number, plural},
};
use crate::{
    judge::{Pace, Severity},
    report::{
        report::AgainstWindow,
        words::{
            format::{day, minute, moment},
            values::{Lasted, Since},
        },
    },
};

/// For how long the worst finding or the verdict has lasted.
pub(super) fn since(since: &Since) -> String {
    const FIRST: &str = "aucun rapport antérieur de ce modèle";
    match since {
        Since::WithoutTimes => {
            "Inconnu\u{a0}: les lignes ne sont pas datées\u{a0}; --timestamp nomme leur colonne.".to_owned()
        }
        Since::InTable { begin: Some(begin) } => format!("Depuis le {}.", moment(*begin)),
        Since::InTable { begin: None } => "Aucun début n’est visible dans ces lignes.".to_owned(),
        Since::First { begin: Some(begin), .. } => {
            format!("Depuis le {}, au cours de cette fenêtre\u{a0}; {FIRST}.", moment(*begin))
        }
        Since::First { begin: None, latest: Some(latest) } => {
            format!("Au plus tard depuis le {}\u{a0}: {FIRST}.", day(*latest))
        }
        Since::First { begin: None, latest: None } => format!("Inconnu\u{a0}: {FIRST}."),
        Since::StableAgain { was } => {
            let was = severity_word(*was);
            format!("De nouveau stable\u{a0}: la fenêtre précédente était «\u{a0}{was}\u{a0}».")
        }
        Since::New { what, from, begin, windows } => {
            let new = match begin {
                Some(begin) => format!("Depuis le {}, au cours de cette fenêtre", moment(*begin)),
                None => format!("Nouveau dans cette fenêtre ({})", day(*from)),
            };
            let windows = match windows {
                1 => "la fenêtre précédente".to_owned(),
                windows => format!("les {windows} fenêtres précédentes"),
            };
            match what {
                Lasted::Drift(name) => format!("{new}\u{a0}: pas de dérive de {name} dans {windows}."),
                Lasted::Finding => format!("{new}\u{a0}: rien de tel dans {windows}."),
                Lasted::Verdict => format!("{new}\u{a0}: le verdict était différent dans {windows}."),
            }
        }
        Since::Stable { from, windows } => {
            format!("Stable au moins depuis le {} ({windows} fenêtres consécutives).", day(*from))
        }
        Since::Lasting { what, from, windows } => {
            let what = match what {
                Lasted::Drift(name) => format!("{name} en dérive depuis"),
                Lasted::Finding => "Depuis".to_owned(),
                Lasted::Verdict => "Même verdict depuis".to_owned(),
            };
            format!("{what} le {} ({windows} fenêtres consécutives).", day(*from))
        }
    }
}

pub(super) fn same_since(from: Instant, windows: usize) -> String {
    format!("depuis le {}, {} {}", day(from), grouped(windows as u64), plural(windows as u64, "fenêtre", "fenêtres"))
}

pub(super) fn recent_windows(windows: usize, first: Instant, same_weekday: bool) -> String {
    let which = if same_weekday { " du même jour de la semaine" } else { "" };
    format!(
        "La fenêtre est aussi comparée aux {windows} fenêtres précédentes{which}, dont la première a débuté le {}. Le verdict n’en \
         dépend pas\u{a0}: cette comparaison montre quelle dérive est nouvelle.",
        day(first)
    )
}

pub(super) fn too_few_recent(windows: usize, least: usize) -> String {
    let earlier = plural(windows as u64, "fenêtre antérieure est disponible", "fenêtres antérieures sont disponibles");
    format!("{windows} {earlier} pour la comparaison\u{a0}; il en faut {least}.")
}

pub(super) fn pace(pace: Pace, psi: f64, windows: usize, since: Option<Instant>) -> String {
    let psi = number(psi);
    match (pace, since) {
        (Pace::Jump, None) => format!(
            "Rupture\u{a0}: PSI de {psi} par rapport aux {windows} fenêtres précédentes, plus que n’importe laquelle d’entre elles \
             par rapport aux autres."
        ),
        (Pace::Jump, Some(since)) => format!(
            "Rupture dans la fenêtre du {}\u{a0}: PSI de {psi} par rapport aux {windows} fenêtres qui la précèdent.",
            day(since)
        ),
        (Pace::Slow, _) => format!(
            "Rien de nouveau\u{a0}: PSI de {psi} par rapport aux {windows} fenêtres précédentes\u{a0}; la dérive est lente depuis \
             l’entraînement, ou le changement est ancien."
        ),
        (Pace::Return, _) => format!(
            "Proche de la référence, mais différente des {windows} fenêtres précédentes (PSI de {psi})\u{a0}: un changement \
             antérieur a pris fin."
        ),
    }
}

pub(super) fn against(against: &AgainstWindow) -> String {
    let AgainstWindow { window, rows, is_exact } = *against;
    let exact = if is_exact {
        ""
    } else {
        " Ses valeurs sont trop nombreuses pour être conservées une à une\u{a0}: le PSI est mesuré, mais ni KS ni khi-deux."
    };
    format!(
        "La fenêtre du {} au {} ({} {}) tient lieu de référence\u{a0}: sur cette page, «\u{a0}référence\u{a0}» désigne cette \
         fenêtre.{exact} Les classes et les modalités sont celles de la référence.",
        minute(window.from),
        minute(window.to),
        grouped(rows),
        plural(rows, "ligne", "lignes")
    )
}

pub(super) fn range_verdicts(verdicts: &[(Severity, usize)]) -> String {
    let all: usize = verdicts.iter().map(|(_, windows)| windows).sum();
    let each: Vec<String> = verdicts
        .iter()
        .map(|(severity, windows)| format!("{windows} {}", severity_word(*severity).to_lowercase()))
        .collect();
    format!("{all} {}\u{a0}: {}.", plural(all as u64, "fenêtre", "fenêtres"), each.join(", "))
}
