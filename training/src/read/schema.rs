//! Compares the columns of a file with the declared ones.

use polars::prelude::{ArrowDataType, ArrowSchema};

use crate::{
    error::PrepareError,
    plan::TableNeeds,
    spec::{CellKind, RawColumn},
    tables::TARGET,
};

/// The needed columns that the file has. Only the target may be absent: clients whose outcome is not known yet.
pub(super) fn present_columns<'s>(
    needs: &TableNeeds<'s>,
    file: &str,
    schema: &ArrowSchema,
) -> Result<Vec<&'s RawColumn>, PrepareError> {
    let mut present = Vec::new();
    let mut absent = Vec::new();
    for &column in &needs.columns {
        match schema.get(column.name.as_str()) {
            None if column.name == TARGET => {}
            None => absent.push(column.name.as_str()),
            Some(field) => {
                let Some(expected) = mismatch(column.kind, field.dtype()) else {
                    present.push(column);
                    continue;
                };
                return Err(PrepareError::new(format!(
                    "{file}: column {} is {:?}, expected {expected}; convert it before the preparation",
                    column.name,
                    field.dtype()
                )));
            }
        }
    }
    if absent.is_empty() {
        return Ok(present);
    }
    Err(PrepareError::new(format!(
        "{file}: columns are absent: {}; the file has {} columns. Write the table with all its columns, or leave out \
         with --columns the features that need them",
        absent.join(", "),
        schema.len()
    )))
}

/// What is expected instead of this type; `None` if the type can be read.
fn mismatch(kind: CellKind, found: &ArrowDataType) -> Option<&'static str> {
    use ArrowDataType as A;
    let integer = matches!(found, A::Int32 | A::Int64 | A::UInt32);
    let number = integer || matches!(found, A::Float32 | A::Float64 | A::UInt64 | A::Null);
    let text = matches!(found, A::Utf8 | A::LargeUtf8 | A::Utf8View | A::Null);
    match kind {
        CellKind::Key if !integer => Some("a 32-bit or 64-bit integer"),
        CellKind::Number | CellKind::Whole if !number => Some("a 32-bit or 64-bit number"),
        CellKind::Flag if !number && *found != A::Boolean => Some("1 and 0 as 32-bit or 64-bit numbers, or booleans"),
        CellKind::YesNo if !text => Some("text (Y or N)"),
        CellKind::Text(_) if !text => Some("text (not a dictionary)"),
        _ => None,
    }
}
