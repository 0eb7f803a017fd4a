//! Tests of the HTTP server's connections: slow clients, half-open ones, shutdown.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    thread,
    time::{Duration, Instant as StdInstant},
};

use super::web::{RUN, serving, world};

/// A hundred clients never finish their request or never read the response: others are served at once, and the slow ones
/// are disconnected.
#[test]
fn slow_clients_do_not_block_others() {
    let world = world();
    let server = serving(&world);
    let mut slow: Vec<TcpStream> = (0..100)
        .map(|number| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
            let part = if number % 2 == 0 {
                format!("GET /reports/{RUN}/report.html HTTP/1.1\r\nHost: localhost\r\nX-Slow:")
            } else {
                format!("GET /reports/{RUN}/report.html HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(20)
            };
            stream.write_all(part.as_bytes()).unwrap();
            stream
        })
        .collect();
    let started = StdInstant::now();
    assert_eq!(server.get("/healthz").status, 200);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    let mut last = slow.swap_remove(0);
    // One byte per second does not count as progress.
    let mut rest = Vec::new();
    while started.elapsed() < Duration::from_secs(30) && last.write_all(b"a").is_ok() {
        thread::sleep(Duration::from_secs(1));
    }
    let _ = last.read_to_end(&mut rest);
    let took = started.elapsed();
    assert!(took > Duration::from_secs(10) && took < Duration::from_secs(25), "cut off after {took:?}");
    drop(slow);
    assert_eq!(server.get("/healthz").status, 200);
}

/// 2,000 clients that connect, and send nothing or a part of a request.
#[test]
fn half_open_connections_do_not_keep_out_health_checks() {
    let world = world();
    let server = serving(&world);
    // The limit on open files of this process also counts those of the server and of other tests. It is often 1,024, and may
    // be raised.
    let own = std::process::id().to_string();
    let _ = Command::new("prlimit").args(["--pid", &own, "--nofile=20000:"]).status();
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next());
    let is_limited = files.unwrap().parse().is_ok_and(|files: u64| files < 10_000);
    let mut open = Vec::new();
    for number in 0..if is_limited { 400 } else { 2_000 } {
        let mut stream = TcpStream::connect(server.address).unwrap();
        if number % 2 == 0 {
            let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow:");
        }
        open.push(stream);
    }
    for path in ["/healthz", "/healthz", "/healthz", "/readyz", "/metrics"] {
        let started = StdInstant::now();
        let answer = server.get(path);
        let took = started.elapsed();
        assert_eq!(answer.status, 200, "{path}: {}", answer.head);
        assert!(path == "/metrics" || took < Duration::from_millis(100), "{path}: {took:?}");
    }
}

#[test]
fn the_server_shuts_down_promptly() {
    let world = world();
    let server = serving(&world);
    let mut idle = TcpStream::connect(server.address).unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut some = [0; 16];
    assert!(idle.read(&mut some).unwrap() > 0);
    let started = StdInstant::now();
    drop(server);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
