//! Labels in a table of PostgreSQL, which is read as the log is: read-only, one snapshot, streamed.

use vigie_profile::window::Instant;

use super::{
    LabelOptions,
    log::{Heard, hand, lacking},
};
use crate::{
    fault::Result,
    source::{
        Options,
        mapping::Mapping,
        postgres::{Access, LabelTable},
    },
};

pub(super) fn open(options: &LabelOptions, log: &Options) -> Result<LabelTable> {
    LabelTable::open(&Access::of_labels(options, log), &options.id, &options.target, options.time.as_deref())
}

/// At most `most` rows, of those written since then.
pub(super) fn read(
    rows: &LabelTable,
    mapping: &Mapping,
    since: Option<Instant>,
    most: Option<u64>,
    each: &mut dyn FnMut(Option<&str>, Option<&str>),
) -> Heard {
    let mut heard = Heard::default();
    let (found, outcome) = rows.read(mapping, since, most, &mut |records| heard.malformed += hand(&records, each));
    match outcome {
        Ok(()) => heard.unreadable.extend(lacking(&rows.key(), true, mapping, &found)),
        Err(fault) => {
            heard.unreadable.push(fault.discreet().to_owned());
            heard.broken_off = true;
        }
    }
    heard
}
