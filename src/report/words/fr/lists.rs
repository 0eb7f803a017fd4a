//! Lists of names in French.

use vigie_profile::shown::shown;

/// `A, B et 3 autres`.
pub(super) fn names(names: &[String], more: usize) -> String {
    let listed = names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    match more {
        0 => listed,
        1 => format!("{listed} et 1 autre"),
        more => format!("{listed} et {more} autres"),
    }
}
