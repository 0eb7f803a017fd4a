//! Assembles the steps of transformers, and what is known about each feature of the log.

use std::collections::HashMap;

use crate::{
    error::Result,
    feature::InputKind,
    sklearn::{
        file::{
            level::LevelValue,
            node::SkopsReader,
            refusal::{damaged, over_allowance, unsupported},
        },
        score::program::{CodeTable, ColumnOp, ColumnProgram, ColumnStep},
    },
};

/// The steps so far.
#[derive(Debug)]
pub(crate) struct PipelineBuilder<'a> {
    pub reader: &'a SkopsReader<'a>,
    pub program: ColumnProgram,
    pub features: Vec<InputDraft>,
}

/// What transformers have shown about a feature.
#[derive(Debug, Default)]
pub(crate) struct InputDraft {
    pub name: String,
    /// `None` until a transformer requires a kind.
    pub kind: Option<InputKind>,
    /// Levels with their codes: of text features only.
    pub levels: HashMap<String, u32>,
    /// For each code, whether an encoder knows the level; an imputer may fill in others.
    pub is_known: Vec<bool>,
}

impl<'a> PipelineBuilder<'a> {
    /// `single_inputs`: whether numbers are 32-bit floats.
    pub(crate) fn new(reader: &'a SkopsReader<'a>, names: Vec<String>, single_inputs: bool) -> Result<Self> {
        reader.allowance.spend(names.len(), size_of::<InputDraft>()).ok_or_else(over_allowance)?;
        let features: Vec<_> = names.into_iter().map(|name| InputDraft { name, ..InputDraft::default() }).collect();
        let program = ColumnProgram { features: features.len(), single_inputs, ..ColumnProgram::default() };
        Ok(Self { reader, program, features })
    }

    /// The columns of the log.
    pub(crate) fn inputs(&self) -> Vec<usize> {
        (0..self.features.len()).collect()
    }

    /// Adds a step and returns its column.
    pub(crate) fn step(&mut self, from: usize, op: ColumnOp) -> Result<usize> {
        // A vector that grows by doubling briefly holds three times its content; the column is listed as well.
        let each = 3 * size_of::<ColumnStep>() + size_of::<usize>();
        self.reader.allowance.spend(1, each).ok_or_else(over_allowance)?;
        let before = from.checked_sub(self.program.features).and_then(|step| self.program.steps.get(step));
        let is_encoded = matches!(op, ColumnOp::Code(_) | ColumnOp::Equals(_));
        let is_rounded = !is_encoded && before.is_none_or(|step| step.is_rounded);
        self.program.steps.push(ColumnStep { from, op, is_rounded });
        Ok(self.program.columns() - 1)
    }

    /// Adds a table and returns the operation that looks values up in it.
    pub(crate) fn table(&mut self, mut table: CodeTable) -> Result<ColumnOp> {
        let each = size_of::<(f64, f64)>();
        self.reader.allowance.spend(table.codes.len().saturating_add(8), each).ok_or_else(over_allowance)?;
        table.codes.sort_unstable_by(|(left, _), (right, _)| left.total_cmp(right));
        if table.codes.windows(2).any(|pair| matches!(pair, [(left, _), (right, _)] if left >= right)) {
            return Err(damaged("a category has the same level twice"));
        }
        self.program.tables.push(table);
        Ok(ColumnOp::Code(self.program.tables.len() - 1))
    }

    /// Requires a column to be of a kind; if it is a feature or an imputed one, the feature.
    pub(crate) fn require(&mut self, column: usize, kind: InputKind) -> Result<()> {
        if self.is_computed(column) {
            return match kind {
                InputKind::Numeric => Ok(()),
                InputKind::Categorical => Err(damaged("an encoder has levels of text for a column of numbers")),
            };
        }
        let feature = self.feature(column)?;
        if *feature.kind.get_or_insert(kind) == kind {
            return Ok(());
        }
        let name: String = feature.name.chars().take(40).collect();
        Err(unsupported(format_args!("uses the column {name:?} as text and as a number; give each use its own column")))
    }

    /// Requires columns of numbers.
    pub(crate) fn require_numbers(&mut self, columns: &[usize]) -> Result<()> {
        columns.iter().try_for_each(|column| self.require(*column, InputKind::Numeric))
    }

    /// Adds the check for infinite numbers with which most transformers begin; none to a column of text.
    pub(crate) fn finite(&mut self, column: usize) -> Result<usize> {
        if !self.is_computed(column) && self.feature(column)?.kind == Some(InputKind::Categorical) {
            return Ok(column);
        }
        self.step(column, ColumnOp::Finite)
    }

    /// A level as the number that stands for it in a column: its code if it is text. NaN if it is missing.
    pub(crate) fn level(&mut self, column: usize, level: &LevelValue, is_known: bool) -> Result<f64> {
        match level {
            LevelValue::None => Ok(f64::NAN),
            LevelValue::Number(number) if number.is_nan() => Ok(f64::NAN),
            LevelValue::Number(number) => {
                self.require(column, InputKind::Numeric)?;
                Ok(*number)
            }
            LevelValue::Text(text) => {
                self.require(column, InputKind::Categorical)?;
                self.code(column, text, is_known)
            }
        }
    }

    /// The code of a level of a text column; a new one if it is the first time that the level is met.
    fn code(&mut self, column: usize, text: &str, is_known: bool) -> Result<f64> {
        // A hash table that grows briefly holds three times its content.
        let each = 3 * size_of::<(String, u32)>() + text.len() + 8;
        let reader = self.reader;
        let feature = self.feature(column)?;
        let code = match feature.levels.get(text) {
            Some(code) => *code,
            None => {
                reader.allowance.spend(1, each).ok_or_else(over_allowance)?;
                let code = u32::try_from(feature.is_known.len()).map_err(|_| over_allowance())?;
                feature.levels.insert(text.to_owned(), code);
                feature.is_known.push(false);
                code
            }
        };
        let known = usize::try_from(code).ok().and_then(|code| feature.is_known.get_mut(code));
        known.into_iter().for_each(|known| *known |= is_known);
        Ok(f64::from(code))
    }

    /// Whether a column consists of numbers that a transformer has computed.
    fn is_computed(&self, column: usize) -> bool {
        let mut column = column;
        while let Some(step) = column.checked_sub(self.program.features).and_then(|at| self.program.steps.get(at)) {
            if !matches!(step.op, ColumnOp::Fill { .. } | ColumnOp::Finite) {
                return true;
            }
            column = step.from;
        }
        false
    }

    fn feature(&mut self, column: usize) -> Result<&mut InputDraft> {
        let feature = self.program.feature_of(column);
        self.features.get_mut(feature).ok_or_else(|| damaged("a transformer reads a column that does not exist"))
    }
}
