//! The row groups of a Parquet file that may contain records of a window, by their statistics.

use std::io;

use arrow_array::{Array, ArrayRef};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, statistics::StatisticsConverter};
use vigie_profile::{batch::for_each_number, window::Window};

use super::{
    clock::{NumberFormat, TimeRules},
    file::LogFile,
    mapping::Mapping,
    parquet_file::load,
    typed,
};

/// The parts of an uncompressed file that may contain records of the window.
pub(super) struct RowGroups {
    pub metadata: ArrowReaderMetadata,
    pub groups: Vec<usize>,
    /// The first and last time in the whole file, if its statistics tell them.
    pub times: Option<(i64, i64)>,
}

/// Returns the footer of an uncompressed file and the row groups that may contain records of the window. `None`: the
/// file is compressed and has to be read whole.
pub(super) fn plan(file: &LogFile, mapping: &Mapping) -> io::Result<Option<RowGroups>> {
    if file.is_compressed() {
        return Ok(None);
    }
    let metadata = load(&file.open()?, mapping)?;
    let groups = 0..metadata.metadata().num_row_groups();
    let (groups, times) = match mapping.scanned() {
        Some(window) => prune(&metadata, groups.collect(), mapping, window),
        None => (groups.collect(), None),
    };
    Ok(Some(RowGroups { metadata, groups, times }))
}

/// Drops the row groups whose minimum and maximum time show that they have no record of the window. Also returns the
/// first and last time of all groups.
fn prune(
    metadata: &ArrowReaderMetadata,
    groups: Vec<usize>,
    mapping: &Mapping,
    window: Window,
) -> (Vec<usize>, Option<(i64, i64)>) {
    let schema = metadata.schema();
    let present: Vec<&String> = mapping.timestamp.iter().filter(|path| schema.index_of(path).is_ok()).collect();
    let [path] = present.as_slice() else { return (groups, None) };
    // Text does not sort by time.
    let is_time = schema.field_with_name(path).is_ok_and(|field| {
        let kind = field.data_type();
        kind.is_temporal() || kind.is_integer() || kind.is_floating()
    });
    let parquet_schema = metadata.metadata().file_metadata().schema_descr();
    let Some(converter) = is_time.then(|| StatisticsConverter::try_new(path, schema, parquet_schema).ok()).flatten()
    else {
        return (groups, None);
    };
    let row_groups = metadata.metadata().row_groups();
    let (Ok(mins), Ok(maxes)) = (converter.row_group_mins(row_groups), converter.row_group_maxes(row_groups)) else {
        return (groups, None);
    };
    // How a number is read follows from its size. Only if minimum and maximum are read in the same way, all values are.
    let rules = &mapping.times;
    let (min_formats, max_formats) = (formats(&mins, rules), formats(&maxes, rules));
    let (mins, maxes) = (typed::instants(&mins, rules), typed::instants(&maxes, rules));
    let may_hold = |group: &usize| match (mins.get(*group), maxes.get(*group)) {
        (Some(Some(min)), Some(Some(max))) if min_formats.get(*group) == max_formats.get(*group) => {
            *min < window.to.0 && *max >= window.from.0
        }
        _ => true,
    };
    let times = mins.iter().flatten().min().copied().zip(maxes.iter().flatten().max().copied());
    (groups.into_iter().filter(may_hold).collect(), times)
}

/// How each number is read as a time; a constant for columns of other types.
fn formats(numbers: &ArrayRef, rules: &TimeRules) -> Vec<Option<NumberFormat>> {
    let kind = numbers.data_type();
    if !kind.is_integer() && !kind.is_floating() {
        return vec![None; numbers.len()];
    }
    let mut formats = Vec::with_capacity(numbers.len());
    for_each_number(numbers.as_ref(), &mut |number| formats.push(rules.format(number)));
    formats
}
