//! Counting a column: finding cells, summing moments, counting levels. Items are rows.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a benchmark may panic, and its numbers are small"
)]

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float32Array, Float64Array, Int32Array, StringArray, types::Int32Type};
use divan::{Bencher, counter::ItemsCount};
use vigie_profile::{
    layout::{Cells, Levels, Precision},
    profile::{CellCounts, LevelCounts, scale},
};

fn main() {
    divan::main();
}

const ROWS: usize = 65_536;

/// Uniform numbers from 0 to 1, the same in every run.
fn uniform(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    })
}

/// Distributions of a feature.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Bell,
    LongTail,
    Counter,
}

impl std::fmt::Display for Shape {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, formatter)
    }
}

const SHAPES: [Shape; 3] = [Shape::Bell, Shape::LongTail, Shape::Counter];

fn values(shape: Shape, seed: u64) -> Vec<f64> {
    let mut draws = uniform(seed);
    let mut bell = || (0..12).map(|_| draws.next().unwrap()).sum::<f64>() - 6.0;
    (0..ROWS)
        .map(|_| match shape {
            Shape::Bell => bell(),
            Shape::LongTail => (10.0 + bell()).exp(),
            Shape::Counter => (bell() * 2.0 + 3.0).round().max(0.0),
        })
        .collect()
}

fn cells(shape: Shape, precision: Precision) -> Cells {
    let mut sorted: Vec<f64> = values(shape, 1).into_iter().map(|value| precision.round(value) + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let distinct: Vec<(f64, u64)> = sorted
        .chunk_by(|a, b| a.to_bits() == b.to_bits())
        .map(|same| (*same.first().unwrap(), same.len() as u64))
        .collect();
    Cells::learn(&distinct, precision)
}

fn count(bencher: Bencher<'_, '_>, shape: Shape, precision: Precision, array: &ArrayRef) {
    let cells = cells(shape, precision);
    let scale = scale(&cells);
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let mut counts = CellCounts::empty(&cells);
        counts.observe_array(array.as_ref(), &cells, &scale, precision);
        counts
    });
}

#[divan::bench(args = SHAPES)]
fn numeric_f32(bencher: Bencher<'_, '_>, shape: Shape) {
    let array: ArrayRef =
        Arc::new(values(shape, 2).into_iter().map(|value| Some(value as f32)).collect::<Float32Array>());
    count(bencher, shape, Precision::F32, &array);
}

#[divan::bench(args = SHAPES)]
fn numeric_f64(bencher: Bencher<'_, '_>, shape: Shape) {
    let array: ArrayRef = Arc::new(Float64Array::from(values(shape, 2)));
    count(bencher, shape, Precision::F64, &array);
}

#[divan::bench(args = SHAPES)]
fn numeric_f32_a_third_missing(bencher: Bencher<'_, '_>, shape: Shape) {
    let draws = values(shape, 2).into_iter().zip(uniform(3));
    let array: ArrayRef =
        Arc::new(draws.map(|(value, draw)| (draw > 0.33).then_some(value as f32)).collect::<Float32Array>());
    count(bencher, shape, Precision::F32, &array);
}

#[divan::bench]
fn one_search(bencher: Bencher<'_, '_>) {
    let cells = cells(Shape::LongTail, Precision::F64);
    let values = values(Shape::LongTail, 2);
    bencher
        .counter(ItemsCount::new(ROWS))
        .bench_local(|| values.iter().map(|value| cells.cell(*value)).fold(0usize, usize::wrapping_add));
}

#[divan::bench]
fn levels(bencher: Bencher<'_, '_>) {
    let names: Vec<String> = (0..50).map(|level| format!("level {level}")).collect();
    let keys: Int32Array = uniform(4).take(ROWS).map(|draw| Some((draw * 50.0) as i32)).collect();
    let array = DictionaryArray::<Int32Type>::try_new(keys, Arc::new(StringArray::from(names.clone()))).unwrap();
    let levels = Levels::new(names);
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let mut counts = LevelCounts::empty(&levels);
        counts.observe_array(&array, &levels);
        counts
    });
}
