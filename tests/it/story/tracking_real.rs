//! Runs logged to real MLflow servers of both lines, read back by the official client.
//!
//! `VIGIE_MLFLOW_PYTHON` and `VIGIE_MLFLOW2_PYTHON` name a Python with the requirements of `crates/mlflow/tests`.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    time::{Duration, Instant as StdInstant},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vigie::{config::Settings, daemon::send_due, ledger::Ledger};
use vigie_mlflow::{MlflowClient, MlflowSettings, NewModelVersion, NewRun, ResolvedModel, safe_key};
use vigie_profile::window::Instant;

use super::{
    registry_flavors::check_flavors,
    tracking::{WINDOW, figures, head, report_of},
};
use crate::support::applicants::training_csv;
use crate::support::{
    fake_mlflow::{MODEL, manifest},
    light_model::LightModel,
    mlflow_server::{MlflowServer, python},
    registry_world::{CHAMPION, INPUTS, configure_url, learn_and_register, rows},
    world::World,
};

/// Registers a version, whose files are those of a logged model (MLflow 3) or of a run.
fn register_version(client: &MlflowClient, url: &str) {
    let is_3 = client.server_version().unwrap().major >= 3;
    let tags = BTreeMap::new();
    let (root, source, run_id, model_id) = if is_3 {
        let made = ureq::post(format!("{url}/api/2.0/mlflow/logged-models"))
            .header("Content-Type", "application/json")
            .send(json!({"experiment_id": "0", "name": "model"}).to_string())
            .unwrap();
        let made: Value = serde_json::from_reader(made.into_body().into_reader()).unwrap();
        let id = made["model"]["info"]["model_id"].as_str().unwrap().to_owned();
        let root = client.locate(&ResolvedModel::Logged(client.logged_model(&id).unwrap())).unwrap();
        (root, format!("models:/{id}"), None, Some(id))
    } else {
        let run = client
            .ensure_run(&NewRun {
                experiment_id: "0".to_owned(),
                name: "training".to_owned(),
                start_ms: 1,
                identity: ("of".to_owned(), "training".to_owned()),
                tags: tags.clone(),
            })
            .unwrap();
        let root = client.run_root(&run).unwrap();
        let source = root.uri().to_owned();
        (root, source, Some(run.run_id), None)
    };
    client.upload_artifact(&root, "MLmodel", manifest("lightgbm", "model.lgb", &INPUTS).as_bytes()).unwrap();
    client.upload_artifact(&root, "model.lgb", LightModel::new().text().as_bytes()).unwrap();
    client.ensure_registered_model(MODEL).unwrap();
    let new = NewModelVersion { name: MODEL.to_owned(), source, run_id, model_id, tags };
    client.create_model_version(&new).unwrap();
    client.set_alias(MODEL, "champion", 1).unwrap();
}

fn number_map(value: &Value) -> BTreeMap<String, f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn run_of<'a>(seen: &'a Value, name: &str) -> &'a Value {
    let mut runs = seen["runs"].as_array().unwrap().iter().filter(|run| run["name"] == name);
    let run = runs.next().unwrap();
    assert!(runs.next().is_none(), "two runs {name}");
    run
}

/// The window's run has every figure and the very files, the trend the main figures.
fn assert_read(world: &World, seen: &Value, model: &str, revision: u32) {
    let report = report_of(world, model);
    assert_eq!(report["run"]["revision"], revision);
    let run = run_of(seen, WINDOW);
    assert_eq!(number_map(&run["metrics"]), figures(&report));
    assert_eq!((&run["status"], &run["tags"]["vigie.revision"]), (&"FINISHED".into(), &revision.to_string().into()));
    for ending in ["html", "json"] {
        let bytes = fs::read(world.path(&format!("reports/{model}/{WINDOW}/report.{ending}"))).unwrap();
        let hash = Sha256::digest(bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(run["files"][format!("report.{ending}")], hash);
    }
    let trend = run_of(seen, "trend");
    assert_eq!(number_map(&trend["metrics"]), head(&report));
}

/// Model and reference from the registry: logged, revised, on the model's page.
fn check_model(server: &MlflowServer, client: &MlflowClient, is_3: bool) {
    register_version(client, &server.url);
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    rows(&world, "a", 600);
    learn_and_register(&world, &server.url, CHAMPION);
    configure_url(&world, &server.url, ", tracking: true", "");
    let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
    for revision in 0..2 {
        if revision == 1 {
            rows(&world, "b", 100);
        }
        for _ in 0..2 {
            let ran = world.vigie_with(&args, &[("MLFLOW_HTTP_REQUEST_TIMEOUT", "120".to_owned())]).ok();
            assert!(!ran.stderr.contains("mlflow to"), "{}", ran.stderr);
            // A lost ledger logs nothing twice.
            fs::remove_file(world.path("state/ledger.sqlite")).unwrap();
        }
        let seen = server.official(&["read", "vigie/m", MODEL], &[]);
        assert_eq!(seen["runs"].as_array().unwrap().len(), 2);
        assert_read(&world, &seen, "m", revision);
        let report = report_of(&world, "m");
        let points = run_of(&seen, WINDOW)["history"].as_array().unwrap().len();
        assert_eq!(points, revision as usize + 1);
        let version = &seen["versions"][0];
        assert_eq!(version["tags"]["vigie.severity"], report["verdict"]["severity"]);
        assert_eq!(version["tags"]["vigie.window"], WINDOW);
        if is_3 {
            assert_eq!(number_map(&version["metrics"]), head(&report), "on the model's page");
            for name in [WINDOW, "trend"] {
                assert_eq!(run_of(&seen, name)["inputs"].as_array().unwrap().len(), 1);
            }
        }
    }
    check_again(server, &world, is_3);
}

/// The reports were removed: revision 0 comes again, with other values at the same window. They are shown, on the pages of the
/// run, the trend and the model.
fn check_again(server: &MlflowServer, world: &World, is_3: bool) {
    let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
    for count in [40, 300] {
        fs::remove_dir_all(world.path("reports")).unwrap();
        rows(world, "b", count);
        let ran = world.vigie_with(&args, &[("MLFLOW_HTTP_REQUEST_TIMEOUT", "120".to_owned())]).ok();
        assert!(!ran.stderr.contains("mlflow to"), "{}", ran.stderr);
        let seen = server.official(&["read", "vigie/m", MODEL], &[]);
        assert_read(world, &seen, "m", 0);
        if is_3 {
            assert_eq!(
                number_map(&seen["versions"][0]["metrics"]),
                head(&report_of(world, "m")),
                "on the model's page"
            );
        }
    }
}

const WIDE: usize = 1_658;

/// Names that MLflow does not accept are among those of the features.
fn wide_name(index: usize) -> String {
    match index % 200 {
        0 => format!("AMT [€] {index} 50%"),
        1 => format!("a//b(x)={index}"),
        _ => format!("F_{index}"),
    }
}

/// 1,658 features are logged within the limits of a request, in a few seconds.
fn check_width(server: &MlflowServer, model: &str) {
    let world = World::new();
    let value = |row: usize, index: usize| (row * 7_919 + index * 104_729 + row * index) % 1_000;
    let names: Vec<String> = (0..WIDE).map(wide_name).collect();
    let mut csv = format!("{}\n", names.join(","));
    let mut log = String::new();
    for row in 0..400 {
        let values: Vec<String> = (0..WIDE).map(|index| value(row, index).to_string()).collect();
        let _ = writeln!(csv, "{}", values.join(","));
        let inputs: serde_json::Map<String, Value> =
            names.iter().enumerate().map(|(index, name)| (name.clone(), value(row + 3, index).into())).collect();
        let _ = writeln!(log, "{}", json!({"ts": "2026-10-01T12:00:00Z", "id": row.to_string(), "inputs": inputs}));
    }
    world.file("train.csv", csv);
    world.file("log/a.ndjson", log);
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie"]).ok();
    let config = |url: &str| {
        world.file(
            "vigie.yaml",
            format!(
                "model: {{name: \"{model}\"}}\nreference: ref.vigie\nmlflow: {{tracking_uri: \"{url}\", tracking: true}}\n\
                 source:\n  path: log\n  fields: {{timestamp: ts, features: inputs, id: id}}\npolicy: {{min_rows: 100}}\n\
                 reports: {{dir: reports}}\n"
            ),
        );
    };
    config("http://127.0.0.1:1");
    let args = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
    let once = [("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0".to_owned())];
    let ran = world.vigie_with(&args, &once).ok();
    assert!(ran.stderr.contains("it stays in the outbox"), "{}", ran.stderr);
    config(&server.url);
    let settings = Settings::load(&world.path("vigie.yaml")).unwrap_or_else(|problems| panic!("{problems}"));
    let mut ledger = Ledger::open(&settings.state, Duration::from_secs(1)).unwrap();
    let later = || Instant(Instant::now().0 + 3_600_000_000);
    let started = StdInstant::now();
    send_due(&mut ledger, "mlflow", &settings, &later, &|| false).unwrap();
    let took = started.elapsed();
    println!("a window of {WIDE} features logged in {took:.2?}");
    assert!(ledger.view(|tx| Ok(tx.undelivered()?.is_empty())).unwrap());
    // The limit is 3 s, and three times looser on a shared machine.
    assert!(took.as_secs_f64() < 9.0, "{took:?}");

    let seen = server.official(&["read", &format!("vigie/{model}"), MODEL], &[]);
    assert_read(&world, &seen, model, 0);
    let run = run_of(&seen, WINDOW);
    let logged = number_map(&run["metrics"]);
    assert!((0..WIDE).all(|index| logged.contains_key(&safe_key(&format!("psi/{}", wide_name(index))))));
}

fn check_line(python: &str, major: u32) {
    let server = MlflowServer::start(python);
    let settings = MlflowSettings { tracking_uri: Some(server.url.clone()), ..MlflowSettings::default() };
    let client = MlflowClient::new(settings).unwrap();
    assert_eq!(client.server_version().unwrap().major, major);
    check_model(&server, &client, major >= 3);
    check_width(&server, "crédit 50% [x].v2");
    check_flavors(&server);
    println!("MLflow {major}: runs checked");
}

#[test]
fn runs_in_mlflow_3() {
    if let Some(python) = python("VIGIE_MLFLOW_PYTHON", "requirements.txt") {
        check_line(&python, 3);
    }
}

#[test]
fn runs_in_mlflow_2() {
    if let Some(python) = python("VIGIE_MLFLOW2_PYTHON", "requirements_2.txt") {
        check_line(&python, 2);
    }
}
