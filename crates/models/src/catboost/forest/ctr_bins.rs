//! Computes the CTR values and bins of every key of a model.

use super::{
    binning::{BinningBuilder, SplitKind, check_ascending},
    bins::{BinColumn, CONDITIONS_PER_COLUMN},
    ctr::{CtrColumn, CtrTable, Projection},
    feature::FeatureIndex,
    split::Split,
};
use crate::{
    allowance::Allowance,
    catboost::file::{
        parts::{Combination, CtrKind, CtrPart, ModelParts, TablePart},
        refusal::damaged,
    },
    error::Result,
};

impl BinningBuilder {
    /// Adds the columns of all CTRs, in the order of the file, and the projections that fill them. Moves the tables out
    /// of `parts`.
    pub(crate) fn add_ctrs(
        &mut self,
        parts: &mut ModelParts,
        categorical: &FeatureIndex,
        allowance: &Allowance,
    ) -> Result<()> {
        let mut tables = std::mem::take(&mut parts.tables);
        tables.sort_unstable_by(|one, other| one.base.cmp(&other.base));
        let ctrs = std::mem::take(&mut parts.ctrs);
        // The file is sorted: CTRs of one projection are adjacent, and within them those of one table.
        for ctrs in ctrs.chunk_by(|a, b| a.base.combination == b.base.combination) {
            let Some(first) = ctrs.first() else { continue };
            let projection = self.binning.projections.len();
            let (features, splits) = self.elements(&first.base.combination, parts, categorical)?;
            let mut ctr_tables = Vec::new();
            for ctrs in ctrs.chunk_by(|a, b| a.base == b.base) {
                let Some(first) = ctrs.first() else { continue };
                let table = tables.binary_search_by(|table| table.base.cmp(&first.base)).ok();
                let table = table.and_then(|at| tables.get_mut(at)?.take());
                let table = table.ok_or_else(|| damaged("the table of a CTR is missing"))?;
                ctr_tables.push(self.add_table(table, ctrs, projection, allowance)?);
            }
            self.binning.projections.push(Projection { features, splits, tables: ctr_tables });
        }
        Ok(())
    }

    /// Features and conditions that form the key of a combination.
    fn elements(
        &self,
        combination: &Combination,
        parts: &ModelParts,
        categorical: &FeatureIndex,
    ) -> Result<(Vec<usize>, Vec<Split>)> {
        let features = combination.levels.iter().map(|&index| categorical.find(index)).collect::<Result<_>>()?;
        let borders = combination.floats.iter().map(|&(index, border)| self.border(parts, index, border));
        let levels = combination.one_hots.iter().map(|&(index, value)| self.level(parts, index, value));
        let splits = borders.chain(levels).collect::<Option<_>>();
        Ok((features, splits.ok_or_else(|| damaged("a feature combination refers to an unknown condition"))?))
    }

    /// Builds a table with the columns of all CTRs that read it.
    fn add_table(
        &mut self,
        part: TablePart,
        ctrs: &[CtrPart],
        projection: usize,
        allowance: &Allowance,
    ) -> Result<CtrTable> {
        let wrong = || damaged("a CTR table is invalid");
        let stride = part.stride().ok_or_else(wrong)?;
        let unseen = part.words.len().checked_div(stride).ok_or_else(wrong)?;
        let mut columns = Vec::new();
        for ctr in ctrs {
            check_ascending(&ctr.borders, "a CTR")?;
            for borders in ctr.borders.chunks(CONDITIONS_PER_COLUMN) {
                let column = self.add_column(BinColumn::Ctr { projection }, borders.len(), SplitKind::Order)?;
                allowance.spend(unseen.saturating_add(64), 1).ok_or_else(|| damaged("it has too many CTRs"))?;
                let rows = part.words.chunks_exact(stride).map(Some).chain([None]);
                let values = rows.map(|row| ctr.value(row, &part).ok_or_else(wrong));
                let bins = values.map(|value| value.map(|value| bin(value, borders)));
                columns.push(CtrColumn { column, bins: bins.collect::<Result<_>>()? });
            }
        }
        let mut table = CtrTable::new(part.keys, part.entries, unseen).ok_or_else(wrong)?;
        table.columns = columns;
        Ok(table)
    }
}

/// Number of borders below a value.
fn bin(number: f32, borders: &[f32]) -> u8 {
    u8::try_from(borders.partition_point(|&border| number > border)).unwrap_or(u8::MAX)
}

impl TablePart {
    /// Moves the content of the table out, once; `base` stays, so that `tables` remains sorted.
    fn take(&mut self) -> Option<Self> {
        let keys = std::mem::take(&mut self.keys);
        (!keys.is_empty()).then(|| Self {
            base: self.base.clone(),
            keys,
            entries: std::mem::take(&mut self.entries),
            words: std::mem::take(&mut self.words),
            ..*self
        })
    }

    /// Words per row.
    fn stride(&self) -> Option<usize> {
        match self.base.kind {
            CtrKind::Borders | CtrKind::Buckets => usize::try_from(self.classes).ok().filter(|&classes| classes >= 2),
            CtrKind::BinarizedTargetMeanValue | CtrKind::FloatTargetMeanValue => Some(2),
            CtrKind::Counter | CtrKind::FeatureFreq => Some(1),
        }
    }
}

impl CtrPart {
    /// Value of the CTR for a row of counts, or for an unseen key; `None` if the target class does not exist.
    ///
    /// Every step is rounded to `f32`, including counts. Source: CatBoost's `TStaticCtrProvider::CalcCtrs` and
    /// `TModelCtr::Calc`.
    fn value(&self, row: Option<&[u32]>, table: &TablePart) -> Option<f32> {
        let border = usize::try_from(self.target_border).ok()?;
        let (good, total) = match (self.base.kind, row) {
            (CtrKind::Counter | CtrKind::FeatureFreq, row) => {
                let count = row.and_then(<[u32]>::first).map_or(0, |word| word.cast_signed());
                (rounded(count), rounded(table.counter_denominator))
            }
            (_, None) => (0.0, 0.0),
            (CtrKind::BinarizedTargetMeanValue | CtrKind::FloatTargetMeanValue, Some(row)) => {
                let [sum, count] = row.first_chunk()?;
                (f32::from_bits(*sum), rounded(count.cast_signed()))
            }
            (CtrKind::Borders, Some(row)) => (rounded(sum(row.get(border.checked_add(1)?..)?)), rounded(sum(row))),
            (CtrKind::Buckets, Some(row)) => (rounded(row.get(border)?.cast_signed()), rounded(sum(row))),
        };
        let share = (good + self.prior_numerator) / (total + self.prior_denominator);
        Some((share + self.shift) * self.scale)
    }
}

#[expect(clippy::cast_precision_loss, reason = "as CatBoost does")]
fn rounded(count: i32) -> f32 {
    count as f32
}

fn sum(counts: &[u32]) -> i32 {
    counts.iter().fold(0_u32, |sum, count| sum.wrapping_add(*count)).cast_signed()
}
