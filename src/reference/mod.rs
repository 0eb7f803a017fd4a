//! The reference: layout, counts, value blocks and provenance of the data the model was trained or validated on.

mod block_store;
mod blocks;
mod bytes;
mod codec;
mod column_roles;
mod columns;
mod contributions;
mod import;
mod keys;
mod learn;
mod outcomes;
mod parquet_table;
mod provenance;
mod radix;
mod reference;
mod segments;
mod stored_segments;
mod table;
mod training;
mod workers;

pub use block_store::{Block, ReadSeek};
pub use codec::{HEAD, Parts};
pub use column_roles::ColumnRoles;
pub use columns::{ColumnData, ColumnInfo, ColumnKind, TrainingTable};
pub use contributions::{Contribution, Contributions};
pub use import::import;
pub use learn::{Learnt, OnPacked, learn, learn_on};
pub use outcomes::ScoresByOutcome;
pub use parquet_table::{Opener, ParquetTable};
pub use provenance::{Holdout, Provenance, SourceFile, SourceModel, Target};
pub use reference::Reference;
pub use segments::ReferenceSegment;
pub use table::{duplicate_name, read as read_table};
pub use training::{Training, TrainingColumn, TrainingValues};
pub use workers::{join, map_on_cores};
