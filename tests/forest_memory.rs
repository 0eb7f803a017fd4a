//! Reading a model takes at most four times the size of its file in memory, whether it is damaged or not.
//!
//! A separate test binary, because its allocator counts every byte that is allocated.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    unsafe_code,
    reason = "a failing test may panic; a counting allocator requires unsafe code"
)]

use std::{fs, path::Path};

use vigie_models::catboost::Forest;

#[path = "counting/mod.rs"]
mod counting;

use counting::FIXED;

/// Peak number of bytes allocated while a model is read.
fn cost(file: &[u8]) -> usize {
    counting::cost(|| Forest::from_bytes("it", file)).0
}

fn goldens() -> Vec<(String, Vec<u8>)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/forest")];
    folders.extend(std::env::var_os("VIGIE_FOREST").map(Into::into));
    let mut models = Vec::new();
    for path in folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if [".cbm", ".model.json"].iter().any(|ending| name.ends_with(ending)) {
            models.push((name, fs::read(&path).unwrap()));
        }
    }
    models.sort();
    models
}

/// A model with a single float feature that has many borders, and without trees.
fn wide(borders: usize) -> Vec<u8> {
    let mut file = bomb(1, borders);
    // Points slot 0 of the trees (dimension) to the length of the format, and slot 2 of the feature (column) to the
    // length of its borders.
    for at in [16, 88] {
        *file.get_mut(8 + at).unwrap() = 8;
    }
    file
}

/// A model with oblivious trees, as JSON without spaces.
fn dense(features: &str, trees: &str, more: &str) -> Vec<u8> {
    format!(r#"{{"features_info":{{{features}}},"oblivious_trees":[{trees}]{more}}}"#).into_bytes()
}

/// A model with many float features that all refer to the same borders, as the vectors of a flatbuffer may overlap.
fn bomb(features: usize, borders: usize) -> Vec<u8> {
    let mut core: Vec<u8> = Vec::new();
    let put = |core: &mut Vec<u8>, words: &[u32]| words.iter().for_each(|word| core.extend(word.to_le_bytes()));
    // 0: root offset, to 32. 4: vtable of the core (format, trees). 12: vtable of the trees (float features: slot 5).
    put(&mut core, &[32]);
    for half in [8_u16, 12, 4, 8, 16, 8, 0, 0, 0, 0, 0, 4, 0, 0] {
        core.extend(half.to_le_bytes());
    }
    // 32: the core, with offsets to its vtable at 4, the format at 56, the trees at 48.
    put(&mut core, &[28, 56 - 36, 48 - 40, 0]);
    // 48: the trees, with offsets to their vtable at 12 and the vector of features at 92. 56: the format.
    put(&mut core, &[36, 92 - 52, 18]);
    core.extend(b"FlabuffersModel_v1\0\0");
    // 80: vtable of a feature (borders: slot 3). 92: offsets to the features, all to the one after them, which has
    // offsets to its vtable at 80 and to the borders.
    for half in [12_u16, 8, 0, 0, 0, 4] {
        core.extend(half.to_le_bytes());
    }
    put(&mut core, &[features as u32]);
    let feature = 96 + 4 * features;
    (96..feature).step_by(4).for_each(|at| put(&mut core, &[(feature - at) as u32]));
    put(&mut core, &[feature as u32 - 80, 4, borders as u32]);
    core.resize(core.len() + 4 * borders, 0);
    let mut file = b"CBM1".to_vec();
    put(&mut file, &[core.len() as u32]);
    file.extend(core);
    file
}

fn times(count: usize, what: &str) -> String {
    vec![what; count].join(",")
}

/// Valid models of deep trees with mostly empty leaves, without the spaces that CatBoost writes.
fn deep() -> Vec<u8> {
    let leaf = |at: usize| if at.is_multiple_of(10) { "-0.36363636363636365" } else { "0" };
    let leaves: Vec<&str> = (0..1 << 12).map(leaf).collect();
    let (leaves, weights) = (leaves.join(","), times(1 << 12, "0"));
    let splits = times(12, r#"{"split_index":0}"#);
    let tree = format!(r#"{{"leaf_values":[{leaves}],"leaf_weights":[{weights}],"splits":[{splits}]}}"#);
    let feature = r#""float_features":[{"feature_index":0,"flat_feature_index":0,"borders":[0.5]}]"#;
    dense(feature, &times(20, &tree), "")
}

/// JSON files that describe a large model in few bytes.
fn crafted() -> Vec<(&'static str, Vec<u8>)> {
    let zeros = times(1 << 18, "0");
    let feature = |kind: &str, list: &str| {
        format!(r#""{kind}":[{{"feature_index":0,"flat_feature_index":0,"{list}":[{zeros}]}}]"#)
    };
    let feature_of = |at: usize| format!(r#"{{"feature_index":{at},"flat_feature_index":{at}}}"#);
    let features: Vec<String> = (0..1 << 16).map(feature_of).collect();
    let name = r#""{\"identifier\":[],\"type\":\"Counter\"}""#;
    let splits = times(1 << 16, r#"{"split_index":0}"#);
    let tables = times(1 << 13, &format!(r#"{name}:{{"hash_map":["0",1]}}"#));
    let keys = times(1 << 16, r#""0",1"#);
    let cuts = times(1 << 16, r#"{"ctr_type":"Borders"}"#);
    let info = |what: &str| dense("", "", &format!(r#","model_info":{{{what}}}"#));
    let nested = |trees: &str| format!(r#"{{"features_info":{{}},"trees":[{trees}]}}"#).into_bytes();
    vec![
        ("zeros", dense("", &format!(r#"{{"leaf_values":[{zeros}]}}"#), "")),
        ("weights", dense("", &format!(r#"{{"leaf_values":[0],"leaf_weights":[{zeros}]}}"#), "")),
        ("trees of one leaf", dense("", &times(1 << 16, r#"{"leaf_values":[0]}"#), "")),
        ("splits", dense("", &format!(r#"{{"leaf_values":[0],"splits":[{splits}]}}"#), "")),
        ("borders", dense(&feature("float_features", "borders"), "", "")),
        ("levels", dense(&feature("categorical_features", "values"), "", "")),
        ("features", dense(&format!(r#""float_features":[{}]"#, features.join(",")), "", "")),
        ("classes", info(&format!(r#""class_params":{{"class_names":[{zeros}]}}"#))),
        ("loss", info(&format!(r#""loss_function":{{"type":"","a":[{zeros}]}}"#))),
        ("cuts", info(&format!(r#""params":{{"cat_feature_params":{{"simple_ctrs":[{cuts}]}}}}"#))),
        ("bias", dense("", "", &format!(r#","scale_and_bias":[1,[{zeros}]]"#))),
        ("tables", dense("", "", &format!(r#","ctr_data":{{{tables}}}"#))),
        ("keys", dense("", "", &format!(r#","ctr_data":{{{name}:{{"hash_map":[{keys}]}}}}"#))),
        ("leaves", nested(&times(1 << 16, r#"{"value":0}"#))),
        ("values", nested(&format!(r#"{{"value":[{zeros}]}}"#))),
    ]
}

#[test]
fn reading_takes_at_most_four_times_the_file() {
    let mut worst = [(0.0_f64, String::new()), (0.0_f64, String::new())];
    let mut check = |name: &str, file: &[u8]| {
        let cost = cost(file);
        let ratio = cost.saturating_sub(FIXED) as f64 / file.len().max(1) as f64;
        let is_json = file.starts_with(b"{");
        assert!(cost <= counting::limit(file.len()), "{name}: {cost} bytes for a file of {}", file.len());
        let worst = &mut worst[usize::from(is_json)];
        if ratio > worst.0 {
            *worst = (ratio, format!("{name}, {cost} bytes for {}", file.len()));
        }
    };
    let mut seed = 1_u64;
    let mut draw = move |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % bound
    };
    for (name, file) in goldens() {
        check(&name, &file);
        for _ in 0..if file.len() < 40_000 { 100 } else { 3 } {
            let mut mutant = file.clone();
            for _ in 0..3 {
                let at = draw(mutant.len() / 4 - 1) * 4;
                let word = [draw(mutant.len()) as u32, u32::MAX >> draw(32), 1 << draw(32)][draw(3)];
                mutant[at..at + 4].copy_from_slice(&word.to_le_bytes());
            }
            check(&name, &mutant);
        }
    }
    let refusal = |file: &[u8]| Forest::from_bytes("it", file).unwrap_err().to_string();
    assert!(refusal(&bomb(2, 3)).contains("its dimensions and its bias"), "{}", refusal(&bomb(2, 3)));
    assert!(refusal(&bomb(10_000, 10_000)).contains("its trees cannot be read"));
    for (features, borders) in [(10_000, 10_000), (40_000, 1), (1, 100_000), (2_000, 0)] {
        check(&format!("{features} times {borders} borders"), &bomb(features, borders));
    }
    check("a valid model with 100,000 borders", &wide(100_000));
    assert!(Forest::from_bytes("it", &wide(100_000)).is_ok_and(|forest| forest.dimension() == 18));
    for (name, file) in crafted() {
        check(name, &file);
        let outcome = Forest::from_bytes("it", &file).map_or_else(|error| error.to_string(), |_| "a model".to_owned());
        assert!(!outcome.contains("its JSON cannot be read"), "{name} tests nothing: {outcome}");
    }
    let deep = deep();
    assert!(Forest::from_bytes("it", &deep).is_ok());
    check("deep", &deep);
    for (ratio, what) in worst {
        println!("worst: {ratio:.2} times the file ({what})");
    }
}
