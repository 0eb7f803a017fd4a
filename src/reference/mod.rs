//! What the model was trained or validated on, learnt once: layout, counts, value blocks, provenance.

mod blocks;
mod bytes;
mod codec;
mod contributions;
mod learn;
mod provenance;
mod reference;
mod table;
mod training;

pub use contributions::{Contribution, Contributions};
pub use learn::{Choice, Learnt, learn};
pub use provenance::{Holdout, Provenance, SourceFile, SourceModel, Target};
pub use reference::Reference;
pub use table::read as read_table;
pub use training::{Training, TrainingColumn, Values};
