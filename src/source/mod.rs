//! Log, label and feature-table sources: files (Parquet, NDJSON, CSV) or PostgreSQL tables, located, pruned to a window and read into
//! [`vigie_profile::batch::Records`]. Nothing outside this module knows the kinds of sources.

mod batch_columns;
mod body;
mod clock;
mod encoded_text;
mod expansion;
mod features;
mod fields;
mod file;
mod file_summary;
mod files;
mod found_names;
mod json_text;
mod kept_lines;
mod labels;
mod latest;
mod lines;
mod log;
mod mapping;
mod name_order;
mod options;
mod own_log;
mod parquet_file;
mod partition;
mod path;
mod place;
mod place_check;
mod postgres;
mod read_result;
mod read_time;
mod record;
mod records_builder;
mod row_groups;
mod sample;
mod sequence;
mod shape;
mod store;
mod stored;
mod two_phase;
mod typed;
mod writer_name;

pub use features::{FeatureLookup, FeatureScan, FeatureTable, FeatureTableOptions, FeatureTablePreview, FoundFeatures};
pub use fields::{Fields, Paths, Scaled};
pub use files::table_files;
pub use found_names::FoundNames;
pub use labels::{LabelLog, LabelLookup, LabelOptions, LabelPreview, LabelScan};
pub use latest::Latest;
pub use log::{Log, Piece, Plan, Timeless};
pub use mapping::{Field, ReadSummary, Request};
pub use options::{Scalar, SourceOptions, Where};
pub use own_log::complete_own_log;
pub use parquet_file::RowMask;
pub use place::{
    DatabaseServer, DatabaseUrl, LOCATED_KEYS, OWN_LOG, PLACE_HINTS, PlaceOptions, PlaceSection, RequiredFile, SslMode,
    misplaced_joined_key, misplaced_key,
};
pub use place_check::PlaceProblem;
pub use postgres::{RowInsert, StoredColumn, StoredTable, StoredValues, TablePreview};
pub use read_result::{LogSample, ReadResult, Unreadable};
pub use read_time::{TimeForm, TimeReader};
pub use sample::{RecordSample, log_ending};
pub use sequence::MissingRecords;
pub use stored::{is_stored, read_stored};
pub use writer_name::writer_name;
