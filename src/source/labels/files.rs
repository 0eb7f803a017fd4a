//! Labels in files: located even if none has arrived yet, and read piece by piece.

use std::{path::Path, sync::Arc};

use vigie_profile::{batch::Reason, shown::harmless};
use xxhash_rust::xxh3::Xxh3;

use super::scan::{LabelScan, for_each_label, missing_field};
use crate::{
    fault::{LeftOut, LostInput, Result},
    source::{
        file::{FileForm, FileFormat, LogFile},
        files::{FilePlan, SortedFiles, no_readable_file, some_of, sort_files},
        mapping::{Field, Mapping, ReadSummary},
        read_result::Unreadable,
        shape, store,
    },
};

const REMEDY: &str = "set it to the file, folder or glob where labels arrive, or remove `labels`";

/// Finds the label files. The inner `Err` is the place where none has arrived yet, although it could.
pub(super) fn find_labels(path: &Path, form: FileForm) -> Result<Result<Vec<Arc<LogFile>>, String>> {
    let found = match store::find_awaited("labels.path", "the labels", REMEDY, path)? {
        Ok(found) => found,
        Err(place) => return Ok(Err(place)),
    };
    let SortedFiles { files, skipped } = sort_files(found, form);
    match (files.is_empty(), skipped.is_empty()) {
        (false, _) => Ok(Ok(files)),
        (true, true) => Ok(Err(path.display().to_string())),
        (true, false) => Err(no_readable_file("labels.path", path, &skipped)),
    }
}

/// Reads the files one after the other; an unreadable one does not stop the others.
pub(super) fn read(
    files: &[Arc<LogFile>],
    mapping: &Mapping,
    each: &mut dyn FnMut(Option<&str>, Option<&str>),
) -> LabelScan {
    let mut scan = LabelScan::default();
    for file in files {
        let plan = FilePlan::new(mapping, std::slice::from_ref(file));
        let mut found = ReadSummary::default();
        let explained = scan.lost.len() + scan.unreadable.len();
        scan.lost.extend(plan.unreadable.iter().filter_map(Unreadable::loss));
        let unreadable = plan.unreadable.iter().filter(|unreadable| unreadable.loss().is_none());
        scan.unreadable.extend(unreadable.map(label_file));
        for piece in &plan.pieces {
            let read = piece.read(mapping, &mut |records| scan.malformed += for_each_label(&records, each));
            found.merge(read.found);
            scan.lost.extend(read.unreadable.iter().filter_map(Unreadable::loss));
            let unreadable = read.unreadable.iter().filter(|unreadable| unreadable.loss().is_none());
            scan.unreadable.extend(unreadable.map(label_file));
        }
        let is_explained = scan.lost.len() + scan.unreadable.len() > explained;
        for summary in found.files.values() {
            scan.malformed += summary.timeless.count(Reason::Malformed);
            if !is_explained && let Some((shape, line)) = shape::lost(file, summary) {
                let place = harmless(&file.stored.path().display().to_string());
                scan.lost.push(LostInput { place, line, shape, more: 0 });
            }
        }
        scan.unreadable.extend(missing_field(
            &file.stored.path().display().to_string(),
            file.format != FileFormat::Ndjson,
            mapping,
            &found,
        ));
    }
    scan
}

/// Reads the beginning of some files.
pub(super) fn sample(
    files: &[Arc<LogFile>],
    mapping: &Mapping,
    each: &mut dyn FnMut(Option<&str>, Option<&str>),
) -> LabelScan {
    let mut scan = LabelScan::default();
    for file in some_of(files) {
        let (found, unreadable) =
            file.read_first(mapping, &mut |records| scan.malformed += for_each_label(&records, each));
        scan.lost.extend(unreadable.iter().filter_map(Unreadable::loss));
        scan.unreadable.extend(unreadable.iter().filter(|unreadable| unreadable.loss().is_none()).map(label_file));
        // A record of JSON may get its outcome later.
        let is_complete = file.format != FileFormat::Ndjson || !found.fields.contains(&Field::Id);
        let place = file.stored.path().display().to_string();
        scan.unreadable
            .extend(missing_field(&place, file.format != FileFormat::Ndjson, mapping, &found).filter(|_| is_complete));
    }
    scan
}

fn label_file(file: &Unreadable) -> LeftOut {
    let input = file.left_out();
    LeftOut { place: input.place.map(|path| format!("labels.path: {path}")), ..input }
}

/// Hash of the files' names, sizes and modification times.
pub(super) fn fingerprint(files: &[Arc<LogFile>]) -> String {
    let mut hasher = Xxh3::new();
    for file in files {
        hasher.update(file.stored.path().as_os_str().as_encoded_bytes());
        let Some(stamp) = file.stored.stamp() else { continue };
        hasher.update(&stamp.size.to_le_bytes());
        hasher.update(&stamp.changed.to_le_bytes());
    }
    format!("{} files, {:032x}", files.len(), hasher.digest128())
}
