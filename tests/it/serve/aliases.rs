//! An alias that moves several times under 1,000 requests a second: no request fails, and each answer is that of the model
//! that it names. A version that cannot be used leaves the one in use, and is named.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant as StdInstant},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    load::steady,
    process::{Served, logged, start},
    slow::metric,
};
use crate::support::{
    applicants::{Applicant, applicants},
    fake_mlflow::FakeMlflow,
    light_model::{LightModel, NumberModel},
    registry_world::{CHAMPION, INPUTS},
    world::World,
};

/// A world that serves the champion of a registry, with applicants to score.
pub(super) fn registry(serve: &str) -> (World, FakeMlflow, Vec<Applicant>) {
    let (world, server) = (World::new(), FakeMlflow::start());
    let (first, second) = models();
    let mut registry = server.registry();
    registry.add(1, "lightgbm", "model.lgb", first.text(), &INPUTS);
    registry.add(2, "lightgbm", "model.lgb", second.text(), &INPUTS);
    registry.add(3, "lightgbm", "model.lgb", &first.text().as_bytes()[..2_000], &INPUTS);
    let other = NumberModel { names: ["AGE", "INCOME", "SHOE_SIZE"] };
    registry.add(4, "lightgbm", "model.lgb", other.text(), &other.names);
    registry.aliases = [("champion".to_owned(), 1)].into();
    drop(registry);
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m, file: \"{CHAMPION}\", version: \"{{version}}\"}}\nreference: none.vigie\nmlflow: {{tracking_uri: \"{}\"}}\n\
             source:\n  path: log\n  fields: {{timestamp: ts, features: inputs, probability: outputs.proba_default, id: request_id}}\n\
             reports: {{dir: reports}}\n{serve}",
            server.url()
        ),
    );
    (world, server, applicants(50, 7))
}

const SERVE: &str = "state: state\nserve: {listen: \"127.0.0.1:0\", refresh: 1s, log: {dir: log}}\n";

pub(super) fn models() -> (LightModel, LightModel) {
    (LightModel::new(), LightModel::new().first(60))
}

fn sha256(model: &LightModel) -> String {
    Sha256::digest(model.text()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn in_use(server: &Served) -> String {
    server.get("/readyz").json()["model"]["version"].as_str().unwrap().to_owned()
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let end = StdInstant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(StdInstant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn each_answer_is_that_of_the_model_it_names_while_the_alias_moves() {
    let (world, registry, people) = registry(SERVE);
    let (first, second) = models();
    let expected = |model: &LightModel| people.iter().map(|one| model.probability(LightModel::row(one))).collect();
    let expected: BTreeMap<String, Vec<f64>> =
        [(sha256(&first), expected(&first)), (sha256(&second), expected(&second))].into();
    let bodies: Vec<String> = people.iter().map(|one| one.inputs().to_string()).collect();
    let server = start(&world, &[]);
    let is_over = AtomicBool::new(false);
    // Bits of the score, by model and applicant.
    let answers: Mutex<BTreeMap<(String, usize), (u64, u64)>> = Mutex::default();
    let place = |number: u64| number as usize % people.len();
    let check = |number: u64, answer: &super::raw::RawAnswer| {
        assert_eq!(answer.status, 200, "{} {}", answer.head, answer.body);
        let answer = answer.json();
        let sha = answer["model_sha256"].as_str().unwrap().to_owned();
        let score = answer["proba_default"].as_f64().unwrap();
        let wanted = expected[&sha][place(number)];
        assert!((score - wanted).abs() < 1e-12, "{sha}: {score} for {wanted}");
        let mut answers = answers.lock().unwrap();
        let (bits, count) = answers.entry((sha, place(number))).or_insert((score.to_bits(), 0));
        assert_eq!(*bits, score.to_bits());
        *count += 1;
    };
    let (sent, rate) = thread::scope(|scope| {
        let load =
            scope.spawn(|| steady(&server.address, ("/predict", 1_000), &is_over, |n| bodies[place(n)].clone(), check));
        for version in [2, 1, 3, 2, 4, 1, 2] {
            registry.registry().aliases = [("champion".to_owned(), version)].into();
            if version < 3 {
                eventually("the version is not in use", || in_use(&server) == version.to_string());
            } else {
                let before = in_use(&server);
                eventually("the version is not refused", || {
                    server.get("/readyz").json().get("refused_model").is_some()
                });
                let ready = server.get("/readyz").json();
                assert_eq!((ready["ready"].as_bool(), in_use(&server)), (Some(true), before));
                assert_eq!(metric(&server, "vigie_serve_model_refused"), 1);
                let why = ready["refused_model"].as_str().unwrap();
                assert_eq!(why.contains("SHOE_SIZE"), version == 4, "{why}");
            }
            thread::sleep(Duration::from_millis(200));
        }
        is_over.store(true, Ordering::SeqCst);
        load.join().unwrap()
    });
    println!("{sent} requests, {rate:.0} a second");
    assert_eq!(metric(&server, "vigie_serve_model_refused"), 0);
    server.stop();
    let answers = answers.into_inner().unwrap();
    for sha in expected.keys() {
        let count: u64 = answers.iter().filter(|((own, _), _)| own == sha).map(|(_, (_, count))| count).sum();
        assert!(count > 100, "{count} answers of {sha}");
    }
    let records = logged(&world, "log");
    assert_eq!(records.len() as u64, sent, "no request failed, and each is in the log");
    for record in &records {
        let number: u64 = record["request_id"].as_str().unwrap()[1..].parse().unwrap();
        let sha = record["model_sha256"].as_str().unwrap().to_owned();
        let version = if sha == sha256(&first) { "1" } else { "2" };
        assert_eq!(record["model_version"], version);
        let score = record["outputs"]["proba_default"].as_f64().unwrap();
        assert_eq!(answers[&(sha, place(number))].0, score.to_bits());
    }
    let text = fs::read_to_string(world.path("serve.log")).unwrap();
    assert_eq!(text.matches("stays in use, because the latest version cannot be").count(), 2, "{text}");
}

/// The unit's sandbox: `state` belongs to the daemon's user, and systemd gives the service a folder of its own.
#[test]
fn files_of_a_registry_are_kept_in_the_services_own_folder() {
    let (world, registry, people) = registry(&SERVE.replace("state: state", "state: taken/state"));
    world.file("taken", "nobody can create a folder here");
    let own = format!("{}:/elsewhere", world.path("own").display());
    let server = start(&world, &[("STATE_DIRECTORY", own.as_str())]);
    let body = people[0].inputs().to_string();
    assert_eq!(server.post("/predict", &body).status, 200);
    server.stop();
    assert!(world.path("own/models").is_dir());
    // What is kept there serves while the registry is away.
    registry.registry().is_down = true;
    let server = start(&world, &[("STATE_DIRECTORY", own.as_str())]);
    assert_eq!(server.post("/predict", &body).status, 200);
    server.stop();
    // The config decides, if it names a folder.
    let text = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", text.replace("refresh: 1s", "refresh: 1s, state: mine"));
    registry.registry().is_down = false;
    let server = start(&world, &[("STATE_DIRECTORY", own.as_str())]);
    let ready: Value = server.get("/readyz").json();
    assert_eq!((&ready["ready"], &ready["model"]["version"]), (&json!(true), &json!("1")));
    assert!(world.path("mine/models").is_dir());
}
