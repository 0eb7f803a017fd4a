//! Lists of names in English.

use vigie_profile::shown::shown;

use crate::judge::led_by;

/// `A and others`.
pub(super) fn and_others(lead: &str) -> String {
    format!("{lead} and others")
}

/// Names of stories, of which some are groups: `A, B and others and 3 more`.
pub(super) fn stories(names: &[String], more: usize) -> String {
    let listed: Vec<String> = names.iter().map(|name| led_by(name).map_or_else(|| name.clone(), and_others)).collect();
    self::names(&listed, more)
}

/// `A, B and 3 more`.
pub(super) fn names(names: &[String], more: usize) -> String {
    let listed = names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}
