//! Cells with a text or flag that is not declared: counted by name, never a new column.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType, PolarsResult};

use crate::{
    plan::TableNeeds,
    spec::{CellKind, RawTable},
};

/// Different levels kept per column; the rest is counted under [`OTHERS`].
const KEPT_LEVELS: usize = 50;
const OTHERS: &str = "(other levels)";

/// Undeclared levels by table and column.
#[derive(Debug, Default)]
pub(crate) struct UnknownLevels {
    counts: BTreeMap<(&'static str, String), BTreeMap<String, u64>>,
}

impl UnknownLevels {
    /// Counts the undeclared levels of raw rows.
    pub(crate) fn count(&mut self, needs: &TableNeeds<'_>, rows: &DataFrame) -> PolarsResult<()> {
        for column in &needs.columns {
            let cells = rows.column(column.name.as_str())?;
            match column.kind {
                CellKind::Text(levels) => {
                    let cells = cells.cast(&DataType::String)?;
                    self.add(needs.table, &column.name, cells.str()?.iter(), |text| {
                        is_known(needs.table, levels, text)
                    });
                }
                CellKind::YesNo => {
                    let cells = cells.cast(&DataType::String)?;
                    self.add(needs.table, &column.name, cells.str()?.iter(), |text| matches!(text, "Y" | "N"));
                }
                CellKind::Flag => {
                    let cells = cells.cast(&DataType::Float64)?;
                    let strange =
                        cells.f64()?.iter().flatten().filter(|value| !matches!(*value, 0.0 | 1.0) && !value.is_nan());
                    let strange: Vec<String> = strange.map(|value| value.to_string()).collect();
                    self.add(needs.table, &column.name, strange.iter().map(|text| Some(text.as_str())), |_| false);
                }
                CellKind::Key | CellKind::Number | CellKind::Whole => {}
            }
        }
        Ok(())
    }

    fn add<'a>(
        &mut self,
        table: &RawTable,
        column: &str,
        cells: impl Iterator<Item = Option<&'a str>>,
        is_known: impl Fn(&str) -> bool,
    ) {
        let mut last_known = None;
        for text in cells.flatten() {
            if last_known == Some(text) {
                continue;
            }
            if is_known(text) {
                last_known = Some(text);
                continue;
            }
            let levels = self.counts.entry((table.name, column.to_owned())).or_default();
            let name = if levels.contains_key(text) || levels.len() < KEPT_LEVELS { text } else { OTHERS };
            *levels.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// One sentence per column with undeclared levels.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let sentence = |((table, column), levels): (&(&str, String), &BTreeMap<String, u64>)| {
            let named: Vec<String> = levels.iter().map(|(level, count)| format!("{level:?} ({count})")).collect();
            format!(
                "{table}.parquet: undeclared levels of {column} get no column of their own (cells in brackets): {}; declare those that are \
                 valid in the table's file in training/src/tables",
                named.join(", ")
            )
        };
        self.counts.iter().map(sentence).collect()
    }
}

fn is_known(table: &RawTable, levels: &[&str], text: &str) -> bool {
    levels.contains(&text) || table.missing_texts.contains(&text) || table.renamed.iter().any(|(from, _)| *from == text)
}
