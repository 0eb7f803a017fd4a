//! Runs in MLflow: every figure of a report, its files, revisions as further points, and nothing twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::support::{
    fake_mlflow::{FakeMlflow, Registry, Trouble},
    fake_tracking::{FakeRun, TrackingStore},
    registry_world::{CHAMPION, configure, register, registry_world, rows},
    world::{Ran, World},
};

pub(super) const WINDOW: &str = "20261001T000000Z_20261002T000000Z";
const END: i64 = 1_790_899_200_000;
/// 2026-10-01 in days since 1970.
const NUMBER: i64 = 20_727;

pub(super) fn tracked_world() -> (World, FakeMlflow) {
    let (world, server) = registry_world();
    register(&world, &server, CHAMPION);
    configure(&world, &server, ", tracking: true", "");
    let mut registry = server.registry();
    registry.tags.clear();
    registry.requests.clear();
    drop(registry);
    (world, server)
}

/// `vigie check` of the day, without repetitions of failed calls.
pub(super) fn check(world: &World) -> Ran {
    let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
    world.vigie_with(&args, &once("2026-10-02T06:00:00Z"))
}

fn once(now: &str) -> [(&'static str, String); 3] {
    let variables =
        [("VIGIE_NOW", now), ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0"), ("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")];
    variables.map(|(name, value)| (name, value.to_owned()))
}

pub(super) fn report_of(world: &World, model: &str) -> Value {
    let text = fs::read_to_string(world.path(&format!("reports/{model}/{WINDOW}/report.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn report(world: &World) -> Value {
    report_of(world, "m")
}

/// The main figures of a report, where they could be computed.
pub(super) fn head(report: &Value) -> BTreeMap<String, f64> {
    let drifted = report["features"].as_array().unwrap().iter();
    let drifted = drifted.filter(|feature| ["watch", "alarm"].contains(&feature["severity"].as_str().unwrap())).count();
    let figures = [
        ("rows", &report["window"]["rows_used"]),
        ("drift/share", &report["verdict"]["drifted_share"]),
        ("drift/features", &drifted.into()),
        ("score/psi", &report["score"]["psi"]["value"]),
        ("refused/share", &report["score"]["refused_share"]["window"]),
        ("cost/expected", &report["cost"]["expected"]["per_1000"]["value"]),
        ("auc/expected", &report["performance"]["estimated"]["auc"]["value"]),
        ("latency/p95_ms", &report["latency"]["p95"]),
    ];
    // Without a verdict, no feature is judged.
    let is_judged = !report["verdict"]["drifted_share"].is_null();
    let figures = figures.into_iter().filter(|(name, _)| is_judged || *name != "drift/features");
    figures.filter_map(|(name, value)| Some((name.to_owned(), value.as_f64()?))).collect()
}

/// The main figures and those of each feature.
pub(super) fn figures(report: &Value) -> BTreeMap<String, f64> {
    let mut figures = head(report);
    for feature in report["features"].as_array().unwrap() {
        let name = feature["name"].as_str().unwrap();
        let own = [
            ("psi", &feature["psi"]["value"]),
            ("ks", &feature["ks"]["statistic"]),
            ("missing", &feature["missing"]["window_share"]),
        ];
        let key = |measure: &str| vigie_mlflow::safe_key(&format!("{measure}/{name}"));
        let own = own.into_iter().filter_map(|(measure, value)| Some((key(measure), value.as_f64()?)));
        figures.extend(own);
    }
    figures
}

/// The points of a step, which must have this time and model.
fn points(run: &FakeRun, step: i64, time: i64, model_id: Option<&str>) -> BTreeMap<String, f64> {
    let own: Vec<_> = run.points.iter().filter(|point| point.step == step && point.time == time).collect();
    assert!(own.iter().all(|point| point.model_id.as_deref() == model_id));
    own.iter().map(|point| (point.key.clone(), point.value)).collect()
}

fn files(registry: &Registry, run: &FakeRun) -> [Vec<u8>; 2] {
    ["html", "json"].map(|ending| registry.files[&format!("1/{}/artifacts/report.{ending}", run.id)].clone())
}

fn published(world: &World) -> [Vec<u8>; 2] {
    ["html", "json"].map(|ending| fs::read(world.path(&format!("reports/m/{WINDOW}/report.{ending}"))).unwrap())
}

/// Everything that the server should have about the day, by the report.
fn assert_logged(world: &World, registry: &Registry, revision: i64) {
    let report = report(world);
    assert_eq!(report["run"]["revision"], revision);
    let store = &registry.tracking;
    assert_eq!(store.experiment.as_deref(), Some("vigie/m"));
    let names: BTreeSet<&str> = store.runs.iter().map(|run| run.name.as_str()).collect();
    assert_eq!((names, store.runs.len()), ([WINDOW, "trend"].into(), 2));

    let run = store.run(WINDOW);
    assert_eq!(points(run, revision, END, None), figures(&report));
    assert!(points(run, revision, END, None).len() >= 5 * 2 + 5, "{:?}", run.points);
    assert_eq!((run.start, run.end, run.status.as_str()), (END - 86_400_000, Some(END), "FINISHED"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let params = [
        ("config_sha256", text(&report["run"]["config_sha256"])),
        ("model_sha256", text(&report["run"]["model"]["sha256"])),
        ("model_version", "1".to_owned()),
        ("reference_id", text(&report["run"]["reference_id"])),
    ];
    assert_eq!(run.params, params.map(|(key, value)| (key.to_owned(), value)).into());
    assert_eq!(run.tags["vigie.severity"], text(&report["verdict"]["severity"]));
    assert_eq!(run.tags["vigie.verdict"], text(&report["verdict"]["sentence"]));
    assert_eq!((&run.tags["vigie.revision"], &run.tags["vigie.window"]), (&revision.to_string(), &WINDOW.to_owned()));
    let model_id = format!("m-{:032x}", 1);
    assert_eq!(run.inputs.join(" "), model_id);
    assert_eq!(files(registry, run), published(world));

    let trend = store.run("trend");
    assert_eq!(trend.inputs, std::slice::from_ref(&model_id));
    assert_eq!(points(trend, NUMBER, END + revision, Some(&model_id)), head(&report));
    assert_eq!(json!(trend.latest("rows").unwrap().value).as_f64(), report["window"]["rows_used"].as_f64());
    assert_eq!((trend.end, trend.status.as_str()), (Some(END), "FINISHED"));
    let tags: BTreeSet<&str> = registry.tags.iter().rev().take(3).map(String::as_str).collect();
    let expected = [
        format!("1 vigie.severity {}", text(&report["verdict"]["severity"])),
        format!("1 vigie.window {WINDOW}"),
        format!("1 vigie.report runs:/{}/report.html", run.id),
    ];
    assert_eq!(tags, expected.iter().map(String::as_str).collect());
}

#[test]
fn a_run_is_logged_with_every_figure_of_its_report() {
    let (world, server) = tracked_world();
    let ran = check(&world).ok();
    assert!(!ran.stderr.contains("mlflow to "), "{}", ran.stderr);
    assert_logged(&world, &server.registry(), 0);
    let registered = &report(&world)["run"]["model"]["registered"];
    assert_eq!((&registered["name"], &registered["version"]), (&"credit default".into(), &1.into()));

    // The same run again: nothing is sent.
    let before = server.registry().tracking.clone();
    server.registry().requests.clear();
    check(&world).ok();
    assert_eq!(server.registry().tracking, before);
    let is_tracking = |request: &&String| request.contains("experiments/") || request.contains("runs/");
    assert_eq!(server.registry().requests.iter().filter(is_tracking).count(), 0);

    // A revision: further points of the same runs, and the new files.
    rows(&world, "b", 200);
    check(&world).ok();
    assert_logged(&world, &server.registry(), 1);
    let registry = server.registry();
    let run = registry.tracking.run(WINDOW);
    assert_eq!(run.points.iter().filter(|point| point.key == "rows").count(), 2);
    let first = before.run(WINDOW).points.iter().all(|point| run.points.contains(point));
    assert!(first, "the points of the first revision stay");
}

/// A ledger that was lost, or a window that is logged again by another installation, adds nothing.
#[test]
fn what_mlflow_has_is_not_logged_again() {
    let (world, server) = tracked_world();
    check(&world).ok();
    let before = server.registry().tracking.clone();
    fs::remove_dir_all(world.path("state")).unwrap();
    check(&world).ok();
    let registry = server.registry();
    assert_eq!(registry.tracking.runs, before.runs);
    assert_eq!(registry.tracking.experiment_tags.len(), 2, "the new ledger is another installation");
}

#[test]
fn nothing_is_logged_unless_the_config_says_so() {
    let (world, server) = tracked_world();
    configure(&world, &server, "", "");
    check(&world).ok();
    assert_eq!(server.registry().tracking.runs.len(), 0);
    // What was queued before waits, and says for what.
    configure(&world, &server, ", tracking: true", "");
    server.registry().script = Some(Box::new(|request| request.contains("experiments/").then_some(Trouble::Close)));
    rows(&world, "b", 10);
    check(&world).ok();
    configure(&world, &server, "", "");
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("mlflow.tracking is no longer set; set it to log what is queued"), "{status}");
}

/// The shipped config works, with the addresses and fields of this world.
#[test]
fn the_example_config_works() {
    let (world, server) = tracked_world();
    let shipped = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/examples/mlflow.yaml")).unwrap();
    let mut config: String = shipped
        .lines()
        .filter(|line| {
            !["username", "password_file", "where:", "decision:", "latency_ms:"]
                .iter()
                .any(|key| line.trim().starts_with(key))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let url = server.url();
    for (shipped, own) in [
        ("models:/credit-default@champion", CHAMPION),
        ("https://mlflow.example.com", &url),
        ("/var/log/scoring", "log"),
        ("outputs.proba_default", "p"),
        ("id: request_id", "id: id"),
        ("/var/lib/vigie/reports", "reports"),
        ("/var/lib/vigie/state", "state"),
    ] {
        assert!(config.contains(shipped), "{shipped}");
        config = config.replace(shipped, own);
    }
    world.file("vigie.yaml", config);
    world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok();
    check(&world).ok();
    let registry = server.registry();
    assert_eq!(registry.tracking.experiment.as_deref(), Some("vigie/credit-default"));
    let link = "https://vigie.example.com/credit-default/";
    assert!(registry.tracking.runs[0].tags["vigie.report"].starts_with(link));
    assert!(registry.tags.last().unwrap().starts_with(&format!("1 vigie.report {link}")));
}

/// A parameter cannot be changed: what a revision was made with is in tags.
#[test]
fn a_revision_with_another_model_keeps_the_parameters() {
    let (world, server) = tracked_world();
    check(&world).ok();
    let first = report(&world)["run"]["model"]["sha256"].clone();
    register(&world, &server, "models:/credit default/2");
    server.registry().aliases.insert("champion".to_owned(), 2);
    rows(&world, "b", 200);
    check(&world).ok();
    let registry = server.registry();
    let run = registry.tracking.run(WINDOW);
    assert_eq!(run.params["model_sha256"], first.as_str().unwrap());
    assert_eq!(run.tags["vigie.model_sha256"], report(&world)["run"]["model"]["sha256"].as_str().unwrap());
    assert_eq!(run.tags["vigie.model_version"], "2");
    let model_id = format!("m-{:032x}", 2);
    assert_eq!(registry.tracking.run("trend").latest("rows").unwrap().model_id.as_deref(), Some(model_id.as_str()));
}

/// The daemon with its queue, and the process that a script kills.
struct KillStage {
    world: World,
    server: FakeMlflow,
    process: Arc<Mutex<u32>>,
}

impl KillStage {
    /// Runs the daemon once. At request `kill_at`, it is killed when the server has done what it asked for. Returns the number
    /// of requests and whether it was killed.
    fn run(&self, kill_at: Option<usize>) -> (usize, bool) {
        let (seen, process) = (Arc::new(Mutex::new(0)), Arc::clone(&self.process));
        let count = Arc::clone(&seen);
        self.server.registry().script = Some(Box::new(move |_| {
            let mut seen = count.lock().unwrap();
            *seen += 1;
            (Some(*seen) == kill_at).then(|| {
                let id = *process.lock().unwrap();
                Command::new("sh").arg("-c").arg(format!("kill -9 {id}")).status().unwrap();
                Trouble::LoseReply
            })
        }));
        let mut process = self.process.lock().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(["run", "--once", "--config", "vigie.yaml"])
            .current_dir(self.world.root())
            .envs(once("2026-10-02T07:00:00Z"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        *process = child.id();
        drop(process);
        let is_killed = child.wait().unwrap().code().is_none();
        let seen = *seen.lock().unwrap();
        (seen, is_killed)
    }
}

#[test]
fn nothing_is_lost_or_logged_twice_wherever_the_process_is_killed() {
    let (world, server) = tracked_world();
    // The run is recorded and queued while MLflow is away.
    server.registry().script = Some(Box::new(|request| request.contains("experiments/").then_some(Trouble::Close)));
    let ran = check(&world).ok();
    assert!(ran.stderr.contains("it stays in the outbox"), "{}", ran.stderr);
    let ledger = fs::read(world.path("state/ledger.sqlite")).unwrap();
    let files = server.registry().files.clone();
    let stage = KillStage { world, server, process: Arc::default() };
    let mut requests = usize::MAX;
    let mut done = 0;
    while done <= requests {
        for side in ["-wal", "-shm"] {
            let _ = fs::remove_file(stage.world.path(&format!("state/ledger.sqlite{side}")));
        }
        fs::write(stage.world.path("state/ledger.sqlite"), &ledger).unwrap();
        {
            let mut registry = stage.server.registry();
            registry.tracking = TrackingStore::default();
            registry.files.clone_from(&files);
            registry.tags.clear();
        }
        // The first round is not killed, and counts the requests.
        let kill_at = (done > 0).then_some(done);
        let (seen, is_killed) = stage.run(kill_at);
        assert_eq!(is_killed, kill_at.is_some());
        if requests == usize::MAX {
            requests = seen;
            assert!((15..40).contains(&requests), "{requests}");
        } else {
            assert!(!stage.run(None).1);
        }
        assert_logged(&stage.world, &stage.server.registry(), 0);
        done += 1;
    }
    println!("killed at each of {requests} requests");
}
