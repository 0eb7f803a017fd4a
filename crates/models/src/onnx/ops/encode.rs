//! Operators that encode levels: `OneHotEncoder` and `LabelEncoder`.

use crate::{
    error::Result,
    onnx::{
        block::RowBlock,
        compile::{Compiled, Compiler, bad, unsupported_form},
        messages::{OnnxNode, OnnxTensor},
        numbers::to_integer,
        refusal::over_allowance,
        tensor::{Dim, ElementKind, TensorData, TensorElement, TensorShape},
        texts::TextTable,
    },
};

/// Keys and their places, sorted by key.
#[derive(Debug)]
struct KeyTable {
    entries: Vec<(u64, usize)>,
}

impl KeyTable {
    /// The first or the last of equal keys counts.
    fn new(keys: impl ExactSizeIterator<Item = u64>, last_counts: bool, compiler: &Compiler<'_, '_>) -> Result<Self> {
        compiler.allowance.spend(keys.len(), size_of::<(u64, usize)>()).ok_or_else(over_allowance)?;
        let mut entries: Vec<(u64, usize)> = keys.zip(0..).collect();
        entries.sort_unstable_by_key(|(key, place)| (*key, if last_counts { usize::MAX - place } else { *place }));
        entries.dedup_by_key(|entry| entry.0);
        Ok(Self { entries })
    }

    fn find(&self, key: u64) -> Option<usize> {
        let at = self.entries.binary_search_by_key(&key, |entry| entry.0).ok()?;
        self.entries.get(at).map(|entry| entry.1)
    }
}

/// A key that is equal for equal floats, and for all NaN.
fn float_key(value: f64) -> u64 {
    if value == 0.0 {
        0
    } else if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

/// One column per level.
#[derive(Debug)]
pub(crate) struct OneHot {
    levels: KeyTable,
    count: usize,
    is_text: bool,
    /// A row with an unknown level fails, instead of having no 1.
    refuses_unknown: bool,
}

pub(super) fn one_hot<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<OneHot>> {
    let input = compiler.sole(node)?;
    let (integers, texts) = (compiler.integers(node, "cats_int64s")?, compiler.codes(node, "cats_strings")?);
    let is_text = input.kind == ElementKind::Text;
    let count = if is_text { texts.len() } else { integers.len() };
    if count == 0 || input.kind == ElementKind::Truth {
        return Err(bad(node, "has no levels of the type of its input"));
    }
    if input.shape.dims().len() > 2 {
        return Err(bad(node, "reads more than two dimensions"));
    }
    let keys = if is_text {
        KeyTable::new(texts.into_iter().map(u64::from), true, compiler)?
    } else {
        KeyTable::new(integers.into_iter().map(i64::cast_unsigned), true, compiler)?
    };
    let mut dims = input.shape.dims();
    dims.push(Dim::Size(count));
    let shape = TensorShape::new(&dims).ok_or_else(|| bad(node, "has too many levels"))?;
    let zeros = node.attribute("zeros").and_then(|attribute| attribute.integer()).unwrap_or(1);
    let operator = OneHot { levels: keys, count, is_text, refuses_unknown: zeros == 0 };
    Ok(Compiled::Step(operator, Some(input.slot), ElementKind::Single, shape))
}

impl OneHot {
    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData, failed: &mut [bool]) {
        match read.input() {
            Some(TensorData::Text(codes)) => self.encode(codes, out, failed, u64::from),
            Some(TensorData::Integer(values)) => self.encode(values, out, failed, i64::cast_unsigned),
            Some(TensorData::Single(values)) => {
                self.encode(values, out, failed, |value| to_integer(f64::from(value)).cast_unsigned());
            }
            Some(TensorData::Double(values)) => {
                self.encode(values, out, failed, |value| to_integer(value).cast_unsigned());
            }
            _ => {}
        }
    }

    fn encode<T: Copy>(&self, values: &[T], out: &mut TensorData, failed: &mut [bool], key: impl Fn(T) -> u64) {
        let out = f32::write(out, values.len().saturating_mul(self.count));
        out.fill(0.0);
        let per_row = values.len().checked_div(failed.len()).unwrap_or(0).max(1);
        let rows = values.chunks_exact(per_row).zip(out.chunks_exact_mut(per_row.saturating_mul(self.count).max(1)));
        for ((values, out), failed) in rows.zip(failed) {
            for (value, out) in values.iter().zip(out.chunks_exact_mut(self.count.max(1))) {
                match self.levels.find(key(*value)).and_then(|place| out.get_mut(place)) {
                    Some(out) => *out = 1.0,
                    None => *failed |= self.refuses_unknown,
                }
            }
        }
    }

    pub(super) fn knows_text(&self, code: u32) -> bool {
        self.is_text && self.levels.find(u64::from(code)).is_some()
    }
}

/// Replaces levels by values of a table.
#[derive(Debug)]
pub(crate) struct LabelEncoder {
    keys: KeyTable,
    values: TensorData,
    /// One element: the value of other levels.
    default: TensorData,
    is_text: bool,
}

/// The keys or values of a table, and their type.
fn column<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>, names: [&str; 4]) -> Result<Option<TensorData>> {
    let [texts, integers, floats, tensor] = names;
    let has = |name: &str| node.attribute(name).is_some();
    if has(texts) {
        return Ok(Some(TensorData::Text(compiler.codes(node, texts)?)));
    }
    if has(integers) {
        return Ok(Some(TensorData::Integer(compiler.integers(node, integers)?)));
    }
    if has(floats) {
        return Ok(Some(TensorData::Single(compiler.floats(node, floats)?)));
    }
    let Some(tensor) = node.attribute(tensor) else { return Ok(None) };
    let tensor = tensor.tensor().ok_or_else(|| bad(node, "has a table that cannot be read"))?;
    tensor_column(compiler, node, &tensor).map(Some)
}

fn tensor_column<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>, tensor: &OnnxTensor<'a>) -> Result<TensorData> {
    if ElementKind::from_number(tensor.element) == Some(ElementKind::Text) {
        let codes = tensor.texts().map(|text| Some(compiler.texts.code(text?)));
        return Ok(TensorData::Text(compiler.collect(node, "table", codes)?));
    }
    Ok(compiler.constant(node, tensor)?.1)
}

pub(super) fn label_encoder<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>) -> Result<Compiled<LabelEncoder>> {
    let input = compiler.sole(node)?;
    if let Some(labels) = node.attribute("classes_strings") {
        return first_version(compiler, node, input.kind, labels.texts().count());
    }
    let keys = column(compiler, node, ["keys_strings", "keys_int64s", "keys_floats", "keys_tensor"])?;
    let values = column(compiler, node, ["values_strings", "values_int64s", "values_floats", "values_tensor"])?;
    let (Some(keys), Some(values)) = (keys, values) else { return Err(bad(node, "has no table")) };
    if keys.kind() != input.kind {
        return Err(bad(node, "has a table for levels of another type"));
    }
    let default = default_value(compiler, node, values.kind())?;
    let (key_count, value_count) = (keys.len(), values.len());
    if key_count != value_count {
        return Err(bad(node, format_args!("has {key_count} levels but {value_count} values")));
    }
    compile_encoder(compiler, node, &keys, values, default)
}

/// The first version: texts become their places, or the reverse.
fn first_version<'a>(
    compiler: &Compiler<'_, 'a>,
    node: &OnnxNode<'a>,
    from: ElementKind,
    count: usize,
) -> Result<Compiled<LabelEncoder>> {
    let texts = TensorData::Text(compiler.codes(node, "classes_strings")?);
    compiler.allowance.spend(count, size_of::<i64>()).ok_or_else(over_allowance)?;
    let places = TensorData::Integer((0..).take(count).collect());
    match from {
        ElementKind::Text => {
            let default = node.attribute("default_int64").and_then(|attribute| attribute.integer()).unwrap_or(-1);
            compile_encoder(compiler, node, &texts, places, TensorData::Integer(vec![default]))
        }
        ElementKind::Integer => {
            let default = default_value(compiler, node, ElementKind::Text)?;
            compile_encoder(compiler, node, &places, texts, default)
        }
        _ => Err(bad(node, "reads neither texts nor integers")),
    }
}

fn default_value<'a>(compiler: &Compiler<'_, 'a>, node: &OnnxNode<'a>, kind: ElementKind) -> Result<TensorData> {
    if let Some(tensor) = node.attribute("default_tensor").and_then(|attribute| attribute.tensor()) {
        let default = tensor_column(compiler, node, &tensor)?;
        return if default.kind() == kind && default.len() == 1 {
            Ok(default)
        } else {
            Err(bad(node, "has a default of another type than its values"))
        };
    }
    Ok(match kind {
        ElementKind::Text => {
            let text = node.attribute("default_string").and_then(|attribute| attribute.text()).unwrap_or("_Unused");
            TensorData::Text(vec![compiler.texts.code(text)])
        }
        ElementKind::Integer => {
            let default = node.attribute("default_int64").and_then(|attribute| attribute.integer()).unwrap_or(-1);
            TensorData::Integer(vec![default])
        }
        ElementKind::Single => {
            let default = node.attribute("default_float").and_then(|attribute| attribute.float()).unwrap_or(-0.0);
            TensorData::Single(vec![default])
        }
        _ => return Err(unsupported_form(node, "with values of a rare type")),
    })
}

fn compile_encoder<'a>(
    compiler: &Compiler<'_, 'a>,
    node: &OnnxNode<'a>,
    keys: &TensorData,
    values: TensorData,
    default: TensorData,
) -> Result<Compiled<LabelEncoder>> {
    let input = compiler.sole(node)?;
    let table = match keys {
        TensorData::Text(codes) => KeyTable::new(codes.iter().map(|code| u64::from(*code)), false, compiler)?,
        TensorData::Integer(values) => {
            KeyTable::new(values.iter().map(|value| value.cast_unsigned()), false, compiler)?
        }
        TensorData::Single(values) => {
            KeyTable::new(values.iter().map(|value| float_key(f64::from(*value))), false, compiler)?
        }
        TensorData::Double(values) => KeyTable::new(values.iter().map(|value| float_key(*value)), false, compiler)?,
        TensorData::Truth(_) => return Err(bad(node, "has a table of truth values")),
    };
    let (kind, is_text) = (values.kind(), matches!(keys, TensorData::Text(_)));
    let encoder = LabelEncoder { keys: table, values, default, is_text };
    Ok(Compiled::Step(encoder, Some(input.slot), kind, input.shape))
}

impl LabelEncoder {
    pub(super) fn run(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        match &self.values {
            TensorData::Single(_) => self.look_up::<f32>(read, out),
            TensorData::Double(_) => self.look_up::<f64>(read, out),
            TensorData::Integer(_) => self.look_up::<i64>(read, out),
            TensorData::Text(_) => self.look_up::<u32>(read, out),
            TensorData::Truth(_) => self.look_up::<bool>(read, out),
        }
    }

    fn look_up<V: TensorElement>(&self, read: &RowBlock<'_>, out: &mut TensorData) {
        match read.input() {
            Some(TensorData::Text(codes)) => self.replace::<_, V>(codes, out, u64::from),
            Some(TensorData::Integer(values)) => self.replace::<_, V>(values, out, i64::cast_unsigned),
            Some(TensorData::Single(values)) => self.replace::<_, V>(values, out, |value| float_key(f64::from(value))),
            Some(TensorData::Double(values)) => self.replace::<_, V>(values, out, float_key),
            _ => {}
        }
    }

    fn replace<K: Copy, V: TensorElement>(&self, levels: &[K], out: &mut TensorData, key: impl Fn(K) -> u64) {
        let (values, default) = (V::read(&self.values), V::read(&self.default).first().copied().unwrap_or_default());
        let out = V::write(out, levels.len());
        for (level, out) in levels.iter().zip(out) {
            *out = self.keys.find(key(*level)).and_then(|place| values.get(place)).copied().unwrap_or(default);
        }
    }

    pub(super) fn knows_text(&self, code: u32) -> bool {
        self.is_text && code != TextTable::UNKNOWN && self.keys.find(u64::from(code)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(keys: &[u64], last_counts: bool) -> KeyTable {
        let mut entries: Vec<(u64, usize)> = keys.iter().copied().zip(0..).collect();
        entries.sort_unstable_by_key(|(key, place)| (*key, if last_counts { usize::MAX - place } else { *place }));
        entries.dedup_by_key(|entry| entry.0);
        KeyTable { entries }
    }

    #[test]
    fn levels_become_columns() {
        let one_hot =
            |refuses_unknown| OneHot { levels: table(&[5, 7], true), count: 2, is_text: false, refuses_unknown };
        let run = |values: TensorData, refuses_unknown: bool| {
            let (slots, mut out, mut failed) = ([values], TensorData::empty(), [false; 3]);
            one_hot(refuses_unknown).run(&RowBlock::of_first(3, &slots), &mut out, &mut failed);
            (out, failed)
        };
        let expected = TensorData::Single(vec![0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
        let singles = || TensorData::Single(vec![7.9, 5.0, f32::NAN]);
        assert_eq!(run(singles(), false), (expected.clone(), [false; 3]));
        assert_eq!(run(singles(), true), (expected.clone(), [false, false, true]));
        assert_eq!(run(TensorData::Integer(vec![7, 5, 6]), false).0, expected);
    }

    #[test]
    fn levels_become_values_of_a_table() {
        let encoder = LabelEncoder {
            keys: table(&[float_key(1.5), float_key(0.0), float_key(1.5)], false),
            values: TensorData::Integer(vec![10, 20, 30]),
            default: TensorData::Integer(vec![-1]),
            is_text: false,
        };
        let (slots, mut out) = ([TensorData::Single(vec![1.5, -0.0, 2.0])], TensorData::empty());
        encoder.run(&RowBlock::of_first(3, &slots), &mut out);
        assert_eq!(out, TensorData::Integer(vec![10, 20, -1]), "the first of equal levels counts");
    }

    #[test]
    fn unknown_texts_are_not_known() {
        let one_hot = OneHot { levels: table(&[3], true), count: 1, is_text: true, refuses_unknown: false };
        assert!(one_hot.knows_text(3) && !one_hot.knows_text(TextTable::UNKNOWN) && !one_hot.knows_text(2));
    }
}
