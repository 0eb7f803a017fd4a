//! Damaged CatBoost files: 20,000 seeded mutants of the golden models are either rejected, or score and explain. None
//! panics, hangs or is slow. `fuzz/` does the same with `cargo fuzz`.

#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests panic on failure"
)]

#[path = "support/damage.rs"]
mod damage;
#[path = "support/draw.rs"]
mod draw;
#[path = "support/catboost_exercise.rs"]
mod exercise;

use std::{fs, panic, path::Path, time::Instant};

use draw::Draw;
use exercise::exercise;
use vigie_models::catboost::Forest;

const MUTANTS: usize = 20_000;
const SEED: u64 = 0x5eed_2026;

/// Flips bits, truncates, deletes a range, inserts a copied range, or changes words that look like lengths and offsets.
fn mutate(file: &mut Vec<u8>, draw: &mut Draw) {
    let length = file.len();
    match draw.below(10) {
        0..4 => draw.flip_bits(file, 8),
        4 => draw.cut(file),
        5 => {
            draw.delete(file);
            fix_length(file, length, draw);
        }
        6 => {
            draw.copy(file);
            fix_length(file, length, draw);
        }
        _ => {
            // Words at multiples of four after the eight bytes of magic and length; one time in four including the
            // length.
            let start = if draw.below(4) == 0 { 4 } else { 8 };
            for _ in 0..=draw.below(3) {
                let places: Vec<usize> = (start..length.saturating_sub(4))
                    .step_by(4)
                    .filter(|&at| {
                        let word = u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
                        word != 0 && (word as usize) < length
                    })
                    .collect();
                let Some(&at) = places.get(draw.below(places.len())) else { return };
                let word = u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
                let other = match draw.below(6) {
                    0 => word.wrapping_add(1),
                    1 => word.wrapping_sub(1),
                    2 => word.wrapping_mul(2),
                    3 => u32::MAX - draw.below(16) as u32,
                    4 => 1 << draw.below(32),
                    _ => draw.next() as u32,
                };
                file[at..at + 4].copy_from_slice(&other.to_le_bytes());
            }
        }
    }
}

/// Half of the time, updates the length in the header of a `.cbm` file after a deletion or insertion, so that parsing
/// gets further.
fn fix_length(file: &mut [u8], before: usize, draw: &mut Draw) {
    if file.len() >= 8 && file.starts_with(b"CBM1") && draw.below(2) == 0 {
        let core = u32::from_le_bytes(file[4..8].try_into().unwrap());
        let core = core.wrapping_add(file.len() as u32).wrapping_sub(before as u32);
        file[4..8].copy_from_slice(&core.to_le_bytes());
    }
}

#[test]
fn mutants_are_rejected_or_score() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/forest");
    let mut models: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    models.retain(|path| [".cbm", ".model.json"].iter().any(|ending| path.to_string_lossy().ends_with(ending)));
    models.sort();
    let models: Vec<Vec<u8>> = models.iter().map(|path| fs::read(path).unwrap()).collect();
    let mut draw = Draw(SEED);
    let (mut rejected, mut loaded, mut explained, mut panicked, mut slowest) = (0, 0, 0, Vec::new(), 0.0_f64);
    for number in 0..MUTANTS {
        let mut file = models[number % models.len()].clone();
        mutate(&mut file, &mut draw);
        let start = Instant::now();
        match panic::catch_unwind(|| Forest::from_bytes("mutant", &file).map(exercise)) {
            Ok(Ok(has_explanation)) => {
                loaded += 1;
                explained += usize::from(has_explanation);
            }
            Ok(Err(fault)) => {
                assert!(
                    fault.to_string().starts_with("mutant: this CatBoost model ")
                        || fault.to_string().starts_with("mutant: not a CatBoost model"),
                    "{fault}"
                );
                rejected += 1;
            }
            Err(_) => panicked.push(number),
        }
        slowest = slowest.max(start.elapsed().as_secs_f64());
    }
    println!("{MUTANTS} mutants: {rejected} rejected, {loaded} scored, {explained} explained, slowest {slowest:.3} s");
    assert!(panicked.is_empty(), "mutants {panicked:?} panicked");
    assert!(
        rejected > MUTANTS / 10 && explained > MUTANTS / 10,
        "the mutants test too little: {rejected} rejected, {explained} explained"
    );
    assert!(slowest < 5.0, "a mutant took {slowest} s");
}
