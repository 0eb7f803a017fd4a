//! The `.cbm` file: magic, a flatbuffer with trees and features, then the tables of its CTRs.
//!
//! Slots are those of `catboost/libs/model/flatbuffers/{model,features,ctr_data}.fbs` at catboost 1.2.10.

use super::{
    allowance::Allowance,
    cbm_ctr,
    flatbuffer::{Buffer, Table},
    parts::{FloatPart, LevelPart, Nan, OneHotPart, Parts, Place},
    refusal::{damaged, excerpt, unsupported},
};
use crate::{error::Result, forest::about::About};

pub(crate) const MAGIC: &[u8; 4] = b"CBM1";
const FORMAT: &str = "FlabuffersModel_v1";
const CTR_TABLES: &str = "static_provider_v1";

/// Takes the magic, the core and the tables apart.
pub(crate) fn read(file: &[u8], allowance: &Allowance) -> Result<Parts> {
    let rest = file.strip_prefix(MAGIC).ok_or_else(|| damaged("it does not begin with CBM1"))?;
    let (core, mut rest) = sized(rest).ok_or_else(|| damaged("it is cut short"))?;
    let core = Buffer::new(core, allowance).root().ok_or_else(|| damaged("its core has no beginning"))?;
    match core.text(0) {
        Some(FORMAT) => {}
        Some(other) if !other.is_empty() => {
            return Err(unsupported(format_args!("is of format {:?}; vigie reads {FORMAT:?}", excerpt(other))));
        }
        _ => return Err(damaged("its format is not named")),
    }
    let trees = core.table(1).ok_or_else(|| damaged("it has no trees"))?;
    refuse_texts(&trees)?;
    let mut parts = model_trees(&trees).ok_or_else(|| damaged("its trees cannot be read"))?;
    parts.about = about(&core, allowance)?;
    for id in core.texts(3).ok_or_else(|| damaged("the list of its parts cannot be read"))? {
        if id != CTR_TABLES || !parts.tables.is_empty() {
            return Err(unsupported(format_args!("has a part {:?} that vigie does not know", excerpt(id))));
        }
        let (tables, behind) =
            cbm_ctr::tables(rest, allowance).ok_or_else(|| damaged("its CTR tables cannot be read"))?;
        (parts.tables, rest) = (tables, behind);
    }
    if !rest.is_empty() {
        return Err(damaged(format_args!("{} bytes stand behind its end", rest.len())));
    }
    Ok(parts)
}

/// A length and as many bytes; what is behind them.
pub(crate) fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, bytes) = bytes.split_first_chunk()?;
    let length = u32::from_le_bytes(*length);
    if length < u32::MAX {
        return bytes.split_at_checked(usize::try_from(length).ok()?);
    }
    let (length, bytes) = bytes.split_first_chunk()?;
    bytes.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

/// Text and embedding features, and what is estimated from them.
fn refuse_texts(trees: &Table<'_>) -> Result<()> {
    let count = |slot| trees.count(slot).ok_or_else(|| damaged("its features cannot be read"));
    if count(12)? > 0 || count(13)? > 0 || count(18)? > 0 {
        return Err(unsupported(
            "reads text or embedding features, which vigie does not score; train it on numbers and categories",
        ));
    }
    Ok(())
}

fn model_trees(trees: &Table<'_>) -> Option<Parts> {
    let dimension = usize::try_from(trees.number(0, 0, i32::from_le_bytes)?).ok()?;
    let mut bias = trees.vector(16, f64::from_le_bytes)?;
    if bias.is_empty() {
        bias.push(trees.number(15, 0.0, f64::from_le_bytes)?);
    }
    Some(Parts {
        dimension,
        splits: trees.vector(1, i32::from_le_bytes)?,
        sizes: trees.vector(2, i32::from_le_bytes)?,
        starts: trees.vector(3, i32::from_le_bytes)?,
        levels: trees.tables(4, |table| Some(LevelPart { place: place(&table, 0)? }))?,
        floats: trees.tables(5, float_feature)?,
        one_hots: trees.tables(6, |table| {
            Some(OneHotPart {
                index: table.number(0, -1, i32::from_le_bytes)?,
                values: table.vector(1, i32::from_le_bytes)?,
            })
        })?,
        ctrs: trees.tables(7, cbm_ctr::feature)?,
        leaf_values: trees.vector(8, f64::from_le_bytes)?,
        leaf_weights: trees.vector(9, f64::from_le_bytes)?,
        steps: trees.vector(10, |[a, b, c, d]| [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])])?,
        node_leaves: trees.vector(11, u32::from_le_bytes)?,
        scale: trees.number(14, 1.0, f64::from_le_bytes)?,
        bias,
        ..Parts::default()
    })
}

/// Index, flat index and name, which stand in this order from `slot` on (borders come between them in a float feature).
fn place(table: &Table<'_>, slot: usize) -> Option<Place> {
    let name = if slot == 0 { 2 } else { 4 };
    Some(Place {
        index: table.number(slot, -1, i32::from_le_bytes)?,
        flat: table.number(slot.checked_add(1)?, -1, i32::from_le_bytes)?,
        name: table.owned_text(name)?,
    })
}

fn float_feature(table: Table<'_>) -> Option<FloatPart> {
    Some(FloatPart {
        place: place(&table, 1)?,
        has_nans: table.truth(0, false)?,
        nan: match table.number(5, 0, u8::from_le_bytes)? {
            0 => Nan::AsIs,
            1 => Nan::AsFalse,
            2 => Nan::AsTrue,
            _ => return None,
        },
        borders: table.vector(3, f32::from_le_bytes)?,
    })
}

fn about(core: &Table<'_>, allowance: &Allowance) -> Result<About> {
    let entries = core.tables(2, |entry| Some((entry.bytes(0)?, entry.bytes(1)?)));
    About::of_entries(entries.ok_or_else(|| damaged("what it says about itself cannot be read"))?, allowance)
}
