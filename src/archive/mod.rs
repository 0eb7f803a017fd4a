//! The reports folder: published atomically, never half-written, indexed for people.

mod index;
mod publish;
mod recall;
mod retain;
mod summary;
mod trend;

pub use index::{index, models, write_index};
pub use publish::{Published, folder_of, next_revision, publish};
pub use recall::{Recalled, RecalledFeature, recall};
pub use retain::retain;
pub use summary::{publish_summary, replay_folder};
pub use trend::{note, past, windows};
