//! Reads one JSON record into rows of a [`RecordsBuilder`]: `where` filter, time, inputs in any shape, mapped fields.

use simd_json::{
    Buffers,
    prelude::ValueAsScalar,
    tape::{Array, Object, Tape, Value as Json},
};
use vigie_profile::{
    batch::{Number, Reason, Value, plain_tokens},
    window::Instant,
};

use super::{
    body::{self, Columns, Tensors},
    clock,
    encoded_text::decode_text,
    kept_lines::KeptLines,
    mapping::{Field, Mapping, ReadSummary, passes},
    name_order::NameOrder,
    path::{self, Members},
    records_builder::RecordsBuilder,
    sequence::{SequencePlace, sequence_number},
};

/// Reads lines of JSON; between lines it keeps only buffers.
pub(super) struct RecordReader<'m> {
    mapping: &'m Mapping,
    pub builder: RecordsBuilder,
    pub found: ReadSummary,
    buffers: Buffers,
    tape: Tape<'static>,
    buffer: Vec<u8>,
    /// The names of the previous inputs object.
    order: NameOrder,
    /// The number of these names.
    names: usize,
    /// Number of records whose inputs have been named.
    named_inputs: u64,
    /// By mapped field: whether a record has it.
    has_field: Vec<bool>,
    /// The columns of features that a partition key provides.
    partition: Vec<(usize, Option<&'m str>)>,
    /// The records as they were read, if they are kept.
    pub kept: Option<KeptLines>,
}

/// Maximum nesting of lists in lists and of JSON text in JSON, as a guard against hostile input.
const MAX_DEPTH: usize = 8;
/// Number of records whose field names are collected for messages.
const NAMED_RECORDS: u64 = 100;
/// Objects with more keys than this are inputs, not sections; their names would flood the list.
const SECTION_KEYS: usize = 12;

impl<'m> RecordReader<'m> {
    pub(super) fn new(mapping: &'m Mapping) -> Self {
        Self {
            mapping,
            builder: RecordsBuilder::new(mapping),
            found: ReadSummary::default(),
            buffers: Buffers::default(),
            tape: path::empty_tape(),
            buffer: Vec::new(),
            order: NameOrder::default(),
            names: 0,
            named_inputs: 0,
            has_field: vec![false; mapping.mapped.len()],
            partition: mapping
                .partition
                .iter()
                .filter_map(|(key, value)| Some((*mapping.column_of.get(key)?, value.as_deref())))
                .collect(),
            kept: None,
        }
    }

    /// Reads one line. Lines that are not records are added to the complaints.
    pub(super) fn read_line(&mut self, line: &[u8]) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut tape = std::mem::replace(&mut self.tape, path::empty_tape()).reset();
        buffer.clear();
        buffer.extend_from_slice(line);
        let mut parsed = simd_json::fill_tape(&mut buffer, &mut self.buffers, &mut tape).is_ok();
        if parsed {
            self.read_record(tape.as_value(), line);
            self.tape = tape.reset();
        } else if let Some(mut plain) = plain_tokens(line) {
            // Only after a failure, because such lines are rare and the search is not free.
            if let Ok(tape) = simd_json::to_tape(&mut plain) {
                self.read_record(tape.as_value(), line);
                parsed = true;
            }
        }
        self.buffer = buffer;
        if !parsed {
            self.builder.complaints.add(Reason::Malformed, &String::from_utf8_lossy(line));
        }
    }

    fn read_record(&mut self, record: Json<'_, '_>, line: &[u8]) {
        let Some(object) = record.as_object() else {
            self.builder.complaints.add(Reason::Malformed, &String::from_utf8_lossy(line));
            return;
        };
        if let Some(kept) = &mut self.kept {
            kept.add(line);
        }
        let record = &Members::new(&object);
        self.found.own.parsed += 1;
        if self.found.records < NAMED_RECORDS {
            self.note_names(&object);
        }
        for (field, wanted) in &self.mapping.only {
            let mut passed = false;
            path::first(record, std::slice::from_ref(field), 0, &mut |value| {
                passed = passes(path::scalar(value), wanted);
            });
            if !passed {
                let at = self.time(record).and_then(Result::ok);
                self.note_sequence(record, at);
                if let Some(at) = at {
                    self.found.own.note_time(at.0);
                }
                self.found.filtered += u64::from(at.is_some_and(|at| self.mapping.wants(at)));
                return;
            }
        }
        self.found.records += 1;
        let at = self.require_time(record);
        self.note_sequence(record, at);
        let Some(at) = at else { return };
        self.found.own.note_time(at.0);
        if !self.mapping.wants(at) {
            return;
        }
        let first = self.builder.rows();
        let mapping = self.mapping;
        match &mapping.features {
            None => self.read_object(at, &object),
            Some(paths) => {
                let is_present = path::first(record, paths, 0, &mut |value| self.read_inputs(at, value, 0));
                if is_present {
                    self.found.fields.insert(Field::Features);
                } else {
                    self.begin_row(at);
                }
            }
        }
        let rows = self.builder.rows() - first;
        for row in 0..rows {
            self.read_fields(record, first + row, (rows > 1).then_some(row));
        }
    }

    /// Notes the record's sequence number, if the log has them. `at`: its time, if it has a readable one.
    fn note_sequence(&mut self, record: &Members<'_, '_>, at: Option<Instant>) {
        let mapping = self.mapping;
        let Some(paths) = mapping.paths(Field::Sequence) else { return };
        let mut number = None;
        path::first(record, paths, 0, &mut |value| number = whole_number(path::scalar(value)));
        let Some(number) = number else { return };
        let mut dropped = None;
        if let Some(paths) = mapping.paths(Field::Dropped) {
            path::first(record, paths, 0, &mut |value| dropped = whole_number(path::scalar(value)));
        }
        let is_in_window = at.is_some_and(|at| mapping.wants(at));
        let found = &mut self.found.sequence;
        let mut note =
            |writer: &str| found.note(SequencePlace { writer, number, dropped: dropped.unwrap_or(0), is_in_window });
        match mapping.paths(Field::Writer) {
            // Records that do not say whose they are have no place.
            Some(paths) => {
                path::first(record, paths, 0, &mut |value| {
                    path::scalar(value).word().iter().for_each(|writer| note(writer));
                });
            }
            None => note(""),
        }
    }

    /// Returns the record's time, or adds a complaint.
    fn require_time(&mut self, record: &Members<'_, '_>) -> Option<Instant> {
        if self.mapping.timestamp.is_empty() {
            return Some(Instant(0));
        }
        let time = self.time(record);
        if time.is_some() {
            self.found.fields.insert(Field::Timestamp);
            if self.found.records <= NAMED_RECORDS && !self.found.has_naive_times {
                let mut is_naive = false;
                path::first(record, &self.mapping.timestamp, 0, &mut |value| {
                    is_naive = clock::is_naive(path::scalar(value));
                });
                self.found.has_naive_times = is_naive;
            }
        }
        match time.unwrap_or_else(|| Err("no such field".to_owned())) {
            Ok(at) => Some(at),
            Err(example) => {
                self.builder.complaints.add(Reason::Timestamp, &example);
                None
            }
        }
    }

    /// Returns the time of the request, or the value that is not a time; `None` if there is no value.
    fn time(&self, record: &Members<'_, '_>) -> Option<Result<Instant, String>> {
        let mut time = None;
        path::first(record, &self.mapping.timestamp, 0, &mut |value| {
            let value = path::scalar(value);
            let rules = &self.mapping.times;
            time = Some(clock::instant(value, rules).ok_or_else(|| clock::doubt(value, rules)));
        });
        time.or_else(|| {
            let value = self.mapping.in_partition(&self.mapping.timestamp)?;
            let rules = &self.mapping.times;
            Some(clock::instant(value, rules).ok_or_else(|| clock::doubt(value, rules)))
        })
    }

    /// Begins a row with the values of the file's partition.
    fn begin_row(&mut self, at: Instant) {
        self.builder.begin_row(at);
        for (column, value) in &self.partition {
            self.builder.set_feature(*column, value.map_or(Value::Null, Value::Text));
        }
    }

    /// Begins a row whose inputs have a shape that is not supported.
    fn begin_unknown(&mut self, at: Instant) {
        self.begin_row(at);
        self.builder.mark_unknown_inputs();
    }

    /// Reads inputs: an object, an array, a batch of either, columns, tensors, JSON text, or lines of CSV, which may be in
    /// BASE64.
    fn read_inputs(&mut self, at: Instant, inputs: Json<'_, '_>, depth: usize) {
        if depth > MAX_DEPTH {
            self.begin_unknown(at);
        } else if let Some(object) = inputs.as_object() {
            // Only an object with few keys can be a batch; searching a hundred inputs would be slow.
            let may_split = object.len() <= SECTION_KEYS;
            let list = |key| may_split.then(|| path::member(&object, key)?.as_array()).flatten();
            match (list("columns"), list("data")) {
                (Some(names), Some(rows)) => self.read_split(at, &names, &rows),
                _ => match body::by_columns(&object) {
                    Some(columns) => self.read_columns(at, &columns),
                    None => self.read_object(at, &object),
                },
            }
        } else if let Some(array) = inputs.as_array() {
            let is_batch = array.get(0).is_some_and(|first| first.as_object().is_some() || first.as_array().is_some());
            if array.get(0).is_some_and(body::is_tensor) {
                self.read_tensors(at, &array);
            } else if is_batch {
                array.iter().for_each(|row| self.read_inputs(at, row, depth + 1));
            } else {
                let positions = self.mapping.positions.as_deref().unwrap_or_default();
                self.read_array(at, &array, positions);
            }
        } else if let Some(text) = inputs.as_str() {
            if !path::inside(text, &mut |json| self.read_inputs(at, json, depth + 1)) {
                match decode_text(text) {
                    Some(decoded) => self.read_csv(at, &decoded),
                    None => self.read_csv(at, text),
                }
            }
        } else {
            self.begin_row(at);
        }
    }

    /// Reads one tensor per feature, or one tensor of rows.
    fn read_tensors(&mut self, at: Instant, list: &Array<'_, '_>) {
        let mapping = self.mapping;
        match body::tensors(list) {
            Tensors::Columns(columns) => self.read_columns(at, &columns),
            Tensors::Rows(values, width) => match mapping.positions.as_deref() {
                Some(positions) if positions.len() == width => {
                    for row in values.chunks(width) {
                        self.begin_row(at);
                        self.builder.mark_features();
                        for (column, value) in positions.iter().zip(row) {
                            if let Some(column) = column {
                                self.builder.set_feature(*column, path::scalar(*value));
                            }
                        }
                    }
                }
                _ => self.begin_unknown(at),
            },
            Tensors::Unknown => self.begin_unknown(at),
        }
    }

    /// Reads a body by columns: one row per value.
    fn read_columns(&mut self, at: Instant, body: &Columns<'_, '_>) {
        let known = |name: &str| self.mapping.column_of.get(name).copied();
        let columns: Vec<Option<usize>> = body.columns.iter().map(|(name, _)| known(name)).collect();
        if self.named_inputs < NAMED_RECORDS {
            body.columns.iter().for_each(|(name, _)| self.found.inputs.note(name));
        }
        self.named_inputs += 1;
        if body.rows == 0 {
            self.begin_unknown(at);
            return;
        }
        for row in 0..body.rows {
            self.begin_row(at);
            self.builder.mark_features();
            for (column, (_, values)) in columns.iter().zip(&body.columns) {
                if let (Some(column), Some(value)) = (column, values.get(row)) {
                    self.builder.set_feature(*column, path::scalar(*value));
                }
            }
        }
    }

    fn read_object(&mut self, at: Instant, object: &Object<'_, '_>) {
        self.begin_row(at);
        self.builder.mark_features();
        let is_named = self.named_inputs < NAMED_RECORDS;
        self.named_inputs += 1;
        let mut is_same = object.len() == self.names;
        for (position, (name, value)) in object.iter().enumerate() {
            let column = match self.order.get(position, name) {
                Some(place) => place.column,
                None => {
                    is_same = false;
                    let column = self.mapping.column_of.get(name).copied();
                    if is_named {
                        self.found.inputs.note(name);
                    }
                    self.order.set(position, name, column);
                    column
                }
            };
            if let Some(column) = column {
                self.builder.set_feature(column, path::scalar(value));
            }
        }
        self.names = object.len();
        if is_named && !is_same {
            self.note_doubled(object);
        }
    }

    /// Notes keys that occur twice in inputs.
    fn note_doubled(&mut self, object: &Object<'_, '_>) {
        let mut names: Vec<&str> = object.keys().collect();
        names.sort_unstable();
        for pair in names.windows(2) {
            if let [name, next] = pair
                && name == next
            {
                self.found.doubled.note(name);
            }
        }
    }

    /// Reads a batch of the form `{"columns": […], "data": [[…], …]}`.
    fn read_split(&mut self, at: Instant, names: &Array<'_, '_>, rows: &Array<'_, '_>) {
        let positions: Vec<Option<usize>> =
            names.iter().map(|name| name.as_str().and_then(|name| self.mapping.column_of.get(name).copied())).collect();
        if self.named_inputs < NAMED_RECORDS {
            for name in names {
                name.as_str().iter().for_each(|name| self.found.inputs.note(name));
            }
        }
        self.named_inputs += 1;
        for row in rows {
            if let Some(row) = row.as_array() {
                self.read_array(at, &row, &positions);
            }
        }
    }

    fn read_array(&mut self, at: Instant, array: &Array<'_, '_>, positions: &[Option<usize>]) {
        self.begin_row(at);
        if array.is_empty() {
            return;
        }
        self.builder.mark_features();
        for (column, value) in positions.iter().zip(array.iter()) {
            if let Some(column) = column {
                self.builder.set_feature(*column, path::scalar(value));
            }
        }
    }

    fn read_csv(&mut self, at: Instant, text: &str) {
        let positions = self.mapping.positions.as_deref().unwrap_or_default();
        let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut any = false;
        for row in rows.records().map_while(Result::ok) {
            any = true;
            self.begin_row(at);
            if positions.is_empty() {
                continue;
            }
            self.builder.mark_features();
            for (column, value) in positions.iter().zip(row.iter()) {
                if let Some(column) = column {
                    self.builder.set_feature(*column, Value::Text(value));
                }
            }
        }
        if !any {
            self.begin_row(at);
        }
    }

    fn read_fields(&mut self, record: &Members<'_, '_>, row: usize, batch: Option<usize>) {
        let mapping = self.mapping;
        let element = batch.unwrap_or(0);
        for (mapped, has_field) in mapping.mapped.iter().zip(&mut self.has_field) {
            let is_present = path::first(record, &mapped.paths, element, &mut |value| {
                element_of(value, element, 0, &mut |value| {
                    let decoded = matches!(mapped.field, Field::Probability | Field::Prediction)
                        .then(|| encoded_score(value, element))
                        .flatten();
                    let value = decoded.as_deref().map_or(value, Value::Text);
                    self.builder.set_field(row, mapped.field, value, mapped.scale, batch);
                });
            });
            let in_partition = if is_present { None } else { mapping.in_partition(&mapped.paths) };
            if let Some(value) = in_partition {
                self.builder.set_field(row, mapped.field, value, mapped.scale, batch);
            }
            // Adding to a set for each record would take longer.
            if !*has_field && (is_present || in_partition.is_some()) {
                *has_field = true;
                self.found.fields.insert(mapped.field);
            }
        }
    }

    fn note_names(&mut self, object: &Object<'_, '_>) {
        self.note_doubled(object);
        for (name, value) in object {
            self.found.names.note(name);
            if let Some(section) = value.as_object().filter(|section| section.len() <= SECTION_KEYS) {
                section.keys().for_each(|key| self.found.names.note(&format!("{name}.{key}")));
            }
        }
    }
}

fn whole_number(value: Value<'_>) -> Option<u64> {
    match value.number() {
        Number::Value(number) => sequence_number(number),
        Number::Missing | Number::Invalid => None,
    }
}

/// Returns the score for one row of a batch if it is text in BASE64.
fn encoded_score(value: Value<'_>, element: usize) -> Option<String> {
    match value {
        Value::Text(text) if value.number() == Number::Invalid => {
            Some(decode_text(text)?.lines().nth(element)?.trim().to_owned())
        }
        _ => None,
    }
}

/// Passes `then` the value itself, or its element for one row of a batch: of an array, of JSON text that is an array, or
/// of lines.
fn element_of(json: Json<'_, '_>, element: usize, depth: usize, then: &mut dyn FnMut(Value<'_>)) {
    if depth > MAX_DEPTH {
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
