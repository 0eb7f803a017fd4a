//! Earlier windows in English.

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
    const FIRST: &str = "there is no earlier report of this model";
    match since {
        Since::WithoutTimes => "Unknown: the rows have no times; --timestamp names their column.".to_owned(),
        Since::InTable { begin: Some(begin) } => format!("Since {}.", moment(*begin)),
        Since::InTable { begin: None } => "No beginning is visible in these rows.".to_owned(),
        Since::First { begin: Some(begin), .. } => format!("Since {}, in this window; {FIRST}.", moment(*begin)),
        Since::First { begin: None, latest: Some(latest) } => format!("At the latest since {}: {FIRST}.", day(*latest)),
        Since::First { begin: None, latest: None } => format!("Unknown: {FIRST}."),
        Since::StableAgain { was } => {
            format!("Stable again: the previous window was “{}”.", severity_word(*was))
        }
        Since::New { what, from, begin, windows } => {
            let new = match begin {
                Some(begin) => format!("Since {}, in this window", moment(*begin)),
                None => format!("New in this window ({})", day(*from)),
            };
            let windows = if *windows == 1 { "window".to_owned() } else { format!("{windows} windows") };
            match what {
                Lasted::Drift(name) => format!("{new}: {name} had not drifted in the previous {windows}."),
                Lasted::Finding => format!("{new}: not so in the previous {windows}."),
                Lasted::Verdict => format!("{new}: the verdict was different in the previous {windows}."),
            }
        }
        Since::Stable { from, windows } => {
            format!("Stable since at least {} ({windows} windows in a row).", day(*from))
        }
        Since::Lasting { what, from, windows } => {
            let what = match what {
                Lasted::Drift(name) => format!("{name} has drifted since"),
                Lasted::Finding => "Since".to_owned(),
                Lasted::Verdict => "Same verdict since".to_owned(),
            };
            format!("{what} {} ({windows} windows in a row).", day(*from))
        }
    }
}

pub(super) fn same_since(from: Instant, windows: usize) -> String {
    format!("since {}, {} {}", day(from), grouped(windows as u64), plural(windows as u64, "window", "windows"))
}

pub(super) fn recent_windows(windows: usize, first: Instant, same_weekday: bool) -> String {
    let which = if same_weekday { " on this weekday" } else { "" };
    format!(
        "The window is also compared with the {windows} windows before it{which}, the first of which began on {}. This does not \
         change the verdict: it shows which drift is new.",
        day(first)
    )
}

pub(super) fn too_few_recent(windows: usize, least: usize) -> String {
    format!("There are {windows} earlier windows to compare with; {least} are needed.")
}

pub(super) fn pace(pace: Pace, psi: f64, windows: usize, since: Option<Instant>) -> String {
    let psi = number(psi);
    match (pace, since) {
        (Pace::Jump, None) => {
            format!("A jump: PSI {psi} against the {windows} windows before, more than any of them against the others.")
        }
        (Pace::Jump, Some(since)) => {
            format!("A jump in the window of {}: PSI {psi} against the {windows} windows before that.", day(since))
        }
        (Pace::Slow, _) => format!(
            "Not new: PSI {psi} against the {windows} windows before; it has drifted slowly since training, or changed long ago."
        ),
        (Pace::Return, _) => format!(
            "Like the reference, but unlike the {windows} windows before (PSI {psi}): a former change has been undone."
        ),
    }
}

pub(super) fn against(against: &AgainstWindow) -> String {
    let AgainstWindow { window, rows, is_exact } = *against;
    let exact = if is_exact {
        ""
    } else {
        " It has too many values to keep them one by one, so PSI is measured, but neither KS nor chi-square."
    };
    format!(
        "The window from {} to {} ({} {}) takes the place of the reference: “reference” on this page means that window.{exact} \
         Bins and levels are those of the reference.",
        minute(window.from),
        minute(window.to),
        grouped(rows),
        plural(rows, "row", "rows")
    )
}

pub(super) fn range_verdicts(verdicts: &[(Severity, usize)]) -> String {
    let all: usize = verdicts.iter().map(|(_, windows)| windows).sum();
    let each: Vec<String> = verdicts
        .iter()
        .map(|(severity, windows)| format!("{windows} {}", severity_word(*severity).to_lowercase()))
        .collect();
    format!("{all} {}: {}.", plural(all as u64, "window", "windows"), each.join(", "))
}
