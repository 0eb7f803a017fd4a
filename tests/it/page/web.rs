//! Tests of the HTTP server over real sockets: responses, rejected requests and slow clients.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use vigie::{
    judge::{Facts, Finding, Measure, Severity, Subject, Test},
    report::{Language, OpenAlert},
    web::{DaemonStatus, ModelRunStatus, State, serve},
};
use vigie_profile::window::Instant;

use crate::support::{
    applicants::{LEARN, applicants, training_csv},
    schema::violations,
    world::World,
};

pub(super) const RUN: &str = "m/20261001T000000Z_20261002T000000Z";
const ALERT: &str = "PSI \"3.36\" <script>alert(1)</script>";

/// A world with one report, next to files that must not be served.
pub(super) fn world() -> World {
    let world = World::new();
    world.file("train.csv", training_csv(1_000));
    world.vigie(LEARN).ok();
    world.config("path: log\nfields: {timestamp: ts, features: inputs, probability: p, latency_ms: ms}\n");
    let line = |one: &crate::support::applicants::Applicant| {
        format!(
            "{}\n",
            json!({"ts": one.rfc3339(), "inputs": one.inputs(), "p": one.probability, "ms": one.latency_ms})
        )
    };
    world.file("log/a.ndjson", applicants(300, 4).iter().map(line).collect::<String>());
    world.check("2026-10-01", "2026-10-02");
    world.file("secret.html", "outside of the reports");
    world.file("reports/m/.hidden.html", "hidden");
    world.file("reports/m/notes.txt", "not a page");
    std::os::unix::fs::symlink(world.path("secret.html"), world.path("reports/m/link.html")).unwrap();
    world
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<std::io::Result<()>>>,
}

fn server(reports: &Path, token: Option<&str>, is_ready: Arc<AtomicBool>) -> Server {
    let status = move || DaemonStatus {
        not_ready: (!is_ready.load(Ordering::Relaxed)).then(|| "the ledger cannot be written".to_owned()),
        alerts: vec![OpenAlert {
            id: 7,
            model: "m".to_owned(),
            finding: Finding {
                subject: Subject::Feature("INCOME".to_owned()),
                test: Test::Measure(Measure::Psi),
                severity: Severity::Alarm,
                value: Some(3.36),
                limit: Some(0.25),
                q_value: None,
                facts: Facts::Stored { sentence: Some(ALERT.to_owned()) },
            },
            since: Instant(1_790_812_800_000_000),
            report: Some(format!("{RUN}/report.html")),
            is_acknowledged: false,
        }],
        outbox: 3,
        models: vec![ModelRunStatus {
            model: "m".to_owned(),
            last_success: Some(Instant(1_790_899_200_000_000)),
            ..ModelRunStatus::default()
        }],
    };
    let state = State {
        reports: reports.to_owned(),
        language: Language::English,
        token: token.map(ToOwned::to_owned),
        hosts: vec!["vigie.example.com".to_owned()],
        status: Arc::new(status),
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            serve(listener, state, async move { drop(stopped.await) }).await
        })
    });
    Server { address, stop: Some(stop), thread: Some(thread) }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap().unwrap();
    }
}

pub(super) fn serving(world: &World) -> Server {
    server(&world.path("reports"), None, Arc::new(AtomicBool::new(true)))
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':').unwrap().1.trim())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Server {
    /// Sends raw bytes and reads the response to the end.
    fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // The server may reject the request and close before everything is written.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
    }
}

#[test]
fn pages_and_json_are_served_with_strict_headers() {
    let world = world();
    let server = serving(&world);
    let page = server.get(&format!("/reports/{RUN}/report.html"));
    assert_eq!(page.status, 200, "{}", page.head);
    assert_eq!(page.body, fs::read_to_string(world.path(&format!("reports/{RUN}/report.html"))).unwrap());
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!((policy.matches("'sha256-").count(), policy.contains("unsafe")), (2, false), "{policy}");
    for answer in
        [&page, &server.get("/"), &server.get("/nowhere"), &server.get("/metrics"), &server.get("/api/v1/runs")]
    {
        let wanted =
            [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")];
        for (name, value) in wanted {
            assert_eq!(answer.header(name), Some(value), "{}", answer.head);
        }
        assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    }
    assert_eq!((server.get("/").status, server.get("/").header("location")), (307, Some("/reports/")));
    let json = server.get(&format!("/reports/{RUN}/report.json"));
    assert_eq!(json.header("content-type"), Some("application/json"));
    let head = server.send(
        format!("HEAD /reports/{RUN}/report.html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes(),
    );
    assert_eq!(
        (head.status, head.body.as_str(), head.header("content-length")),
        (200, "", page.header("content-length"))
    );
}

#[test]
fn the_list_shows_open_alerts_with_escaped_text() {
    let world = world();
    let server = serving(&world);
    for path in ["/reports/", "/reports/index.html"] {
        let list = server.get(path);
        assert_eq!(list.status, 200);
        assert!(list.body.contains("Open alerts") && list.body.contains("INCOME"), "{}", list.body);
        assert!(list.body.contains("&#60;script&#62;") && !list.body.contains("<script>alert"));
        assert!(list.body.contains(&format!("href=\"{RUN}/report.html\"")));
    }
}

#[test]
fn the_api_agrees_with_the_reports() {
    let world = world();
    let server = serving(&world);
    let report: Value =
        serde_json::from_str(&fs::read_to_string(world.path(&format!("reports/{RUN}/report.json"))).unwrap()).unwrap();
    let runs = server.get("/api/v1/runs?model=m&limit=5").json();
    assert_eq!((&runs["all"], &runs["runs"][0]["id"]), (&json!(1), &json!(RUN)));
    assert_eq!(runs["runs"][0]["severity"], report["verdict"]["severity"]);
    assert_eq!(runs["runs"][0]["rows_used"], report["window"]["rows_used"]);
    assert_eq!(server.get("/api/v1/runs?model=other").json()["all"], 0);
    let run = server.get(&format!("/api/v1/runs/{RUN}")).json();
    assert_eq!(run, report);
    let models = server.get("/api/v1/models").json();
    assert_eq!(models["models"][0]["name"], "m");
    assert_eq!(models["models"][0]["last_success"], "2026-10-02T00:00:00Z");
    let alert = &server.get("/api/v1/alerts").json()["alerts"][0];
    assert_eq!(
        (&alert["sentence"], &alert["test"], &alert["since"]),
        (&json!(ALERT), &json!("psi"), &json!("2026-10-01T00:00:00Z"))
    );
    let described = server.get("/api/v1/openapi.json").json();
    let schema = &described["paths"]["/api/v1/runs/{id}"]["get"]["responses"]["200"]["content"]["application/json"];
    assert_eq!(violations(&described, &schema["schema"], &run), [""; 0]);
    for (path, _) in described["paths"].as_object().unwrap() {
        let path = path.replace("{id}", RUN).replace("{address}", &format!("{RUN}/report.html"));
        assert_eq!(server.get(&path).status, 200, "{path}");
    }
    for (key, schema) in [("models", "Model"), ("runs", "Run"), ("alerts", "Alert")] {
        let response = server.get(&format!("/api/v1/{key}")).json();
        let named = described["components"]["schemas"][schema]["properties"].as_object().unwrap();
        let keys: Vec<&String> = response[key][0].as_object().unwrap().keys().collect();
        assert!(keys.iter().all(|key| named.contains_key(*key)), "{key}: {keys:?}");
        assert_eq!(keys.len(), named.len(), "{key}: {keys:?}");
    }
    for path in [
        "/api/v1/runs?limit=0",
        "/api/v1/runs?limit=x",
        "/api/v1/runs?limit=1001",
        "/api/v1/runs?model=%ff",
        "/api/v1/runs/m",
        "/api/v1/runs/m/replay",
    ] {
        assert_eq!(server.get(path).status, 400, "{path}");
    }
}

#[test]
fn metrics_are_well_formed_and_bounded() {
    let world = world();
    let folder = world.path("reports/m/20261005T000000Z_20261006T000000Z");
    fs::create_dir_all(&folder).unwrap();
    let mut report: Value =
        serde_json::from_str(&fs::read_to_string(world.path(&format!("reports/{RUN}/report.json"))).unwrap()).unwrap();
    let long = "L".repeat(10_000);
    for (place, name) in ["a\"b\\c\nd", &long, &format!("{long}x")].into_iter().enumerate() {
        report["features"][place]["name"] = json!(name);
    }
    fs::write(folder.join("report.json"), report.to_string()).unwrap();
    let server = serving(&world);
    let answer = server.get("/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = &answer.body;
    let mut series = std::collections::BTreeSet::new();
    let mut family = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.splitn(3, ' ');
            let (kind, name) = (words.next().unwrap(), words.next().unwrap());
            assert!(kind == "HELP" || kind == "TYPE" && name == family, "{line}");
            family = name;
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().unwrap().is_finite(), "{line}");
        assert!(name == family || name.starts_with(&format!("{family}{{")) && name.ends_with("\"}"), "{line}");
        assert!(series.insert(name.to_owned()), "{name} is duplicated");
        assert!(line.len() < 400, "{line}");
    }
    for wanted in [
        "vigie_outbox_messages 3",
        "vigie_open_alerts{model=\"m\",severity=\"alarm\"} 1",
        "vigie_last_success_timestamp_seconds{model=\"m\"} 1790899200",
        "vigie_run_severity{model=\"m\",severity=\"",
        "vigie_rows{model=\"m\",state=\"used\"} 300",
        "vigie_feature_psi{model=\"m\",feature=\"a\\\"b\\\\c�d\"}",
        "vigie_score_psi{model=\"m\"}",
        "vigie_latency_seconds{model=\"m\",percentile=\"95\"}",
        "vigie_refused_share{model=\"m\",side=\"window\"}",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    for measure in Measure::ALL {
        let names = [Some(measure.feature_metric().0), measure.score_metric().map(|(name, _)| name)];
        for name in names.into_iter().flatten() {
            assert!(text.contains(&format!("\n{name}{{model=\"m\"")), "{name} is not in\n{text}");
        }
    }
}

#[test]
fn health_needs_no_token_and_everything_else_does() {
    let world = world();
    let is_ready = Arc::new(AtomicBool::new(false));
    let server = server(&world.path("reports"), Some("s3cret"), Arc::clone(&is_ready));
    assert_eq!(server.get("/healthz").status, 200);
    let unready = server.get("/readyz");
    assert_eq!((unready.status, unready.body.trim()), (503, "the ledger cannot be written"));
    is_ready.store(true, Ordering::Relaxed);
    assert_eq!(server.get("/readyz").status, 200);
    for path in ["/", "/reports/", "/metrics", "/api/v1/runs", "/nowhere"] {
        let refused = server.get(path);
        assert_eq!((refused.status, refused.header("www-authenticate").is_some()), (401, true), "{path}");
    }
    let with = |value: &str| {
        server
            .send(
                format!(
                    "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: {value}\r\nConnection: close\r\n\r\n"
                )
                .as_bytes(),
            )
            .status
    };
    assert_eq!(with("Bearer s3cret"), 200);
    for wrong in ["Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret", "Bearer", "Bearer \u{e9}"] {
        assert_eq!(with(wrong), 401, "{wrong}");
    }
}

/// Each request is rejected, none reads a file outside the folder, and the server keeps working.
#[test]
fn hostile_requests_are_rejected() {
    let world = world();
    let server = serving(&world);
    let mut rejected = 0;
    for path in [
        "/reports/../secret.html",
        "/reports/%2e%2e/secret.html",
        "/reports/%2E%2E%2Fsecret.html",
        "/reports/m/..%2f..%2fsecret.html",
        "/reports/m/../../secret.html",
        "/reports/..%5csecret.html",
        "/reports/%252e%252e/secret.html",
        "/reports//etc/passwd",
        "/reports/%00",
        "/reports/m/report.html%00.json",
        "/reports/m/.hidden.html",
        "/reports/m/notes.txt",
        "/reports/m/20261001T000000Z_20261002T000000Z/profile.bin",
        "/reports/m/link.html",
        "/reports/m/",
        "/reports/m",
        "/reports/%ff%fe",
        "/reports/C:/secret.html",
        "/api/v1/runs/../20261001T000000Z_20261002T000000Z",
        "/api/v1/runs/%2e%2e/20261001T000000Z_20261002T000000Z",
        "/secret.html",
        "//secret.html",
    ] {
        let answer = server.get(path);
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.head);
        assert!(
            !answer.body.contains("outside") && !answer.body.contains("root:") && answer.body.len() < 300,
            "{path}: {}",
            answer.body
        );
        rejected += 1;
    }
    let huge = "a".repeat(2_000_000);
    let long = "a".repeat(20_000);
    let many: String = (0..500).map(|number| format!("x-{number}: y\r\n")).collect();
    for (request, statuses) in [
        (format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {huge}\r\n\r\n"), &[0, 400, 431][..]),
        (format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\nConnection: close\r\n\r\n"), &[431]),
        (format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"), &[400, 431]),
        (format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), &[414]),
        (format!("GET /{huge} HTTP/1.1\r\nHost: localhost\r\n\r\n"), &[0, 400, 414, 431]),
        ("GET /\u{0} HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), &[400]),
        ("GET / HTTP/9.9\r\nHost: localhost\r\n\r\n".to_owned(), &[400, 505]),
        ("nonsense\r\n\r\n".to_owned(), &[400]),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}\r\n\r\n".to_owned(), &[0, 400]),
        ("POST /api/v1/alerts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}".to_owned(), &[405]),
        ("DELETE /reports/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(), &[405]),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000000\r\n\r\n".to_owned(), &[413]),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n".to_owned(), &[400]),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n".to_owned(), &[413]),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                .to_owned(),
            &[400, 413],
        ),
    ] {
        let answer = server.send(request.as_bytes());
        assert!(
            statuses.contains(&answer.status),
            "{}: {} {}",
            request.chars().take(60).collect::<String>(),
            answer.status,
            answer.head
        );
        rejected += 1;
    }
    assert_eq!(rejected, 37);
    assert_eq!(server.get("/healthz").status, 200);
}

/// A web page whose own name is made to resolve to this server (DNS rebinding).
#[test]
fn without_a_token_only_known_hosts_are_served() {
    let world = world();
    let status = |server: &Server, request: &str| server.send(request.as_bytes()).status;
    let open = serving(&world);
    let get = |host: &str| format!("GET /metrics HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
    for host in ["localhost", "LOCALHOST:8787", "127.0.0.1:80", "[::1]:80", "vigie.example.com", "vigie.example.com."] {
        assert_eq!(status(&open, &get(&format!("Host: {host}\r\n"))), 200, "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "vigie.example.com.evil.example:80", "evil"] {
        assert_eq!(status(&open, &get(&format!("Host: {host}\r\n"))), 403, "{host}");
        let absolute = format!("GET http://{host}/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&open, &absolute), 403, "{host}");
    }
    let invalid = ["", "Host: localhost\r\nHost: localhost\r\n", "Host:\r\n", "Host: a b\r\n"];
    for host in invalid {
        assert_eq!(status(&open, &get(host)), 400, "{host:?}");
    }
    // A load balancer asks for health by whatever name.
    let health = |host: &str| format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&open, &health("balancer")), 200);
    assert_eq!(status(&open, "GET /healthz HTTP/1.0\r\n\r\n"), 200);
    // With a token, the name does not matter: a browser does not have the token.
    let closed = server(&world.path("reports"), Some("s3cret"), Arc::new(AtomicBool::new(true)));
    let with_token = get("Host: evil.example\r\nAuthorization: Bearer s3cret\r\n");
    assert_eq!(status(&closed, &with_token), 200);
    assert_eq!(status(&closed, &get("")), 400);
}
