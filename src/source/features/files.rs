//! A feature table in files: read from beginning to end, in batches.

use std::sync::Arc;

use vigie_profile::{batch::Records, shown::harmless};

use super::scan::{FeatureScan, check_fields};
use crate::{
    fault::{Fault, LostInput, Result},
    source::{
        PlaceOptions,
        file::LogFile,
        files::{FilePlan, SortedFiles, no_readable_file, some_of, sort_files},
        mapping::{Mapping, ReadSummary},
        read_result::Unreadable,
        shape, store,
    },
};

const KEY: &str = "features.path";

/// Finds the files.
pub(super) fn find(place: &PlaceOptions) -> Result<Vec<Arc<LogFile>>> {
    let found = store::find(KEY, "the feature table", &place.path)?;
    let SortedFiles { files, skipped } = sort_files(found, place.form());
    if files.is_empty() { Err(no_readable_file(KEY, &place.path, &skipped)) } else { Ok(files) }
}

/// Reads the files one after the other. Half a table would say that the others are not in it, so an unreadable file is a fault.
pub(super) fn read(files: &[Arc<LogFile>], mapping: &Mapping, each: &mut dyn FnMut(Records)) -> Result<FeatureScan> {
    let mut scan = FeatureScan::default();
    for file in files {
        let plan = FilePlan::new(mapping, std::slice::from_ref(file));
        let mut found = ReadSummary::default();
        fail(plan.unreadable.first())?;
        for piece in &plan.pieces {
            let read = piece.read(mapping, each);
            fail(read.unreadable.as_ref())?;
            found.merge(read.found);
        }
        let place = harmless(&file.stored.path().display().to_string());
        for summary in found.files.values() {
            if let Some((shape, line)) = shape::lost(file, summary) {
                return Err(Fault::lost(LostInput { place, line, shape, more: 0 }, None).context(KEY));
            }
        }
        check_fields(&place, mapping, &found)?;
        scan.add(&found);
    }
    Ok(scan)
}

/// Reads the beginning of some files. Fails if one cannot be read, or has no id.
pub(super) fn sample(files: &[Arc<LogFile>], mapping: &Mapping, each: &mut dyn FnMut(Records)) -> Result<()> {
    for file in some_of(files) {
        let (found, unreadable) = file.read_first(mapping, each);
        fail(unreadable.as_ref())?;
        check_fields(&harmless(&file.stored.path().display().to_string()), mapping, &found)?;
    }
    Ok(())
}

fn fail(unreadable: Option<&Unreadable>) -> Result<()> {
    match unreadable {
        Some(file) => Err(Fault::setup(format!("{KEY}: {}", file.left_out()))),
        None => Ok(()),
    }
}
