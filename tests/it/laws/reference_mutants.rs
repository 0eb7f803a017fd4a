//! Crafted references with right checksums: 5,000 seeded mutants are either rejected, or compared. None panics. `fuzz/` does
//! the same with `cargo fuzz`.

use std::{fs, panic, time::Instant};

use vigie::{
    config::Settings,
    monitor::{RunRequest, ScanOptions, check},
};
use vigie_profile::window::{Instant as Moment, Window};

use crate::support::{
    applicants::{DAY, applicants, training_csv},
    draw::Draw,
    reference_exercise::exercise,
    reference_file::ReferenceFile,
    world::World,
};

const MUTANTS: usize = 5_000;
/// One mutant in this many is also used for a whole run, with segments, performance and a page.
const WHOLE_RUN: usize = 50;

const ODD: [f64; 8] = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0, -0.0, f64::MAX, f64::MIN, 5e-324];

/// Replaces a number, flips bits, and inserts or removes bytes.
fn mutate_bytes(bytes: &mut Vec<u8>, draw: &mut Draw) {
    if bytes.len() < 16 {
        return;
    }
    for _ in 0..=draw.below(4) {
        let at = draw.below(bytes.len() - 8);
        match draw.below(8) {
            0..4 => bytes[at..at + 8].copy_from_slice(&ODD[draw.below(ODD.len())].to_le_bytes()),
            4 | 5 => bytes[at] ^= 1 << draw.below(8),
            6 => {
                bytes[at] = [0, 0x7f, 0x80, 0xff][draw.below(4)];
            }
            _ if draw.chance(0.5) => {
                bytes.remove(at);
            }
            _ => bytes.insert(at, draw.below(256) as u8),
        }
    }
}

/// Replaces a number in the header.
fn mutate_header(header: &mut String, draw: &mut Draw) {
    let digits: Vec<usize> = header.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
    let at = digits[draw.below(digits.len())];
    let numbers = ["0", "1", "9", "18446744073709551615", "-1", "1e300", "9007199254740993"];
    header.replace_range(at..=at, numbers[draw.below(numbers.len())]);
}

fn mutate(file: &mut ReferenceFile, draw: &mut Draw) {
    match draw.below(10) {
        0 => mutate_header(&mut file.header, draw),
        1 | 2 => {
            let block = draw.below(file.blocks.len());
            mutate_bytes(&mut file.blocks[block], draw);
        }
        _ => mutate_bytes(&mut file.core, draw),
    }
}

/// A reference with numbers, levels, a score, outcomes and segments, and a log of a day.
fn world() -> World {
    let world = World::new();
    world.file("train.csv", training_csv(300));
    world.file("ref.vigie", "");
    world.config("path: log\nfields: {timestamp: ts, features: inputs, probability: p, id: id}\n");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", format!("{config}segments: {{by: [JOB]}}\n"));
    let args = ["learn", "--data", "train.csv", "--out", "ref.vigie", "--target", "TARGET", "--probability", "p"];
    world.vigie(&[&args[..], &["--holdout", "yes", "--segments", "--config", "vigie.yaml"]].concat()).ok();
    let lines = applicants(200, 3).into_iter().map(|one| {
        let line = serde_json::json!({
            "ts": one.rfc3339(), "id": one.id, "inputs": one.inputs(), "p": one.probability,
        });
        format!("{line}\n")
    });
    world.file("log/a.ndjson", lines.collect::<String>());
    world
}

/// A run with the mutant as its reference. A failure is as good as a report.
fn whole_run(world: &World, bytes: &[u8]) {
    world.file("ref.vigie", bytes);
    let Ok(settings) = Settings::load(&world.path("vigie.yaml")) else { return };
    let window = Window::new(Moment(DAY), Moment(DAY + 86_400_000_000));
    let request = RunRequest { window, now: Moment(DAY + 90_000_000_000) };
    let _ = check(&settings, request, ScanOptions { threads: 1, progress: &|_, _| () });
}

#[test]
fn crafted_references_never_panic() {
    let world = world();
    let original = fs::read(world.path("ref.vigie")).unwrap();
    let parts = ReferenceFile::open(&original);
    assert_eq!(exercise(&parts.to_bytes()), Ok(()), "the test writes what it has read");
    let mut draw = Draw::seeded(19);
    let (mut opened, mut panicked, mut slowest) = (0, Vec::new(), 0.0_f64);
    for number in 0..MUTANTS {
        let mut file = parts.clone();
        mutate(&mut file, &mut draw);
        let bytes = file.to_bytes();
        let start = Instant::now();
        let result = panic::catch_unwind(|| {
            let result = exercise(&bytes);
            if number % WHOLE_RUN == 0 {
                whole_run(&world, &bytes);
            }
            result
        });
        match result {
            Ok(result) => opened += usize::from(result.is_ok()),
            Err(_) => panicked.push(number),
        }
        slowest = slowest.max(start.elapsed().as_secs_f64());
    }
    println!("{MUTANTS} mutants: {opened} opened, slowest {slowest:.3} s");
    assert!(panicked.is_empty(), "mutants {panicked:?} panicked");
    assert!(opened > MUTANTS / 20, "the mutants test too little: {opened} opened");
}

/// The range that was found: from infinity to minus infinity, as if there were no values.
#[test]
fn a_range_in_the_wrong_order_is_damage() {
    let world = world();
    let original = fs::read(world.path("ref.vigie")).unwrap();
    let parts = ReferenceFile::open(&original);
    // AGE is an integer from 20 to 69: its range is the only pair of these two numbers.
    let (least, greatest) = (20_f64.to_le_bytes(), 69_f64.to_le_bytes());
    let pair = [least, greatest].concat();
    let at = parts.core.windows(16).position(|bytes| bytes == pair).expect("the range of AGE");
    for (least, greatest) in [(f64::INFINITY, f64::NEG_INFINITY), (69.0, 20.0), (f64::NAN, 69.0)] {
        let mut crafted = parts.clone();
        crafted.core[at..at + 16].copy_from_slice(&[least.to_le_bytes(), greatest.to_le_bytes()].concat());
        let why = exercise(&crafted.to_bytes()).unwrap_err();
        assert!(why.starts_with("mutant is truncated or damaged"), "{why}");
    }
}
