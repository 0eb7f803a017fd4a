//! Reads columnar Parquet in two phases: first every record without its features, then the features a few columns at a
//! time. This keeps the working set in cache and lets many threads share one row group.

use std::io;

use arrow_select::filter::filter_record_batch;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use vigie_profile::{
    batch::{Complaints, Records},
    layout::Column,
};

use super::{
    batch_columns::{note_names, with_partition},
    file::LogFile,
    mapping::{Mapping, ReadSummary},
    parquet_file::{RowMask, convert, invalid, reader, records},
};

/// Receives the number of a batch and its features, in the order requested.
pub(super) type FeatureSink<'a> = &'a mut dyn FnMut(usize, Records);

impl Mapping {
    /// The same mapping without features.
    fn without_features(&self) -> Self {
        Self { columns: Vec::new(), column_of: std::collections::HashMap::new(), ..self.clone() }
    }

    /// A mapping that reads only some features, for records that are already known.
    fn features_only(&self, columns: &[usize]) -> Self {
        let columns: Vec<Column> = columns.iter().filter_map(|column| self.columns.get(*column)).cloned().collect();
        let column_of = columns.iter().enumerate().rev().map(|(index, column)| (column.name.clone(), index)).collect();
        Self {
            timestamp: Vec::new(),
            mapped: Vec::new(),
            only: Vec::new(),
            window: None,
            columns,
            column_of,
            features: self.features.clone(),
            positions: None,
            times: self.times.clone(),
            partition: self.partition.clone(),
        }
    }
}

/// Phase one: streams the records of a row group without their features, batch by batch.
pub(super) fn read_without_features(
    file: &LogFile,
    (metadata, group): (&ArrowReaderMetadata, usize),
    mapping: &Mapping,
    found: &mut ReadSummary,
    sink: &mut dyn FnMut(Records, RowMask),
) -> io::Result<()> {
    let opened = file.open()?;
    let mapping = mapping.without_features();
    note_names(metadata.schema(), &mapping, found);
    for batch in reader(opened, metadata.clone(), (Some(group), None), &mapping)? {
        let batch = with_partition(batch.map_err(invalid)?, &mapping).map_err(invalid)?;
        let (records, kept) = records(&batch, &mapping, found).map_err(invalid)?;
        sink(records, kept);
    }
    Ok(())
}

/// Phase two: streams some features of the records of a row group; `kept` holds the mask of each batch, as returned by
/// [`read_without_features`].
pub(super) fn read_features(
    file: &LogFile,
    (metadata, group): (&ArrowReaderMetadata, usize),
    mapping: &Mapping,
    columns: &[usize],
    kept: &[RowMask],
    sink: FeatureSink<'_>,
) -> io::Result<()> {
    let opened = file.open()?;
    let mapping = mapping.features_only(columns);
    let mut batches = 0;
    for batch in reader(opened, metadata.clone(), (Some(group), None), &mapping)? {
        let mut batch = with_partition(batch.map_err(invalid)?, &mapping).map_err(invalid)?;
        let kept = kept.get(batches).ok_or_else(|| invalid("it changed while it was being read"))?;
        if let Some(kept) = kept {
            if kept.len() != batch.num_rows() {
                return Err(invalid("it changed while it was being read"));
            }
            batch = filter_record_batch(&batch, kept).map_err(invalid)?;
        }
        let rows = vec![0; batch.num_rows()];
        sink(batches, convert(&batch, rows, Complaints::default(), &mapping, &mut ReadSummary::default()));
        batches += 1;
    }
    if batches == kept.len() { Ok(()) } else { Err(invalid("it changed while it was being read")) }
}
