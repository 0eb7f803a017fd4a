//! What the model was trained or validated on, learnt once: layout, counts, value blocks, provenance.

mod blocks;
mod bytes;
mod codec;
mod columns;
mod contributions;
mod import;
mod keys;
mod learn;
mod outcomes;
mod provenance;
mod radix;
mod reference;
mod segments;
mod sheet;
mod shelf;
mod table;
mod training;
mod workers;

pub use codec::{HEAD, Parts};
pub use columns::{About, Holds, Loaded, Table};
pub use contributions::{Contribution, Contributions};
pub use import::import;
pub use learn::{Choice, Learnt, Packed, learn, learn_on};
pub use outcomes::ByOutcome;
pub use provenance::{Holdout, Provenance, SourceFile, SourceModel, Target};
pub use reference::Reference;
pub use segments::SegmentOfReference;
pub use sheet::{Opener, Sheet};
pub use shelf::{Block, Bytes};
pub use table::read as read_table;
pub use training::{Training, TrainingColumn, Values};
pub use workers::{both, on_cores};
