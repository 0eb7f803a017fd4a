//! The steps that compute the outputs of a graph, for one block of rows at a time.

use std::ops::Range;

use arrow_array::Array;

use super::{
    block::RowBlock,
    numbers::{to_integer, to_single},
    ops::Operator,
    tensor::{ElementKind, TensorData, TensorElement},
};
use crate::inputs::{ColumnValues, Inputs};

/// A graph in executable form.
#[derive(Debug, Default)]
pub(crate) struct OnnxProgram {
    pub inputs: Vec<ProgramInput>,
    /// Each comes after those that it reads from.
    pub steps: Vec<Step>,
    /// The values that make up the output of a row, one after another.
    pub outputs: Vec<ProgramOutput>,
    /// Number of values.
    pub slots: usize,
    /// Number of elements per row of all values.
    pub width: usize,
}

/// An input of the graph: some columns of the model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProgramInput {
    /// Index of the first feature.
    pub first: usize,
    /// Number of features.
    pub columns: usize,
    pub kind: ElementKind,
    pub slot: u32,
}

/// Some elements of a value, which belong to the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProgramOutput {
    pub slot: u32,
    /// Number of elements per row.
    pub width: usize,
    /// The first element that belongs to the output; those after it do as well.
    pub from: usize,
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Step {
    pub operator: Operator,
    /// Slot of the value that it reads; operators that read several know them.
    pub input: Option<u32>,
    /// Slot of the value that it computes.
    pub output: u32,
}

/// Elements of all values of a block, unless a single row has more.
const BLOCK_ELEMENTS: usize = 1 << 18;
/// Largest number of rows of a block.
const BLOCK_ROWS: usize = 256;

impl OnnxProgram {
    /// Number of outputs of a row.
    pub(crate) fn output_count(&self) -> usize {
        self.outputs.iter().map(|output| output.width.saturating_sub(output.from)).sum()
    }

    /// For each value, whether a step or the output reads it.
    pub(crate) fn slots_read(&self) -> Vec<bool> {
        let mut is_read = vec![false; self.slots];
        let mut mark = |slot: u32| {
            usize::try_from(slot).ok().and_then(|slot| is_read.get_mut(slot)).into_iter().for_each(|read| *read = true);
        };
        self.steps.iter().for_each(|step| step.operator.for_each_input(step.input, &mut mark));
        self.outputs.iter().for_each(|output| mark(output.slot));
        is_read
    }

    /// Computes the outputs of some rows, [`Self::output_count`] per row. Those of a row that the graph cannot score are
    /// NaN.
    pub(crate) fn run(&self, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) {
        let block = BLOCK_ELEMENTS.checked_div(self.width).unwrap_or(BLOCK_ROWS).clamp(1, BLOCK_ROWS);
        let mut slots = vec![TensorData::empty(); self.slots];
        let mut failed = Vec::new();
        let outputs = self.output_count().max(1);
        for (index, out) in out.chunks_mut(block.saturating_mul(outputs)).enumerate() {
            let first = rows.start.saturating_add(index.saturating_mul(block));
            let count = out.len().checked_div(outputs).unwrap_or(0);
            failed.clear();
            failed.resize(count, false);
            for input in &self.inputs {
                if let Some(slot) = slot_of(&mut slots, input.slot) {
                    input.fill(inputs, first, count, slot, &mut failed);
                }
            }
            for step in &self.steps {
                let Some(slot) = slot_of(&mut slots, step.output) else { continue };
                let mut result = std::mem::replace(slot, TensorData::empty());
                let read = RowBlock::new(count, &slots, step.input);
                step.operator.run(&read, &mut result, &mut failed);
                if let Some(slot) = slot_of(&mut slots, step.output) {
                    *slot = result;
                }
            }
            self.write(&slots, &failed, out.chunks_exact_mut(outputs));
        }
    }

    fn write<'o>(&self, slots: &[TensorData], failed: &[bool], out: impl Iterator<Item = &'o mut [f64]>) {
        for ((row, out), failed) in out.enumerate().zip(failed) {
            let mut out = out.iter_mut();
            for output in &self.outputs {
                let start = row.saturating_mul(output.width).saturating_add(output.from);
                let count = output.width.saturating_sub(output.from);
                for (place, out) in (start..).zip(out.by_ref().take(count)) {
                    *out = match usize::try_from(output.slot).ok().and_then(|slot| slots.get(slot)) {
                        _ if *failed => f64::NAN,
                        Some(TensorData::Single(values)) => values.get(place).copied().map_or(f64::NAN, f64::from),
                        Some(TensorData::Double(values)) => values.get(place).copied().unwrap_or(f64::NAN),
                        _ => f64::NAN,
                    };
                }
            }
        }
    }
}

fn slot_of(slots: &mut [TensorData], slot: u32) -> Option<&mut TensorData> {
    slots.get_mut(usize::try_from(slot).ok()?)
}

impl ProgramInput {
    /// Reads rows of its columns. A row fails if a number is missing where the graph expects integers.
    fn fill(&self, inputs: &Inputs, first: usize, rows: usize, out: &mut TensorData, failed: &mut [bool]) {
        let columns = inputs.columns.get(self.first..).unwrap_or_default().iter().take(self.columns);
        let width = self.columns;
        let numbers = |out: &mut dyn FnMut(usize, f64)| {
            for (place, column) in columns.clone().enumerate() {
                for row in 0..rows {
                    out(row.saturating_mul(width).saturating_add(place), number(column, first.saturating_add(row)));
                }
            }
        };
        if matches!(self.kind, ElementKind::Integer | ElementKind::Truth) {
            numbers(&mut |place, value| {
                let row = place.checked_div(width).and_then(|row| failed.get_mut(row));
                row.into_iter().for_each(|failed| *failed |= !value.is_finite());
            });
        }
        let count = rows.saturating_mul(width);
        match self.kind {
            ElementKind::Single => set(f32::write(out, count), numbers, to_single),
            ElementKind::Double => set(f64::write(out, count), numbers, |value| value),
            ElementKind::Integer => set(i64::write(out, count), numbers, to_integer),
            ElementKind::Truth => set(bool::write(out, count), numbers, |value| value != 0.0),
            ElementKind::Text => {
                let out = u32::write(out, count);
                for (place, column) in columns.enumerate() {
                    let ColumnValues::Levels(codes) = column else { continue };
                    let own = out.iter_mut().skip(place).step_by(width.max(1));
                    own.zip(codes.iter().skip(first)).for_each(|(out, code)| *out = *code);
                }
            }
        }
    }
}

/// Writes numbers that come with their places.
fn set<T>(out: &mut [T], numbers: impl Fn(&mut dyn FnMut(usize, f64)), convert: impl Fn(f64) -> T) {
    numbers(&mut |place, value| {
        if let Some(out) = out.get_mut(place) {
            *out = convert(value);
        }
    });
}

/// The number in a row of a column; NaN if it is missing.
fn number(column: &ColumnValues, row: usize) -> f64 {
    match column {
        ColumnValues::Single(values) if !values.is_null(row) => f64::from(values.value(row)),
        ColumnValues::Double(values) if !values.is_null(row) => values.value(row),
        _ => f64::NAN,
    }
}
