//! One JSON record → rows of a [`Sheet`]: where filter, time, inputs in any shape, mapped fields.

use simd_json::{
    Buffers,
    prelude::ValueAsScalar,
    tape::{Array, Object, Tape, Value as Json},
};
use vigie_profile::{batch::Reason, window::Instant};

use super::{
    clock,
    mapping::{Field, Found, Mapping, passes},
    path,
    sheet::Sheet,
    value::Value,
};

/// Reads lines of JSON; what it needs from one line to the next is memory, nothing else.
pub(super) struct RecordReader<'m> {
    mapping: &'m Mapping,
    pub sheet: Sheet,
    pub found: Found,
    buffers: Buffers,
    tape: Tape<'static>,
    scratch: Vec<u8>,
    /// The name and column met at each place of the last inputs object: the next one mostly has the same.
    order: Vec<(String, Option<usize>)>,
}

/// Lists in lists, and JSON text in JSON, no deeper than this: no log is, and an attack would be.
const DEEPEST: usize = 8;
/// The names of so many records are remembered for the operator.
const NAMED_RECORDS: u64 = 100;
/// Objects with more keys than this are inputs, not sections: their names would flood the list.
const SECTION_KEYS: usize = 12;

impl<'m> RecordReader<'m> {
    pub(super) fn new(mapping: &'m Mapping) -> Self {
        Self {
            mapping,
            sheet: Sheet::new(mapping),
            found: Found::default(),
            buffers: Buffers::default(),
            tape: path::empty_tape(),
            scratch: Vec::new(),
            order: Vec::new(),
        }
    }

    /// Reads one line. What is no record is a complaint.
    pub(super) fn line(&mut self, line: &[u8]) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut tape = std::mem::replace(&mut self.tape, path::empty_tape()).reset();
        scratch.clear();
        scratch.extend_from_slice(line);
        let mut parsed = simd_json::fill_tape(&mut scratch, &mut self.buffers, &mut tape).is_ok();
        if parsed {
            self.json(tape.as_value(), line);
            self.tape = tape.reset();
        } else if let Some(mut plain) = path::plain_tokens(line) {
            // Only now: lines of NaN are rare, and looking for them is not free.
            if let Ok(tape) = simd_json::to_tape(&mut plain) {
                self.json(tape.as_value(), line);
                parsed = true;
            }
        }
        self.scratch = scratch;
        if !parsed {
            self.sheet.complaints.add(Reason::Malformed, &String::from_utf8_lossy(line));
        }
    }

    fn json(&mut self, record: Json<'_, '_>, line: &[u8]) {
        let Some(object) = record.as_object() else {
            self.sheet.complaints.add(Reason::Malformed, &String::from_utf8_lossy(line));
            return;
        };
        if self.found.records < NAMED_RECORDS {
            self.remember(&object);
        }
        for (field, wanted) in &self.mapping.only {
            let mut passed = false;
            path::first(record, std::slice::from_ref(field), 0, &mut |value| {
                passed = passes(path::scalar(value), wanted);
            });
            if !passed {
                let at = self.time(record).and_then(Result::ok);
                self.found.filtered += u64::from(at.is_some_and(|at| self.mapping.wants(at)));
                return;
            }
        }
        self.found.records += 1;
        let Some(at) = self.instant(record) else { return };
        if !self.mapping.wants(at) {
            return;
        }
        let first = self.sheet.rows();
        let mapping = self.mapping;
        match &mapping.features {
            None => self.object(at, &object),
            Some(paths) => {
                let there = path::first(record, paths, 0, &mut |value| self.inputs(at, value, 0));
                if there {
                    self.found.fields.insert(Field::Features);
                } else {
                    self.sheet.begin(at);
                }
            }
        }
        let rows = self.sheet.rows() - first;
        for row in 0..rows {
            self.fields(record, first + row, (rows > 1).then_some(row));
        }
    }

    fn instant(&mut self, record: Json<'_, '_>) -> Option<Instant> {
        if self.mapping.timestamp.is_empty() {
            return Some(Instant(0));
        }
        let time = self.time(record);
        if time.is_some() {
            self.found.fields.insert(Field::Timestamp);
        }
        match time.unwrap_or_else(|| Err("no such field".to_owned())) {
            Ok(at) => Some(at),
            Err(example) => {
                self.sheet.complaints.add(Reason::Timestamp, &example);
                None
            }
        }
    }

    /// When the request was made, or what stands there instead; `None`: nothing does.
    fn time(&self, record: Json<'_, '_>) -> Option<Result<Instant, String>> {
        let mut time = None;
        path::first(record, &self.mapping.timestamp, 0, &mut |value| {
            let value = path::scalar(value);
            time = Some(clock::instant(value, &self.mapping.zone).ok_or_else(|| value.to_string()));
        });
        time
    }

    /// Inputs as an object, an array, a batch of either, JSON text, or lines of CSV.
    fn inputs(&mut self, at: Instant, inputs: Json<'_, '_>, depth: usize) {
        if depth > DEEPEST {
            self.sheet.begin(at);
        } else if let Some(object) = inputs.as_object() {
            // Looked for among few keys only: a batch has no others, and a hundred inputs are a long way.
            let may_split = object.len() <= SECTION_KEYS;
            let list = |key| may_split.then(|| object.get(key)?.as_array()).flatten();
            match (list("columns"), list("data")) {
                (Some(names), Some(rows)) => self.split(at, &names, &rows),
                _ => self.object(at, &object),
            }
        } else if let Some(array) = inputs.as_array() {
            let is_batch = array.get(0).is_some_and(|first| first.as_object().is_some() || first.as_array().is_some());
            if is_batch {
                array.iter().for_each(|row| self.inputs(at, row, depth + 1));
            } else {
                let positions = self.mapping.positions.as_deref().unwrap_or_default();
                self.array(at, &array, positions);
            }
        } else if let Some(text) = inputs.as_str() {
            if !path::inside(text, &mut |json| self.inputs(at, json, depth + 1)) {
                self.csv(at, text);
            }
        } else {
            self.sheet.begin(at);
        }
    }

    fn object(&mut self, at: Instant, object: &Object<'_, '_>) {
        self.sheet.begin(at);
        self.sheet.has_features();
        for (place, (name, value)) in object.iter().enumerate() {
            let column = match self.order.get(place) {
                Some((known, column)) if known == name => *column,
                _ => {
                    let column = self.mapping.column_of.get(name).copied();
                    if let Some(slot) = self.order.get_mut(place) {
                        *slot = (name.to_owned(), column);
                    } else {
                        self.order.push((name.to_owned(), column));
                    }
                    column
                }
            };
            if let Some(column) = column {
                self.sheet.feature(column, path::scalar(value));
            }
        }
    }

    /// A batch as `{"columns": […], "data": [[…], …]}`.
    fn split(&mut self, at: Instant, names: &Array<'_, '_>, rows: &Array<'_, '_>) {
        let positions: Vec<Option<usize>> =
            names.iter().map(|name| name.as_str().and_then(|name| self.mapping.column_of.get(name).copied())).collect();
        for row in rows {
            if let Some(row) = row.as_array() {
                self.array(at, &row, &positions);
            }
        }
    }

    fn array(&mut self, at: Instant, array: &Array<'_, '_>, positions: &[Option<usize>]) {
        self.sheet.begin(at);
        if array.is_empty() {
            return;
        }
        self.sheet.has_features();
        for (column, value) in positions.iter().zip(array.iter()) {
            if let Some(column) = column {
                self.sheet.feature(*column, path::scalar(value));
            }
        }
    }

    fn csv(&mut self, at: Instant, text: &str) {
        let positions = self.mapping.positions.as_deref().unwrap_or_default();
        let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut any = false;
        for row in rows.records().map_while(Result::ok) {
            any = true;
            self.sheet.begin(at);
            if positions.is_empty() {
                continue;
            }
            self.sheet.has_features();
            for (column, value) in positions.iter().zip(row.iter()) {
                if let Some(column) = column {
                    self.sheet.feature(*column, Value::Text(value));
                }
            }
        }
        if !any {
            self.sheet.begin(at);
        }
    }

    fn fields(&mut self, record: Json<'_, '_>, row: usize, batch: Option<usize>) {
        let mapping = self.mapping;
        let element = batch.unwrap_or(0);
        for place in &mapping.places {
            let there = path::first(record, &place.paths, element, &mut |value| {
                element_of(value, element, 0, &mut |value| {
                    self.sheet.field(row, place.field, value, place.scale, batch);
                });
            });
            if there {
                self.found.fields.insert(place.field);
            }
        }
    }

    fn remember(&mut self, object: &Object<'_, '_>) {
        for (name, value) in object {
            self.found.name(name);
            if let Some(section) = value.as_object().filter(|section| section.len() <= SECTION_KEYS) {
                section.keys().for_each(|key| self.found.name(&format!("{name}.{key}")));
            }
        }
    }
}

/// The value itself, or a batch's element of it: of an array, of JSON text that is one, of lines.
fn element_of(json: Json<'_, '_>, element: usize, depth: usize, then: &mut dyn FnMut(Value<'_>)) {
    if depth > DEEPEST {
        then(Value::Nested);
    } else if let Some(array) = json.as_array() {
        match array.get(element) {
            Some(value) => element_of(value, 0, depth + 1, then),
            None => then(Value::Null),
        }
    } else if let Some(text) = json.as_str() {
        let is_array = path::inside(text, &mut |json| match json.as_array() {
            Some(_) => element_of(json, element, depth + 1, then),
            None => then(Value::Text(text)),
        });
        if !is_array {
            let line = if text.contains('\n') { text.lines().nth(element) } else { Some(text) };
            then(line.map_or(Value::Null, Value::Text));
        }
    } else {
        then(path::scalar(json));
    }
}
