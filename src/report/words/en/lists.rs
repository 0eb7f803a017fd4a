//! Lists of names in English.

use vigie_profile::shown::shown;

/// `A, B and 3 more`.
pub(super) fn names(names: &[String], more: usize) -> String {
    let listed = names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}
