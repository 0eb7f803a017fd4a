//! The result of reading a feature table, apart from the rows handed to the caller.

use vigie_profile::{batch::Reason, near::suggestions};

use crate::{
    fault::{Fault, Result},
    source::mapping::{Field, Mapping, ReadSummary},
};

/// What was read of a feature table.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FeatureScan {
    /// Number of rows, including those of other ids.
    pub rows: u64,
    /// Number of lines that are not records.
    pub malformed: u64,
}

impl FeatureScan {
    /// The rows of a table of the server; fails if they have no id or no features.
    pub(super) fn of_table(key: &str, mapping: &Mapping, found: &ReadSummary) -> Result<Self> {
        check_fields(key, mapping, found)?;
        Ok(Self { rows: found.records, malformed: 0 })
    }

    pub(super) fn add(&mut self, found: &ReadSummary) {
        self.rows += found.records;
        self.malformed += found.files.values().map(|file| file.timeless.count(Reason::Malformed)).sum::<u64>();
    }
}

/// Fails if no row of a place has the id, or the features. Without rows, nothing is known.
pub(super) fn check_fields(place: &str, mapping: &Mapping, found: &ReadSummary) -> Result<()> {
    let fields = mapping.fields();
    let absent = [(Field::Id, "features.id"), (Field::Features, "features.features")].into_iter().find(|(field, _)| {
        let is_mapped = *field == Field::Id || mapping.features.is_some();
        found.records > 0 && is_mapped && !found.fields.contains(field)
    });
    let Some((field, key)) = absent else { return Ok(()) };
    let path = fields.get(&field).map_or("", String::as_str);
    let names = suggestions(path, found.names.iter());
    Err(Fault::setup(format!("{key}: {place} has no column `{path}`; available: {names}")))
}
