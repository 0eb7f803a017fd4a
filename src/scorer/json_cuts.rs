//! The one thing CatBoost's JSON cannot say: which of several tables a CTR reads.
//!
//! A model may cut its target into classes in more than one way (`TargetBorderCount` of 1 and of 3), and then has a
//! table for each. JSON names a table by its combination and kind only, so the export keeps one of them, and every
//! score would be wrong.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Document {
    model_info: Info,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Info {
    params: Params,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Params {
    cat_feature_params: Ctrs,
}

#[derive(Deserialize, Default)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the keys of the file")]
struct Ctrs {
    simple_ctrs: Vec<Description>,
    combinations_ctrs: Vec<Description>,
    per_feature_ctrs: BTreeMap<String, Vec<Description>>,
}

#[derive(Deserialize)]
struct Description {
    ctr_type: String,
    target_binarization: Option<Cuts>,
}

#[derive(Deserialize)]
struct Cuts {
    border_count: u32,
}

/// Whether training cut the target in several ways for CTRs of one kind.
pub(super) fn are_several(file: &[u8]) -> bool {
    let document: Document = serde_json::from_slice(file).unwrap_or_default();
    let ctrs = document.model_info.params.cat_feature_params;
    let own = ctrs.per_feature_ctrs.values().flatten();
    let mut counts = BTreeMap::new();
    ctrs.simple_ctrs.iter().chain(&ctrs.combinations_ctrs).chain(own).any(|description| {
        let Some(cuts) = &description.target_binarization else { return false };
        *counts.entry(&description.ctr_type).or_insert(cuts.border_count) != cuts.border_count
    })
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
        format!(r#"{{"model_info":{{"params":{{"cat_feature_params":{ctrs}}}}}}}"#)
    }

    #[test]
    fn only_two_cuts_for_one_kind_are_several() {
        assert!(!are_several(b"{}"));
        assert!(!are_several(params("Borders:1 Counter:1", "Borders:1").as_bytes()));
        assert!(!are_several(params("Borders:1 Buckets:2", "Borders:1").as_bytes()));
        assert!(are_several(params("Borders:1", "Borders:3").as_bytes()));
    }
}
