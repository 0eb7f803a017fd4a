//! A clock that is wrong for a while, by a day, a month or a year: nothing is lost, nothing is told twice, and the next check
//! with the right time goes on as if nothing had happened.

use std::cell::{Cell, RefCell};

use rusqlite::Connection;
use vigie::{
    alert::Delivery,
    daemon::{Transport, send_due},
    ledger::QueuedMessage,
};
use vigie_profile::window::{Instant, Window};

use crate::support::{
    watched::{DAY_US, Watcher, at, day, watched},
    world::World,
};

const STEPS: [i64; 3] = [1, 30, 365];

/// The days that have a report, by number.
fn told(world: &World) -> Vec<i64> {
    let db = Connection::open(world.path("state/ledger.sqlite")).unwrap();
    let sql =
        "SELECT from_us, to_us FROM run WHERE current = 1 AND outcome = 'told' AND scheduled = 1 ORDER BY from_us";
    let mut query = db.prepare(sql).unwrap();
    let windows =
        query.query_map([], |row| Ok(Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) })).unwrap();
    windows.map(|window| (window.unwrap().from.0 - at(0, 0).0) / DAY_US).collect()
}

/// A server that accepts everything, and counts.
#[derive(Default)]
struct Accepting(RefCell<Vec<String>>);

impl Transport for Accepting {
    fn send(&self, message: &QueuedMessage, _: &[u8]) -> Delivery {
        self.0.borrow_mut().push(message.message_id.clone());
        Delivery::Accepted { refused: Vec::new() }
    }
}

struct Unreachable;

impl Transport for Unreachable {
    fn send(&self, message: &QueuedMessage, _: &[u8]) -> Delivery {
        let to = message.to.iter().map(|recipient| recipient.address.clone()).collect();
        let (replies, refused, retry_after) = (Vec::new(), Vec::new(), None);
        Delivery::Later { reason: "unreachable".to_owned(), to, replies, refused, setup: false, retry_after }
    }
}

fn world() -> (World, Watcher) {
    let world = watched("schedule: {lateness: 2h, start: 2026-10-01}\nalerts: {after: 1}\n");
    for number in 0..2 {
        day(&world, number, 120, 0);
    }
    let watcher = Watcher::new(&world);
    (world, watcher)
}

#[test]
fn after_a_clock_that_was_ahead_real_alerts_are_sent() {
    for step in STEPS {
        let (world, watcher) = world();
        watcher.check(at(2, 6));
        // The days to come have no records yet: vigie says so.
        watcher.check(at(2 + step, 6));
        let ahead = watcher.notifications.lock().unwrap().len();
        assert!(ahead > 0, "a step of {step} days");
        let _ = send_due(&mut watcher.ledger(), "email", &Unreachable, &|| at(2 + step, 6), &|| false).unwrap();
        // The clock is right again.
        watcher.check(at(2, 8));
        assert_eq!(told(&world), [0, 1], "a step of {step} days");
        for (number, shift) in [(2, 40), (3, 40), (4, 0)] {
            day(&world, number, 120, shift);
            watcher.check(at(number + 1, 6));
        }
        assert_eq!(told(&world), [0, 1, 2, 3, 4], "a step of {step} days");
        let story = watcher.events();
        let drift: Vec<&String> = story.iter().filter(|line| line.contains("AGE values")).collect();
        let expected = ["10-03 Opened AGE values", "10-04 Reminded AGE values", "10-05 Recovered AGE values"];
        assert_eq!(drift, expected, "a step of {step} days: {story:?}");
        // Nothing is swallowed, and nothing waits for the time that the clock showed.
        let server = Accepting::default();
        send_due(&mut watcher.ledger(), "email", &server, &|| at(5, 6), &|| false).unwrap();
        let sent = server.0.borrow();
        let notified: Vec<String> =
            watcher.notifications.lock().unwrap().iter().map(|told| format!("<{}>", told.id)).collect();
        assert_eq!(*sent, notified, "a step of {step} days");
    }
}

#[test]
fn a_clock_that_is_behind_changes_nothing() {
    for step in STEPS {
        let (world, watcher) = world();
        for number in 2..6 {
            day(&world, number, 120, 0);
        }
        watcher.check(at(6, 6));
        let before = (told(&world), watcher.notifications.lock().unwrap().len());
        for hour in [7, 8] {
            watcher.check(at(6 - step, hour));
        }
        watcher.check(at(6, 9));
        assert_eq!((told(&world), watcher.notifications.lock().unwrap().len()), before, "a step of {step} days");
        day(&world, 6, 120, 40);
        watcher.check(at(7, 6));
        assert_eq!(told(&world), [0, 1, 2, 3, 4, 5, 6], "a step of {step} days");
        assert_eq!(watcher.events(), ["10-07 Opened AGE values"], "a step of {step} days");
    }
}

/// Without `schedule.start`, and the clock is ahead when the model is checked for the first time.
#[test]
fn a_first_check_with_a_clock_that_is_ahead_is_made_up_for() {
    let world = watched("");
    for number in 0..2 {
        day(&world, number, 120, 0);
    }
    let watcher = Watcher::new(&world);
    watcher.check(at(400, 6));
    watcher.check(at(2, 6));
    assert_eq!(told(&world), [0, 1]);
    day(&world, 2, 120, 0);
    watcher.check(at(3, 6));
    assert_eq!(told(&world), [0, 1, 2]);
}

/// The service runs on the same host: its log has records of the wrong time. A reminder of a time that has not come does not
/// wait for it.
#[test]
fn reminders_go_on_after_a_clock_that_was_ahead() {
    let (world, watcher) = world();
    watcher.check(at(2, 6));
    for number in (2..12).chain([299]) {
        day(&world, number, 120, 40);
    }
    watcher.check(at(3, 6));
    watcher.check(at(300, 6));
    let ahead = watcher.events();
    assert!(ahead.iter().any(|line| line.contains("Reminded AGE values")), "{ahead:?}");
    for number in 4..12 {
        watcher.check(at(number, 6));
    }
    assert!((0..11).all(|day| told(&world).contains(&day)), "{:?}", told(&world));
    let story = &watcher.events()[ahead.len()..];
    assert!(story.iter().any(|line| line.contains("Reminded AGE values")), "{story:?}");
}

/// An attempt cannot have set a time this far ahead: the clock was.
#[test]
fn a_message_tried_while_the_clock_was_ahead_is_sent_at_once() {
    let (_world, watcher) = world();
    watcher.check(at(3, 6));
    let queued = watcher.notifications.lock().unwrap().len();
    assert!(queued > 0, "day 2 has no records");
    let now = Cell::new(at(400, 6));
    let mut ledger = watcher.ledger();
    let waiting = send_due(&mut ledger, "email", &Unreachable, &|| now.get(), &|| false).unwrap();
    assert!(waiting.next.is_some_and(|next| next > now.get()));
    now.set(at(3, 7));
    let server = Accepting::default();
    assert_eq!(send_due(&mut ledger, "email", &server, &|| now.get(), &|| false).unwrap().attempted, queued);
}
