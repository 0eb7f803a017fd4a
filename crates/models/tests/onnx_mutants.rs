//! Damaged ONNX files: seeded mutants of the golden models are either refused, or score. None panics, hangs, is slow, or
//! takes more than four times its size in memory to read. `VIGIE_MUTANTS` sets their number; 20,000 take about a minute.
//! `fuzz/` does the same with `cargo fuzz`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unsafe_code,
    reason = "a failing test may panic; a counting allocator requires unsafe code"
)]

#[path = "support/counting.rs"]
mod counting;
#[path = "support/damage.rs"]
mod damage;
#[path = "support/draw.rs"]
mod draw;
#[path = "support/onnx_exercise.rs"]
mod onnx_exercise;

use std::{fs, panic, path::Path, time::Instant};

use counting::{read_within, worst};
use draw::Draw;
use onnx_exercise::exercise;

const FEW: usize = 1_000;
const SEED: u64 = 0x5eed_2026;

impl Draw {
    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// The positions of the bytes of all fields with this wire type, in messages at most six deep. Only the parts that hold
/// messages are searched.
fn places(file: &[u8], wire: u8) -> Vec<usize> {
    let mut places = Vec::new();
    let mut pending = vec![(0, file.len(), 0)];
    while let Some((mut at, end, depth)) = pending.pop() {
        while at < end {
            let (key, start) = (file[at], at + 1);
            if key & 7 == wire {
                places.push(start);
            }
            at = start;
            let mut value = 0_usize;
            for shift in (0..63).step_by(7).take_while(|_| matches!(key & 7, 0 | 2)) {
                let Some(byte) = file.get(at).copied().filter(|_| at < end) else { break };
                value |= usize::from(byte & 0x7f) << shift;
                at += 1;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            match key & 7 {
                0 => {}
                1 => at += 8,
                5 => at += 4,
                2 if at.checked_add(value).is_some_and(|next| next <= end) => {
                    if depth < 6 {
                        pending.push((at, at + value, depth + 1));
                    }
                    at += value;
                }
                _ => break,
            }
        }
    }
    places
}

/// Flips bits, truncates, deletes a range, inserts a copied range, or changes lengths and integers.
fn mutate(file: &mut Vec<u8>, draw: &mut Draw) {
    match draw.below(10) {
        0 | 1 => draw.flip_bits(file, 3),
        2 => {
            // Thresholds and weights become other numbers, often strange ones.
            let places = places(file, 5);
            for _ in 0..=draw.below(8) {
                let (place, value) = (draw.below(places.len().max(1)), draw.next().to_le_bytes());
                if let Some(bytes) = places.get(place).and_then(|at| file.get_mut(*at..at + 4)) {
                    let special = [f32::NAN, f32::INFINITY, -f32::INFINITY, -0.0, f32::MAX, 1e-45];
                    let special = special.get(draw.below(12)).map(|value| value.to_le_bytes());
                    bytes.copy_from_slice(&special.unwrap_or([value[0], value[1], value[2], value[3]]));
                }
            }
        }
        3 => draw.cut(file),
        4 => draw.delete(file),
        5 => draw.copy(file),
        6 => {
            // A text (such as a name), one character of it changed to another of the file.
            let from = draw.below(file.len());
            let other = file[draw.below(file.len())];
            file[from] = other;
        }
        kind => {
            // Integers and lengths of one byte stay of one byte, so that the rest of the message stays readable.
            let places = places(file, if kind == 9 { 2 } else { 0 });
            for _ in 0..=draw.below(4) {
                let Some(&at) = places.get(draw.below(places.len())) else { return };
                let Some(byte) = file.get_mut(at) else { return };
                *byte = match draw.below(5) {
                    0 => byte.wrapping_add(1) & 0x7f,
                    1 => byte.wrapping_sub(1) & 0x7f,
                    2 => 0,
                    3 => 0x7f,
                    _ => draw.byte() & 0x7f,
                };
            }
        }
    }
}

#[test]
fn mutants_are_refused_or_score() {
    let mutants = std::env::var("VIGIE_MUTANTS").map_or(FEW, |number| number.parse().unwrap());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/onnx");
    let mut models: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    models.retain(|path| path.extension().is_some_and(|ending| ending == "onnx"));
    models.sort();
    let models: Vec<Vec<u8>> = models.iter().map(|path| fs::read(path).unwrap()).collect();
    let mut draw = Draw(SEED);
    let (mut refused, mut scored, mut panicked, mut slowest) = (0, 0, Vec::new(), 0.0_f64);
    for number in 0..mutants {
        let mut file = models[number % models.len()].clone();
        mutate(&mut file, &mut draw);
        let start = Instant::now();
        match panic::catch_unwind(|| read_within("mutant", &file, 0).map(|model| exercise(&model))) {
            Ok(Ok(())) => scored += 1,
            Ok(Err(error)) => {
                let why = error.to_string();
                let starts = ["mutant: this ONNX model ", "mutant: not a model that vigie reads", "mutant: this is "];
                assert!(starts.iter().any(|start| why.starts_with(start)), "{why}");
                refused += 1;
            }
            Err(_) => panicked.push(number),
        }
        slowest = slowest.max(start.elapsed().as_secs_f64());
    }
    let memory = worst();
    println!("{mutants} mutants: {refused} refused, {scored} scored, slowest {slowest:.3} s, memory {memory:.2} times");
    assert!(panicked.is_empty(), "mutants {panicked:?} panicked, or took too much memory");
    assert!(refused > mutants / 10 && scored > mutants / 10, "the mutants test too little: {refused}, {scored}");
    assert!(slowest < 5.0, "a mutant took {slowest} s");
}
