//! The `.cbm` format: magic bytes, a flatbuffer with trees and features (the core), then the CTR tables.
//!
//! Slot numbers are those of `catboost/libs/model/flatbuffers/{model,features,ctr_data}.fbs` at catboost 1.2.10.

use super::{
    cbm_ctr,
    flatbuffer::{Buffer, FlatTable, split_sized},
    parts::{FeaturePosition, FloatPart, LevelPart, ModelParts, Nan, OneHotPart},
    refusal::{damaged, excerpt, unsupported},
};
use crate::{allowance::Allowance, catboost::forest::model_info::ModelInfo, error::Result};

pub(crate) const MAGIC: &[u8; 4] = b"CBM1";
const FORMAT: &str = "FlabuffersModel_v1";
const CTR_TABLES: &str = "static_provider_v1";

/// Parses a `.cbm` file.
pub(crate) fn read(file: &[u8], allowance: &Allowance) -> Result<ModelParts> {
    let rest = file.strip_prefix(MAGIC).ok_or_else(|| damaged("it does not begin with CBM1"))?;
    let (core, mut rest) = split_sized(rest).ok_or_else(|| damaged("the file is truncated"))?;
    let core = Buffer::new(core, allowance).root().ok_or_else(|| damaged("its flatbuffer has no root table"))?;
    match core.text(0) {
        Some(FORMAT) => {}
        Some(other) if !other.is_empty() => {
            return Err(unsupported(format_args!("has the format {:?}; vigie reads {FORMAT:?}", excerpt(other))));
        }
        _ => return Err(damaged("it does not name its format")),
    }
    let trees = core.table(1).ok_or_else(|| damaged("it has no trees"))?;
    refuse_text_features(&trees)?;
    let mut parts = model_trees(&trees).ok_or_else(|| damaged("its trees cannot be read"))?;
    parts.info = model_info(&core, allowance)?;
    for id in core.texts(3).ok_or_else(|| damaged("the list of its parts cannot be read"))? {
        if id != CTR_TABLES || !parts.tables.is_empty() {
            return Err(unsupported(format_args!("has a part {:?}, which vigie does not support", excerpt(id))));
        }
        let (tables, remaining) =
            cbm_ctr::tables(rest, allowance).ok_or_else(|| damaged("its CTR tables cannot be read"))?;
        (parts.tables, rest) = (tables, remaining);
    }
    if !rest.is_empty() {
        return Err(damaged(format_args!("{} bytes follow the end of the model", rest.len())));
    }
    Ok(parts)
}

/// Refuses text and embedding features, and features estimated from them.
fn refuse_text_features(trees: &FlatTable<'_>) -> Result<()> {
    let count = |slot| trees.count(slot).ok_or_else(|| damaged("its features cannot be read"));
    if count(12)? > 0 || count(13)? > 0 || count(18)? > 0 {
        return Err(unsupported(
            "uses text or embedding features, which vigie does not support; train it on numeric and categorical \
             features",
        ));
    }
    Ok(())
}

fn model_trees(trees: &FlatTable<'_>) -> Option<ModelParts> {
    let dimension = usize::try_from(trees.number(0, 0, i32::from_le_bytes)?).ok()?;
    let mut bias = trees.vector(16, f64::from_le_bytes)?;
    if bias.is_empty() {
        bias.push(trees.number(15, 0.0, f64::from_le_bytes)?);
    }
    Some(ModelParts {
        dimension,
        splits: trees.vector(1, i32::from_le_bytes)?,
        sizes: trees.vector(2, i32::from_le_bytes)?,
        starts: trees.vector(3, i32::from_le_bytes)?,
        levels: trees.tables(4, |table| Some(LevelPart { position: feature_position(&table, 0)? }))?,
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
        ..ModelParts::default()
    })
}

/// Index, flat index and name, in this order from `slot` on. (A float feature has its borders before the name.)
fn feature_position(table: &FlatTable<'_>, slot: usize) -> Option<FeaturePosition> {
    let name = if slot == 0 { 2 } else { 4 };
    Some(FeaturePosition {
        index: table.number(slot, -1, i32::from_le_bytes)?,
        flat: table.number(slot.checked_add(1)?, -1, i32::from_le_bytes)?,
        name: table.owned_text(name)?,
    })
}

fn float_feature(table: FlatTable<'_>) -> Option<FloatPart> {
    Some(FloatPart {
        position: feature_position(&table, 1)?,
        has_nans: table.boolean(0, false)?,
        nan: match table.number(5, 0, u8::from_le_bytes)? {
            0 => Nan::AsIs,
            1 => Nan::AsFalse,
            2 => Nan::AsTrue,
            _ => return None,
        },
        borders: table.vector(3, f32::from_le_bytes)?,
    })
}

fn model_info(core: &FlatTable<'_>, allowance: &Allowance) -> Result<ModelInfo> {
    let entries = core.tables(2, |entry| Some((entry.bytes(0)?, entry.bytes(1)?)));
    ModelInfo::from_entries(entries.ok_or_else(|| damaged("its metadata cannot be read"))?, allowance)
}
