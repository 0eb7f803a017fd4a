//! Reads Parquet: skips row groups outside the window and decodes only the columns that are needed.

use std::{borrow::Cow, collections::BTreeSet, io, sync::Arc};

use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int32Array, RecordBatch, RecordBatchOptions, StructArray,
    cast::AsArray, types::Float64Type,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_cast::cast;
use arrow_schema::{DataType, Field as ArrowField, FieldRef, Fields as ArrowFields, Schema};
use arrow_select::{filter::filter_record_batch, nullif::nullif};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{
        ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
    },
};
use vigie_profile::{
    batch::{Complaints, Number, Reason, Records, Value, decoded_type, for_each_number, number, texts},
    layout::Kind,
    window::Instant,
};

use super::{
    batch_columns::{note_names, with_partition, with_unique_names},
    clock,
    file::LogFile,
    json_text,
    mapping::{Field, Mapping, ReadSummary, is_failure, passes},
    record::RecordReader,
    records_builder::BATCH_ROWS,
    sequence::{SequencePlace, sequence_number},
    store::OpenFile,
    typed,
};

/// Marks the rows of a batch that are records of the window; `None`: all of them.
pub type RowMask = Option<BooleanArray>;

pub(super) fn invalid(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

/// Streams one row group of an uncompressed file, or all of a compressed file, into `sink`.
pub(super) fn read(
    file: &LogFile,
    group: Option<(&ArrowReaderMetadata, usize)>,
    mapping: &Mapping,
    sink: &mut dyn FnMut(Records),
) -> (ReadSummary, io::Result<()>) {
    let mut found = ReadSummary::default();
    let result = file.open().and_then(|opened| match group {
        Some((metadata, group)) => batches(opened, metadata.clone(), (Some(group), None), mapping, &mut found, sink),
        None => load(&opened, mapping)
            .and_then(|metadata| batches(opened, metadata, (None, None), mapping, &mut found, sink)),
    });
    (found, result)
}

/// Streams the first `most` rows of an uncompressed file into `sink`; of a compressed one, none.
pub(super) fn read_first(
    file: &LogFile,
    most: u64,
    mapping: &Mapping,
    sink: &mut dyn FnMut(Records),
) -> (ReadSummary, io::Result<()>) {
    let mut found = ReadSummary::default();
    if file.is_compressed() {
        return (found, Ok(()));
    }
    let most = Some(usize::try_from(most).unwrap_or(usize::MAX));
    let result = file.open().and_then(|opened| {
        let metadata = load(&opened, mapping)?;
        batches(opened, metadata, (None, most), mapping, &mut found, sink)
    });
    (found, result)
}

/// Loads the footer and requests the text of categorical features as dictionaries, so that each level is processed once
/// per batch instead of once per row, and nothing else as dictionaries.
pub(super) fn load(reader: &OpenFile, mapping: &Mapping) -> io::Result<ArrowReaderMetadata> {
    let plain = ArrowReaderMetadata::load(reader, ArrowReaderOptions::new()).map_err(invalid)?;
    let categorical: BTreeSet<&str> = mapping
        .columns
        .iter()
        .filter(|column| column.kind == Kind::Categorical)
        .map(|column| column.name.as_str())
        .collect();
    let schema = Schema::new(with_dictionaries(plain.schema().fields(), &categorical));
    if schema.fields() == plain.schema().fields() {
        return Ok(plain);
    }
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    Ok(ArrowReaderMetadata::try_new(plain.metadata().clone(), options).unwrap_or(plain))
}

fn with_dictionaries(fields: &ArrowFields, categorical: &BTreeSet<&str>) -> ArrowFields {
    let with_dictionary = |field: &FieldRef| -> FieldRef {
        match field.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
                if categorical.contains(field.name().as_str()) =>
            {
                let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
                Arc::new(ArrowField::clone(field).with_data_type(kind))
            }
            DataType::Struct(children) => {
                let children = with_dictionaries(children, categorical);
                Arc::new(ArrowField::clone(field).with_data_type(DataType::Struct(children)))
            }
            kind => Arc::new(ArrowField::clone(field).with_data_type(decoded_type(kind))),
        }
    };
    fields.iter().map(with_dictionary).collect()
}

fn batches(
    reader: OpenFile,
    metadata: ArrowReaderMetadata,
    (group, most): (Option<usize>, Option<usize>),
    mapping: &Mapping,
    found: &mut ReadSummary,
    sink: &mut dyn FnMut(Records),
) -> io::Result<()> {
    note_names(metadata.schema(), mapping, found);
    let is_columnar = is_columnar(metadata.schema(), mapping);
    let batches = self::reader(reader, metadata, (group, most), mapping)?;
    if is_columnar {
        for batch in batches {
            let batch = with_partition(batch.map_err(invalid)?, mapping).map_err(invalid)?;
            sink(records(&batch, mapping, found).map_err(invalid)?.0);
        }
        return Ok(());
    }
    let mut lines = RecordReader::new(mapping);
    let mut line = Vec::new();
    for batch in batches {
        let batch = with_unique_names(batch.map_err(invalid)?).map_err(invalid)?;
        for row in 0..batch.num_rows() {
            line.clear();
            json_text::write_row(&batch, row, &mut line).map_err(invalid)?;
            lines.read_line(&line);
            if lines.builder.rows() >= BATCH_ROWS {
                sink(lines.builder.take(mapping));
            }
        }
    }
    sink(lines.builder.take(mapping));
    found.merge(lines.found);
    Ok(())
}

/// Returns a reader of the columns that the mapping needs, from one row group or from all, and of at most `most` rows.
pub(super) fn reader(
    reader: OpenFile,
    metadata: ArrowReaderMetadata,
    (group, most): (Option<usize>, Option<usize>),
    mapping: &Mapping,
) -> io::Result<ParquetRecordBatchReader> {
    let schema = metadata.metadata().file_metadata().schema_descr_ptr();
    let leaves = schema.columns();
    let mut wanted: Vec<usize> = (0..leaves.len())
        .filter(|leaf| leaves.get(*leaf).is_some_and(|leaf| wants(mapping, leaf.path().parts())))
        .collect();
    // Read at least one input column, to know whether a record has inputs.
    if let Some(features) = &mapping.features {
        let is_input = |leaf: &usize| {
            let path = leaves.get(*leaf).map(|leaf| leaf.path().string()).unwrap_or_default();
            features.iter().any(|features| is_below(&path, features))
        };
        if !wanted.iter().any(is_input) {
            wanted.extend((0..leaves.len()).find(is_input));
        }
    }
    let mask = ProjectionMask::leaves(&schema, wanted);
    let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(reader, metadata)
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS);
    if let Some(group) = group {
        builder = builder.with_row_groups(vec![group]);
    }
    if let Some(most) = most {
        builder = builder.with_limit(most);
    }
    builder.build().map_err(invalid)
}

/// Returns whether a leaf of the schema is needed: its root is mapped, and if it is an input, it was requested.
fn wants(mapping: &Mapping, parts: &[String]) -> bool {
    let leaf = match parts {
        [root] => Cow::Borrowed(root.as_str()),
        parts => Cow::Owned(parts.join(".")),
    };
    let leaf = leaf.as_ref();
    let root = parts.first().map_or("", String::as_str);
    let mapped = |path: &String| path == root || path == leaf || is_below(path, root) || is_below(leaf, path);
    let in_features = |paths: &Vec<String>| {
        paths.iter().any(|path| {
            let inside = leaf.strip_prefix(path.as_str()).and_then(|rest| rest.strip_prefix('.'));
            // The leaf of a list is `features.list.element`: not a requested column, but needed.
            inside.is_some_and(|name| {
                mapping.column_of.contains_key(name) || mapping.positions.is_some() || name.contains('.')
            }) || mapped(path) && inside.is_none()
        })
    };
    let features = match &mapping.features {
        None => mapping.column_of.contains_key(leaf) || mapping.column_of.contains_key(root),
        Some(paths) => in_features(paths),
    };
    features
        || mapping.timestamp.iter().any(mapped)
        || mapping.mapped.iter().any(|field| field.paths.iter().any(mapped))
        || mapping.only.iter().any(|(path, _)| mapped(path))
}

/// Returns whether a dotted path leads through `parent`.
fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'))
}

/// What a path refers to in a table.
enum PathTarget {
    Absent,
    Column(DataType),
    /// Inside text, a list or a map: reachable only row by row.
    Nested,
}

fn path_target(fields: &ArrowFields, path: &str) -> PathTarget {
    if let Some((_, field)) = fields.find(path) {
        return PathTarget::Column(field.data_type().clone());
    }
    for (dot, _) in path.match_indices('.') {
        let (Some(head), Some(rest)) = (path.get(..dot), path.get(dot + 1..)) else { continue };
        match fields.find(head).map(|(_, field)| field.data_type()) {
            Some(DataType::Struct(children)) => return path_target(children, rest),
            Some(kind) if kind.is_nested() || typed::may_hold_json(kind) => return PathTarget::Nested,
            _ => {}
        }
    }
    PathTarget::Absent
}

/// Returns whether every mapped field is a column of scalars, and the features are columns.
pub(super) fn is_columnar(schema: &Schema, mapping: &Mapping) -> bool {
    let fields = schema.fields();
    let one_scalar = |paths: &[String]| {
        let targets: Vec<PathTarget> = paths.iter().map(|path| path_target(fields, path)).collect();
        let present = targets.iter().filter(|target| !matches!(target, PathTarget::Absent)).count();
        present <= 1
            && targets.iter().all(|target| match target {
                PathTarget::Absent => true,
                PathTarget::Column(kind) => typed::is_scalar(kind),
                PathTarget::Nested => false,
            })
    };
    let features = match &mapping.features {
        None => true,
        Some(paths) => match paths.as_slice() {
            [path] => match path_target(fields, path) {
                PathTarget::Absent => true,
                // A struct of `columns` and `data` is a batch of several rows.
                PathTarget::Column(DataType::Struct(children)) => {
                    !(children.find("columns").is_some() && children.find("data").is_some())
                        && children.iter().all(|child| {
                            typed::is_scalar(child.data_type()) || !mapping.column_of.contains_key(child.name())
                        })
                }
                _ => false,
            },
            _ => false,
        },
    };
    features
        && one_scalar(&mapping.timestamp)
        && mapping.mapped.iter().all(|field| one_scalar(&field.paths))
        && mapping.only.iter().all(|(path, _)| one_scalar(std::slice::from_ref(path)))
}

fn column(batch: &RecordBatch, path: &str) -> Option<ArrayRef> {
    if let Some(column) = batch.column_by_name(path) {
        return Some(column.clone());
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let parent = batch.column_by_name(path.get(..dot)?)?;
        column(&children(parent.as_struct_opt()?)?, path.get(dot + 1..)?)
    })
}

/// Marks the rows in which a column has a value.
fn present(column: &dyn Array) -> BooleanArray {
    let bits = column.logical_nulls().map_or_else(|| BooleanBuffer::new_set(column.len()), NullBuffer::into_inner);
    BooleanArray::new(bits, None)
}

/// Returns the fields of a struct column as columns, with null wherever the struct is null.
fn children(parent: &StructArray) -> Option<RecordBatch> {
    let absent = BooleanArray::new(!present(parent).values(), None);
    let field = |field: &FieldRef| ArrowField::clone(field).with_nullable(true);
    let schema = Schema::new(parent.fields().iter().map(field).collect::<Vec<_>>());
    let columns: Result<Vec<ArrayRef>, _> = parent.columns().iter().map(|child| nullif(child, &absent)).collect();
    let rows = RecordBatchOptions::new().with_row_count(Some(parent.len()));
    RecordBatch::try_new_with_options(Arc::new(schema), columns.ok()?, &rows).ok()
}

/// Returns the records of a batch, and the mask of their rows.
pub(super) fn records(
    batch: &RecordBatch,
    mapping: &Mapping,
    found: &mut ReadSummary,
) -> Result<(Records, RowMask), arrow_schema::ArrowError> {
    found.own.parsed += batch.num_rows() as u64;
    let mut keep = vec![true; batch.num_rows()];
    for (path, wanted) in &mapping.only {
        match column(batch, path) {
            Some(values) => {
                for (keep, value) in keep.iter_mut().zip(&typed::spelled(&values)) {
                    *keep &= value.is_some_and(|value| passes(Value::Text(value), wanted));
                }
            }
            None => keep.fill(false),
        }
    }
    found.records += keep.iter().filter(|keep| **keep).count() as u64;
    let mut complaints = Complaints::default();
    let times = mapping.timestamp.iter().find_map(|path| column(batch, path));
    let instants = match &times {
        Some(times) => {
            found.fields.insert(Field::Timestamp);
            found.has_naive_times |= typed::is_naive(times);
            typed::instants(times, &mapping.times)
        }
        None if mapping.timestamp.is_empty() => vec![Some(0); batch.num_rows()],
        None => vec![None; batch.num_rows()],
    };
    if let (Some(first), Some(last)) = (instants.iter().flatten().min(), instants.iter().flatten().max()) {
        found.own.note_time(*first);
        found.own.note_time(*last);
    }
    note_sequence(batch, &instants, mapping, found);
    let mut timestamp = Vec::with_capacity(batch.num_rows());
    for (row, (keep, at)) in keep.iter_mut().zip(&instants).enumerate() {
        if !*keep {
            found.filtered += u64::from(at.is_some_and(|at| mapping.wants(Instant(at))));
            continue;
        }
        match at {
            Some(at) if mapping.wants(Instant(*at)) => timestamp.push(*at),
            Some(_) => *keep = false,
            None => {
                *keep = false;
                let example = times.as_ref().map_or("no such field".to_owned(), |times| {
                    let text = texts(&times.slice(row, 1));
                    clock::doubt(if text.is_null(0) { Value::Null } else { Value::Text(text.value(0)) }, &mapping.times)
                });
                complaints.add(Reason::Timestamp, &example);
            }
        }
    }
    if timestamp.len() == batch.num_rows() {
        return Ok((convert(batch, timestamp, complaints, mapping, found), None));
    }
    let keep = BooleanArray::from(keep);
    let narrowed = filter_record_batch(batch, &keep)?;
    Ok((convert(&narrowed, timestamp, complaints, mapping, found), Some(keep)))
}

/// Notes the sequence numbers of a batch, if the log has them. `instants`: the times of its rows.
fn note_sequence(batch: &RecordBatch, instants: &[Option<i64>], mapping: &Mapping, found: &mut ReadSummary) {
    let values = |field| mapping.paths(field)?.iter().find_map(|path| column(batch, path));
    let Some(numbers) = values(Field::Sequence) else { return };
    let numbers = scaled(&numbers, 1.0);
    let dropped = values(Field::Dropped).map(|dropped| scaled(&dropped, 1.0));
    let writers = values(Field::Writer).map(|writers| typed::spelled(&writers));
    let is_single = mapping.paths(Field::Writer).is_none();
    for (row, (number, at)) in numbers.iter().zip(instants).enumerate() {
        let writer = match &writers {
            Some(writers) => writers.is_valid(row).then(|| writers.value(row)),
            None => is_single.then_some(""),
        };
        let (Some(writer), Some(number)) = (writer, number.and_then(sequence_number)) else { continue };
        let dropped = dropped.as_ref().filter(|column| column.is_valid(row)).map(|column| column.value(row));
        found.sequence.note(SequencePlace {
            writer,
            number,
            dropped: dropped.and_then(sequence_number).unwrap_or(0),
            is_in_window: at.is_some_and(|at| mapping.wants(Instant(at))),
        });
    }
}

pub(super) fn convert(
    batch: &RecordBatch,
    timestamp: Vec<i64>,
    complaints: Complaints,
    mapping: &Mapping,
    found: &mut ReadSummary,
) -> Records {
    let classes = vec![None; mapping.classes()];
    let mut records = Records { len: timestamp.len(), timestamp, complaints, classes, ..Records::default() };
    let inputs = match &mapping.features {
        None => Some(batch.clone()),
        Some(paths) => paths.iter().find_map(|path| column(batch, path)).and_then(|inputs| {
            records.has_features = Some(present(inputs.as_ref()));
            children(inputs.as_struct_opt()?)
        }),
    };
    match &inputs {
        Some(_) => {
            found.fields.insert(Field::Features);
        }
        None => records.has_features = Some(BooleanArray::from(vec![false; records.len])),
    }
    for wanted in &mapping.columns {
        let in_path =
            || mapping.partition.contains_key(&wanted.name).then(|| batch.column_by_name(&wanted.name)).flatten();
        let column = inputs.as_ref().and_then(|inputs| inputs.column_by_name(&wanted.name)).or_else(in_path);
        records.features.push(column.map(|column| match wanted.kind {
            Kind::Numeric => typed::to_numbers(column, &wanted.name, &mut records.complaints),
            Kind::Categorical => typed::to_levels(column, wanted, &mut records.complaints),
        }));
    }
    for mapped in &mapping.mapped {
        let Some(values) = mapped.paths.iter().find_map(|path| column(batch, path)) else { continue };
        found.fields.insert(mapped.field);
        match mapped.field {
            Field::Probability | Field::Prediction => records.probability = Some(scaled(&values, mapped.scale)),
            Field::ClassProbability(class) => {
                if let Some(probabilities) = records.classes.get_mut(usize::from(class)) {
                    *probabilities = Some(scaled(&values, mapped.scale));
                }
            }
            Field::LatencyMs => {
                complain_unreadable(&values, mapped.field, &mut records.complaints);
                records.latency_ms = Some(scaled(&values, mapped.scale));
            }
            Field::Status => {
                complain_unreadable(&values, mapped.field, &mut records.complaints);
                #[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
                let code = |code: f64| (code.fract() == 0.0 && code.abs() < 1e9).then_some(code as i32);
                let codes = scaled(&values, 1.0);
                records.status = Some(codes.iter().map(|status| status.and_then(code)).collect::<Int32Array>());
            }
            Field::Error => {
                let values = typed::spelled(&values);
                let is_failed = |text: Option<&str>| is_failure(text.map_or(Value::Null, Value::Text));
                records.error = Some(values.iter().map(|text| Some(is_failed(text))).collect());
            }
            Field::Decision => records.decision = Some(typed::spelled(&values)),
            Field::Id => records.id = Some(typed::spelled(&values)),
            Field::Entity => records.entity = Some(typed::spelled(&values)),
            Field::ModelVersion => records.model_version = Some(typed::spelled(&values)),
            Field::Timestamp | Field::Features | Field::Sequence | Field::Writer | Field::Dropped => {}
        }
    }
    records
}

#[expect(clippy::float_cmp, reason = "exactly one: the value stays bit-identical")]
fn scaled(values: &ArrayRef, scale: f64) -> Float64Array {
    let values = match values.data_type() {
        // A number of its unit.
        DataType::Duration(_) => &cast(values, &DataType::Float64).unwrap_or_else(|_| values.clone()),
        _ => values,
    };
    let numbers = typed::to_numbers(values, "", &mut Complaints::default());
    if let Some(numbers) = numbers.as_primitive_opt::<Float64Type>()
        && scale == 1.0
        && !numbers.values().iter().any(|value| value.is_nan())
    {
        return numbers.clone();
    }
    let mut scaled = Vec::with_capacity(numbers.len());
    for_each_number(numbers.as_ref(), &mut |value| {
        scaled.push((!value.is_nan()).then_some(if scale == 1.0 { value } else { value * scale }));
    });
    Float64Array::from(scaled)
}

fn complain_unreadable(values: &ArrayRef, field: Field, complaints: &mut Complaints) {
    if typed::may_hold_json(values.data_type()) {
        for text in texts(values).iter().flatten().filter(|text| number(text) == Number::Invalid) {
            complaints.add(Reason::UnreadableField, &format!("{}: \"{text}\"", field.key()));
        }
    }
}
