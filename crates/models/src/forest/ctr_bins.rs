//! From counts to CTR numbers to bins, for every key a model knows.

use super::{
    binning::{Asks, Draft, check_ascending},
    bins::{BinColumn, PER_COLUMN, Split},
    ctr::{CtrColumn, CtrTable, Projection},
    feature::Places,
};
use crate::{
    error::Result,
    file::{
        allowance::Allowance,
        parts::{Combination, CtrKind, CtrPart, Parts, TablePart},
        refusal::damaged,
    },
};

impl Draft {
    /// Columns of all CTRs, in the file's order, and the projections that fill them. Takes the tables out of `parts`.
    pub(crate) fn add_ctrs(&mut self, parts: &mut Parts, categorical: &Places, allowance: &Allowance) -> Result<()> {
        let mut tables = std::mem::take(&mut parts.tables);
        tables.sort_unstable_by(|one, other| one.base.cmp(&other.base));
        let ctrs = std::mem::take(&mut parts.ctrs);
        // CTRs of one projection stand together, and those of one table within them (the file's order is sorted).
        for ctrs in ctrs.chunk_by(|a, b| a.base.combination == b.base.combination) {
            let Some(first) = ctrs.first() else { continue };
            let projection = self.binning.projections.len();
            let (features, splits) = self.elements(&first.base.combination, parts, categorical)?;
            let mut looked_up = Vec::new();
            for ctrs in ctrs.chunk_by(|a, b| a.base == b.base) {
                let Some(first) = ctrs.first() else { continue };
                let table = tables.binary_search_by(|table| table.base.cmp(&first.base)).ok();
                let table = table.and_then(|at| tables.get_mut(at)?.take());
                let table = table.ok_or_else(|| damaged("a CTR has no table of its own"))?;
                looked_up.push(self.look_up(table, ctrs, projection, allowance)?);
            }
            self.binning.projections.push(Projection { features, splits, tables: looked_up });
        }
        Ok(())
    }

    /// What a key is made of.
    fn elements(
        &self,
        combination: &Combination,
        parts: &Parts,
        categorical: &Places,
    ) -> Result<(Vec<usize>, Vec<Split>)> {
        let features = combination.levels.iter().map(|&index| categorical.find(index)).collect::<Result<_>>()?;
        let borders = combination.floats.iter().map(|&(index, border)| self.border(parts, index, border));
        let levels = combination.one_hots.iter().map(|&(index, value)| self.level(parts, index, value));
        let splits = borders.chain(levels).collect::<Option<_>>();
        Ok((features, splits.ok_or_else(|| damaged("a combination asks for a condition that no tree knows"))?))
    }

    /// A table with the columns of all CTRs that read it.
    fn look_up(
        &mut self,
        part: TablePart,
        ctrs: &[CtrPart],
        projection: usize,
        allowance: &Allowance,
    ) -> Result<CtrTable> {
        let wrong = || damaged("a CTR table cannot be searched");
        let stride = part.stride().ok_or_else(wrong)?;
        let unseen = part.words.len().checked_div(stride).ok_or_else(wrong)?;
        let mut columns = Vec::new();
        for ctr in ctrs {
            check_ascending(&ctr.borders, "a CTR")?;
            for borders in ctr.borders.chunks(PER_COLUMN) {
                let column = self.add_column(BinColumn::Ctr { projection }, borders.len(), Asks::Order)?;
                allowance.spend(unseen.saturating_add(64), 1).ok_or_else(|| damaged("its CTRs are too many"))?;
                let rows = part.words.chunks_exact(stride).map(Some).chain([None]);
                let numbers = rows.map(|row| ctr.number(row, &part).ok_or_else(wrong));
                let bins = numbers.map(|number| number.map(|number| bin(number, borders)));
                columns.push(CtrColumn { column, bins: bins.collect::<Result<_>>()? });
            }
        }
        let mut table = CtrTable::new(part.keys, part.entries, unseen).ok_or_else(wrong)?;
        table.columns = columns;
        Ok(table)
    }
}

/// How many borders lie below a number.
fn bin(number: f32, borders: &[f32]) -> u8 {
    u8::try_from(borders.partition_point(|&border| number > border)).unwrap_or(u8::MAX)
}

impl TablePart {
    /// What the table holds, once: its name stays where it is.
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
    /// The number of a row of counts, or of an unseen key; `None` if the CTR asks for a class that is not there.
    ///
    /// Every step is rounded to `f32`, counts too. Source: CatBoost's `TStaticCtrProvider::CalcCtrs` and
    /// `TModelCtr::Calc`.
    fn number(&self, row: Option<&[u32]>, table: &TablePart) -> Option<f32> {
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
