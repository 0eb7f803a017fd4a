//! Real MLflow servers of both lines: the official client registers models that we download, and reads what we log.
//!
//! `VIGIE_MLFLOW_PYTHON` and `VIGIE_MLFLOW2_PYTHON` name a Python with `requirements.txt` and `requirements_2.txt`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests panic on failure")]

#[path = "support/guarded_server.rs"]
mod guarded_server;
#[path = "support/mlflow_server.rs"]
mod mlflow_server;

use std::{collections::BTreeMap, fs, time::Instant};

use guarded_server::{ADMIN, GUARDED, GuardedServer, USER};
use mlflow_server::{MlflowServer, python};
use serde_json::Value;
use vigie_mlflow::{
    CallLimits, MetricPoint, MlflowClient, MlflowErrorKind as Kind, MlflowSettings, ModelFlavor, NewModelVersion,
    NewRun, ResolvedModel, RunBatch, RunEnd, Secret, safe_key,
};

const LIMIT: u64 = 10 << 20;

fn client(server: &MlflowServer) -> MlflowClient {
    // Two loaded cores answer slowly.
    let limits = CallLimits { reply: std::time::Duration::from_mins(2), ..CallLimits::default() };
    let settings = MlflowSettings { tracking_uri: Some(server.url.clone()), limits, ..MlflowSettings::default() };
    MlflowClient::new(settings).unwrap()
}

fn resolve(client: &MlflowClient, address: &str) -> vigie_mlflow::Result<ResolvedModel> {
    client.resolve(&address.parse().unwrap())
}

fn version_of(model: &ResolvedModel) -> i64 {
    match model {
        ResolvedModel::Version(version) => version.version,
        other => panic!("not a version: {other:?}"),
    }
}

/// Every registered model has the files, bytes and signature that the official client sees.
fn check_models(client: &MlflowClient, registered: &Value, is_3: bool) {
    let folder = tempfile::tempdir().unwrap();
    for model in registered["models"].as_array().unwrap() {
        let text = |key: &str| model[key].as_str().unwrap();
        let resolved = resolve(client, &format!("models:/{}/{}", text("name"), model["version"])).unwrap();
        assert_eq!(resolved.run_id(), model["run_id"].as_str());
        assert_eq!(resolved.model_id(), model["model_id"].as_str());
        let root = client.locate(&resolved).unwrap();
        let files = client.artifact_files(&root).unwrap();
        let expected = model["files"].as_object().unwrap();
        assert_eq!(
            files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>()
        );
        for file in &files {
            let mut bytes = Vec::new();
            let fetched = client.stream_artifact(&root, &file.path, LIMIT, &mut bytes).unwrap();
            assert_eq!(
                (Some(fetched.size), fetched.sha256.as_str()),
                (file.size, expected[&file.path].as_str().unwrap())
            );
        }
        let manifest = client.manifest(&root).unwrap();
        let inputs = &manifest.signature.as_ref().unwrap().inputs;
        let names: Vec<_> = inputs.iter().map(|input| input.name.clone().unwrap()).collect();
        assert_eq!(serde_json::json!(names), model["inputs"]);
        assert!(inputs.iter().all(|input| input.data_type == "double"));

        let kept = client.fetch_model(&resolved, folder.path(), LIMIT);
        if text("file") == "model.pkl" {
            let error = kept.unwrap_err();
            assert!(error.kind() == Kind::Unsupported && error.to_string().contains("skops"), "{error}");
            continue;
        }
        let kept = kept.unwrap();
        assert_eq!(
            (kept.candidate.path.as_str(), kept.sha256.as_str()),
            (text("file"), expected[text("file")].as_str().unwrap())
        );
        let bytes = fs::read(&kept.file).unwrap();
        let magic: &[u8] = match kept.candidate.flavor {
            ModelFlavor::CatBoost => b"CBM1",
            ModelFlavor::LightGbm => b"tree",
            ModelFlavor::Sklearn => b"PK",
            other => panic!("{other:?} was not registered"),
        };
        assert!(bytes.starts_with(magic) && kept.file.ends_with(&kept.sha256));
        // The same files by the run, and in MLflow 3 by the model's id.
        let by_run = resolve(client, &format!("runs:/{}/model", text("run_id"))).unwrap();
        assert_eq!(client.fetch_model(&by_run, folder.path(), LIMIT).unwrap(), kept);
        if let Some(model_id) = model["model_id"].as_str() {
            assert_eq!(by_run.model_id(), Some(model_id));
            let by_id = resolve(client, &format!("models:/{model_id}")).unwrap();
            assert_eq!(client.fetch_model(&by_id, folder.path(), LIMIT).unwrap(), kept);
        }
    }
    let count = registered["models"].as_array().unwrap().len();
    assert_eq!(count, if is_3 { 5 } else { 3 });
}

/// A promotion is seen by one call; what does not exist is said.
fn check_aliases(client: &MlflowClient) {
    let champion = resolve(client, "models:/credit-default@champion").unwrap();
    assert_eq!(version_of(&champion), 1);
    let ResolvedModel::Version(version) = &champion else { panic!("not a version") };
    assert_eq!((version.aliases.clone(), &version.tags["owner"]), (vec!["champion".to_owned()], &"risk".to_owned()));
    assert!(
        version.is_ready()
            && version.created_ms > 0
            && champion.is_same(&resolve(client, "models:/credit-default/1").unwrap())
    );
    assert_eq!(version_of(&resolve(client, "models:/credit-default/latest").unwrap()), 2);
    client.set_alias("credit-default", "champion", 2).unwrap();
    client.set_alias("credit-default", "former", 1).unwrap();
    let promoted = resolve(client, "models:/credit-default@champion").unwrap();
    assert!(version_of(&promoted) == 2 && !promoted.is_same(&champion));
    let model = client.registered_model("credit-default").unwrap();
    assert_eq!(model.aliases, BTreeMap::from([("champion".to_owned(), 2), ("former".to_owned(), 1)]));
    client.delete_alias("credit-default", "former").unwrap();
    client.delete_alias("credit-default", "former").unwrap();

    let missing = format!("models:/m-{}", "0".repeat(32));
    for address in [
        "models:/credit-default@nobody",
        "models:/absent@champion",
        "models:/credit-default/99",
        "models:/absent/latest",
        "models:/credit-default/Production",
        "runs:/0123456789abcdef0123456789abcdef/model",
        &missing,
    ] {
        let error = resolve(client, address).unwrap_err();
        let is_old = address == missing && error.kind() == Kind::Unsupported && error.to_string().contains("MLflow 3");
        assert!(error.kind() == Kind::NotFound || is_old, "{address}: {:?}: {error}", error.kind());
    }
    let root = client.locate(&promoted).unwrap();
    let error = client.read_artifact(&root, "absent.bin", LIMIT).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound, "{error}");
    assert_eq!(client.read_artifact(&root, "model.lgb", 10).unwrap_err().kind(), Kind::TooLarge);
}

/// Files and tags are written next to a version; a version is registered from them.
fn check_registry_writes(client: &MlflowClient) {
    let champion = resolve(client, "models:/credit-default@champion").unwrap();
    let root = client.locate(&champion).unwrap();
    assert!(root.is_writable());
    let reference: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &reference).unwrap();
    for _ in 0..2 {
        client.upload_file(&root, "vigie/reference 1.vigie", file.path()).unwrap();
    }
    assert_eq!(client.read_artifact(&root, "vigie/reference 1.vigie", LIMIT).unwrap(), reference);
    client.set_version_tag("credit-default", 2, "vigie.severity", "alarm").unwrap();
    client.set_version_tag("credit-default", 2, "vigie.old", "x").unwrap();
    client.delete_version_tag("credit-default", 2, "vigie.old").unwrap();
    client.delete_version_tag("credit-default", 2, "vigie.old").unwrap();

    client.ensure_registered_model("made by vigie").unwrap();
    client.ensure_registered_model("made by vigie").unwrap();
    let new = NewModelVersion {
        name: "made by vigie".to_owned(),
        source: root.uri().to_owned(),
        run_id: champion.run_id().map(ToOwned::to_owned),
        model_id: champion.model_id().map(ToOwned::to_owned),
        tags: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
    };
    let made = client.create_model_version(&new).unwrap();
    assert_eq!((made.version, made.tags["a"].as_str()), (1, "b"));
    let copy = resolve(client, "models:/made by vigie/1").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let original = client.fetch_model(&champion, folder.path(), LIMIT).unwrap();
    assert_eq!(client.fetch_model(&copy, folder.path(), LIMIT).unwrap(), original);
}

/// The figures of one window: 1,658 features, and names that MLflow does not accept as they are.
fn window_batch(model_id: Option<&str>) -> RunBatch {
    let point =
        |key: String, value: f64| MetricPoint { key, value, timestamp_ms: 1_760_000_000_000, step: 0, model_id: None };
    let mut metrics: Vec<_> = (0..1_658)
        .flat_map(|i| ["psi", "ks", "missing"].map(|name| point(format!("{name}/F_{i}"), f64::from(i) / 7.0)))
        .collect();
    for (i, name) in ["AMT CREDIT (€)", "a[b]=c\\d", "crédit/é", "a//b", "%EC", "psi(x)"].into_iter().enumerate() {
        metrics.push(point(safe_key(name), f64::from(u32::try_from(i).unwrap()) + 0.1));
    }
    let share = MetricPoint { model_id: model_id.map(ToOwned::to_owned), ..point("drift/share".to_owned(), 0.125) };
    metrics.push(share);
    let texts = |prefix: &str, length: usize| (0..120).map(|i| (format!("{prefix}{i}"), "é".repeat(length))).collect();
    RunBatch { metrics, params: texts("p", 10), tags: texts("t", 20) }
}

/// A window is logged once, however often it is sent, and the official client reads the same.
fn check_tracking(server: &MlflowServer, client: &MlflowClient, is_3: bool) {
    let champion = resolve(client, "models:/credit-default@champion").unwrap();
    let name = "vigie/credit-default [é] 50%";
    let none = BTreeMap::new();
    let first = client.ensure_experiment(name, &none).unwrap();
    assert_eq!(client.ensure_experiment(name, &none).unwrap(), first);
    server.official(&["delete_experiment", name], &[]);
    let experiment = client.ensure_experiment(name, &none).unwrap();
    assert_eq!(experiment.experiment_id, first.experiment_id);
    assert!(experiment.is_restored && !first.is_restored);
    client.set_experiment_tag(&experiment.experiment_id, "vigie.installation.0", "host").unwrap();
    let read = client.ensure_experiment(name, &none).unwrap();
    assert!(!read.is_restored && read.tags["vigie.installation.0"] == "host");

    let new = NewRun {
        experiment_id: experiment.experiment_id.clone(),
        name: "2026-10-14".to_owned(),
        start_ms: 1_760_000_000_000,
        identity: ("vigie.window".to_owned(), "20261014T000000Z_20261015T000000Z it's".to_owned()),
        tags: BTreeMap::from([("mlflow.note.content".to_owned(), "**alarm**".to_owned())]),
    };
    assert_eq!(client.find_run(&experiment.experiment_id, &new.identity.0, &new.identity.1).unwrap(), None);
    let batch = window_batch(champion.model_id());
    let started = Instant::now();
    let run = client.ensure_run(&new).unwrap();
    client.log_batch(&run.run_id, &batch).unwrap();
    client.upload_artifact(&client.run_root(&run).unwrap(), "report.json", b"{\"verdict\": \"alarm\"}").unwrap();
    client.finish_run(&run.run_id, RunEnd::Finished, 1_760_086_400_000).unwrap();
    let took = started.elapsed();
    println!("{} metrics, 120 parameters and 120 tags logged in {took:.2?}", batch.metrics.len());
    assert!(took.as_secs() < 20, "{took:?}");

    // Everything once more, as after a lost reply, then a revision with a step of its own.
    assert_eq!(client.ensure_run(&new).unwrap().run_id, run.run_id);
    client.log_batch(&run.run_id, &batch).unwrap();
    let found = || client.find_run(&experiment.experiment_id, &new.identity.0, &new.identity.1).unwrap().unwrap();
    assert!(!client.log_missing(&found(), &batch).unwrap().is_new);
    let revised = MetricPoint { value: 0.25, step: 1, ..batch.metrics.last().unwrap().clone() };
    let revision = RunBatch { metrics: vec![revised], ..RunBatch::default() };
    assert!(client.log_missing(&found(), &revision).unwrap().is_new);
    assert!(!client.log_missing(&found(), &revision).unwrap().is_new);
    // The same values for the same model, step and time, as after a lost reply, are accepted.
    client.log_batch(&run.run_id, &batch).unwrap();
    assert_eq!(client.metric_history(&run.run_id, "drift/share").unwrap().len(), 2);
    let other = RunBatch { params: BTreeMap::from([("p0".to_owned(), "other".to_owned())]), ..RunBatch::default() };
    assert_eq!(client.log_missing(&found(), &other).unwrap_err().kind(), Kind::Refused);
    assert_eq!(client.log_batch(&run.run_id, &other).unwrap_err().kind(), Kind::Refused);
    for _ in 0..2 {
        let linked = champion.model_id().is_some_and(|model_id| client.link_model(&run.run_id, model_id).unwrap());
        assert_eq!(linked, is_3);
    }
    assert_eq!(client.run("absent").unwrap_err().kind(), Kind::NotFound);

    let seen = server.official(&["read", name, "credit-default"], &[]);
    let runs = seen["runs"].as_array().unwrap();
    assert_eq!((runs.len(), seen["stage"].as_str()), (1, Some("active")));
    let found = &runs[0];
    assert_eq!((found["run_id"].as_str(), found["status"].as_str()), (Some(run.run_id.as_str()), Some("FINISHED")));
    assert_eq!((found["start"].as_i64(), found["end"].as_i64()), (Some(1_760_000_000_000), Some(1_760_086_400_000)));
    assert_eq!(found["tags"]["mlflow.note.content"], "**alarm**");
    for point in batch.metrics.iter().filter(|point| point.key != "drift/share") {
        assert_eq!(found["metrics"][&point.key].as_f64(), Some(point.value), "{}", point.key);
    }
    assert_eq!(found["metrics"].as_object().unwrap().len(), batch.metrics.len());
    assert_eq!(
        found["history"],
        serde_json::json!([[0, 1_760_000_000_000_i64, 0.125], [1, 1_760_000_000_000_i64, 0.25]])
    );
    assert_eq!(serde_json::from_value::<BTreeMap<String, String>>(found["params"].clone()).unwrap(), batch.params);
    assert!(batch.tags.iter().all(|(key, value)| found["tags"][key] == *value));
    assert!(found["files"]["report.json"].is_string());
    let version = seen["versions"].as_array().unwrap().iter().find(|version| version["version"] == 2).unwrap();
    assert_eq!((&version["tags"]["vigie.severity"], &version["tags"]["vigie.old"]), (&"alarm".into(), &Value::Null));
    assert!(version["files"]["vigie/reference 1.vigie"].is_string());
    assert_eq!(seen["aliases"], serde_json::json!({"champion": 2}));
    if is_3 {
        // Only what carries the model's id is on its page.
        assert_eq!(version["metrics"], serde_json::json!({"drift/share": 0.25}));
        assert_eq!(found["inputs"], serde_json::json!([champion.model_id().unwrap()]));
    }
    // Our own reading agrees.
    let read = client.run(&run.run_id).unwrap();
    assert_eq!((read.end_ms, read.metrics["drift/share"].value), (Some(1_760_086_400_000), 0.25));
}

fn check_line(python: &str, major: u32) {
    let server = MlflowServer::start(python);
    let client = client(&server);
    let version = client.server_version().unwrap();
    assert_eq!(version.major, major);
    let registered = server.official(&["register"], &[]);
    check_models(&client, &registered, major >= 3);
    check_aliases(&client);
    check_registry_writes(&client);
    check_tracking(&server, &client, major >= 3);
    println!("MLflow {version}: checked");
}

#[test]
fn a_server_of_mlflow_3() {
    if let Some(python) = python("VIGIE_MLFLOW_PYTHON", "requirements.txt") {
        check_line(&python, 3);
    }
}

#[test]
fn a_server_of_mlflow_2() {
    if let Some(python) = python("VIGIE_MLFLOW2_PYTHON", "requirements_2.txt") {
        check_line(&python, 2);
    }
}

#[test]
fn a_server_with_tls_client_certificates_and_passwords() {
    let Some(python) = python("VIGIE_MLFLOW_PYTHON", "requirements.txt") else { return };
    let guarded = GuardedServer::start(&python);
    let GuardedServer { server, ca, client: client_pem } = &guarded;
    let (as_admin, as_user) = (guarded.environment(ADMIN), guarded.environment(USER));
    let own = &as_user[..3];
    let connect = |variables: &[(&str, &str)]| {
        let env = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        MlflowClient::new(MlflowSettings::default().or_env(&env).unwrap()).unwrap()
    };
    let champion = |client: &MlflowClient| resolve(client, &format!("models:/{GUARDED}@champion"));

    let reader = connect(&as_user);
    let model = champion(&reader).unwrap();
    let kept = tempfile::tempdir().unwrap();
    assert_eq!(reader.fetch_model(&model, kept.path(), LIMIT).unwrap().candidate.flavor, ModelFlavor::Sklearn);
    // A user who may only read has an experiment of its own, but cannot change the model.
    let error = reader.set_version_tag(GUARDED, 1, "a", "b").unwrap_err();
    assert!(error.kind() == Kind::Denied && error.to_string().contains("user \"vigie\""), "{error}");
    let experiment = reader.ensure_experiment("vigie/guarded", &BTreeMap::new()).unwrap();
    let new = NewRun {
        experiment_id: experiment.experiment_id,
        name: "w".to_owned(),
        start_ms: 1,
        identity: ("vigie.window".to_owned(), "w".to_owned()),
        tags: BTreeMap::new(),
    };
    let run = reader.ensure_run(&new).unwrap();
    // Its figures are kept, but not on the page of a model that it may not change.
    let logged = reader.log_batch(&run.run_id, &window_batch(model.model_id())).unwrap();
    assert!(logged.is_new && !logged.is_on_model_page);
    assert!(!reader.link_model(&run.run_id, model.model_id().unwrap()).unwrap());
    assert_eq!(reader.run(&run.run_id).unwrap().metrics["drift/share"].value.to_bits(), 0.125_f64.to_bits());
    connect(&as_admin).set_version_tag(GUARDED, 1, "a", "b").unwrap();

    // Credentials in the address, and in a file.
    let with_user = server.url.replace("://", "://vigie:user%20password%202@");
    assert!(champion(&connect(&[&[("MLFLOW_TRACKING_URI", with_user.as_str())], &own[1..]].concat())).is_ok());
    let password_file = server.path("password");
    fs::write(&password_file, "user password 2\n").unwrap();
    let settings = MlflowSettings {
        tracking_uri: Some(server.url.clone()),
        username: Some("vigie".to_owned()),
        password_file: Some(password_file),
        ca_file: Some(ca.clone().into()),
        client_certificate: Some(client_pem.clone().into()),
        ..MlflowSettings::default()
    };
    assert!(champion(&MlflowClient::new(settings.clone()).unwrap()).is_ok());
    let insecure = MlflowSettings { ca_file: None, insecure_tls: true, ..settings.clone() };
    assert!(champion(&MlflowClient::new(insecure).unwrap()).is_ok());

    // What is missing or wrong is said, without the password.
    let wrong = MlflowSettings { password_file: None, password: Some(Secret::new("wrong pass")), ..settings.clone() };
    let error = champion(&MlflowClient::new(wrong).unwrap()).unwrap_err();
    assert!(error.kind() == Kind::Denied && error.to_string().contains("credentials of user \"vigie\""), "{error}");
    assert!(!error.to_string().contains("wrong pass"));
    let error = champion(&connect(own)).unwrap_err();
    assert!(error.kind() == Kind::Denied && error.to_string().contains("MLFLOW_TRACKING_USERNAME"), "{error}");
    let untrusted = MlflowSettings { ca_file: None, ..settings.clone() };
    let error = champion(&MlflowClient::new(untrusted).unwrap()).unwrap_err();
    assert!(error.kind() == Kind::Setup && error.to_string().contains("MLFLOW_TRACKING_SERVER_CERT_PATH"), "{error}");
    let anonymous = MlflowSettings { client_certificate: None, ..settings };
    let error = champion(&MlflowClient::new(anonymous).unwrap()).unwrap_err();
    assert!(matches!(error.kind(), Kind::Setup | Kind::Unreachable), "{:?}: {error}", error.kind());
    println!("basic authentication over TLS with client certificates: checked");
}
