//! Damaged `.skops` files: seeded mutants of the golden models, and crafted archives, are either refused, or score and
//! explain. None panics, hangs, or takes more than four times the size of its file in memory; of a compressed archive, up
//! to two decompressed members in addition. `fuzz/` does the same with `cargo fuzz`.
//!
//! `VIGIE_MUTANTS` sets the number of mutants, which is small by default.

#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
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
#[path = "support/sklearn_archive.rs"]
mod sklearn_archive;

use std::{fs, panic, time::Instant};

use counting::{read_within, worst};
use draw::Draw;
use exercise::exercise;
use sklearn_archive::{committed, unzip, zip};

type Members = Vec<(String, Vec<u8>)>;

const SEED: u64 = 0x5eed_2026;
/// Two members of a compressed archive: its graph and an array.
const DECOMPRESSED: usize = 16 << 20;

/// What has become of the files so far.
#[derive(Default)]
struct Tally {
    refused: usize,
    read: usize,
    slowest: f64,
}

impl Tally {
    fn add(&mut self, what: &str, file: &[u8], is_deflated: bool) {
        let start = Instant::now();
        let more = if is_deflated { DECOMPRESSED } else { 0 };
        let outcome = panic::catch_unwind(|| read_within("mutant", file, more).map(|model| exercise(&model)));
        match outcome.unwrap_or_else(|_| panic!("{what}: panicked, or took too much memory")) {
            Ok(_) => self.read += 1,
            Err(error) => {
                let why = error.to_string();
                let starts = [
                    "this .skops file is damaged: ",
                    "this scikit-learn model ",
                    "this LightGBM model ",
                    "this XGBoost model ",
                    "this is ",
                    "not a ",
                    "this CatBoost model ",
                ];
                let why = why.strip_prefix("mutant: ").unwrap_or(&why);
                assert!(starts.iter().any(|start| why.starts_with(start)), "{what}: {why}");
                self.refused += 1;
            }
        }
        self.slowest = self.slowest.max(start.elapsed().as_secs_f64());
    }
}

/// Damages bytes, or overwrites a number.
fn damage(bytes: &mut Vec<u8>, draw: &mut Draw) {
    if bytes.is_empty() {
        return;
    }
    match draw.below(8) {
        0..3 => draw.flip_bits(bytes, 8),
        3 => draw.cut(bytes),
        4 => draw.delete(bytes),
        5 => draw.copy(bytes),
        _ => {
            let size = [1, 2, 4, 8][draw.below(4)];
            let at = draw.below(bytes.len().saturating_sub(size));
            let number = [0, 1, u64::MAX, 1 << draw.below(64), draw.next()][draw.below(5)];
            for (byte, new) in bytes.iter_mut().skip(at).zip(number.to_le_bytes()).take(size) {
                *byte = new;
            }
        }
    }
}

/// Replaces a value of the graph: a number, a class, a file, or a whole object by another one.
fn change_graph(schema: &mut Vec<u8>, draw: &mut Draw) {
    let mut graph: serde_json::Value = serde_json::from_slice(schema).unwrap();
    let mut places = Vec::new();
    collect(&graph, String::new(), &mut places);
    for _ in 0..=draw.below(3) {
        let (from, to) = (places[draw.below(places.len())].clone(), places[draw.below(places.len())].clone());
        let other = graph.pointer(&from).cloned();
        let Some(value) = graph.pointer_mut(&to) else { continue };
        let texts = ["\"0\"", "NaN", "-1", "1e9", "4294967296", "null", "[]", "\"passthrough\"", "true", "\"x\"", "{"];
        *value = match (draw.below(6), &*value) {
            (0..3, serde_json::Value::String(_)) => texts[draw.below(texts.len())].into(),
            (0..3, _) => [0.into(), (-1).into(), u32::MAX.into(), serde_json::Value::Null][draw.below(4)].clone(),
            (3, serde_json::Value::Array(list)) => list.iter().skip(1).cloned().collect(),
            _ => other.unwrap_or_default(),
        };
    }
    *schema = serde_json::to_vec(&graph).unwrap();
}

/// Pointers to the values of a graph that are not identifiers.
fn collect(value: &serde_json::Value, at: String, places: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map.iter().filter(|(key, _)| *key != "__id__" && *key != "key_types") {
                collect(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        serde_json::Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| collect(value, format!("{at}/{index}"), places));
        }
        _ => {}
    }
    places.push(at);
}

/// A damaged archive, and whether it is compressed.
fn mutate(members: &Members, draw: &mut Draw) -> (Vec<u8>, bool) {
    let mut members = members.clone();
    let schema = members.len() - 1;
    let is_deflated = draw.below(8) == 0;
    match draw.below(10) {
        // The archive itself.
        0 => {
            let mut file = zip(&members, is_deflated);
            damage(&mut file, draw);
            return (file, is_deflated);
        }
        // Its directory, which is at the end.
        1 => {
            let mut file = zip(&members, is_deflated);
            let directory = 46 * members.len() + 22;
            let mut end = file.split_off(file.len().saturating_sub(directory));
            damage(&mut end, draw);
            file.extend(end);
            return (file, is_deflated);
        }
        // An array; the checksum is right.
        2..6 => {
            let number = draw.below(members.len());
            damage(&mut members[number].1, draw);
        }
        6 => damage(&mut members[schema].1, draw),
        _ => change_graph(&mut members[schema].1, draw),
    }
    (zip(&members, is_deflated), is_deflated)
}

/// Archives that claim more than they have.
fn crafted(members: &Members) -> Vec<(&'static str, Vec<u8>, bool)> {
    let schema = members.len() - 1;
    let with_schema = |text: Vec<u8>, is_deflated: bool| {
        let mut members = members.clone();
        members[schema].1 = text;
        zip(&members, is_deflated)
    };
    let text = String::from_utf8(members[schema].1.clone()).unwrap();
    let mut all = vec![
        ("a graph of a million brackets", with_schema(b"[".repeat(1 << 20), false), false),
        (
            "a graph of a million nested lists",
            with_schema([b"[".repeat(1 << 20), b"]".repeat(1 << 20)].concat(), false),
            false,
        ),
        ("a bomb of blanks", with_schema(vec![b' '; 256 << 20], true), true),
        ("a smaller bomb of blanks", with_schema(vec![b' '; 8 << 20], true), true),
        ("a bomb of nested lists", with_schema([b"[".repeat(4 << 20), b"]".repeat(4 << 20)].concat(), true), true),
    ];
    // An array that inflates to zeros.
    let mut zeros = members.clone();
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000,), }";
    zeros.iter_mut().filter(|(name, _)| name != "schema.json").for_each(|(_, content)| {
        *content = [
            b"\x93NUMPY\x01\0",
            (header.len() as u16).to_le_bytes().as_slice(),
            header.as_bytes(),
            &vec![0; 8_000_000],
        ]
        .concat();
    });
    all.push(("bombs of zeros", zip(&zeros, true), true));
    // Every array claims to be huge.
    for shape in
        ["(1152921504606846976,)", "(4294967296, 4294967296)", "(0, 18446744073709551615)", "(9999999999999999999999,)"]
    {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        let mut claims = members.clone();
        claims.iter_mut().filter(|(name, _)| name != "schema.json").for_each(|(_, content)| {
            *content =
                [b"\x93NUMPY\x01\0", (header.len() as u16).to_le_bytes().as_slice(), header.as_bytes(), &[0; 64]]
                    .concat();
        });
        all.push(("claims of huge arrays", zip(&claims, false), false));
    }
    // The same list of levels, named a thousand times.
    let level = "{\"__class__\": \"list\", \"__module__\": \"builtins\", \"__loader__\": \"ListNode\", \"content\": [0,0,0,0,0,0,0,0]}";
    let levels = format!(
        "{{\"__class__\": \"list\", \"__module__\": \"builtins\", \"__loader__\": \"ListNode\", \"content\": [{}]}}",
        vec![level; 20_000].join(",")
    );
    all.push((
        "many small lists",
        with_schema(text.replacen("\"content\": [", &format!("\"content\": [{levels},"), 1).into_bytes(), false),
        false,
    ));
    // A directory of headers of the same member, and one whose count is a claim.
    let mut same = zip(&members[..1], false);
    let end = same.len() - 22;
    let start = u32::from_le_bytes(same[end + 16..end + 20].try_into().unwrap()) as usize;
    let entry = same[start..end].to_vec();
    same.truncate(start);
    (0..60_000).for_each(|_| same.extend(&entry));
    let size = (same.len() - start) as u32;
    same.extend(b"PK\x05\x06\0\0\0\0\x60\xea\x60\xea");
    same.extend([size.to_le_bytes(), (start as u32).to_le_bytes()].concat());
    same.extend([0, 0]);
    all.push(("one member sixty thousand times", same, false));
    let mut count = zip(members, false);
    let end = count.len() - 22;
    count[end + 10..end + 12].copy_from_slice(&[0xfe, 0xff]);
    all.push(("a count of members that is a claim", count, false));
    all
}

#[test]
fn damaged_files_are_refused_or_score() {
    let all: usize = std::env::var("VIGIE_MUTANTS").map_or(1_500, |number| number.parse().unwrap());
    let mut files: Vec<_> = fs::read_dir(committed()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "skops"));
    files.sort();
    let names: Vec<_> = files.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let files: Vec<Members> = files.iter().map(|path| unzip(&fs::read(path).unwrap())).collect();
    let (mut draw, mut tally) = (Draw(SEED), Tally::default());
    for members in &files {
        tally.add("an undamaged file", &zip(members, false), false);
        tally.add("an undamaged compressed file", &zip(members, true), true);
    }
    let refused = names.iter().filter(|name| name.starts_with("refused_")).count();
    assert_eq!((tally.read, tally.refused), (2 * (files.len() - refused), 2 * refused));
    for (what, file, is_deflated) in crafted(&files[0]) {
        let before = tally.refused;
        tally.add(what, &file, is_deflated);
        assert_eq!(tally.refused, before + 1, "{what} is not refused");
    }
    let mut tally = Tally::default();
    for number in 0..all {
        let (file, is_deflated) = mutate(&files[number % files.len()], &mut draw);
        tally.add(&format!("mutant {number}"), &file, is_deflated);
    }
    let Tally { refused, read, slowest } = tally;
    println!("{all} mutants: {refused} refused, {read} scored, slowest {slowest:.3} s, memory {:.2} times", worst());
    assert!(refused > all / 10 && read > all / 10, "the mutants test too little");
    assert!(slowest < 5.0, "a mutant took {slowest} s");
}
