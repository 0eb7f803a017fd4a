//! A long-running daemon: memory use after many runs is the same as after a hundred.
//!
//! A separate test binary, because it measures the memory of the whole process.

#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing test should panic"
)]

use std::{fmt::Write as _, fs, path::Path, process::Command, sync::atomic::AtomicBool, time::Duration};

use vigie::{
    alert::{Delivery, Notification},
    config::Settings,
    daemon::{self, CheckContext, Transport, check_model},
    ledger::{Ledger, NewMessage, QueuedMessage},
    monitor::ScanOptions,
    report::Report,
};
use vigie_profile::window::Instant;

const HOUR: i64 = 3_600_000_000;
/// 2026-10-01T00:00:00Z.
const START: i64 = 1_790_812_800_000_000;

/// A mail server that accepts everything.
struct AcceptAll;

impl Transport for AcceptAll {
    fn send(&self, _: &QueuedMessage, _: &[u8]) -> Delivery {
        Delivery::Accepted { refused: Vec::new() }
    }
}

/// Returns the resident memory of this process, in bytes.
fn resident_bytes() -> f64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096.0
}

fn set_up(root: &Path) -> Settings {
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

/// Writes the records of one day: ten per hour, with an unseen level every fifth hour. No other alert opens, because an alert
/// that never recovers would keep all reports since.
fn write_day(root: &Path, number: i64) {
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

/// `VIGIE_RUNS` is the number of runs; 10,000 take a few minutes.
#[test]
fn memory_does_not_grow_with_the_number_of_runs() {
    let wanted: usize = std::env::var("VIGIE_RUNS").map_or(1_000, |runs| runs.parse().unwrap());
    let root = tempfile::tempdir().unwrap();
    let settings = set_up(root.path());
    let compose = |notification: &Notification, _: Option<&Report>| {
        let message_id = notification.id.clone();
        Ok(vec![NewMessage {
            channel: "email".to_owned(),
            message_id,
            subject: String::new(),
            to: vec!["risk@example.com".to_owned()],
            payload: vec![0; 10_000],
            is_thread: true,
        }])
    };
    let (mut runs, mut after_hundred) = (0, 0.0);
    let (mut number, mut next) = (0, 100);
    while runs < wanted {
        write_day(root.path(), number);
        // The log is rotated.
        let old = Instant(START + (number - 5) * 24 * HOUR).to_string();
        let _ = fs::remove_dir_all(root.path().join(format!("log/dt={}", old.split('T').next().unwrap())));
        number += 1;
        let mut ledger = Ledger::open(&settings.state, Duration::from_secs(1)).unwrap();
        let context = CheckContext {
            now: Instant(START + number * 24 * HOUR),
            scan: ScanOptions { threads: 2, progress: &|_, _| () },
            compose: &compose,
            stop: &AtomicBool::new(false),
        };
        let summary = check_model(&settings, &mut ledger, context).unwrap();
        assert_eq!((summary.reported, summary.failed), (24, 0));
        runs += summary.reported;
        // Messages are delivered.
        let clock = || Instant(START + number * 24 * HOUR);
        daemon::send_due(&mut ledger, "email", &AcceptAll, &clock, &|| false).unwrap();
        drop(ledger);
        if after_hundred == 0.0 && runs >= 100 {
            after_hundred = resident_bytes();
        }
        if runs >= next {
            println!("{:.1} MB after {runs} runs", resident_bytes() / 1e6);
            next *= 2;
        }
    }
    let now = resident_bytes();
    println!("{:.1} MB after 100 runs, {:.1} MB after {runs}", after_hundred / 1e6, now / 1e6);
    assert!(now < after_hundred * 1.1, "{after_hundred} bytes after 100 runs, {now} after {runs}");
}
