//! The reports folder: published atomically, never half-written, indexed for people.

mod index;
mod publish;

pub use index::write_index;
pub use publish::{Published, folder_of, next_revision, publish, spoken};
