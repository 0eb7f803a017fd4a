//! The one thing CatBoost's JSON cannot say: which of several tables a CTR reads.
//!
//! A model may cut its target into classes in more than one way (`TargetBorderCount` of 1 and of 3), and then has a
//! table for each. JSON names a table by its combination and kind only, so the export keeps one of them, and every
//! score would be wrong.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    json_each::{each, entries},
    parts::CtrKind,
};
use crate::error::Result;

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
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
    target_binarization: Option<Cuts>,
}

#[derive(Deserialize)]
struct Cuts {
    border_count: u32,
}

/// Whether training cut the target in several ways for CTRs of one kind. An info that cannot be understood says
/// nothing of that.
pub(crate) fn are_several(model_info: &RawValue) -> bool {
    let info = serde_json::from_str(model_info.get()).ok();
    let params = info.and_then(|Info { params }| params).and_then(|params| params.cat_feature_params);
    params.is_some_and(|ctrs| ctrs.are_several().unwrap_or(false))
}

impl Ctrs<'_> {
    fn are_several(&self) -> Result<bool> {
        const WHAT: &str = "params";
        let mut met: Vec<(CtrKind, u32)> = Vec::new();
        let mut several = false;
        let mut look = |list: &RawValue| {
            each(WHAT, list, |Description { ctr_type: kind, target_binarization: cuts }| {
                let Some(Cuts { border_count: cuts }) = cuts else { return Ok(()) };
                match met.iter().find(|(other, _)| *other == kind) {
                    Some((_, others)) => several |= *others != cuts,
                    None => met.push((kind, cuts)),
                }
                Ok(())
            })
        };
        for list in [self.simple_ctrs, self.combinations_ctrs].into_iter().flatten() {
            look(list)?;
        }
        if let Some(own) = self.per_feature_ctrs {
            entries(WHAT, own, |_, list: &RawValue| look(list))?;
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
    fn only_two_cuts_for_one_kind_are_several() {
        let are_several = |info: &str| are_several(serde_json::from_str(info).unwrap());
        assert!(!are_several("{}"));
        assert!(!are_several(&params("Borders:1 Counter:1", "Borders:1")));
        assert!(!are_several(&params("Borders:1 Buckets:2", "Borders:1")));
        assert!(are_several(&params("Borders:1", "Borders:3")));
    }
}
