//! Servers that are slow, broken, hostile or not MLflow at all: every call ends in time, with a result or one sentence, and
//! secrets go to nobody else.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests panic on failure")]

mod support;

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use support::fake::{Fake, Script, Seen, json, reply};
use vigie_mlflow::{
    CallLimits, MetricPoint, MlflowClient, MlflowErrorKind as Kind, MlflowSettings, NewRun, RunBatch, Secret,
};

const PASSWORD: &str = "hunter2-secret";
const ALIAS: &str =
    r#"{"model_version": {"name": "m", "version": "7", "source": "mlflow-artifacts:/1/a", "status": "READY"}}"#;
const BUSY: &str = r#"{"error_code": "TEMPORARILY_UNAVAILABLE", "message": "busy"}"#;

fn settings(server: &Fake) -> MlflowSettings {
    MlflowSettings {
        tracking_uri: Some(server.url()),
        username: Some("me".to_owned()),
        password: Some(Secret::new(PASSWORD)),
        limits: CallLimits {
            reply: Duration::from_millis(400),
            transfer: Duration::from_millis(800),
            attempts: 3,
            pause: Duration::from_millis(1),
            reply_bytes: 10_000,
            ..CallLimits::default()
        },
        ..MlflowSettings::default()
    }
}

fn client(server: &Fake) -> MlflowClient {
    MlflowClient::new(settings(server)).unwrap()
}

/// Reads an alias from a server that sends these replies.
fn read_alias(scripts: Vec<Script>) -> (vigie_mlflow::Result<i64>, Vec<Seen>) {
    let server = Fake::start(scripts);
    let result = client(&server).version_of_alias("m", "champion").map(|version| version.version);
    (result, server.seen())
}

fn bytes(reply: Vec<u8>) -> Script {
    Script::Bytes(reply)
}

#[test]
fn a_silent_or_slow_server_ends_in_time() {
    let started = Instant::now();
    let long = Duration::from_secs(20);
    let (result, seen) = read_alias(vec![Script::Silence(long)]);
    let error = result.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    assert!(error.is_retryable() && error.to_string().contains("did not reply in time"), "{error}");
    // The fake serves one connection at a time, so the second attempt was not read.
    assert_eq!(seen.len(), 1);

    // A reply that arrives byte by byte is limited as a whole.
    let drip = Script::Drip(json("200 OK", ALIAS), Duration::from_millis(50));
    let (result, _) = read_alias(vec![drip]);
    assert_eq!(result.unwrap_err().kind(), Kind::Unreachable);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn no_server_is_a_sentence_with_its_address() {
    let server = Fake::start(vec![]);
    let settings = MlflowSettings { tracking_uri: Some("http://127.0.0.1:1/x".to_owned()), ..settings(&server) };
    let error = MlflowClient::new(settings).unwrap().version_of_alias("m", "a").unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    assert!(error.to_string().contains("http://127.0.0.1:1/x") && error.to_string().contains("\"m\""), "{error}");
}

#[test]
fn half_a_reply_is_asked_for_again() {
    let half = || bytes(json("200 OK", ALIAS)[..120].to_vec());
    let (result, seen) = read_alias(vec![half(), half(), bytes(json("200 OK", ALIAS))]);
    assert_eq!((result.unwrap(), seen.len()), (7, 3));
    let (result, seen) = read_alias(vec![half(), half(), half(), half()]);
    let error = result.unwrap_err();
    assert_eq!((error.kind(), seen.len()), (Kind::Unreachable, 3));
    assert!(error.to_string().contains("before the reply was complete"), "{error}");
    // A head that never ends.
    let (result, _) =
        read_alias((0..3).map(|_| bytes(format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(200_000)).into())).collect());
    assert!(result.is_err());
}

#[test]
fn a_huge_reply_is_not_read() {
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{".to_vec();
    let (result, seen) = read_alias(vec![bytes(announced)]);
    assert_eq!((result.unwrap_err().kind(), seen.len()), (Kind::TooLarge, 1));
    let mut endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..100 {
        endless.extend_from_slice(format!("400\r\n{}\r\n", " ".repeat(1024)).as_bytes());
    }
    let (result, seen) = read_alias(vec![bytes(endless)]);
    assert_eq!((result.unwrap_err().kind(), seen.len()), (Kind::TooLarge, 1));
}

#[test]
fn a_busy_server_is_asked_again_but_creates_nothing_twice() {
    let busy = |status: &str| bytes(reply(status, "content-type: application/json\r\nretry-after: 0\r\n", BUSY));
    let (result, seen) = read_alias(vec![busy("429 Too Many"), busy("503 Unavailable"), bytes(json("200 OK", ALIAS))]);
    assert_eq!((result.unwrap(), seen.len()), (7, 3));
    let (result, seen) =
        read_alias(vec![busy("503 Unavailable"), busy("502 Bad"), busy("500 Error"), busy("500 Error")]);
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.status(), seen.len()), (Kind::Busy, Some(500), 3));
    assert!(error.is_retryable() && error.to_string().contains("busy"), "{error}");

    let none = || bytes(json("200 OK", "{}"));
    let server = Fake::start(vec![none(), busy("503 Unavailable"), none()]);
    let new = NewRun {
        experiment_id: "1".to_owned(),
        name: "w".to_owned(),
        start_ms: 1,
        identity: ("vigie.window".to_owned(), "w1".to_owned()),
        tags: std::collections::BTreeMap::new(),
    };
    let error = client(&server).ensure_run(&new).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let lines: Vec<_> = server.seen().iter().map(|seen| seen.line.clone()).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("runs/search") && lines[1].contains("runs/create"));

    // The reply to the creation was lost: the next call finds the run.
    let found = r#"{"runs": [{"info": {"run_id": "r1"}, "data": {"tags": [{"key": "vigie.window", "value": "w1"}]}}]}"#;
    let server = Fake::start(vec![none(), Script::Silence(Duration::ZERO), bytes(json("200 OK", found))]);
    let client = client(&server);
    assert!(client.ensure_run(&new).unwrap_err().is_retryable());
    assert_eq!(client.ensure_run(&new).unwrap().run_id, "r1");
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn a_failure_in_the_middle_of_a_batch_repeats_only_that_part() {
    let ok = || bytes(json("200 OK", "{}"));
    let server = Fake::start(vec![ok(), bytes(json("500 Error", BUSY)), ok()]);
    let point =
        |i: i32| MetricPoint { key: format!("k{i}"), value: f64::from(i), timestamp_ms: 1, step: 0, model_id: None };
    let batch = RunBatch { metrics: (0..1_500).map(point).collect(), ..RunBatch::default() };
    client(&server).log_batch("r", &batch).unwrap();
    let sizes: Vec<usize> = server
        .seen()
        .iter()
        .map(|seen| {
            serde_json::from_slice::<serde_json::Value>(&seen.body).unwrap()["metrics"].as_array().unwrap().len()
        })
        .collect();
    assert_eq!(sizes, [1_000, 500, 500]);
}

/// Sends 150 points, one of them for a model, and returns what arrived: keys of the body with their numbers of entries.
fn send_points(replies: Vec<Vec<u8>>) -> (vigie_mlflow::Result<vigie_mlflow::LoggedBatch>, Vec<String>) {
    let scripts = [reply("200 OK", "", "3.17.2")].into_iter().chain(replies).map(bytes).collect();
    let server = Fake::start(scripts);
    let point = |i: i32| MetricPoint {
        key: format!("k{i}"),
        value: f64::from(i),
        timestamp_ms: 1,
        step: 0,
        model_id: (i == 3).then(|| "m-1".to_owned()),
    };
    let tags = [("a".to_owned(), "b".to_owned())].into();
    let batch = RunBatch { metrics: (0..150).map(point).collect(), tags, ..RunBatch::default() };
    let result = client(&server).log_batch("r", &batch);
    let shown = |seen: &Seen| {
        let body: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
        let count = |key: &str| body[key].as_array().unwrap().len();
        let is_for_model = body.to_string().contains("m-1");
        format!("{} metrics, {} tags, model: {is_for_model}", count("metrics"), count("tags"))
    };
    (result, server.seen().iter().skip(1).map(shown).collect())
}

#[test]
fn points_are_logged_without_a_model_that_the_user_may_only_read() {
    let denied = || reply("403 Forbidden", "content-type: text/plain\r\n", "Permission denied");
    let (result, seen) = send_points(vec![denied(), json("200 OK", "{}")]);
    let logged = result.unwrap();
    assert!(logged.is_new && !logged.is_on_model_page);
    assert_eq!(seen, ["150 metrics, 1 tags, model: true", "150 metrics, 1 tags, model: false"]);
    // The run itself may not be changed.
    let (result, seen) = send_points(vec![denied(), denied()]);
    assert_eq!((result.unwrap_err().kind(), seen.len()), (Kind::Denied, 2));
    let (result, _) = send_points(vec![json("200 OK", "{}")]);
    assert!(result.unwrap().is_on_model_page);
}

#[test]
fn a_repetition_that_the_database_refuses_is_sent_in_small_pieces() {
    let refused =
        r#"{"error_code": "BAD_REQUEST", "message": "(sqlite3.IntegrityError) UNIQUE constraint failed: metrics.key"}"#;
    let ok = || json("200 OK", "{}");
    let (result, seen) = send_points(vec![json("400 Bad", refused), ok(), ok(), ok()]);
    assert!(result.unwrap().is_new);
    assert_eq!(
        seen[1..],
        ["0 metrics, 1 tags, model: false", "100 metrics, 0 tags, model: true", "50 metrics, 0 tags, model: false"]
    );
}

#[test]
fn redirects_are_not_followed() {
    let other = Fake::start(vec![bytes(json("200 OK", ALIAS))]);
    let location = format!("location: http://127.0.0.1:{}/login?token=abc\r\n", other.port);
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let (result, seen) = read_alias(vec![bytes(reply(status, &location, ""))]);
        let error = result.unwrap_err();
        assert_eq!((error.kind(), seen.len()), (Kind::Setup, 1));
        let text = error.to_string();
        assert!(
            text.contains(&format!("redirects to http://127.0.0.1:{};", other.port)) && !text.contains("abc"),
            "{text}"
        );
    }
    assert!(other.seen().is_empty());
}

#[test]
fn what_is_not_mlflow_is_recognised() {
    let page = "<!doctype html><title>Sign in</title>";
    let html = |status: &str| bytes(reply(status, "content-type: text/html\r\n", page));
    let text = |status: &str, text: &str| bytes(reply(status, "content-type: text/plain\r\n", text));
    let cases = [
        (html("200 OK"), Kind::BadReply, "a web page instead of JSON"),
        (html("404 Not Found"), Kind::Unsupported, "path prefix"),
        (bytes(json("200 OK", "[1]")), Kind::BadReply, "not the JSON"),
        (bytes(json("200 OK", "{\"model_version\": {\"name\": ")), Kind::BadReply, "not the JSON"),
        (bytes(b"SSH-2.0-OpenSSH\r\n".to_vec()), Kind::BadReply, "does not speak HTTP"),
        (
            text("401 Unauthorized", "You are not authenticated."),
            Kind::Denied,
            "refused the credentials of user \"me\"",
        ),
        (text("403 Forbidden", "Permission denied"), Kind::Denied, "Permission denied"),
        (
            text("403 Forbidden", "Invalid Host header - possible DNS rebinding attack detected"),
            Kind::Setup,
            "--allowed-hosts",
        ),
        (
            bytes(json("404 Not Found", r#"{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no m"}"#)),
            Kind::NotFound,
            "no m",
        ),
        (
            bytes(json(
                "400 Bad",
                r#"{"error_code": "INVALID_PARAMETER_VALUE", "message": "Registered model alias x not found."}"#,
            )),
            Kind::NotFound,
            "has no alias \"champion\"; set it in MLflow, or name a version",
        ),
    ];
    for (script, kind, part) in cases {
        let (result, _) = read_alias(vec![script]);
        let error = result.unwrap_err();
        assert!(error.kind() == kind && error.to_string().contains(part), "{part}: {:?}: {error}", error.kind());
        assert!(error.to_string().contains("champion"), "{error}");
    }
    let server = Fake::start(vec![html("200 OK")]);
    let error = client(&server).server_version().unwrap_err();
    assert!(error.to_string().contains("address of an MLflow server"), "{error}");
}

#[test]
fn secrets_are_in_no_text_even_if_a_server_repeats_them() {
    let encoded = "bWU6aHVudGVyMi1zZWNyZXQ=";
    let echo = format!(r#"{{"error_code": "X", "message": "got Basic {encoded} {PASSWORD}\u0007"}}"#);
    let (result, seen) = read_alias(vec![bytes(json("400 Bad", &echo))]);
    assert!(seen[0].head.contains(&format!("authorization: Basic {encoded}")), "{}", seen[0].head);
    let error = result.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("***") && !shown.contains(encoded) && !shown.contains(PASSWORD), "{shown}");
    assert!(!shown.contains('\u{7}'));
    let server = Fake::start(vec![]);
    let in_url = format!("http://me:{PASSWORD}@127.0.0.1:{}", server.port);
    let client = MlflowClient::new(MlflowSettings { tracking_uri: Some(in_url), ..settings(&server) }).unwrap();
    assert!(!format!("{client:?} {}", client.server()).contains(PASSWORD));
}

/// A server that repeats a header of this many other characters before the credentials.
fn echoed(settings: MlflowSettings, server: &Fake) -> String {
    let client =
        MlflowClient::new(MlflowSettings { tracking_uri: settings.tracking_uri.or(Some(server.url())), ..settings });
    client.unwrap().version_of_alias("m", "champion").unwrap_err().to_string()
}

#[test]
fn no_part_of_a_secret_is_shown_wherever_a_text_is_cut() {
    let token = "tok-0123456789-abcdefghijklmnopqrstuvwxyz";
    let is_shown = |text: &str, secret: &str| (0..=secret.len() - 8).any(|at| text.contains(&secret[at..at + 8]));
    for before in (250..310).step_by(7).chain(4_040..4_100) {
        let message = format!("{} Bearer {token} end", "x".repeat(before));
        let json_body = format!(r#"{{"error_code": "X", "message": "{message}"}}"#);
        let text = reply("401 Unauthorized", "content-type: text/plain\r\n", &message);
        // The parser quotes what it has found.
        let odd = json("200 OK", &format!(r#"{{"model_version": "{message}"}}"#));
        for script in [json("400 Bad", &json_body), text, odd] {
            let server = Fake::start(vec![bytes(script)]);
            let given =
                MlflowSettings { token: Some(Secret::new(token)), username: None, password: None, ..settings(&server) };
            let shown = echoed(given, &server);
            assert!(!is_shown(&shown, token) && shown.chars().count() < 700, "{before}: {shown}");
            assert!(!shown.contains("tok-"), "{before}: {shown}");
        }
    }
}

#[test]
fn a_token_as_the_user_of_an_address_is_a_secret() {
    let token = "glpat-0123456789";
    let no = |status: &str| bytes(reply(status, "content-type: text/plain\r\n", format!("not {token}")));
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let server = Fake::start(vec![no(status)]);
        let uri = format!("http://{token}@127.0.0.1:{}", server.port);
        let given = MlflowSettings { tracking_uri: Some(uri), ..settings(&server) };
        assert!(!format!("{given:?}").contains(token));
        let shown = echoed(given, &server);
        assert!(shown.contains("the user in its address") && !shown.contains("glpat"), "{shown}");
    }
    // Who has a password is named.
    let server = Fake::start(vec![no("401 Unauthorized")]);
    let uri = format!("http://robot:{token}@127.0.0.1:{}", server.port);
    let shown = echoed(MlflowSettings { tracking_uri: Some(uri), ..settings(&server) }, &server);
    assert!(shown.contains("user \"robot\"") && !shown.contains("glpat"), "{shown}");
}

#[test]
fn https_on_a_port_without_tls_is_stated() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(&reply("400 Bad Request", "", "what"));
        }
    });
    let server = Fake::start(vec![]);
    let error = MlflowClient::new(MlflowSettings { tracking_uri: Some(uri), ..settings(&server) })
        .unwrap()
        .version_of_alias("m", "champion")
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Setup);
    let shown = error.to_string();
    assert!(shown.contains("does not speak TLS on this port; write http:// instead of https://"), "{shown}");
}

#[test]
fn hosts_that_get_credentials_are_hosts() {
    let server = Fake::start(vec![]);
    for host in ["http://evil", "evil/x", "user:hunter2@evil", ""] {
        let given = MlflowSettings { artifact_hosts: vec!["ok:5500".to_owned(), host.to_owned()], ..settings(&server) };
        let shown = MlflowClient::new(given).unwrap_err().to_string();
        assert!(shown.contains("neither a host nor host:port") && !shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_wrong_content_length_damages_no_other_reply() {
    // Too short a length: the rest must not become the beginning of the next reply.
    let mut long = format!("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{ALIAS}").into_bytes();
    long.extend_from_slice(&json("200 OK", r#"{"model_version": {"name": "evil", "version": "666"}}"#));
    let server = Fake::start(vec![Script::Keep(long), bytes(json("200 OK", ALIAS)), bytes(json("200 OK", ALIAS))]);
    let client = client(&server);
    assert_eq!(client.version_of_alias("m", "champion").unwrap_err().kind(), Kind::BadReply);
    let next = client.version_of_alias("m", "champion");
    assert!(next.as_ref().is_ok_and(|version| version.version == 7) || next.is_err(), "{next:?}");
}

/// The root of a model on this server, whose files are at `uri`.
fn root(client: &MlflowClient, run_uri: &str) -> vigie_mlflow::ArtifactRoot {
    let run =
        vigie_mlflow::TrackedRun { run_id: "r1".to_owned(), artifact_uri: run_uri.to_owned(), ..Default::default() };
    client.run_root(&run).unwrap()
}

#[test]
fn a_file_is_complete_or_absent() {
    let content = "x".repeat(5_000);
    let whole = || reply("200 OK", "content-type: application/octet-stream\r\n", &content);
    let half = || bytes(whole()[..2_000].to_vec());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.cbm");
    let download = |scripts: Vec<Script>, limit: u64| {
        let server = Fake::start(scripts);
        let client = client(&server);
        client.download_artifact(&root(&client, "mlflow-artifacts:/1/r1/artifacts"), "model.cbm", limit, &file)
    };
    let is_empty = || fs::read_dir(folder.path()).unwrap().next().is_none();
    assert_eq!(download(vec![half(), half(), half()], 9_000).unwrap_err().kind(), Kind::Unreachable);
    assert!(is_empty());
    assert_eq!(download(vec![bytes(whole())], 4_999).unwrap_err().kind(), Kind::TooLarge);
    let page = || bytes(reply("200 OK", "content-type: text/html; charset=utf-8\r\n", "<html>"));
    assert_eq!(download(vec![page()], 9_000).unwrap_err().kind(), Kind::BadReply);
    let packed = || bytes(reply("200 OK", "content-encoding: gzip\r\n", &content));
    assert_eq!(download(vec![packed()], 9_000).unwrap_err().kind(), Kind::BadReply);
    assert_eq!(download(vec![bytes(reply("206 Partial", "", "xx"))], 9_000).unwrap_err().kind(), Kind::BadReply);
    assert!(is_empty());
    let fetched = download(vec![half(), bytes(whole())], 5_000).unwrap();
    assert_eq!((fetched.size, fs::read_to_string(&file).unwrap()), (5_000, content.clone()));
    // A later failure leaves the complete file as it is.
    download(vec![half(), half(), half()], 9_000).unwrap_err();
    assert_eq!(fs::read_to_string(&file).unwrap(), content);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let server = Fake::start(vec![half(), bytes(whole())]);
    let client = client(&server);
    let mut out = Vec::new();
    let root = root(&client, "mlflow-artifacts:/1/r1/artifacts");
    client.stream_artifact(&root, "model.cbm", 9_000, &mut out).unwrap_err();
    assert!(out.len() < 5_000 && out.iter().all(|byte| *byte == b'x'));
    for path in ["../x", "/etc/passwd", "a/%2e%2e/b", "", "a\\b"] {
        assert_eq!(client.read_artifact(&root, path, 9).unwrap_err().kind(), Kind::Refused, "{path}");
    }
}

#[test]
fn other_hosts_get_no_credentials_unless_the_settings_list_them() {
    let file = || bytes(reply("200 OK", "", "abc"));
    let server = Fake::start(vec![]);
    let other = Fake::start(vec![file(), file()]);
    let uri = format!("mlflow-artifacts://127.0.0.1:{}/1/a", other.port);
    let workspace = MlflowSettings { workspace: Some("risk".to_owned()), ..settings(&server) };
    let client = MlflowClient::new(workspace.clone()).unwrap();
    assert_eq!(client.read_artifact(&root(&client, &uri), "f", 9).unwrap(), b"abc");
    let trusted = MlflowSettings { artifact_hosts: vec![format!("127.0.0.1:{}", other.port)], ..workspace };
    let client = MlflowClient::new(trusted).unwrap();
    assert_eq!(client.read_artifact(&root(&client, &uri), "f", 9).unwrap(), b"abc");
    let seen = other.seen();
    assert!(!seen[0].head.contains("authorization"), "{}", seen[0].head);
    assert!(seen[1].head.contains("authorization: Basic") && seen[1].head.contains("x-mlflow-workspace: risk"));
    assert!(server.seen().is_empty());
}

#[test]
fn signed_addresses_are_used_without_credentials_and_never_shown() {
    let page = || bytes(reply("404 Not Found", "content-type: text/html\r\n", "<html>"));
    let storage = Fake::start(vec![bytes(reply("200 OK", "", "CBM1")), bytes(reply("403 Forbidden", "", "expired"))]);
    let signed = format!(
        r#"{{"presigned_url": "{}/bucket/model.cb?X-Amz-Signature=sig", "headers": {{"x-extra": "1"}}}}"#,
        storage.url()
    );
    let server = Fake::start(vec![
        page(),
        bytes(json("200 OK", &signed)),
        page(),
        bytes(json("200 OK", &signed)),
        page(),
        page(),
    ]);
    let client = client(&server);
    let root = root(&client, "s3://bucket/1/r1/artifacts");
    assert_eq!(client.read_artifact(&root, "model.cb", 9).unwrap(), b"CBM1");
    assert!(server.seen()[0].line.contains("/get-artifact?run_id=r1&path=model.cb"));
    let seen = &storage.seen()[0];
    assert_eq!(seen.line, "GET /bucket/model.cb?X-Amz-Signature=sig HTTP/1.1");
    assert!(!seen.head.contains("authorization") && seen.head.contains("x-extra: 1"), "{}", seen.head);
    let error = client.read_artifact(&root, "model.cb", 9).unwrap_err();
    assert!(error.kind() == Kind::Denied && !error.to_string().contains("sig"), "{error}");
    // No signed addresses either.
    let error = client.read_artifact(&root, "model.cb", 9).unwrap_err();
    assert!(error.kind() == Kind::Unsupported && error.to_string().contains("--serve-artifacts"), "{error}");
    let error = client.upload_artifact(&root, "x", b"").unwrap_err();
    assert!(error.kind() == Kind::Unsupported && error.to_string().contains("--serve-artifacts"), "{error}");
}
