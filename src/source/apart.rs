//! Parquet whose fields are columns, read in two steps: what every record has beside its features, then the features,
//! a few at a time. Pages and tables of some columns stay near, and a row group is work for many threads.

use std::io;

use arrow_array::BooleanArray;
use arrow_select::filter::filter_record_batch;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use vigie_profile::{
    batch::{Complaints, Records},
    layout::Column,
};

use super::{
    file::LogFile,
    mapping::{Found, Mapping},
    table::{convert, invalid, reader, records},
};

/// Which rows of a batch are records of the window; `None`: all.
pub type Kept = Option<BooleanArray>;

/// Features of one batch of records: its number, and the features in the order asked for.
pub(super) type Sink<'a> = &'a mut dyn FnMut(usize, Records);

impl Mapping {
    /// The same records without their features.
    pub(super) fn spine(&self) -> Self {
        Self { columns: Vec::new(), column_of: std::collections::HashMap::new(), ..self.clone() }
    }

    /// Some features, of records that are known already.
    pub(super) fn features_only(&self, columns: &[usize]) -> Self {
        let columns: Vec<Column> = columns.iter().filter_map(|column| self.columns.get(*column)).cloned().collect();
        let column_of = columns.iter().enumerate().map(|(index, column)| (column.name.clone(), index)).collect();
        Self {
            timestamp: Vec::new(),
            places: Vec::new(),
            only: Vec::new(),
            window: None,
            columns,
            column_of,
            features: self.features.clone(),
            positions: None,
            zone: self.zone.clone(),
        }
    }
}

/// Streams the records of a row group without their features, batch by batch.
pub(super) fn spine(
    file: &LogFile,
    (metadata, group): (&ArrowReaderMetadata, usize),
    mapping: &Mapping,
    found: &mut Found,
    sink: &mut dyn FnMut(Records, Kept),
) -> io::Result<()> {
    let Ok(handle) = file.open()? else { return Err(invalid("a packed file has no row groups of its own")) };
    let mapping = mapping.spine();
    for field in metadata.schema().fields() {
        found.name(field.name());
    }
    for batch in reader(handle, metadata.clone(), Some(group), &mapping)? {
        let (records, kept) = records(&batch.map_err(invalid)?, &mapping, found).map_err(invalid)?;
        sink(records, kept);
    }
    Ok(())
}

/// Streams some features of the records of a row group; `kept`: by batch, as [`spine`] told.
pub(super) fn features(
    file: &LogFile,
    (metadata, group): (&ArrowReaderMetadata, usize),
    mapping: &Mapping,
    columns: &[usize],
    kept: &[Kept],
    sink: Sink<'_>,
) -> io::Result<()> {
    let Ok(handle) = file.open()? else { return Err(invalid("a packed file has no row groups of its own")) };
    let mapping = mapping.features_only(columns);
    let mut batches = 0;
    for batch in reader(handle, metadata.clone(), Some(group), &mapping)? {
        let mut batch = batch.map_err(invalid)?;
        let kept = kept.get(batches).ok_or_else(|| invalid("it has changed while it was read"))?;
        if let Some(kept) = kept {
            if kept.len() != batch.num_rows() {
                return Err(invalid("it has changed while it was read"));
            }
            batch = filter_record_batch(&batch, kept).map_err(invalid)?;
        }
        let rows = vec![0; batch.num_rows()];
        sink(batches, convert(&batch, rows, Complaints::default(), &mapping, &mut Found::default()));
        batches += 1;
    }
    if batches == kept.len() { Ok(()) } else { Err(invalid("it has changed while it was read")) }
}
