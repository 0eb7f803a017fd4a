//! A fact of a description list.

use vigie_profile::shown::shown;

/// A label and its text.
pub(crate) struct Fact {
    pub name: String,
    pub value: String,
}

pub(crate) fn fact(name: impl AsRef<str>, value: impl Into<String>) -> Fact {
    Fact { name: shown(name.as_ref()), value: value.into() }
}
