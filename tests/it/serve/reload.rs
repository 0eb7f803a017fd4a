//! A model that is replaced under load: no request fails, and each answer names the model that scored it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant as StdInstant},
};

use serde_json::Value;

use super::process::{agent, applicant, configure, home_credit, logged, post, start, world};
use crate::support::world::World;

/// The file's model in another file, with other scores: that of LightGBM among the challengers.
fn replace(world: &World, with: &str) {
    let file = home_credit("challengers").join(with);
    fs::copy(file, world.path("next")).unwrap();
    fs::rename(world.path("next"), world.path("model.cbm")).unwrap();
}

fn sha256(server: &super::process::Served) -> String {
    server.get("/readyz").json()["model"]["sha256"].as_str().unwrap().to_owned()
}

#[test]
fn no_request_fails_while_the_model_is_replaced() {
    let world = world("");
    let server = start(&world, &[]);
    let body = Value::Object(applicant()).to_string();
    let is_over = AtomicBool::new(false);
    let answers: Mutex<BTreeMap<String, Vec<f64>>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let client = agent();
                while !is_over.load(Ordering::SeqCst) {
                    let answer = post(&client, &server.address, "/predict", &body, &[]).unwrap();
                    assert_eq!(answer.status, 200, "{}", answer.text);
                    let answer = answer.json();
                    let (sha, score) =
                        (answer["model_sha256"].as_str().unwrap(), answer["proba_default"].as_f64().unwrap());
                    answers.lock().unwrap().entry(sha.to_owned()).or_default().push(score);
                }
            });
        }
        // Waits until this number of models has answered more than 20 times each.
        let answered = |models: usize| {
            let end = StdInstant::now() + Duration::from_mins(1);
            while answers.lock().unwrap().values().filter(|scores| scores.len() > 20).count() < models {
                if StdInstant::now() > end {
                    is_over.store(true, Ordering::SeqCst);
                    panic!("{models} models do not answer");
                }
                thread::sleep(Duration::from_millis(20));
            }
        };
        answered(1);
        replace(&world, "lightgbm.txt");
        answered(2);
        is_over.store(true, Ordering::SeqCst);
    });
    let answers = answers.into_inner().unwrap();
    assert_eq!(answers.len(), 2, "{:?}", answers.keys());
    for (sha, scores) in &answers {
        assert!(scores.iter().all(|score| score.to_bits() == scores[0].to_bits()), "{sha}");
    }
    let scores: Vec<u64> = answers.values().map(|scores| scores[0].to_bits()).collect();
    assert_ne!(scores[0], scores[1]);
    server.stop();
    // The log says the same.
    for record in logged(&world, "log") {
        let expected = answers[record["model_sha256"].as_str().unwrap()][0];
        assert_eq!(record["outputs"]["proba_default"].as_f64().unwrap().to_bits(), expected.to_bits());
    }
}

#[test]
fn a_model_that_cannot_be_used_leaves_the_old_one_in_use() {
    let world = world("");
    let server = start(&world, &[]);
    let first = sha256(&server);
    let (model, kept) = (world.path("model.cbm"), world.path("kept"));
    let made = |command: &mut Command| assert!(command.status().unwrap().success());
    let body = Value::Object(applicant()).to_string();
    // Looks for another version, until the server says about the present one what is expected.
    let eventually = |is_refused: bool| {
        let end = StdInstant::now() + Duration::from_secs(30);
        loop {
            made(Command::new("kill").args(["-HUP", &server.child.id().to_string()]));
            thread::sleep(Duration::from_millis(50));
            let ready = server.get("/readyz").json();
            if ready.get("refused_model").is_some() == is_refused {
                return ready;
            }
            assert!(StdInstant::now() < end, "{ready}");
        }
    };
    let replacements: [(&str, &dyn Fn()); 6] = [
        ("another file", &|| fs::write(&model, "not a model").unwrap()),
        ("a file of the same size and time", &|| {
            let found = kept.metadata().unwrap();
            fs::write(&model, vec![b' '; usize::try_from(found.len()).unwrap()]).unwrap();
            fs::File::options().write(true).open(&model).unwrap().set_modified(found.modified().unwrap()).unwrap();
        }),
        ("nothing", &|| {}),
        ("a folder", &|| fs::create_dir(&model).unwrap()),
        ("a link to itself", &|| std::os::unix::fs::symlink(&model, &model).unwrap()),
        ("a pipe without a writer", &|| made(Command::new("mkfifo").arg(&model))),
    ];
    for (what, replace) in replacements {
        fs::rename(&model, &kept).unwrap();
        replace();
        let ready = eventually(true);
        let in_use = (ready["ready"].as_bool(), ready["model"]["sha256"].as_str());
        assert_eq!(in_use, (Some(true), Some(first.as_str())), "{what}");
        assert!(ready["refused_model"].as_str().unwrap().contains("model.file"), "{what}: {ready}");
        assert_eq!(server.post("/predict", &body).status, 200, "{what}");
        assert!(server.get("/metrics").text.contains("vigie_serve_model_refused 1"), "{what}");
        let _ = fs::remove_dir(&model).or_else(|_| fs::remove_file(&model));
        fs::rename(&kept, &model).unwrap();
        eventually(false);
        assert_eq!(sha256(&server), first, "{what}");
    }
    server.stop();
}

#[test]
fn a_panic_does_not_end_the_search_for_other_versions() {
    let world = world("");
    let server = start(&world, &[("VIGIE_PANIC_AT", "serve.refresh")]);
    let end = StdInstant::now() + Duration::from_secs(30);
    while fs::read_to_string(world.path("serve.log")).unwrap().matches("another version of the model panicked").count()
        < 2
    {
        assert!(StdInstant::now() < end, "the model is not looked up again");
        assert!(Command::new("kill").args(["-HUP", &server.child.id().to_string()]).status().unwrap().success());
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.post("/predict", &Value::Object(applicant()).to_string()).status, 200);
}

#[test]
fn a_challenger_scores_aside_or_answers_its_share() {
    let world = world("");
    fs::copy(home_credit("challengers/lightgbm.txt"), world.path("lightgbm.txt")).unwrap();
    let lines = |share: &str| format!("challenger: {{file: lightgbm.txt, version: \"2\", log_dir: second{share}}}");
    let body = Value::Object(applicant()).to_string();
    configure(&world, "version: \"1\", file: model.cbm", &lines(""));
    let server = start(&world, &[]);
    let answers: Vec<Value> = (0..40).map(|_| server.post("/predict", &body).json()).collect();
    assert!(answers.iter().all(|answer| answer["model_version"] == "1"));
    server.stop();
    let second = logged(&world, "second");
    assert_eq!((logged(&world, "log").len(), second.len()), (40, 40));
    assert!(second.iter().all(|record| record["model_version"] == "2"));
    let ids = |records: &[Value]| {
        let mut ids: Vec<String> = records.iter().map(|own| own["request_id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&second), ids(&logged(&world, "log")));
    configure(&world, "version: \"1\", file: model.cbm", &lines(", share: 0.25"));
    let server = start(&world, &[]);
    let mut versions: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for number in 0..400 {
        let id = format!("request-{number}");
        let answer = server.post_with("/predict", &body, &[("x-request-id", &id)]).unwrap().json();
        let again = server.post_with("/predict", &body, &[("x-request-id", &id)]).unwrap().json();
        assert_eq!(answer["model_version"], again["model_version"], "the id decides");
        let version = answer["model_version"].as_str().unwrap().to_owned();
        versions.entry(version).or_default().push(answer["proba_default"].as_f64().unwrap());
    }
    // A caller who names a version gets it, whatever the id; a refusal is that of the model which would have answered.
    for number in 0..40 {
        let header = ("x-request-id", format!("request-{number}"));
        let post = |path: &str, body: &str| server.post_with(path, body, &[(header.0, &header.1)]).unwrap();
        let named = "/v2/models/credit-default/versions/1/infer";
        assert_eq!(post(named, "{\"inputs\": []}").status, 422, "of version 1");
        assert_eq!(post("/predict", "{}").status, 422);
    }
    let refused: BTreeSet<(String, String)> = logged(&world, "log")
        .iter()
        .filter(|record| record["status_code"] == 422)
        .map(|record| (record["endpoint"].to_string(), record["model_version"].to_string()))
        .collect();
    assert_eq!(refused.iter().filter(|(endpoint, _)| endpoint == "\"/predict\"").count(), 2, "{refused:?}");
    let own = versions["2"].len();
    assert!((60..=140).contains(&own), "{own} of 400");
    assert_ne!(versions["1"][0].to_bits(), versions["2"][0].to_bits());
    assert_eq!(second[0]["outputs"]["proba_default"].as_f64().unwrap().to_bits(), versions["2"][0].to_bits());
    // Scores that cannot be logged are counted, and stop nobody.
    fs::remove_dir_all(world.path("second")).unwrap();
    world.file("second", "a file in its place");
    let end = StdInstant::now() + Duration::from_secs(30);
    while server.get("/metrics").text.contains("vigie_serve_unshadowed_total 0") {
        assert!(StdInstant::now() < end, "not counted");
        assert_eq!(server.post("/predict", &body).status, 200);
    }
    assert_eq!(server.get("/readyz").status, 200);
    let log = fs::read_to_string(world.path("serve.log")).unwrap();
    assert!(log.contains("the challenger's scores are lost until it can be written"), "{log}");
}
