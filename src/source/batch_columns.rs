//! Columns of a batch by name: those that occur twice, and those that only the path of the file has.

use std::{collections::BTreeSet, sync::Arc};

use arrow_array::{Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema};

use super::mapping::{Mapping, ReadSummary};

/// Notes the names of columns, those that occur twice, and those that may be inputs.
pub(super) fn note_names(schema: &Schema, mapping: &Mapping, found: &mut ReadSummary) {
    let mut names = BTreeSet::new();
    for field in schema.fields() {
        found.names.note(field.name());
        if !names.insert(field.name()) {
            found.doubled.note(field.name());
        }
        match (&mapping.features, field.data_type()) {
            (None, _) => found.inputs.note(field.name()),
            (Some(paths), DataType::Struct(children)) if paths.contains(field.name()) => {
                children.iter().for_each(|child| found.inputs.note(child.name()));
            }
            _ => {}
        }
    }
}

/// Adds the values of the file's partition as columns that are constant, unless the file has them itself.
pub(super) fn with_partition(batch: RecordBatch, mapping: &Mapping) -> Result<RecordBatch, ArrowError> {
    if mapping.partition.is_empty() {
        return Ok(batch);
    }
    let rows = batch.num_rows();
    let schema = batch.schema();
    let mut fields: Vec<FieldRef> = schema.fields().iter().cloned().collect();
    let mut columns = batch.columns().to_vec();
    for (key, value) in &mapping.partition {
        if schema.fields().find(key).is_some() {
            continue;
        }
        let keys = Int32Array::from(vec![value.as_ref().map(|_| 0); rows]);
        let values: ArrayRef = Arc::new(StringArray::from(vec![value.as_deref().unwrap_or_default()]));
        let column: ArrayRef = Arc::new(DictionaryArray::try_new(keys, values)?);
        fields.push(Arc::new(Field::new(key, column.data_type().clone(), true)));
        columns.push(column);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
}

/// Keeps the first of several columns with the same name, as in two-phase reading and in CSV.
pub(super) fn with_unique_names(batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let mut names = BTreeSet::new();
    let is_first: Vec<bool> = schema.fields().iter().map(|field| names.insert(field.name())).collect();
    if !is_first.contains(&false) {
        return Ok(batch);
    }
    let kept: Vec<usize> = is_first.iter().enumerate().filter(|(_, first)| **first).map(|(place, _)| place).collect();
    batch.project(&kept)
}
