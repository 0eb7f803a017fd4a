//! `vigie config check --connect`: tests the feature table, on a hundred rows of a table or on all rows of files.

use crate::{
    config::Settings,
    fault::Result,
    monitor::run::context::open_configured_reference,
    source::{FeatureTable, FeatureTablePreview},
};

/// Result of the test.
#[derive(Debug)]
pub struct FeatureTableCheck {
    pub preview: FeatureTablePreview,
    /// Rows that were read, and those of them without an id.
    pub read: u64,
    pub without_id: u64,
    /// Features of the reference that no row has.
    pub absent: Vec<String>,
    /// Number of features of the reference.
    pub features: usize,
}

/// Tests the feature table. `None` if the config names none.
pub fn connect_features(settings: &Settings) -> Result<Option<FeatureTableCheck>> {
    let Some(options) = &settings.features else { return Ok(None) };
    let columns = open_configured_reference(settings)?.layout().columns();
    let table = FeatureTable::open(options, &settings.source)?;
    let mut seen = vec![false; columns.len()];
    let (mut read, mut with_id) = (0, 0);
    let preview = table.preview(&columns, &mut |batch| {
        read += batch.len as u64;
        with_id += batch.id.as_ref().map_or(0, |ids| ids.iter().flatten().count() as u64);
        for (seen, column) in seen.iter_mut().zip(&batch.features) {
            *seen |= column.is_some();
        }
    })?;
    let absent = columns.iter().zip(&seen).filter(|(_, seen)| !**seen).map(|(column, _)| column.name.clone()).collect();
    Ok(Some(FeatureTableCheck { preview, read, without_id: read - with_id, absent, features: columns.len() }))
}
