//! Detects models whose JSON export is incomplete.
//!
//! A model may binarize its target in several ways (`TargetBorderCount` of 1 and of 3), and then has a CTR table for
//! each. The JSON export names a table by its combination and kind only, so it keeps just one of them, and every score
//! would be wrong.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    json_stream::{for_each_element, for_each_entry},
    parts::CtrKind,
};
use crate::error::Result;

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow)]
    params: Option<CtrParams<'a>>,
}

#[derive(Deserialize)]
struct CtrParams<'a> {
    #[serde(borrow)]
    cat_feature_params: Option<Ctrs<'a>>,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the keys of the file")]
struct Ctrs<'a> {
    #[serde(borrow)]
    simple_ctrs: Option<&'a RawValue>,
    #[serde(borrow)]
    combinations_ctrs: Option<&'a RawValue>,
    #[serde(borrow)]
    per_feature_ctrs: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Description {
    ctr_type: CtrKind,
    target_binarization: Option<TargetBinarization>,
}

#[derive(Deserialize)]
struct TargetBinarization {
    border_count: u32,
}

/// Returns true if training binarized the target in several ways for CTRs of the same kind. If `model_info` cannot be
/// parsed, returns false.
pub(crate) fn has_several_binarizations(model_info: &RawValue) -> bool {
    let info = serde_json::from_str(model_info.get()).ok();
    let params = info.and_then(|Info { params }| params).and_then(|params| params.cat_feature_params);
    params.is_some_and(|ctrs| ctrs.has_several_binarizations().unwrap_or(false))
}

impl Ctrs<'_> {
    fn has_several_binarizations(&self) -> Result<bool> {
        const WHAT: &str = "params";
        let mut seen: Vec<(CtrKind, u32)> = Vec::new();
        let mut several = false;
        let mut check = |list: &RawValue| {
            for_each_element(WHAT, list, |Description { ctr_type: kind, target_binarization }| {
                let Some(TargetBinarization { border_count }) = target_binarization else { return Ok(()) };
                match seen.iter().find(|(other, _)| *other == kind) {
                    Some((_, other_count)) => several |= *other_count != border_count,
                    None => seen.push((kind, border_count)),
                }
                Ok(())
            })
        };
        for list in [self.simple_ctrs, self.combinations_ctrs].into_iter().flatten() {
            check(list)?;
        }
        if let Some(own) = self.per_feature_ctrs {
            for_each_entry(WHAT, own, |_, list: &RawValue| check(list))?;
        }
        Ok(several)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(simple: &str, combined: &str) -> String {
        let ctrs = |kinds: &str| {
            let each = kinds.split_whitespace().map(|kind| {
                let (kind, count) = kind.split_once(':').unwrap();
                format!(r#"{{"ctr_type":"{kind}","target_binarization":{{"border_count":{count}}}}}"#)
            });
            each.collect::<Vec<_>>().join(",")
        };
        let (simple, combined) = (ctrs(simple), ctrs(combined));
        let ctrs = format!(r#"{{"simple_ctrs":[{simple}],"combinations_ctrs":[{combined}]}}"#);
        format!(r#"{{"params":{{"cat_feature_params":{ctrs}}}}}"#)
    }

    #[test]
    fn several_binarizations_of_one_kind_are_detected() {
        let has_several_binarizations = |info: &str| has_several_binarizations(serde_json::from_str(info).unwrap());
        assert!(!has_several_binarizations("{}"));
        assert!(!has_several_binarizations(&params("Borders:1 Counter:1", "Borders:1")));
        assert!(!has_several_binarizations(&params("Borders:1 Buckets:2", "Borders:1")));
        assert!(has_several_binarizations(&params("Borders:1", "Borders:3")));
    }
}
