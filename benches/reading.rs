//! Reading the lines of a log into columns, with one thread and one file.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::{fmt::Write as _, fs};

use divan::{Bencher, counter::BytesCount};
use vigie::source::{Log, Request, SourceOptions};
use vigie_profile::layout::{Column, Kind, LevelSpelling};

fn main() {
    divan::main();
}

const ROWS: usize = 4_000;

/// Lines in the layout of the service table, with 100 numbers and 25 strings each.
fn lines() -> String {
    let mut text = String::new();
    for row in 0..ROWS {
        write!(text, r#"{{"ts":"2026-10-01T08:00:{:02}Z","status_code":200,"inputs":{{"#, row % 60).unwrap();
        for place in 0..100 {
            write!(text, r#""n{place}":{}.{:05},"#, row % (place + 7), row * (place + 3) % 99_991).unwrap();
        }
        for place in 0..25 {
            let end = if place == 24 { "}" } else { "," };
            write!(text, r#""t{place}":"level {}"{end}"#, row % (place + 2)).unwrap();
        }
        writeln!(text, r#","outputs":{{"p":0.0{row}}}}}"#).unwrap();
    }
    text
}

#[divan::bench]
fn ndjson(bencher: Bencher<'_, '_>) {
    let folder = std::env::temp_dir().join("vigie-bench-reading");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("log.ndjson");
    let text = lines();
    fs::write(&path, &text).unwrap();
    let options: SourceOptions = serde_yaml::from_str(&format!(
        "path: {}\nfields: {{timestamp: ts, features: inputs, probability: outputs.p, status: status_code}}",
        path.display()
    ))
    .unwrap();
    let column = |name: String, kind| Column { name, kind, spelling: LevelSpelling::Canonical };
    let numbers = (0..100).map(|place| column(format!("n{place}"), Kind::Numeric));
    let columns = numbers.chain((0..25).map(|place| column(format!("t{place}"), Kind::Categorical))).collect();
    let log = Log::open(&options).unwrap();
    let plan = log.plan(&Request { columns, window: None }).unwrap();
    bencher.counter(BytesCount::new(text.len())).bench_local(|| {
        let mut rows = 0;
        for piece in &plan.pieces {
            plan.read(piece, &mut |records| rows += records.len);
        }
        assert_eq!(rows, ROWS);
    });
    fs::remove_dir_all(&folder).unwrap();
}
