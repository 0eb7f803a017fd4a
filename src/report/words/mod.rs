//! Sentences and fixed texts, with one folder per language. Elsewhere, `Language` is never matched.

pub(crate) mod advice;
pub(crate) mod causes;
mod en;
pub(crate) mod format;
mod fr;
pub(crate) mod label_notes;
pub(crate) mod labels;
pub(crate) mod language;
pub(crate) mod mail_words;
pub(crate) mod no_break;
mod notation;
mod page_words;
mod skew_words;
mod terminal_words;
pub(crate) mod values;
pub(crate) mod verdict;
mod words;

pub use labels::PageLabels;
pub use language::{Language, terminal_words};
pub use mail_words::{MailLabels, MailWords};
pub use notation::Notation;
pub use page_words::PageWords;
pub use skew_words::SkewWords;
pub use terminal_words::{TerminalLabels, TerminalWords};
pub use values::{Advice, Cause, ChangedDecisions, Lasted, Restored, ShortHeadline, Since};
pub use verdict::{verdict_in, verdict_sentence};
pub use words::Words;
