//! Turns the nodes of a graph into a program, whose size is limited.

use super::{
    compile::{Compiled, Compiler, Computed, bad},
    messages::OnnxNode,
    ops,
    program::{OnnxProgram, ProgramInput, ProgramOutput, Step},
    refusal::{over_allowance, unsupported},
    tensor::TensorShape,
    texts::TextTable,
};
use crate::error::Result;

/// A program that is being built.
#[derive(Debug)]
pub(crate) struct Assembler<'c, 'a> {
    compiler: Compiler<'c, 'a>,
    program: OnnxProgram,
    /// The largest number of elements per row of one value.
    widest: usize,
    /// How much work per row the rest of the program may do.
    work_left: usize,
}

/// Elements of a row in one value that even a small file may have.
const FREE_WIDTH: usize = 4096;
/// Elements of all values of a row, and multiplications, per byte of the file.
const WORK_PER_BYTE: usize = 16;

impl<'c, 'a> Assembler<'c, 'a> {
    /// `file` is the size of the file, and `steps` the largest number of steps.
    pub(crate) fn new(compiler: Compiler<'c, 'a>, file: usize, steps: usize) -> Result<Self> {
        compiler.allowance.spend(steps, size_of::<Step>()).ok_or_else(over_allowance)?;
        let widest = file.max(FREE_WIDTH);
        Ok(Self {
            compiler,
            program: OnnxProgram { steps: Vec::with_capacity(steps), ..OnnxProgram::default() },
            widest,
            work_left: widest.saturating_mul(WORK_PER_BYTE),
        })
    }

    /// Adds an input of the graph.
    pub(crate) fn add_input(&mut self, name: &str, input: ProgramInput, shape: TensorShape) -> Result<()> {
        let slot = self.new_slot(shape.width(), 0)?;
        self.compiler.allowance.spend(3, size_of::<ProgramInput>()).ok_or_else(over_allowance)?;
        self.program.inputs.push(ProgramInput { slot, ..input });
        self.compiler.set(name, Computed { slot, kind: input.kind, shape });
        Ok(())
    }

    /// Adds the output of a node: the second if it is a classifier, whose first are labels, else the first.
    pub(crate) fn add_node(&mut self, node: OnnxNode<'a>) -> Result<()> {
        let place = usize::from(node.is_classifier());
        let Some(output) = node.outputs().nth(place).filter(|name| !name.is_empty()) else {
            return Err(bad(&node, "has no output"));
        };
        let computed = match ops::compile(&self.compiler, &node)? {
            Compiled::Same(computed) => computed,
            Compiled::Step(operator, input, kind, shape) => {
                let slot = self.new_slot(shape.width(), operator.work())?;
                self.compiler.allowance.spend(operator.boxed(), 1).ok_or_else(over_allowance)?;
                self.program.steps.push(Step { operator, input, output: slot });
                Computed { slot, kind, shape }
            }
        };
        self.compiler.set(output, computed);
        Ok(())
    }

    fn new_slot(&mut self, width: usize, work: usize) -> Result<u32> {
        let left = self.work_left.checked_sub(width.max(work));
        let Some(left) = left.filter(|_| width <= self.widest) else {
            return Err(unsupported(
                "computes far more values per row than its file has bytes, as if it had been made for that",
            ));
        };
        self.work_left = left;
        let slot = self.program.slots;
        self.program.slots = slot.saturating_add(1);
        self.program.width = self.program.width.saturating_add(width);
        u32::try_from(slot).map_err(|_| over_allowance())
    }

    /// A value by its name.
    pub(crate) fn find(&self, name: &str) -> Option<Computed> {
        self.compiler.find(name)
    }

    pub(crate) fn finish(self, outputs: Vec<ProgramOutput>) -> (OnnxProgram, TextTable) {
        (OnnxProgram { outputs, ..self.program }, self.compiler.texts)
    }
}
