//! Shapes of request bodies that hold several rows: tensors of the open inference protocol, and columns of values.

use simd_json::{
    prelude::ValueIntoString,
    tape::{Array, Object, Value as Json},
};

use super::path;

/// Maximum nesting of a tensor's data, as a guard against hostile input.
const MAX_DIMENSIONS: usize = 8;

/// Columns of equal length, each with its name.
pub(super) struct Columns<'tape, 'input> {
    pub columns: Vec<(&'input str, Vec<Json<'tape, 'input>>)>,
    pub rows: usize,
}

/// The content of a list of tensors.
pub(super) enum Tensors<'tape, 'input> {
    /// One tensor per feature.
    Columns(Columns<'tape, 'input>),
    /// One tensor of rows, row by row, with this number of values each.
    Rows(Vec<Json<'tape, 'input>>, usize),
    Unknown,
}

/// Returns whether a list is one of tensors, by its first element.
pub(super) fn is_tensor(json: Json<'_, '_>) -> bool {
    json.as_object().is_some_and(|object| {
        let has = |key| object.get(key).is_some();
        object.get("name").is_some_and(|name| name.into_string().is_some())
            && object.get("data").is_some_and(|data| data.as_array().is_some())
            && (has("datatype") || has("shape"))
    })
}

/// Reads tensors (`{"name": …, "shape": […], "datatype": …, "data": […]}`).
pub(super) fn tensors<'tape, 'input>(list: &Array<'tape, 'input>) -> Tensors<'tape, 'input> {
    let mut columns = Vec::new();
    let mut wide = None;
    for tensor in list {
        let Some(object) = tensor.as_object() else { return Tensors::Unknown };
        let name = path::member(&object, "name").and_then(ValueIntoString::into_string);
        let data = path::member(&object, "data").and_then(|data| data.as_array());
        let (Some(name), Some(data)) = (name, data) else { return Tensors::Unknown };
        let mut values = Vec::new();
        flatten(&data, 0, &mut values);
        let width =
            path::member(&object, "shape").and_then(|shape| shape.as_array()).map_or(1, |shape| row_width(&shape));
        if width == 1 {
            columns.push((name, values));
        } else if width > 1 && wide.is_none() && values.len().is_multiple_of(width) {
            wide = Some((values, width));
        } else {
            return Tensors::Unknown;
        }
    }
    match (wide, Columns::new(columns)) {
        (Some((values, width)), None) => Tensors::Rows(values, width),
        (None, Some(columns)) => Tensors::Columns(columns),
        _ => Tensors::Unknown,
    }
}

/// Product of all dimensions but the first; 0 if it is not known.
fn row_width(shape: &Array<'_, '_>) -> usize {
    let dimension = |size: Json<'_, '_>| path::scalar(size).level().and_then(|size| size.parse::<usize>().ok());
    shape.iter().skip(1).try_fold(1_usize, |width, size| width.checked_mul(dimension(size)?)).unwrap_or(0)
}

fn flatten<'tape, 'input>(data: &Array<'tape, 'input>, depth: usize, values: &mut Vec<Json<'tape, 'input>>) {
    for value in data {
        match value.as_array() {
            Some(inner) if depth < MAX_DIMENSIONS => flatten(&inner, depth + 1, values),
            _ => values.push(value),
        }
    }
}

impl<'tape, 'input> Columns<'tape, 'input> {
    /// Returns `None` if there are none, or if they differ in length.
    fn new(columns: Vec<(&'input str, Vec<Json<'tape, 'input>>)>) -> Option<Self> {
        let rows = columns.first()?.1.len();
        columns.iter().all(|(_, values)| values.len() == rows).then_some(Self { columns, rows })
    }
}

/// Reads a body by columns: `{"AGE": [57, 23], …}`, or `{"AGE": {"0": 57, "1": 23}, …}` as pandas writes it. `None`: it has
/// another shape. Columns of different lengths are not rows.
pub(super) fn by_columns<'tape, 'input>(object: &Object<'tape, 'input>) -> Option<Columns<'tape, 'input>> {
    if !object.values().next().is_some_and(is_column) || !object.values().all(is_column) {
        return None;
    }
    let columns = object.iter().map(|(name, values)| (name, elements(values))).collect();
    Some(Columns::new(columns).unwrap_or(Columns { columns: Vec::new(), rows: 0 }))
}

fn is_column(json: Json<'_, '_>) -> bool {
    let is_index = |key: &str| key.parse::<usize>().is_ok();
    json.as_array().is_some() || json.as_object().is_some_and(|object| object.keys().next().is_some_and(is_index))
}

fn elements<'tape, 'input>(json: Json<'tape, 'input>) -> Vec<Json<'tape, 'input>> {
    match (json.as_array(), json.as_object()) {
        (Some(array), _) => array.iter().collect(),
        (None, Some(object)) => object.values().collect(),
        (None, None) => Vec::new(),
    }
}
