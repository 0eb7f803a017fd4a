//! Damaged and crafted XGBoost files: each is refused, or scores. None panics, hangs, or takes more than four times its
//! size in memory to read.
//!
//! A separate test binary with a single test, because its allocator counts every byte that is allocated. 20,000 mutants of
//! each format are made if `VIGIE_MUTANTS` is set to that number. `fuzz/` does the same with `cargo fuzz`.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unsafe_code,
    reason = "a failing test may panic; a counting allocator requires unsafe code"
)]

#[path = "../../../tests/counting/mod.rs"]
mod counting;
#[path = "support/damage.rs"]
mod damage;
#[path = "support/draw.rs"]
mod draw;
#[path = "support/exercise.rs"]
mod exercise;

use std::{fs, panic, path::Path, time::Instant};

use draw::Draw;
use vigie_models::Model;

/// Number of mutants of each format, unless `VIGIE_MUTANTS` says otherwise.
const MUTANTS: usize = 1_500;

impl Draw {
    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Flips bits, truncates, deletes or copies a range, or replaces numbers and lengths.
fn mutate(file: &mut Vec<u8>, draw: &mut Draw) {
    match draw.below(10) {
        0..2 => draw.flip_bits(file, 4),
        2 => draw.cut(file),
        3 => draw.delete(file),
        4 => draw.copy(file),
        _ if file.get(1) == Some(&b'"') => replace_token(file, draw),
        _ if draw.below(3) == 0 => replace_length(file, draw),
        _ => replace_element(file, draw),
    }
}

/// Replaces numbers of JSON, mostly by numbers of the same type.
fn replace_token(file: &mut Vec<u8>, draw: &mut Draw) {
    const INTEGERS: [&str; 8] = ["-1", "0", "1", "2", "3", "7", "31", "2147483647"];
    const FLOATS: [&str; 8] = ["0E0", "1", "-1E-45", "3.4028235E38", "NaN", "-Infinity", "0.1234567890123456789", "-0"];
    const STRANGE: [&str; 10] =
        ["4000000000", "18446744073709551616", "1E400", "null", "true", "\"x\"", "[]", "{}", "", "[[[[[[]]]]]]"];
    for _ in 0..=draw.below(3) {
        let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.E".contains(byte);
        let from = draw.below(file.len());
        let Some(start) = file[from..].iter().position(is_part).map(|at| from + at) else { return };
        let end = file[start..].iter().position(|byte| !is_part(byte)).map_or(file.len(), |at| start + at);
        let is_float = file[start..end].contains(&b'E');
        let token = match draw.below(12) {
            0 => draw.pick(&STRANGE),
            _ if is_float => draw.pick(&FLOATS),
            _ => draw.pick(&INTEGERS),
        };
        file.splice(start..end, token.bytes());
    }
}

/// Replaces a length or a marker of a type in UBJSON.
fn replace_length(file: &mut [u8], draw: &mut Draw) {
    let lengths: Vec<usize> =
        (0..file.len().saturating_sub(9)).filter(|at| file[*at] == b'L' && file[at + 1] == 0).collect();
    for _ in 0..=draw.below(2) {
        if lengths.is_empty() || draw.below(5) == 0 {
            let typed: Vec<usize> = (1..file.len()).filter(|at| file[at - 1] == b'$').collect();
            if !typed.is_empty() {
                file[*draw.pick(&typed)] = *draw.pick(b"iUIlLdDTFZC[{S");
            }
            continue;
        }
        let at = *draw.pick(&lengths);
        let old = u64::from_be_bytes(file[at + 1..at + 9].try_into().unwrap());
        let new = match draw.below(7) {
            0 => old.wrapping_add(1),
            1 => old.wrapping_sub(1),
            2 => old.wrapping_mul(2),
            3 => u64::MAX - draw.below(16) as u64,
            4 => 1 << draw.below(64),
            5 => file.len() as u64,
            _ => draw.below(64) as u64,
        };
        file[at + 1..at + 9].copy_from_slice(&new.to_be_bytes());
    }
}

/// Replaces elements of typed arrays of UBJSON.
fn replace_element(file: &mut [u8], draw: &mut Draw) {
    let arrays: Vec<usize> = (0..file.len().saturating_sub(13)).filter(|at| file[*at..].starts_with(b"[$")).collect();
    for _ in 0..=draw.below(3) {
        if arrays.is_empty() {
            return;
        }
        let at = *draw.pick(&arrays);
        let length = (u64::from_be_bytes(file[at + 5..at + 13].try_into().unwrap()) as usize).min(file.len());
        let width = match file[at + 2] {
            b'i' | b'U' => 1,
            b'I' => 2,
            b'l' | b'd' => 4,
            _ => 8,
        };
        let element = at + 13 + draw.below(length) * width;
        if length == 0 || element + width > file.len() {
            continue;
        }
        let number = draw.below(34) as i64 - 1;
        let float = *draw.pick(&[0.0, -0.0, 1e-45, 1.5, f32::MAX, f32::NAN, f32::NEG_INFINITY]);
        let bytes = if file[at + 2] == b'd' { i64::from(float.to_bits()) << 32 } else { number << (64 - 8 * width) };
        file[element..element + width].copy_from_slice(&bytes.to_be_bytes()[..width]);
    }
}

#[derive(Default)]
struct Outcomes {
    refused: usize,
    scored: usize,
    slowest: f64,
    /// The most memory, in sizes of the file after the fixed amount, and what took it.
    worst: (f64, String),
}

impl Outcomes {
    fn check(&mut self, what: &str, file: &[u8]) {
        let start = Instant::now();
        let outcome = panic::catch_unwind(|| {
            let (cost, model) = counting::cost(|| Model::from_bytes("mutant", file));
            (cost, model.map(|model| exercise::exercise(&model)).map_err(|error| error.to_string()))
        });
        let (cost, outcome) = outcome.unwrap_or_else(|_| panic!("{what} panicked"));
        assert!(cost <= counting::limit(file.len()), "{what}: {cost} bytes for a file of {}", file.len());
        let ratio = cost.saturating_sub(counting::FIXED) as f64 / file.len().max(1) as f64;
        if ratio > self.worst.0 {
            self.worst = (ratio, format!("{what}, {cost} bytes for {}", file.len()));
        }
        match outcome {
            Ok(_) => self.scored += 1,
            Err(error) => {
                let starts = [
                    "mutant: this XGBoost model ",
                    "mutant: not a ",
                    "mutant: this is ",
                    "mutant: this CatBoost model ",
                ];
                assert!(starts.iter().any(|start| error.starts_with(start)), "{what}: {error}");
                self.refused += 1;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        assert!(seconds < 5.0, "{what} took {seconds} s");
        self.slowest = self.slowest.max(seconds);
    }

    fn print(&self, what: &str) {
        let Self { refused, scored, slowest, worst: (ratio, worst) } = self;
        println!(
            "{what}: {refused} refused, {scored} scored, slowest {slowest:.3} s, memory {ratio:.2} times ({worst})"
        );
    }
}

fn goldens(ending: &str) -> Vec<(String, Vec<u8>)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/xgboost")];
    folders.extend(["VIGIE_XGBOOST", "VIGIE_XGBOOST_PUBLIC"].iter().filter_map(std::env::var_os).map(Into::into));
    let mut models = Vec::new();
    for path in folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(ending) {
            models.push((name, fs::read(&path).unwrap()));
        }
    }
    models.sort();
    models
}

/// JSON of a model with these parts.
fn json(model: &str, parameters: &str, more: &str) -> Vec<u8> {
    format!(
        r#"{{"learner":{{"gradient_booster":{{"name":"gbtree","model":{{{model}}}}},"learner_model_param":{{"base_score":"0.5","num_feature":"1"{parameters}}},"objective":{{"name":"reg:squarederror"}}{more}}}}}"#
    )
    .into_bytes()
}

/// UBJSON of a model whose booster is given, without its name.
fn ubj(booster: &[u8]) -> Vec<u8> {
    let mut file = b"{i\x07learner{i\x10gradient_booster{i\x05model{".to_vec();
    file.extend(booster);
    file.extend(b"}}}}");
    file
}

fn times(count: usize, what: &str) -> String {
    vec![what; count].join(",")
}

/// Files that claim much in few bytes.
fn crafted() -> Vec<(&'static str, Vec<u8>)> {
    let leaf =
        r#"{"left_children":[-1],"right_children":[-1],"split_indices":[0],"split_conditions":[1],"default_left":[0]}"#;
    let forest =
        |count: usize, tree: &str| format!(r#""trees":[{}],"tree_info":[{}]"#, times(count, tree), times(count, "0"));
    let inner = 1 << 13;
    let chain = |left: &mut dyn Iterator<Item = i64>| left.map(|at| at.to_string()).collect::<Vec<_>>().join(",");
    let sets = |size: &str, categories: &str| {
        let lefts = chain(&mut (0..inner).map(|at| 2 * at + 1).chain(vec![-1; inner as usize + 1]));
        let rights = chain(&mut (0..inner).map(|at| 2 * at + 2).chain(vec![-1; inner as usize + 1]));
        let all = 2 * inner as usize + 1;
        let nodes = chain(&mut (0..inner));
        let (zeros, ones) = (times(all, "0"), times(all, "1"));
        let (starts, sizes) = (times(inner as usize, "0"), times(inner as usize, size));
        format!(
            r#"{{"left_children":[{lefts}],"right_children":[{rights}],"split_indices":[{zeros}],"split_conditions":[{zeros}],"default_left":[{zeros}],"split_type":[{ones}],"categories":[{categories}],"categories_nodes":[{nodes}],"categories_segments":[{starts}],"categories_sizes":[{sizes}]}}"#
        )
    };
    let big = i64::MAX.to_be_bytes();
    let typed = |key: &[u8], marker: u8, length: [u8; 8]| {
        let array = [b"[$".as_slice(), &[marker], b"#L", &length, &[0; 4096]].concat();
        ubj(&[&[b'i', key.len() as u8], key, &array].concat())
    };
    let listed = |key: &[u8], element: &[u8], count: usize| {
        let head = [b"[#L".as_slice(), &(count as u64).to_be_bytes()].concat();
        ubj(&[&[b'i', key.len() as u8], key, &head, &element.repeat(count), b"]"].concat())
    };
    let names = format!(r#","feature_names":[{}]"#, times(1 << 16, "\"\""));
    vec![
        ("trees of one leaf", json(&forest(1 << 14, leaf), "", "")),
        ("empty trees", json(&forest(1 << 16, "{}"), "", "")),
        ("features", json(&forest(1, leaf), r#","num_feature":"999999999""#, "")),
        ("outputs", json(&forest(1, leaf), r#","num_class":"999999999""#, "")),
        ("targets", json(&forest(1, leaf), r#","num_target":9223372036854775807"#, "")),
        ("names", json(&forest(1, leaf), "", &names)),
        ("base scores", json("", &format!(r#","base_score":"{}""#, ",".repeat(1 << 16)), "")),
        ("huge codes", json(&forest(1, &sets("1", "16777215")), "", "")),
        ("overlapping sets", json(&forest(1, &sets("8192", &times(1 << 13, "31"))), "", "")),
        ("levels", json(r#""cats":{"enc":[{"offsets":[0],"values":[]}]}"#, "", "")),
        (
            "empty levels",
            json(&format!(r#""cats":{{"enc":[{{"offsets":[{}],"values":[]}}]}}"#, times(1 << 16, "0")), "", ""),
        ),
        (
            "short levels",
            json(&format!(r#""cats":{{"enc":[{{"type":9,"values":[{}]}}]}}"#, times(1 << 16, "0")), "", ""),
        ),
        ("weights", json(&format!(r#""weights":[{}]"#, times(1 << 16, "0")), "", "")),
        ("nested arrays", json(&format!(r#""trees":{}"#, "[".repeat(1 << 20)), "", "")),
        ("nested objects", json(&format!(r#""skipped":{}"#, "{\"\":".repeat(1 << 20)), "", "")),
        ("an escaped name", json("", "", &format!(r#","feature_names":["{}"]"#, "\\n".repeat(1 << 18)))),
        ("an escaped key", json(&format!(r#""{}":0"#, "\\u0041".repeat(1 << 16)), "", "")),
        ("an endless string", json(&format!("\"{}", "a".repeat(1 << 18)), "", "")),
        ("an array of 2^63", typed(b"tree_info", b'd', big)),
        ("an array of 2^61", typed(b"tree_info", b'L', (1_u64 << 61).to_be_bytes())),
        ("an array of nothing", typed(b"tree_info", b'Z', big)),
        ("bytes as weights", typed(b"weight_drop", b'U', 4096_u64.to_be_bytes())),
        ("bytes as trees", typed(b"trees", b'U', 4096_u64.to_be_bytes())),
        ("bytes to skip", typed(b"skipped", b'U', 4096_u64.to_be_bytes())),
        ("empty objects as trees", listed(b"trees", b"{}", 1 << 16)),
        ("a list to skip", listed(b"skipped", b"i\x00", 1 << 16)),
        ("nested lists", ubj(&[b"i\x07skipped".as_slice(), &b"[".repeat(1 << 20)].concat())),
        ("nested dictionaries", ubj(&[b"i\x07skipped".as_slice(), &b"{i\x00".repeat(1 << 20)].concat())),
        ("a string of 2^63", ubj(&[b"i\x07skippedSL".as_slice(), &big].concat())),
        ("a negative length", ubj(b"i\x07skippedSi\xff")),
        ("a key of 2^63", ubj(&[b"L".as_slice(), &big].concat())),
    ]
}

#[test]
fn damaged_files_are_refused_or_score() {
    let count = std::env::var("VIGIE_MUTANTS").map_or(MUTANTS, |count| count.parse().unwrap());
    let mut draw = Draw(0x5eed_2026);
    for ending in [".model.json", ".ubj"] {
        let models = goldens(ending);
        let (mut whole, mut mutants) = (Outcomes::default(), Outcomes::default());
        for (name, file) in &models {
            whole.check(name, file);
        }
        whole.print(&format!("{} files *{ending}", models.len()));
        let refused = models.iter().filter(|(name, _)| name.starts_with("non_ascii_levels")).count();
        assert!(whole.refused == refused && whole.scored >= 50, "{} refused", whole.refused);
        // Large models would take long and add nothing.
        let small: Vec<_> = models.iter().filter(|(_, file)| file.len() < 50_000).collect();
        for number in 0..count {
            let (name, file) = small[number % small.len()];
            let mut file = file.clone();
            mutate(&mut file, &mut draw);
            mutants.check(&format!("mutant {number} of {name}"), &file);
        }
        mutants.print(&format!("{count} mutants of *{ending}"));
        let Outcomes { refused, scored, .. } = mutants;
        assert!(
            refused > count / 10 && scored > count / 10,
            "the mutants test too little: {refused} refused, {scored} scored"
        );
    }
    let mut bombs = Outcomes::default();
    for (name, file) in crafted() {
        bombs.check(name, &file);
    }
    bombs.print("crafted files");
}
