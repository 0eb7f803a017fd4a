//! Files that appear under their name only once they are complete.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use polars::prelude::{DataFrame, Schema};
use polars_io::parquet::write::{BatchedWriter, ParquetCompression, ParquetWriter};
use serde_json::{Map, Value, json};

use crate::{error::PrepareError, spec::DictionaryEntry};

/// A file under a temporary name in the folder of its final name; removed unless it is finished.
struct PartialFile {
    partial: PathBuf,
    path: PathBuf,
    is_finished: bool,
}

impl PartialFile {
    fn create(path: &Path) -> Result<(Self, File), PrepareError> {
        let Some(name) = path.file_name() else {
            return Err(PrepareError::new(format!("{} is not a file name; name the file to write", path.display())));
        };
        let partial = path.with_file_name(format!(".{}.{}.partial", name.to_string_lossy(), std::process::id()));
        let file = File::create(&partial).map_err(|error| PrepareError::io("write", &partial, &error))?;
        Ok((Self { partial, path: path.to_owned(), is_finished: false }, file))
    }

    /// Gives the file its final name. `file` has all contents.
    fn finish(mut self, file: &File) -> Result<(), PrepareError> {
        file.sync_all().map_err(|error| PrepareError::io("write", &self.partial, &error))?;
        fs::rename(&self.partial, &self.path).map_err(|error| PrepareError::io("write", &self.path, &error))?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.is_finished {
            // Nothing can be done about a file that cannot be removed.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// The feature table, written block by block.
pub(crate) struct FeatureWriter {
    partial: PartialFile,
    file: File,
    writer: BatchedWriter<File>,
    schema: Schema,
}

impl FeatureWriter {
    pub(crate) fn create(path: &Path, schema: Schema) -> Result<Self, PrepareError> {
        let (partial, file) = PartialFile::create(path)?;
        let clone = file.try_clone().map_err(|error| PrepareError::io("write", path, &error))?;
        let writer = ParquetWriter::new(clone).with_compression(ParquetCompression::Zstd(None));
        let writer =
            writer.batched(&schema).map_err(|error| PrepareError::query(&path.display().to_string(), &error))?;
        Ok(Self { partial, file, writer, schema })
    }

    /// Appends a block as one row group.
    pub(crate) fn write(&mut self, mut block: DataFrame) -> Result<(), PrepareError> {
        let place = self.partial.path.display().to_string();
        if **block.schema() != self.schema {
            return Err(PrepareError::new(format!(
                "{place}: a block does not have the declared columns; report this as a fault of the program"
            )));
        }
        block.rechunk_mut();
        self.writer.write_batch(&block).map_err(|error| PrepareError::query(&place, &error))
    }

    /// Completes the file and gives it its final name.
    pub(crate) fn finish(self) -> Result<(), PrepareError> {
        let Self { partial, file, writer, .. } = self;
        let path = partial.path.clone();
        let Ok(mut writer) = writer.get_writer().lock() else {
            return Err(PrepareError::new(format!("cannot write {}: a thread of the writer failed", path.display())));
        };
        // No note of polars' own types: they would make other readers load text as string views, which few of their
        // functions support.
        writer.end(Some(Vec::new())).map_err(|error| PrepareError::query(&path.display().to_string(), &error))?;
        drop(writer);
        partial.finish(&file)
    }
}

/// Writes the data dictionary: `{"<column>": {"sentence": …, "unit": …, "table": …}, …}` by name.
pub(crate) fn write_dictionary<'a>(
    path: &Path,
    entries: impl Iterator<Item = (&'a str, DictionaryEntry)>,
) -> Result<(), PrepareError> {
    let entries: Map<String, Value> = entries
        .map(|(name, entry)| {
            (name.to_owned(), json!({ "sentence": entry.sentence, "unit": entry.unit, "table": entry.table }))
        })
        .collect();
    let (partial, mut file) = PartialFile::create(path)?;
    let text = serde_json::to_string_pretty(&entries)
        .map_err(|error| PrepareError::new(format!("cannot write {}: {error}", path.display())))?;
    file.write_all(format!("{text}\n").as_bytes()).map_err(|error| PrepareError::io("write", path, &error))?;
    partial.finish(&file)
}
