//! Requests at a steady rate, over connections that are kept.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant as StdInstant},
};

use super::raw::{RawAnswer, RawClient};

/// Sends requests until `is_over`, `rate` a second as far as the machine allows: each connection sends at its times, and at
/// once if it is late. The number of a request determines its body and is passed on with the answer. Returns how many were
/// sent, and how many a second.
pub(crate) fn steady(
    address: &str,
    (path, rate): (&str, u64),
    is_over: &AtomicBool,
    body: impl Fn(u64) -> String + Sync,
    check: impl Fn(u64, &RawAnswer) + Sync,
) -> (u64, f64) {
    const CONNECTIONS: u64 = 4;
    let started = StdInstant::now();
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut client = RawClient::connect(address);
                while !is_over.load(Ordering::SeqCst) {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let at = started + Duration::from_micros(number * 1_000_000 / rate);
                    thread::sleep(at.saturating_duration_since(StdInstant::now()));
                    check(number, &client.post(path, &format!("n{number}"), &body(number)));
                }
            });
        }
    });
    let sent = next.into_inner();
    (sent, sent as f64 / started.elapsed().as_secs_f64())
}
