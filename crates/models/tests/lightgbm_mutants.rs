//! Damaged and crafted LightGBM files are refused, or score; nothing panics, hangs, or takes more than four times the file
//! in memory. `VIGIE_MUTANTS` sets the number of mutants; `fuzz/` does the same with `cargo fuzz`.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    unsafe_code,
    reason = "tests panic on failure; a counting allocator requires unsafe code"
)]

#[path = "support/counting.rs"]
mod counting;
#[path = "support/damage.rs"]
mod damage;
#[path = "support/draw.rs"]
mod draw;
#[path = "support/exercise.rs"]
mod exercise;

use std::{fs, panic, path::Path, time::Instant};

use counting::{read_within, worst};
use draw::Draw;
use exercise::exercise;

const SEED: u64 = 0x5eed_2026;

const ODD_NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "1",
    "2",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "5e-324",
    "",
    "2147483647",
    "-2147483648",
    "4294967295",
    "18446744073709551615",
    "0.5",
    "x",
];

/// Changes bytes, lines or numbers.
fn mutate(file: &mut Vec<u8>, draw: &mut Draw) {
    match draw.below(12) {
        0 | 1 => draw.flip_bits(file, 8),
        2 => draw.cut(file),
        3 => draw.delete(file),
        4 => draw.copy(file),
        5 => {
            // Drops, doubles or moves a line.
            let mut lines: Vec<Vec<u8>> = file.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            let (from, to) = (draw.below(lines.len()), draw.below(lines.len()));
            match draw.below(3) {
                0 => _ = lines.remove(from),
                1 => lines.insert(to, lines[from].clone()),
                _ => lines.swap(from, to),
            }
            *file = lines.join(&b'\n');
        }
        _ => {
            // Replaces numbers, often by ones that pass for counts, children and features.
            for _ in 0..=draw.below(3) {
                let is_digit = |byte: &u8| byte.is_ascii_digit() || b"+-.".contains(byte);
                let places: Vec<usize> =
                    (1..file.len()).filter(|at| is_digit(&file[*at]) && !is_digit(&file[at - 1])).collect();
                let Some(&from) = places.get(draw.below(places.len())) else { return };
                let to = (from..file.len()).find(|at| !is_digit(&file[*at])).unwrap_or(file.len());
                let number = match draw.below(3) {
                    0 => ODD_NUMBERS[draw.below(ODD_NUMBERS.len())].to_owned(),
                    1 => draw.below(12).to_string(),
                    _ => format!("-{}", draw.below(12)),
                };
                file.splice(from..to, number.into_bytes());
            }
        }
    }
}

fn times(count: usize, what: &str) -> String {
    vec![what; count].join(" ")
}

/// A model of so many features, with these trees.
fn model(features: usize, name: &str, trees: &str, trailer: &str) -> Vec<u8> {
    let last = features - 1;
    format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx={last}\nfeature_names={}\nfeature_infos={}\n\n\
         {trees}end of trees\n{trailer}",
        times(features, name),
        times(features, "none")
    )
    .into_bytes()
}

/// Files that describe a large model in few bytes, or take long to check.
fn crafted() -> Vec<(&'static str, Vec<u8>)> {
    let leaf = "Tree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=0\n\n";
    let flat = |leaves: usize| {
        let inner = leaves - 1;
        let children: Vec<String> = (1..inner).map(|child| child.to_string()).chain(["-1".to_owned()]).collect();
        let leaf: Vec<String> = (1..=inner).map(|leaf| format!("-{}", leaf + 1)).collect();
        format!(
            "Tree=0\nnum_leaves={leaves}\nnum_cat=0\nsplit_feature={}\nthreshold={}\ndecision_type={}\nleft_child={}\n\
             right_child={}\nleaf_value={}\n\n",
            times(inner, "0"),
            times(inner, "0"),
            times(inner, "2"),
            children.join(" "),
            leaf.join(" "),
            times(leaves, "0"),
        )
    };
    let linear = format!(
        "Tree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=0\nis_linear=1\nleaf_const=0\nnum_features=65536\nleaf_features={}\n\
         leaf_coeff={}\n\n",
        times(1 << 16, "0"),
        times(1 << 16, "0")
    );
    let lists = format!("pandas_categorical:[{}]\n", vec!["[\"\"]"; 1 << 14].join(","));
    let coded = String::from_utf8(model(1 << 14, "f", leaf, &lists)).unwrap().replace("none", "0");
    let classes = "num_class=4000000000\nnum_tree_per_iteration=4000000000\n";
    let outputs = String::from_utf8(model(1, "f", "", "")).unwrap();
    vec![
        ("features", model(1 << 16, "f", leaf, "")),
        ("trees of one leaf", model(1, "f", &leaf.repeat(1 << 14), "")),
        ("a chain", model(1, "f", &flat(1 << 15), "")),
        ("linear terms", model(1, "f", &linear, "")),
        ("lists of levels", model(1, "f", leaf, &lists)),
        ("lists of levels and features", coded.into_bytes()),
        ("levels", model(1, "f", leaf, &format!("pandas_categorical:[[{}]]\n", vec!["1"; 1 << 16].join(",")))),
        ("nested levels", model(1, "f", leaf, &format!("pandas_categorical:{}\n", "[".repeat(1 << 16)))),
        ("outputs", outputs.replace("num_class=1\nnum_tree_per_iteration=1\n", classes).into_bytes()),
        ("lines of a tree", model(1, "f", &format!("Tree=0\n{}\n", "a=\n".repeat(1 << 16)), "")),
        ("headers of trees", model(1, "f", &"Tree=0\n".repeat(1 << 16), "")),
    ]
}

#[test]
fn mutants_are_refused_or_score_within_limits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/lightgbm");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    paths.sort();
    let models: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    let mut slowest = 0.0_f64;
    let mut attempt = |name: &str, file: &[u8]| {
        let start = Instant::now();
        let outcome = panic::catch_unwind(|| read_within(name, file, 0).map(|model| exercise(&model)));
        slowest = slowest.max(start.elapsed().as_secs_f64());
        outcome
    };
    for (path, model) in paths.iter().zip(&models) {
        assert!(attempt(&path.display().to_string(), model).is_ok());
    }
    for (name, file) in crafted() {
        let outcome = attempt(name, &file).unwrap();
        let what = outcome.map_or_else(|error| error.to_string(), |_| "a model".to_owned());
        println!("{name}: {} bytes: {what}", file.len());
    }
    let count: usize = std::env::var("VIGIE_MUTANTS").map_or(1_000, |count| count.parse().unwrap());
    let mut draw = Draw(SEED);
    let (mut refused, mut scored, mut numbers, mut panicked) = (0, 0, 0, Vec::new());
    for number in 0..count {
        let mut file = models[number % models.len()].clone();
        mutate(&mut file, &mut draw);
        match attempt("mutant", &file) {
            Ok(Ok(is_number)) => {
                scored += 1;
                numbers += usize::from(is_number);
            }
            Ok(Err(error)) => {
                let message = error.to_string();
                let starts = [
                    "mutant: this LightGBM model ",
                    "mutant: not a ",
                    "mutant: the file is damaged",
                    "mutant: this is ",
                ];
                assert!(starts.iter().any(|start| message.starts_with(start)), "{message}");
                refused += 1;
            }
            Err(_) => panicked.push(number),
        }
    }
    println!(
        "{count} mutants: {refused} refused, {scored} scored ({numbers} without NaN), slowest {slowest:.3} s, memory {:.2} times",
        worst()
    );
    assert!(panicked.is_empty(), "mutants {panicked:?} panicked or took too much memory");
    assert!(refused > count / 10 && scored > count / 10, "too little is tested: {refused} refused, {scored} scored");
    assert!(slowest < 5.0, "a file took {slowest} s");
}
