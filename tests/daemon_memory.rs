//! A daemon that runs for years: its memory after many runs is that after a hundred.
//!
//! A binary of its own, because it looks at the memory of the whole process.

#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that goes wrong shall stop"
)]

use std::{fmt::Write as _, fs, path::Path, process::Command, sync::atomic::AtomicBool, time::Duration};

use vigie::{
    alert::{Delivery, Telling},
    config::Settings,
    daemon::{self, Hands, Post, look},
    ledger::{Channel, Ledger, Letter, Queued},
    monitor::Looking,
    report::Report,
};
use vigie_profile::window::Instant;

const HOUR: i64 = 3_600_000_000;
/// 2026-10-01T00:00:00Z.
const START: i64 = 1_790_812_800_000_000;

/// A mail server that takes everything.
struct Taken;

impl Post for Taken {
    fn send(&self, _: &Letter, _: &[u8]) -> Delivery {
        Delivery::Accepted { refused: Vec::new() }
    }
}

/// Bytes of this process in memory.
fn resident() -> f64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096.0
}

fn folder(root: &Path) -> Settings {
    let mut training = String::from("AGE,JOB,p\n");
    for row in 0..500 {
        let _ = writeln!(training, "{},{},{}", 20 + row % 50, ["a", "b"][row % 2], (row % 97) as f64 / 97.0);
    }
    fs::write(root.join("train.csv"), training).unwrap();
    let learnt = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["learn", "--data", "train.csv", "--out", "ref.vigie", "--probability", "p"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(learnt.status.success(), "{}", String::from_utf8_lossy(&learnt.stderr));
    fs::write(
        root.join("vigie.yaml"),
        "model: {name: m}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {timestamp: ts, probability: p}\n\
         policy: {min_rows: 5}\nschedule: {window: 1h, lateness: 0s}\nreports: {dir: reports, keep: 2d}\nalerts: {after: 1, ignore: [psi, ks, chi2, score, share_refused]}\n",
    )
    .unwrap();
    Settings::load(&root.join("vigie.yaml")).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The records of one day: ten an hour, every fifth hour has a level never seen. Nothing else opens: an alert that
/// never ends keeps every report since.
fn day(root: &Path, number: i64) {
    let mut text = String::new();
    for row in 0..240_i64 {
        let at = Instant(START + number * 24 * HOUR + row * HOUR / 10);
        let (age, p) = (20 + row * 17 % 50, (row * 31 % 97) as f64 / 97.0);
        let job = if (row / 10) % 5 == 0 { "c" } else { ["a", "b"][usize::from(row % 2 == 0)] };
        let _ = writeln!(text, "{{\"ts\": \"{at}\", \"AGE\": {age}, \"JOB\": \"{job}\", \"p\": {p}}}");
    }
    let date = Instant(START + number * 24 * HOUR).to_string();
    let folder = root.join(format!("log/dt={}", date.split('T').next().unwrap()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("a.ndjson"), text).unwrap();
}

/// `VIGIE_RUNS`: how many; 10,000 take some minutes.
#[test]
fn memory_does_not_grow_with_the_runs() {
    let wanted: usize = std::env::var("VIGIE_RUNS").map_or(1_000, |runs| runs.parse().unwrap());
    let root = tempfile::tempdir().unwrap();
    let settings = folder(root.path());
    let compose = |telling: &Telling, _: Option<&Report>| {
        let message_id = telling.id.clone();
        Ok(vec![Queued {
            channel: Channel::Email,
            message_id,
            subject: String::new(),
            to: vec!["risk@example.com".to_owned()],
            letter: vec![0; 10_000],
        }])
    };
    let (mut runs, mut after_hundred) = (0, 0.0);
    let (mut number, mut next) = (0, 100);
    while runs < wanted {
        day(root.path(), number);
        // The log is rotated, like any other.
        let old = Instant(START + (number - 5) * 24 * HOUR).to_string();
        let _ = fs::remove_dir_all(root.path().join(format!("log/dt={}", old.split('T').next().unwrap())));
        number += 1;
        let mut ledger = Ledger::open(&settings.state, Duration::from_secs(1)).unwrap();
        let hands = Hands {
            now: Instant(START + number * 24 * HOUR),
            looking: Looking { threads: 2, progress: &|_, _| () },
            compose: &compose,
            stop: &AtomicBool::new(false),
        };
        let looked = look(&settings, &mut ledger, hands).unwrap();
        assert_eq!((looked.told, looked.failed), (24, 0));
        runs += looked.told;
        // Letters are taken, as a rule.
        let clock = || Instant(START + number * 24 * HOUR);
        daemon::round(&mut ledger, Channel::Email, &Taken, &clock, &|| false).unwrap();
        drop(ledger);
        if after_hundred == 0.0 && runs >= 100 {
            after_hundred = resident();
        }
        if runs >= next {
            println!("{:.1} MB after {runs} runs", resident() / 1e6);
            next *= 2;
        }
    }
    let now = resident();
    println!("{:.1} MB after 100 runs, {:.1} MB after {runs}", after_hundred / 1e6, now / 1e6);
    assert!(now < after_hundred * 1.1, "{after_hundred} bytes after 100 runs, {now} after {runs}");
}
