//! Lists of names in French.

use vigie_profile::shown::shown;

use crate::judge::led_by;

/// `A et d’autres`.
pub(super) fn and_others(lead: &str) -> String {
    format!("{lead} et d’autres")
}

/// Names of stories, of which some are groups.
pub(super) fn stories(names: &[String], more: usize) -> String {
    let listed: Vec<String> = names.iter().map(|name| led_by(name).map_or_else(|| name.clone(), and_others)).collect();
    self::names(&listed, more)
}

/// `A, B et 3 autres`.
pub(super) fn names(names: &[String], more: usize) -> String {
    let listed = names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    match more {
        0 => listed,
        1 => format!("{listed} et 1 autre"),
        more => format!("{listed} et {more} autres"),
    }
}
