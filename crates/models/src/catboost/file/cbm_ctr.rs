//! CTR features and tables of a `.cbm` file.

use super::{
    flatbuffer::{Buffer, FlatTable, split_sized},
    parts::{Combination, CtrBase, CtrKind, CtrPart, TablePart},
};
use crate::allowance::Allowance;

impl CtrKind {
    /// The kind with this number in the file format.
    fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Borders,
            1 => Self::Buckets,
            2 => Self::BinarizedTargetMeanValue,
            3 => Self::FloatTargetMeanValue,
            4 => Self::Counter,
            5 => Self::FeatureFreq,
            _ => return None,
        })
    }
}

/// Reads one CTR feature.
pub(crate) fn feature(table: FlatTable<'_>) -> Option<CtrPart> {
    let ctr = table.table(0)?;
    Some(CtrPart {
        base: base(&ctr.table(0)?)?,
        target_border: ctr.number(1, 0, i32::from_le_bytes)?,
        prior_numerator: ctr.number(2, 0.0, f32::from_le_bytes)?,
        prior_denominator: ctr.number(3, 1.0, f32::from_le_bytes)?,
        shift: ctr.number(4, 0.0, f32::from_le_bytes)?,
        scale: ctr.number(5, 1.0, f32::from_le_bytes)?,
        borders: table.vector(1, f32::from_le_bytes)?,
    })
}

fn base(table: &FlatTable<'_>) -> Option<CtrBase> {
    let combination = table.table(0)?;
    Some(CtrBase {
        combination: Combination {
            levels: combination.vector(0, i32::from_le_bytes)?,
            floats: combination.vector(1, |[a, b, c, d, e, f, g, h]| {
                (i32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
            })?,
            one_hots: combination.vector(2, |[a, b, c, d, e, f, g, h]| {
                (i32::from_le_bytes([a, b, c, d]), i32::from_le_bytes([e, f, g, h]))
            })?,
        },
        kind: CtrKind::from_code(table.number(1, 0, u8::from_le_bytes)?)?,
        classifier: table.number(2, 0, i32::from_le_bytes)?,
    })
}

/// Reads the CTR tables that follow the core. Returns the remaining bytes as well.
pub(crate) fn tables<'a>(bytes: &'a [u8], allowance: &Allowance) -> Option<(Vec<TablePart>, &'a [u8])> {
    let (count, mut rest) = bytes.split_first_chunk()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    allowance.spend(count, size_of::<TablePart>())?;
    let mut tables = Vec::with_capacity(count);
    for _ in 0..count {
        let (bytes, remaining) = split_sized(rest)?;
        tables.push(table(&Buffer::new(bytes, allowance).root()?, allowance)?);
        rest = remaining;
    }
    Some((tables, rest))
}

fn table(table: &FlatTable<'_>, allowance: &Allowance) -> Option<TablePart> {
    // Slots of twelve bytes: the key, then the number of its row.
    let (slots, odd) = table.bytes(1)?.as_chunks::<12>();
    let (words, odd_words) = table.bytes(2)?.as_chunks();
    if !odd.is_empty() || !odd_words.is_empty() {
        return None;
    }
    allowance.spend(slots.len(), 12)?;
    allowance.spend(words.len(), 4)?;
    let halves = slots.iter().map(|slot| Some((*slot.first_chunk::<8>()?, *slot.last_chunk::<4>()?)));
    let (keys, entries) = halves
        .map(|halves| halves.map(|(key, entry)| (u64::from_le_bytes(key), u32::from_le_bytes(entry))))
        .collect::<Option<(Vec<_>, Vec<_>)>>()?;
    Some(TablePart {
        base: base(&table.table(0)?)?,
        keys,
        entries,
        words: words.iter().copied().map(u32::from_le_bytes).collect(),
        counter_denominator: table.number(3, 0, i32::from_le_bytes)?,
        classes: table.number(4, 0, i32::from_le_bytes)?,
    })
}
