//! Sentences and fixed phrases, with one folder per language.

pub(crate) mod advice;
mod en;
pub(crate) mod format;
mod fr;
pub(crate) mod label_notes;
pub(crate) mod language;
pub(crate) mod no_break;
pub(crate) mod phrases;
pub(crate) mod verdict;
mod words;

pub use language::Language;
pub use verdict::{verdict_in, verdict_sentence};
pub use words::Words;
