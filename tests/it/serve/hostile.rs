//! Bodies and requests that nobody should send: each is refused in the words of its endpoint, and nothing is answered unlogged.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use super::{
    process::{Served, applicant, logged, start, world},
    raw::{RawAnswer, RawClient, request, send},
};
use crate::support::world::World;

const PREDICT: &str = "/predict";
const INVOCATIONS: &str = "/invocations";
const INSTANCES: &str = "/v1/models/credit-default:predict";
const INFER: &str = "/v2/models/credit-default/infer";
const ENDPOINTS: [&str; 4] = [PREDICT, INVOCATIONS, INSTANCES, INFER];

/// Fails unless the body is that of a refusal of the endpoint.
#[track_caller]
fn assert_words(path: &str, answer: &RawAnswer) {
    let body = answer.json();
    let id = answer.header("x-request-id").unwrap_or_else(|| panic!("{}", answer.head));
    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.head);
    match path {
        PREDICT => {
            assert!(body["error"]["code"].is_string() && body["error"]["message"].is_string(), "{body}");
            assert_eq!(body["request_id"], id, "{body}");
        }
        INVOCATIONS => {
            assert!(body["error_code"].is_string() && body["message"].is_string(), "{body}");
            assert_eq!(body["request_id"], id, "{body}");
        }
        _ => assert!(body["error"].is_string(), "{path}: {body}"),
    }
    assert!(answer.body.len() < 4_096, "{path}: an answer of {} bytes", answer.body.len());
}

/// The server is as it was: no panic, and every request that was answered with 200 is in the log, and no other.
fn assert_sound(world: &World, server: &Served, answered: &BTreeSet<String>) {
    assert_eq!(server.get("/readyz").status, 200);
    let records = logged(world, "log");
    let scored: Vec<&Value> = records.iter().filter(|record| record["status_code"] == 200).collect();
    let of_request =
        |record: &&Value| record.get("batch_id").unwrap_or(&record["request_id"]).as_str().unwrap().to_owned();
    let ids: BTreeSet<String> = scored.iter().map(of_request).collect();
    assert_eq!(&ids, answered);
    let sequence: Vec<u64> = records.iter().map(|record| record["seq"].as_u64().unwrap()).collect();
    assert_eq!(sequence, (1..=records.len() as u64).collect::<Vec<_>>());
    let text = fs::read_to_string(world.path("serve.log")).unwrap();
    assert!(!text.contains("panicked"), "{text}");
}

fn post(server: &Served, path: &str, kind: &str, body: &[u8]) -> RawAnswer {
    send(&server.address, &request(path, &format!("Content-Type: {kind}\r\n"), body))
}

#[test]
fn bodies_that_are_not_requests_are_refused_by_every_endpoint() {
    let world = world("max_body_kib: 1024");
    let server = start(&world, &[]);
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let many: String = (0..100_000).map(|number| format!("\"{number}\":1,")).collect();
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("blanks", b" \n\t ".to_vec()),
        ("null", b"null".to_vec()),
        ("a list", b"[]".to_vec()),
        ("a number", b"17".to_vec()),
        ("cut off", b"{\"inputs\": {\"AMT_CREDIT\": 1".to_vec()),
        ("two values", b"{}{}".to_vec()),
        ("a byte order mark", "\u{feff}{}".as_bytes().to_vec()),
        ("UTF-16", "{\"a\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("not UTF-8", b"{\"AMT_CREDIT\": \"\xff\xfe\"}".to_vec()),
        ("half a surrogate", b"{\"\\ud800\": 1}".to_vec()),
        ("NUL", b"{\"a\0\": 1}".to_vec()),
        ("a comment", b"{/* */}".to_vec()),
        ("nested lists", deep("[", "]").into_bytes()),
        ("nested objects", deep("{\"inputs\":", "}").into_bytes()),
        ("open lists", "[".repeat(1_000_000).into_bytes()),
        ("nested in a value", format!("{{\"inputs\": {{\"AMT_CREDIT\": {}}}}}", deep("[", "]")).into_bytes()),
        ("100,000 members", format!("{{{}}}", many.trim_end_matches(',')).into_bytes()),
        ("a number without end", format!("{{\"AMT_CREDIT\": {}}}", "9".repeat(500_000)).into_bytes()),
        ("a name without end", format!("{{\"{}\": 1}}", "a".repeat(900_000)).into_bytes()),
        ("inputs of a wrong type", b"{\"inputs\": 3}".to_vec()),
        ("a null row", b"{\"inputs\": [null]}".to_vec()),
        ("rows of several types", b"{\"inputs\": [1, {}, []]}".to_vec()),
        ("the same key twice", b"{\"inputs\": [], \"inputs\": []}".to_vec()),
        ("an empty batch", b"{\"inputs\": []}".to_vec()),
    ];
    for (name, body) in &bodies {
        for path in ENDPOINTS {
            let answer = post(&server, path, "application/json", body);
            assert!(matches!(answer.status, 400 | 413 | 422), "{name}, {path}: {} {}", answer.status, answer.body);
            assert_words(path, &answer);
        }
    }
    for path in ENDPOINTS {
        let answer = post(&server, path, "application/json", &vec![b' '; 1_100_000]);
        assert_eq!(answer.status, 413, "{path}: {}", answer.body);
        assert_words(path, &answer);
    }
    let answer = post(&server, INVOCATIONS, "application/x-www-form-urlencoded", b"instances=1");
    assert_eq!(answer.status, 415);
    assert_words(INVOCATIONS, &answer);
    assert_sound(&world, &server, &BTreeSet::new());
    // All of them were logged as refused, without a value.
    assert_eq!(logged(&world, "log").len(), bodies.len() * 4 + 4 + 1);
}

/// A value of the wrong shape may be an applicant's: neither the answer nor the log quotes it.
#[test]
fn values_of_the_wrong_shape_are_not_quoted() {
    let world = world("");
    let server = start(&world, &[]);
    let bodies = [
        "{\"inputs\": [\"DUPONT\"]}",
        "{\"inputs\": \"DUPONT\"}",
        "{\"inputs\": {\"AMT_CREDIT\": \"DUPONT, expected\"}}",
        "{\"inputs\": [{\"AMT_CREDIT\": 1}, \"DUPONT\"]}",
        "{\"inputs\": {}, \"explain\": \"DUPONT\"}",
        "{\"instances\": \"DUPONT\"}",
        "{\"instances\": [\"DUPONT\"]}",
        "{\"dataframe_records\": [[\"DUPONT\"], {}]}",
        "{\"dataframe_split\": \"DUPONT\"}",
        "{\"dataframe_split\": {\"columns\": \"DUPONT\", \"data\": []}}",
        "{\"dataframe_split\": {\"columns\": [\"a\"], \"data\": [\"DUPONT, expected \"]}}",
        "{\"id\": \"1\", \"inputs\": [{\"name\": \"a\", \"shape\": [\"DUPONT\"], \"datatype\": \"FP64\", \"data\": []}]}",
        "{\"inputs\": [{\"name\": \"a\", \"shape\": [1], \"datatype\": \"DUPONT\", \"data\": []}]}",
        "{\"inputs\": [{\"name\": \"a\", \"shape\": [1], \"datatype\": \"FP64\", \"data\": \"DUPONT\"}]}",
        "\"DUPONT\"",
        "[\"DUPONT\"]",
    ];
    for body in bodies {
        for path in ENDPOINTS {
            let answer = post(&server, path, "application/json", body.as_bytes());
            assert!(matches!(answer.status, 400 | 422), "{path}, {body}: {} {}", answer.status, answer.body);
            assert!(!answer.body.contains("DUPONT"), "{path}, {body}: {}", answer.body);
            assert_words(path, &answer);
        }
    }
    assert_sound(&world, &server, &BTreeSet::new());
    let records = logged(&world, "log");
    assert_eq!(records.len(), bodies.len() * ENDPOINTS.len());
    for text in [json!(records).to_string(), fs::read_to_string(world.path("serve.log")).unwrap()] {
        assert!(!text.contains("DUPONT"), "{text}");
    }
}

/// Small bodies that would become large in memory.
#[test]
fn rows_do_not_become_much_larger_than_their_body() {
    let world = world("");
    let server = start(&world, &[]);
    let long = "n".repeat(2_000_000);
    let ones = |count: usize| vec!["[1]"; count].join(",");
    for (path, kind, body, statuses) in [
        (
            INVOCATIONS,
            "application/json",
            format!("{{\"dataframe_split\":{{\"columns\":[\"{long}\"],\"data\":[{}]}}}}", ones(900)),
            [413, 413],
        ),
        (
            INVOCATIONS,
            "application/json",
            format!("{{\"inputs\":{{\"{long}\":[{}]}}}}", vec!["1"; 900].join(",")),
            [413, 413],
        ),
        (INVOCATIONS, "text/csv", format!("{long}\n{}", "1\n".repeat(900)), [413, 413]),
        (INVOCATIONS, "text/csv", format!("a\n{}", "1\n".repeat(1_000_000)), [413, 413]),
        (INSTANCES, "application/json", format!("{{\"instances\":[{}]}}", vec!["{}"; 1_000_000].join(",")), [413, 413]),
        (PREDICT, "application/json", format!("{{\"inputs\":[{}]}}", vec!["{}"; 1_000_000].join(",")), [413, 413]),
        (
            INFER,
            "application/json",
            format!(
                "{{\"inputs\":[{{\"name\":\"{long}\",\"shape\":[900],\"datatype\":\"FP64\",\"data\":[{}]}}]}}",
                vec!["1"; 900].join(",")
            ),
            [413, 413],
        ),
        (
            INFER,
            "application/json",
            "{\"inputs\":[{\"name\":\"a\",\"shape\":[18446744073709551615],\"datatype\":\"FP64\",\"data\":[1]}]}"
                .to_owned(),
            [422, 422],
        ),
        (
            INFER,
            "application/json",
            "{\"inputs\":[{\"name\":\"a\",\"shape\":[4294967296,125],\"datatype\":\"FP64\",\"data\":[]}]}".to_owned(),
            [422, 422],
        ),
        (
            INFER,
            "application/json",
            "{\"inputs\":[{\"name\":\"a\",\"shape\":[-1],\"datatype\":\"FP64\",\"data\":[]}]}".to_owned(),
            [400, 422],
        ),
        (
            INFER,
            "application/json",
            "{\"inputs\":[{\"name\":\"a\",\"shape\":[0],\"datatype\":\"FP64\",\"data\":[]}]}".to_owned(),
            [422, 422],
        ),
    ] {
        let answer = post(&server, path, kind, body.as_bytes());
        let start: String = body.chars().take(60).collect();
        assert!(statuses.contains(&answer.status), "{path}, {start}: {} {}", answer.status, answer.body);
        assert_words(path, &answer);
    }
    let memory = resident(server.child.id());
    assert!(memory < 512 << 20, "{} MiB", memory >> 20);
    assert_sound(&world, &server, &BTreeSet::new());
}

/// Values at the edge of what can be scored: refused, or scored and logged as they were sent.
#[test]
fn strange_values_are_refused_or_logged_as_they_are() {
    let world = world("");
    let server = start(&world, &[]);
    let mut answered = BTreeSet::new();
    let plain = Value::Object(applicant()).to_string();
    let at = plain.find("\"AMT_CREDIT\":").unwrap() + "\"AMT_CREDIT\":".len();
    let end = at + plain[at..].find([',', '}']).unwrap();
    let long = format!("\"{}\"", "9".repeat(1_000_000));
    for (number, (value, statuses)) in [
        ("1e999", [400, 422]),
        ("-1e999", [400, 422]),
        ("1e-999", [200, 200]),
        ("1e308", [200, 422]),
        ("123456789012345678901234567890", [200, 422]),
        ("-0.0", [200, 200]),
        ("NaN", [200, 200]),
        ("-Infinity", [200, 422]),
        ("null", [200, 200]),
        ("true", [200, 422]),
        ("\"\"", [200, 422]),
        ("\"1\\u0000\"", [422, 422]),
        ("\"1,5\"", [200, 422]),
        ("{}", [422, 422]),
        ("[[]]", [422, 422]),
        ("01", [400, 400]),
        ("+1", [400, 400]),
        ("0x10", [400, 400]),
        (".5", [400, 400]),
        ("1.", [400, 400]),
        ("\"1\"x", [400, 400]),
        (long.as_str(), [200, 422]),
    ]
    .into_iter()
    .enumerate()
    {
        let body = format!("{}{value}{}", &plain[..at], &plain[end..]);
        let mut client = RawClient::connect(&server.address);
        let id = format!("value-{number}");
        let answer = client.post(PREDICT, &id, &body);
        let shown: String = value.chars().take(40).collect();
        assert!(statuses.contains(&answer.status), "{shown}: {} {}", answer.status, answer.body);
        assert_eq!(answer.header("x-request-id"), Some(id.as_str()));
        if answer.status == 200 {
            let score = answer.json()["proba_default"].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&score), "{shown}: {score}");
            answered.insert(id);
        } else {
            assert_words(PREDICT, &answer);
            assert!(!answer.body.contains("99999"), "{shown}: the answer quotes the value");
        }
    }
    assert!(answered.len() > 4, "{answered:?}");
    assert_sound(&world, &server, &answered);
}

#[test]
fn requests_that_are_not_http_are_refused() {
    let world = world("");
    let server = start(&world, &[]);
    let huge = "a".repeat(2_000_000);
    let long = "a".repeat(20_000);
    let many: String = (0..500).map(|number| format!("x-{number}: y\r\n")).collect();
    let post = |headers: &str, body: &str| format!("POST /predict HTTP/1.1\r\n{headers}\r\n{body}");
    for (message, statuses) in [
        (post(&format!("Host: localhost\r\nX: {huge}\r\n"), ""), &[0, 400, 431][..]),
        (post(&format!("Host: localhost\r\nX: {long}\r\nContent-Length: 2\r\n"), "{}"), &[431]),
        (post(&format!("Host: localhost\r\n{many}"), ""), &[400, 431]),
        (format!("POST /{long} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"), &[414]),
        (format!("GET /{huge} HTTP/1.1\r\nHost: localhost\r\n\r\n"), &[0, 400, 414, 431]),
        ("GET /v2/models/%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), &[400, 404]),
        ("GET /v2/models/..%2f..%2fetc HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), &[404]),
        ("POST /\u{0} HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), &[400]),
        ("POST /predict HTTP/9.9\r\nHost: localhost\r\n\r\n".to_owned(), &[400, 505]),
        ("nonsense\r\n\r\n".to_owned(), &[400]),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}\r\n\r\n".to_owned(), &[0, 400]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[0, 400, 404, 405, 505]),
        ("CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), &[400, 404, 405]),
        ("TRACE /predict HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), &[405]),
        ("DELETE /predict HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), &[405]),
        (post("Content-Length: 2\r\n", "{}"), &[400]),
        (post("Host: localhost\r\nHost: localhost\r\nContent-Length: 2\r\n", "{}"), &[400]),
        (post("Host: evil.example\r\nContent-Length: 2\r\n", "{}"), &[403]),
        (post("Host: localhost\r\nContent-Length: -1\r\n", "{}"), &[400]),
        (post("Host: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n", "{}"), &[400]),
        (post("Host: localhost\r\nContent-Length: 100000000000\r\n", ""), &[413]),
        (post("Host: localhost\r\nContent-Length: 99999999999999999999999\r\n", ""), &[400]),
        (post("Host: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), &[400]),
        (post("Host: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n", "0\r\n\r\n"), &[400]),
        (post("Host: localhost\r\nTransfer-Encoding: gzip\r\n", "{}"), &[400]),
        (post("Host: localhost\r\nTransfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), &[400]),
        (post("Host: localhost\r\nTransfer-Encoding : chunked\r\n", "0\r\n\r\n"), &[400]),
        (post("Host: localhost\r\nTransfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"), &[400]),
        (post("Host: localhost\r\nTransfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\n"), &[400]),
        (post("Host: localhost\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}XX"), &[400]),
        (post("Host: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n", "{}"), &[415]),
    ] {
        let answer = send(&server.address, message.as_bytes());
        let start: String = message.chars().take(90).collect();
        assert!(statuses.contains(&answer.status), "{start:?}: {} {}", answer.status, answer.head);
        // Those that are refused below the endpoints have no body.
        if !answer.body.is_empty() && message.starts_with("POST /predict") {
            assert_words(PREDICT, &answer);
        }
    }
    assert_sound(&world, &server, &BTreeSet::new());
}

#[test]
fn connections_carry_requests_one_after_the_other() {
    let world = world("");
    let server = start(&world, &[]);
    let body = Value::Object(applicant()).to_string();
    let mut answered = BTreeSet::new();
    // All at once, and answered in their order.
    let mut client = RawClient::connect(&server.address);
    let id = |number: usize| format!("pipelined-{number}");
    let all: Vec<u8> = (0..20)
        .flat_map(|number| request(PREDICT, &format!("X-Request-Id: {}\r\n", id(number)), body.as_bytes()))
        .collect();
    client.send(&all);
    for number in 0..20 {
        let answer = client.receive();
        assert_eq!((answer.status, answer.header("x-request-id")), (200, Some(id(number).as_str())));
        answered.insert(id(number));
    }
    // A request in chunks is answered, and the last of its connection: what follows it is not taken for another one.
    let chunks = format!("{:x};a=b\r\n{body}\r\n0\r\nTrailer: x\r\n\r\n", body.len());
    let head =
        "POST /predict HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: chunked\r\nTransfer-Encoding: chunked\r\n\r\n";
    let smuggled = request(PREDICT, "X-Request-Id: smuggled\r\n", body.as_bytes());
    client.send(&[head.as_bytes(), chunks.as_bytes(), &smuggled].concat());
    let answer = client.receive();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")), "{}", answer.body);
    assert!(client.is_closed());
    answered.insert("chunked".to_owned());
    // Who sends two lengths is refused, and not listened to any more.
    let mut client = RawClient::connect(&server.address);
    let both =
        "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    client.send(&[both.as_bytes(), &smuggled].concat());
    assert_eq!(client.receive().status, 400);
    assert!(client.is_closed());
    // HTTP/1.0 without a host; a client that waits for leave to send; one that sends nothing more.
    let old = format!("POST /predict HTTP/1.0\r\nX-Request-Id: old\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(send(&server.address, old.as_bytes()).status, 200);
    answered.insert("old".to_owned());
    let mut client = RawClient::connect(&server.address);
    let head = format!("Expect: 100-continue\r\nX-Request-Id: polite\r\nContent-Length: {}\r\n", body.len());
    client.send(format!("POST /predict HTTP/1.1\r\nHost: localhost\r\n{head}\r\n").as_bytes());
    assert_eq!(client.receive().status, 100);
    client.send(body.as_bytes());
    assert_eq!(client.receive().status, 200);
    answered.insert("polite".to_owned());
    assert_sound(&world, &server, &answered);
    let mut client = RawClient::connect(&server.address);
    client.send(&request(PREDICT, "X-Request-Id: closed\r\n", body.as_bytes()));
    client.finish();
    let answer = client.receive();
    assert!(matches!(answer.status, 0 | 200), "{}", answer.status);
    let is_logged = |id: &str| logged(&world, "log").iter().any(|record| record["request_id"] == id);
    assert!(answer.status == 0 || is_logged("closed"));
    // A body that ends early was no request.
    let mut client = RawClient::connect(&server.address);
    let cut = request(PREDICT, "X-Request-Id: cut\r\n", body.as_bytes());
    client.send(&cut[..cut.len() - 1]);
    client.finish();
    assert!(matches!(client.receive().status, 0 | 400));
    assert!(!is_logged("cut") && !is_logged("smuggled"));
    assert_eq!(server.get("/readyz").status, 200);
}

/// Bytes of memory that a process has.
pub(crate) fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1_024
}

#[test]
fn ids_of_clients_are_echoed_only_if_they_are_safe() {
    let world = world("");
    let server = start(&world, &[]);
    let body = Value::Object(applicant()).to_string();
    for (id, is_kept) in [("r-1.a_b:c", true), ("a b", false), ("<script>", false), ("a".repeat(129).as_str(), false)] {
        let answer = RawClient::connect(&server.address).post(PREDICT, id, &body);
        let own = answer.header("x-request-id").unwrap();
        assert_eq!(own == id, is_kept, "{id}: {own}");
        assert_eq!(answer.json()["request_id"], json!(own));
    }
    let ids: Vec<Value> = logged(&world, "log").iter().map(|record| record["request_id"].clone()).collect();
    assert_eq!(ids[0], "r-1.a_b:c");
    assert!(ids[1..].iter().all(|id| id.as_str().unwrap().len() == 36), "{ids:?}");
}
