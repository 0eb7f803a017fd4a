//! The first rows of a Parquet file as lines of JSON, with all columns.

use std::io;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::source::{batch_columns::with_unique_names, file::LogFile, json_text, parquet_file::invalid};

/// Passes the first `most` rows to `keep`.
pub(super) fn first_rows(file: &LogFile, most: usize, keep: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.open()?).map_err(invalid)?;
    let batches = builder.with_batch_size(most.clamp(1, 1_000)).with_limit(most).build().map_err(invalid)?;
    let mut line = Vec::new();
    for batch in batches {
        let batch = with_unique_names(batch.map_err(invalid)?).map_err(invalid)?;
        for row in 0..batch.num_rows() {
            line.clear();
            json_text::write_row(&batch, row, &mut line).map_err(invalid)?;
            keep(&line);
        }
    }
    Ok(())
}
