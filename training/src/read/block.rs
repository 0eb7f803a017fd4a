//! Reads the rows of a block of clients from a table and its inner tables.

use std::path::Path;

use polars::prelude::{DataFrame, DataType};

use crate::{
    error::PrepareError,
    plan::{BlockRows, TableNeeds},
};

use super::{
    file::{RawFile, ids_frame},
    unknown::UnknownLevels,
};

/// An open table with its open inner tables.
#[derive(Debug)]
pub(crate) struct OpenRawTable<'s> {
    needs: &'s TableNeeds<'s>,
    file: RawFile,
    inner: Vec<OpenRawTable<'s>>,
    used_rows: usize,
}

impl<'s> OpenRawTable<'s> {
    /// Opens the files of a table and its needed inner tables.
    pub(crate) fn open(folder: &Path, needs: &'s TableNeeds<'s>) -> Result<Self, PrepareError> {
        let file = RawFile::open(folder, needs)?;
        let inner = needs.inner.iter().map(|inner| OpenRawTable::open(folder, inner)).collect::<Result<_, _>>()?;
        Ok(Self { needs, file, inner, used_rows: 0 })
    }

    /// The file of the table itself.
    pub(crate) fn file(&self) -> &RawFile {
        &self.file
    }

    /// The rows of the groups `keys` (ascending), with the rows of the inner tables that belong to them.
    pub(crate) fn read(&mut self, keys: &[i64], unknown: &mut UnknownLevels) -> Result<BlockRows, PrepareError> {
        let table = self.needs.table;
        let (low, high) = (keys.first().copied().unwrap_or(i64::MAX), keys.last().copied().unwrap_or(i64::MIN));
        let frame = self.file.rows_of(&ids_frame(table.key, keys), low, high)?;
        self.used_rows += frame.height();
        unknown.count(self.needs, &frame).map_err(|error| PrepareError::query(&self.file.name(), &error))?;
        let mut inner_rows = Vec::new();
        if let (Some(row_key), false) = (table.row_key, self.inner.is_empty()) {
            let keys = sorted_keys(&frame, row_key).map_err(|error| PrepareError::query(&self.file.name(), &error))?;
            for inner in &mut self.inner {
                inner_rows.push(inner.read(&keys, unknown)?);
            }
        }
        Ok(BlockRows { frame, inner: inner_rows })
    }

    /// File name → rows of the file that belonged to none of the clients that were read; only tables with such rows.
    pub(crate) fn unused_rows(&self) -> Vec<(String, usize)> {
        let own = self.file.rows().saturating_sub(self.used_rows);
        let own = (own > 0).then(|| (self.file.name(), own));
        own.into_iter().chain(self.inner.iter().flat_map(OpenRawTable::unused_rows)).collect()
    }
}

fn sorted_keys(frame: &DataFrame, name: &str) -> polars::prelude::PolarsResult<Vec<i64>> {
    let keys = frame.column(name)?.cast(&DataType::Int64)?;
    let mut keys: Vec<i64> = keys.i64()?.iter().flatten().collect();
    keys.sort_unstable();
    Ok(keys)
}
