//! Slow clients and many clients: others are answered meanwhile, what exceeds the limits is refused at once, and a stop loses
//! no answer.

use std::{
    collections::BTreeSet,
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant as StdInstant},
};

use serde_json::{Value, json};

use super::{
    hostile::resident,
    process::{Served, agent, applicant, logged, post, start, world},
    raw::{RawClient, request, send},
};

const HEAD: &str = "POST /predict HTTP/1.1\r\nHost: localhost\r\n";

/// Requests of a client that behaves, and the longest time for one.
fn ask(server: &Served, body: &str, count: usize) -> Duration {
    let mut client = RawClient::connect(&server.address);
    let took = (0..count).map(|number| {
        let started = StdInstant::now();
        let answer = client.post("/predict", &format!("ask-{number}"), body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        started.elapsed()
    });
    took.max().unwrap()
}

/// Allows this process to have many connections.
fn raise_open_files() {
    let own = std::process::id().to_string();
    let _ = Command::new("prlimit").args(["--pid", &own, "--nofile=20000:"]).status();
}

#[test]
fn slow_clients_stop_nobody() {
    raise_open_files();
    let world = world("");
    let server = start(&world, &[]);
    let body = Value::Object(applicant()).to_string();
    let before = ask(&server, &body, 100);
    // More clients than there are places: half of a head, half of a body, nothing, and answers that are not read.
    let mut slow = Vec::new();
    for number in 0..1_100 {
        let mut client = RawClient::connect(&server.address);
        match number % 4 {
            0 => client.send(format!("{HEAD}X-Slow:").as_bytes()),
            1 => client.send(format!("{HEAD}Content-Length: 5000\r\n\r\n{{\"AMT").as_bytes()),
            2 => true,
            _ => client.send("GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(30).as_bytes()),
        };
        slow.push(client);
    }
    let during = ask(&server, &body, 100);
    println!("the longest answer took {before:?} alone, {during:?} next to 1,100 slow clients");
    assert!(during < Duration::from_secs(10), "{during:?}");
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    drop(slow);
    assert_eq!(logged(&world, "log").len(), 200);
}

/// Clients that send most of a large body hold memory, which is limited: single rows are answered all the same.
#[test]
fn large_bodies_share_a_limited_memory() {
    let world = world("max_body_kib: 8192");
    let server = start(&world, &[]);
    let body = Value::Object(applicant()).to_string();
    let part = vec![b' '; 7 << 20];
    let mut slow: Vec<RawClient> = Vec::new();
    let mut refused = 0;
    for _ in 0..24 {
        let mut client = RawClient::connect(&server.address);
        client.send(format!("{HEAD}Content-Length: {}\r\n\r\n", 8 << 20).as_bytes());
        // The server closes the connection of a request that it refuses.
        refused += usize::from(!client.send(&part));
        slow.push(client);
    }
    let during = ask(&server, &body, 50);
    assert!(during < Duration::from_secs(10), "{during:?}");
    let shed = metric(&server, "vigie_serve_shed_total");
    assert!(shed >= 8, "{shed} of 24 were refused, {refused} noticed it");
    let memory = resident(server.child.id());
    println!("24 unfinished bodies of 8 MiB: {shed} refused, {} MiB in memory", memory >> 20);
    assert!(memory < 512 << 20, "{} MiB", memory >> 20);
    drop(slow);
    // The memory is free again: a large batch is answered.
    let rows = json!({"inputs": vec![Value::Object(applicant()); 100]}).to_string();
    let end = StdInstant::now() + Duration::from_mins(1);
    while server.post("/predict", &rows).status != 200 {
        assert!(StdInstant::now() < end, "large bodies are still refused");
        thread::sleep(Duration::from_millis(100));
    }
}

/// A value of `/metrics`.
pub(crate) fn metric(server: &Served, name: &str) -> u64 {
    let text = server.get("/metrics").text;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().unwrap()
}

#[test]
fn requests_above_the_limit_are_refused_at_once() {
    let world = world("max_requests: 2");
    let server = start(&world, &[]);
    let rows = json!({"inputs": vec![Value::Object(applicant()); 500], "explain": true}).to_string();
    let (refused, answered) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let answer = post(&agent(), &server.address, "/predict", &rows, &[]).unwrap();
                match answer.status {
                    200 => answered.fetch_add(1, Ordering::SeqCst),
                    503 => {
                        assert_eq!(answer.retry_after.as_deref(), Some("1"));
                        assert_eq!(answer.json()["error"]["code"], "NOT_READY");
                        assert!(answer.text.contains("too many requests are in progress"), "{}", answer.text);
                        refused.fetch_add(1, Ordering::SeqCst)
                    }
                    other => panic!("{other}: {}", answer.text),
                };
            });
        }
    });
    let (refused, answered) = (refused.into_inner(), answered.into_inner());
    assert!(answered >= 2 && refused > 0, "{answered} answered, {refused} refused");
    assert_eq!(metric(&server, "vigie_serve_shed_total"), refused);
    // Refused requests are not in the log, whose writing costs time, too.
    assert_eq!(logged(&world, "log").len() as u64, 500 * answered);
    ask(&server, &Value::Object(applicant()).to_string(), 3);
}

#[test]
fn a_panic_is_an_answer_and_a_record() {
    let world = world("");
    let server = start(&world, &[("VIGIE_PANIC_AT", "serve.score")]);
    let body = Value::Object(applicant()).to_string();
    let mut client = RawClient::connect(&server.address);
    for (path, body) in [
        ("/predict", body.clone()),
        ("/invocations", format!("{{\"instances\": [{body}]}}")),
        ("/v1/models/credit-default:predict", format!("{{\"instances\": [{body}]}}")),
        ("/predict", json!({"inputs": vec![Value::Object(applicant()); 100]}).to_string()),
    ] {
        let answer = client.post(path, "panics", &body);
        assert_eq!((answer.status, answer.header("x-request-id")), (500, Some("panics")), "{}", answer.head);
        assert!(answer.body.contains("internal error; see the log of vigie"), "{}", answer.body);
        assert!(answer.json().is_object() && answer.header("x-content-type-options").is_some());
    }
    assert_eq!(server.get("/readyz").status, 200);
    let records = logged(&world, "log");
    assert_eq!(records.len(), 4);
    assert!(records.iter().all(|record| record["status_code"] == 500 && record["inputs"].is_null()));
}

/// Every request whose record was written got its answer, and the other way round.
#[test]
fn a_stop_under_load_loses_no_answer() {
    for round in 0..3 {
        let world = world("");
        let mut server = start(&world, &[]);
        let body = Value::Object(applicant()).to_string();
        let (answered, is_over, next) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false), AtomicU64::new(0));
        // Clients that never finish are not waited for.
        let mut idle: Vec<RawClient> = (0..20).map(|_| RawClient::connect(&server.address)).collect();
        for client in &mut idle[..10] {
            client.send(format!("{HEAD}X-Slow:").as_bytes());
        }
        let took = thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::SeqCst) {
                        thread::sleep(Duration::from_millis(2));
                        let mut client = RawClient::try_connect(&server.address);
                        while let Some(own) = &mut client {
                            let id = format!("r{}", next.fetch_add(1, Ordering::SeqCst));
                            let answer = own.post("/predict", &id, &body);
                            if answer.status != 200 {
                                assert_eq!(answer.status, 0, "{}", answer.body);
                                break;
                            }
                            answered.lock().unwrap().insert(id);
                            if answer.header("connection") == Some("close") {
                                client = None;
                            }
                        }
                    }
                });
            }
            thread::sleep(Duration::from_millis(300 + 200 * round));
            let pid = server.child.id().to_string();
            assert!(Command::new("kill").arg(&pid).status().unwrap().success());
            let stopping = StdInstant::now();
            while std::path::Path::new(&format!("/proc/{pid}/exe")).exists() {
                assert!(stopping.elapsed() < Duration::from_secs(40), "the server does not stop");
                thread::sleep(Duration::from_millis(50));
            }
            is_over.store(true, Ordering::SeqCst);
            stopping.elapsed()
        });
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        let records = logged(&world, "log");
        let ids: BTreeSet<String> = records.iter().map(|own| own["request_id"].as_str().unwrap().to_owned()).collect();
        let answered = answered.into_inner().unwrap();
        println!("{} answered, stopped after {took:?}", answered.len());
        assert!(answered.len() > 10, "{}", answered.len());
        assert_eq!(ids.len(), records.len());
        assert_eq!(ids, answered, "logged, and answered");
        drop(idle);
    }
}

/// Many rows at once do not keep single rows waiting.
#[test]
fn batches_do_not_stop_single_rows() {
    let world = world("");
    let server = start(&world, &[]);
    let body = Value::Object(applicant()).to_string();
    let rows = json!({"inputs": vec![Value::Object(applicant()); 900]}).to_string();
    let is_over = AtomicBool::new(false);
    let (longest, batches) = thread::scope(|scope| {
        let batches: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let mut count = 0;
                    while !is_over.load(Ordering::SeqCst) {
                        let answer = send(&server.address, &request("/predict", "", rows.as_bytes()));
                        assert!(matches!(answer.status, 200 | 503), "{}", answer.body);
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        let longest = ask(&server, &body, 100);
        is_over.store(true, Ordering::SeqCst);
        (longest, batches.into_iter().map(|batch| batch.join().unwrap()).sum::<u64>())
    });
    println!("the longest answer took {longest:?} next to {batches} batches of 900 rows");
    assert!(longest < Duration::from_secs(10), "{longest:?}");
}
