//! Measures how long it takes to open a reference, which every run does: `open_reference FILE`.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::{fs::File, time::Instant};

use vigie::reference::Reference;

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let started = Instant::now();
    let reference = Reference::open(&path, Box::new(File::open(&path).unwrap())).unwrap();
    let took = started.elapsed();
    println!("{} features in {:.1} ms", reference.layout().features().len(), took.as_secs_f64() * 1e3);
}
