//! Opens the feature table, and reads the features of some ids.

use std::{collections::BTreeSet, sync::Arc};

use vigie_profile::{batch::Records, layout::Column};

use super::{FeatureTableOptions, files, scan::FeatureScan};
use crate::{
    fault::Result,
    source::{
        SourceOptions,
        file::LogFile,
        mapping::Mapping,
        place::RowPlace,
        postgres::{Access, KeyedTable},
    },
};

/// A feature table that exists.
#[derive(Debug)]
pub struct FeatureTable {
    options: FeatureTableOptions,
    origin: FeatureOrigin,
}

#[derive(Debug)]
enum FeatureOrigin {
    Files(Vec<Arc<LogFile>>),
    Table(KeyedTable),
}

/// Overview of the feature table, for `vigie config check --connect`.
#[derive(Debug)]
pub struct FeatureTablePreview {
    /// Display name: the number of files, or server, database and table.
    pub place: String,
    /// The server's estimate of the number of rows in a table.
    pub rows: Option<i64>,
    pub scan: FeatureScan,
}

/// Number of rows that a preview of a table reads.
const PREVIEW_ROWS: u64 = 100;

impl FeatureTable {
    /// Finds the files, or connects to the database: the one of `log`, unless the section has a `url`.
    pub fn open(options: &FeatureTableOptions, log: &SourceOptions) -> Result<Self> {
        let origin = match options.place.rows() {
            RowPlace::Files => FeatureOrigin::Files(files::find(&options.place)?),
            RowPlace::Table => {
                let access = Access::joined("features", &options.place, log);
                FeatureOrigin::Table(KeyedTable::open(&access, &options.id)?)
            }
        };
        Ok(Self { options: options.clone(), origin })
    }

    /// Streams the rows of some ids, and perhaps others, with these columns as features. A table is read by one query, with the
    /// ids as its condition; files are read from beginning to end.
    pub fn read(
        &self,
        columns: &[Column],
        ids: &BTreeSet<String>,
        each: &mut dyn FnMut(Records),
    ) -> Result<FeatureScan> {
        let mapping = self.mapping(columns);
        match &self.origin {
            FeatureOrigin::Files(files) => files::read(files, &mapping, each),
            FeatureOrigin::Table(table) => {
                let condition = table.condition(ids);
                let (found, result) = table.read(&mapping, condition.as_deref(), "", each);
                result?;
                FeatureScan::of_table(&table.key(), &mapping, &found)
            }
        }
    }

    /// Reads a few rows of a table, or all files, and describes where they are.
    pub fn preview(&self, columns: &[Column], each: &mut dyn FnMut(Records)) -> Result<FeatureTablePreview> {
        let mapping = self.mapping(columns);
        match &self.origin {
            FeatureOrigin::Files(files) => {
                let scan = files::read(files, &mapping, each)?;
                Ok(FeatureTablePreview { place: format!("{} files", files.len()), rows: None, scan })
            }
            FeatureOrigin::Table(table) => {
                let rows = table.estimated_rows()?;
                let (found, result) = table.read(&mapping, None, &format!("LIMIT {PREVIEW_ROWS}"), each);
                result?;
                let scan = FeatureScan::of_table(&table.key(), &mapping, &found)?;
                Ok(FeatureTablePreview { place: table.shown(), rows, scan })
            }
        }
    }

    /// Reads the beginning of some files. A table is not read.
    pub fn sample(&self, columns: &[Column], each: &mut dyn FnMut(Records)) -> Result<()> {
        match &self.origin {
            FeatureOrigin::Files(files) => files::sample(files, &self.mapping(columns), each),
            FeatureOrigin::Table(_) => Ok(()),
        }
    }

    fn mapping(&self, columns: &[Column]) -> Mapping {
        Mapping::for_features(&self.options.id, self.options.features.as_ref(), columns)
    }
}
