//! Labels in a PostgreSQL table, read like the log: read-only, in one snapshot, streamed.

use vigie_profile::window::Instant;

use super::{
    LabelOptions,
    scan::{LabelScan, for_each_label, missing_field},
};
use crate::{
    fault::Result,
    source::{
        SourceOptions,
        mapping::Mapping,
        postgres::{Access, LabelTable},
    },
};

pub(super) fn open(options: &LabelOptions, log: &SourceOptions) -> Result<LabelTable> {
    LabelTable::open(&Access::for_labels(options, log), &options.id, &options.target, options.time.as_deref())
}

/// Reads the rows written since `since`, at most `max_rows`.
pub(super) fn read(
    rows: &LabelTable,
    mapping: &Mapping,
    since: Option<Instant>,
    max_rows: Option<u64>,
    each: &mut dyn FnMut(Option<&str>, Option<&str>),
) -> LabelScan {
    let mut scan = LabelScan::default();
    let (found, result) =
        rows.read(mapping, since, max_rows, &mut |records| scan.malformed += for_each_label(&records, each));
    match result {
        Ok(()) => scan.unreadable.extend(missing_field(&rows.key(), true, mapping, &found)),
        Err(fault) => {
            scan.unreadable.push(fault.left_out());
            scan.interrupted = true;
        }
    }
    scan
}
