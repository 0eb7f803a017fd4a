//! Many requests to one process: memory and open files stay as they are, and each answer is in the log.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant as StdInstant},
};

use serde_json::Value;

use super::{
    hostile::resident,
    process::{Served, start},
    raw::RawClient,
};
use crate::support::{applicants::applicants, light_model::LightModel, world::World};

const CONNECTIONS: u64 = 8;

/// Records of the log, counted and removed file by file, as a log that is packed and shipped.
struct LogCount {
    folder: PathBuf,
    records: u64,
    refused: u64,
}

impl LogCount {
    /// Counts the files that are complete; at the end, all.
    fn collect(&mut self, is_over: bool) {
        let number = |path: &PathBuf| -> u64 {
            path.file_stem().unwrap().to_str().unwrap().rsplit('-').next().unwrap().parse().unwrap()
        };
        let days = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = days
            .filter(|day| day.path().is_dir())
            .flat_map(|day| fs::read_dir(day.path()).unwrap())
            .map(|file| file.unwrap().path())
            .collect();
        files.sort_by_key(number);
        if !is_over {
            files.pop();
        }
        for file in files {
            for line in fs::read_to_string(&file).unwrap().lines() {
                self.records += 1;
                let (_, rest) = line.split_once("\"seq\":").unwrap();
                let sequence: u64 = rest.split(',').next().unwrap().parse().unwrap();
                assert_eq!(sequence, self.records, "a gap");
                self.refused += u64::from(line.contains("\"status_code\":422"));
            }
            fs::remove_file(file).unwrap();
        }
    }
}

fn open_files(server: &Served) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.child.id())).unwrap().count()
}

/// 20,000 requests; as many as `VIGIE_SOAK` says, which is 10 million for a full run.
#[test]
fn memory_and_open_files_stay_flat() {
    let requests: u64 = std::env::var("VIGIE_SOAK").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let world = World::new();
    world.file("model.lgb", LightModel::new().text());
    world.file(
        "vigie.yaml",
        "model: {name: m, file: model.lgb}\nreference: none.vigie\nsource: {path: log, fields: {timestamp: ts}}\nreports: {dir: \
         reports}\nstate: state\nserve: {listen: \"127.0.0.1:0\", refresh: 1s, log: {dir: log, max_file_mib: 4}}\n",
    );
    let server = start(&world, &[]);
    let bodies: Vec<String> = applicants(100, 3).iter().map(|one| one.inputs().to_string()).collect();
    let next = AtomicU64::new(0);
    let mut samples: Vec<(u64, u64, usize)> = Vec::new();
    let mut log = LogCount { folder: world.path("log"), records: 0, refused: 0 };
    let started = StdInstant::now();
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut client = RawClient::connect(&server.address);
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= requests {
                        return;
                    }
                    if number.is_multiple_of(1_000) {
                        client = RawClient::connect(&server.address);
                    }
                    // One in fifty is refused.
                    let (body, status) = if number.is_multiple_of(50) {
                        ("{}", 422)
                    } else {
                        (bodies[number as usize % 100].as_str(), 200)
                    };
                    let answer = client.post("/predict", &format!("s{number}"), body);
                    assert_eq!(answer.status, status, "{}", answer.body);
                }
            });
        }
        // Ten samples, the first of them after warm-up.
        for tenth in 1..=10 {
            while next.load(Ordering::SeqCst) < requests * tenth / 10 {
                thread::sleep(Duration::from_millis(20));
                log.collect(false);
            }
            samples.push((tenth, resident(server.child.id()), open_files(&server)));
        }
    });
    let took = started.elapsed().as_secs_f64();
    let shown: Vec<Value> = samples
        .iter()
        .map(|(_, memory, files)| Value::from(format!("{:.1}/{files}", *memory as f64 / 1_048_576.0)))
        .collect();
    println!(
        "{requests} requests in {took:.1} s, {:.0} a second; MiB/open files: {}",
        requests as f64 / took,
        Value::from(shown)
    );
    server.stop();
    log.collect(true);
    assert_eq!((log.records, log.refused), (requests, requests.div_ceil(50)), "each answer is in the log");
    let (_, warm, files) = samples[1];
    for (tenth, memory, own) in &samples[2..] {
        assert!(*memory < warm + warm / 5 + (8 << 20), "after {tenth} tenths: {memory} bytes, {warm} at first");
        assert!(*own <= files + 4, "after {tenth} tenths: {own} open files, {files} at first");
    }
}
