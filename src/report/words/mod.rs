//! Sentences and fixed phrases in English and French.

pub(crate) mod advice;
pub(crate) mod direction;
pub(crate) mod failed;
pub(crate) mod format;
pub(crate) mod label_notes;
pub(crate) mod language;
pub(crate) mod no_break;
pub(crate) mod phrases;
pub(crate) mod reasons;
pub(crate) mod verdict;

pub use failed::{Unreported, alert_in_french, failure_in_french};
pub use language::Language;
pub(crate) use reasons::FRENCH_NOT_READ;
pub use reasons::reason;
pub use verdict::{verdict_in, verdict_sentence};
