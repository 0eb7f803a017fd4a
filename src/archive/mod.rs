//! The reports folder: published atomically, never half-written, indexed for people.

mod index;
mod publish;
mod trend;

pub use index::{index, models, write_index};
pub use publish::{Published, folder_of, next_revision, publish, spoken};
pub use trend::{note, past, windows};
