//! The outbox: each recipient receives each message once and in order, independently of the other recipients.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    process::{Command, Stdio},
    time::Duration,
};

use proptest::prelude::*;
use vigie::{
    alert::{Delivery, Refusal},
    daemon::{Transport, send_due},
    ledger::{Ledger, NewMessage, QueuedMessage},
};
use vigie_profile::window::Instant;

use crate::support::{
    fake_smtp::{Act, FakeSmtp, Step},
    watched::{at, configure, day, watched},
    world::World,
};

const MINUTE: i64 = 60_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Accept,
    Defer,
    Refuse,
}

/// A mail server that answers per recipient, message and number of attempts.
struct Mailboxes<'a> {
    answer: &'a dyn Fn(&str, &str, u32) -> Answer,
    received: RefCell<BTreeMap<String, Vec<String>>>,
    tries: RefCell<Vec<(String, String)>>,
}

impl<'a> Mailboxes<'a> {
    fn new(answer: &'a dyn Fn(&str, &str, u32) -> Answer) -> Self {
        Self { answer, received: RefCell::default(), tries: RefCell::default() }
    }

    fn got(&self, who: &str) -> Vec<String> {
        self.received.borrow().get(who).cloned().unwrap_or_default()
    }
}

impl Transport for Mailboxes<'_> {
    fn send(&self, message: &QueuedMessage, payload: &[u8]) -> Delivery {
        assert_eq!(payload, message.message_id.as_bytes());
        let (mut to, mut refused) = (Vec::new(), Vec::new());
        for recipient in &message.to {
            let who = recipient.address.clone();
            self.tries.borrow_mut().push((who.clone(), message.message_id.clone()));
            match (self.answer)(&who, &message.message_id, recipient.attempts) {
                Answer::Accept => self.received.borrow_mut().entry(who).or_default().push(message.message_id.clone()),
                Answer::Defer => to.push(who),
                Answer::Refuse => refused.push(Refusal { to: who, reply: "550 5.1.1 no such user".to_owned() }),
            }
        }
        if to.is_empty() {
            return Delivery::Accepted { refused };
        }
        let reason = "452 4.2.2 mailbox full".to_owned();
        Delivery::Later { reason, to, replies: Vec::new(), refused, setup: false, retry_after: None }
    }
}

fn queue(ledger: &mut Ledger, number: usize, to: &[&str]) {
    let message_id = format!("<{number}>");
    let message = NewMessage {
        channel: "email".to_owned(),
        subject: format!("message {number}"),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        payload: message_id.clone().into_bytes(),
        message_id,
        is_thread: true,
    };
    ledger.write(|entry| entry.queue(None, "m", &message, Instant(0))).unwrap();
}

fn ledger(world: &World) -> Ledger {
    Ledger::open(&world.path("state"), Duration::from_secs(1)).unwrap()
}

#[expect(clippy::redundant_closure_for_method_calls, reason = "the method is not general enough over lifetimes")]
fn undelivered(ledger: &mut Ledger) -> Vec<QueuedMessage> {
    ledger.view(|entry| entry.undelivered()).unwrap()
}

#[test]
fn a_full_mailbox_does_not_delay_other_recipients() {
    let world = World::new();
    let mut ledger = ledger(&world);
    for number in 0..3 {
        queue(&mut ledger, number, &["full@x", "fine@x"]);
    }
    let is_full = Cell::new(true);
    let answer = |who: &str, _: &str, _: u32| {
        if who == "full@x" && is_full.get() { Answer::Defer } else { Answer::Accept }
    };
    let mailboxes = Mailboxes::new(&answer);
    let now = Cell::new(Instant(0));
    let mut go = || send_due(&mut ledger, "email", &mailboxes, &|| now.get(), &|| false).unwrap();
    let first = go();
    assert_eq!(mailboxes.got("fine@x"), ["<0>", "<1>", "<2>"]);
    let full = mailboxes.tries.borrow().iter().filter(|(who, _)| who == "full@x").count();
    assert_eq!(full, 1, "one message after the other, for each recipient");
    // Nothing is retried before it is due.
    assert_eq!(go(), vigie::daemon::SendSummary { attempted: 0, next: first.next });
    is_full.set(false);
    now.set(first.next.unwrap());
    assert_eq!(go().next, None);
    assert_eq!(mailboxes.got("full@x"), ["<0>", "<1>", "<2>"]);
    assert_eq!(mailboxes.got("fine@x").len(), 3, "no message is received twice");
    assert_eq!(undelivered(&mut ledger), []);
}

#[test]
fn a_message_expires_after_three_days_for_one_recipient_only() {
    let world = World::new();
    let mut ledger = ledger(&world);
    queue(&mut ledger, 0, &["full@x", "fine@x"]);
    queue(&mut ledger, 1, &["full@x", "fine@x"]);
    let answer = |who: &str, message: &str, _: u32| {
        if who == "full@x" && message == "<0>" { Answer::Defer } else { Answer::Accept }
    };
    let mailboxes = Mailboxes::new(&answer);
    let mut now = Instant(0);
    let mut rounds = 0;
    while let Some(next) = send_due(&mut ledger, "email", &mailboxes, &|| now, &|| false).unwrap().next {
        now = next;
        rounds += 1;
        assert!(rounds < 200);
    }
    assert!(now.0 >= 3 * 24 * 60 * MINUTE, "{now}");
    assert_eq!((mailboxes.got("full@x"), mailboxes.got("fine@x").len()), (vec!["<1>".to_owned()], 2));
    let left = undelivered(&mut ledger);
    assert_eq!((left.len(), left[0].to[0].state.as_str()), (1, "expired"));
}

/// After a week without power, the machine may be up before its network.
#[test]
fn an_old_message_is_tried_more_than_once() {
    let world = World::new();
    let mut ledger = ledger(&world);
    queue(&mut ledger, 0, &["a@x"]);
    let answer = |_: &str, _: &str, tries: u32| if tries < 5 { Answer::Defer } else { Answer::Accept };
    let mailboxes = Mailboxes::new(&answer);
    let mut now = Instant(7 * 24 * 60 * MINUTE);
    while let Some(next) = send_due(&mut ledger, "email", &mailboxes, &|| now, &|| false).unwrap().next {
        now = next;
    }
    assert_eq!(mailboxes.got("a@x"), ["<0>"]);
    assert!(undelivered(&mut ledger).is_empty());
}

/// A server that refuses the login.
struct LoginRefused;

impl Transport for LoginRefused {
    fn send(&self, message: &QueuedMessage, _: &[u8]) -> Delivery {
        let to = message.to.iter().map(|recipient| recipient.address.clone()).collect();
        let reason = "535 5.7.8 no".to_owned();
        Delivery::Later { reason, to, replies: Vec::new(), refused: Vec::new(), setup: true, retry_after: None }
    }
}

#[test]
fn a_setup_error_never_expires() {
    let world = World::new();
    let mut ledger = ledger(&world);
    queue(&mut ledger, 0, &["a@x"]);
    let mut now = Instant(0);
    for _ in 0..200 {
        now = send_due(&mut ledger, "email", &LoginRefused, &|| now, &|| false)
            .unwrap()
            .next
            .expect("it is still queued");
    }
    assert!(now.0 > 7 * 24 * 60 * MINUTE, "{now}");
    let answer = |_: &str, _: &str, _: u32| Answer::Accept;
    let fixed = Mailboxes::new(&answer);
    send_due(&mut ledger, "email", &fixed, &|| now, &|| false).unwrap();
    assert_eq!(fixed.got("a@x"), ["<0>"]);
}

/// A server that says when it wants to be asked again.
struct Busy;

impl Transport for Busy {
    fn send(&self, _: &QueuedMessage, _: &[u8]) -> Delivery {
        let retry_after = Some(Duration::from_mins(2));
        let (to, replies, refused) = (Vec::new(), Vec::new(), Vec::new());
        Delivery::Later { reason: "429".to_owned(), to, replies, refused, setup: false, retry_after }
    }
}

#[test]
fn a_server_can_ask_for_a_pause() {
    let world = World::new();
    let mut ledger = ledger(&world);
    queue(&mut ledger, 0, &[]);
    let next = |now: Instant, ledger: &mut Ledger| send_due(ledger, "email", &Busy, &|| now, &|| false).unwrap().next;
    let mut now = Instant(0);
    let mut pauses = Vec::new();
    for _ in 0..5 {
        let next = next(now, &mut ledger).expect("the recipient without an address is still queued");
        pauses.push((next.0 - now.0) / 1_000_000);
        now = next;
    }
    assert_eq!(pauses, [120, 120, 120, 120, 240], "never sooner than asked, and never sooner than usual");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// For any answers, each recipient receives every message that is not refused exactly once, oldest first.
    #[test]
    fn each_recipient_receives_each_message_once_in_order(
        messages in prop::collection::vec(prop::collection::btree_set(0usize..4, 1..4), 1..7),
        moods in prop::collection::vec(0u8..6, 28),
    ) {
        const WHO: [&str; 4] = ["a@x", "b@x", "c@x", "d@x"];
        let world = World::new();
        let mut ledger = ledger(&world);
        for (number, to) in messages.iter().enumerate() {
            let to: Vec<&str> = to.iter().map(|who| WHO[*who]).collect();
            queue(&mut ledger, number, &to);
        }
        let mood = |who: &str, message: &str| {
            let who = WHO.iter().position(|one| *one == who).unwrap();
            let message: usize = message.trim_matches(['<', '>']).parse().unwrap();
            moods[message * 4 + who]
        };
        // Refused, or accepted after some attempts.
        let answer = |who: &str, message: &str, attempts: u32| match mood(who, message) {
            5 => Answer::Refuse,
            patience if u32::from(patience) > attempts => Answer::Defer,
            _ => Answer::Accept,
        };
        let mailboxes = Mailboxes::new(&answer);
        let mut now = Instant(0);
        while let Some(next) = send_due(&mut ledger, "email", &mailboxes, &|| now, &|| false).unwrap().next {
            prop_assert!(next > now);
            now = next;
        }
        for (number, who) in WHO.iter().enumerate() {
            let wanted: Vec<String> = (0..messages.len())
                .filter(|message| messages[*message].contains(&number))
                .map(|message| format!("<{message}>"))
                .filter(|message| mood(who, message) != 5)
                .collect();
            prop_assert_eq!(mailboxes.got(who), wanted);
        }
        let left = undelivered(&mut ledger);
        prop_assert!(left.iter().flat_map(|message| &message.to).all(|to| to.state == "refused"));
    }
}

fn email(port: u16, to: &str) -> String {
    format!(
        "alerts:\n  after: 1\n  email: {{smtp: \"smtp://127.0.0.1:{port}\", from: vigie@example.com, to: {to}, starttls: never}}\n"
    )
}

pub(crate) fn run_once(world: &World, now: Instant) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["run", "--once", "--config", "vigie.yaml"])
        .current_dir(world.root())
        .env("VIGIE_NOW", now.to_string())
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn status_shows_refused_and_queued_recipients() {
    let smtp = FakeSmtp::with(|step| match step {
        Step::Command(line) if line.contains("<busy@") => Some(Act::Reply("450 4.2.0 greylisted")),
        Step::Command(line) if line.contains("<gone@") => Some(Act::Reply("550 5.1.1 no such user")),
        _ => None,
    });
    let world = watched("");
    configure(&world, &email(smtp.port, "[fine@example.com, busy@example.com, gone@example.com]"));
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let (ok, stderr) = run_once(&world, at(2, 6));
    assert!(ok, "{stderr}");
    assert_eq!(smtp.received()[0].to, ["fine@example.com"]);
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("1 message pending, 1 rejected"), "{status}");
    assert!(status.contains("email queued to busy@example.com") && status.contains("greylisted"), "{status}");
    assert!(status.contains("email refused to gone@example.com") && status.contains("no such user"), "{status}");
    // The next day's message reaches the recipients that can be reached.
    day(&world, 2, 120, 0);
    let (ok, stderr) = run_once(&world, at(3, 6));
    assert!(ok, "{stderr}");
    let fine: Vec<_> = smtp.received().into_iter().filter(|message| message.to == ["fine@example.com"]).collect();
    assert_eq!(fine.len(), 2);
    let json = world.vigie(&["status", "--config", "vigie.yaml", "--format", "json"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let waiting: Vec<&str> = json["undelivered"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["state"] == "queued")
        .map(|message| message["to"].as_str().unwrap())
        .collect();
    assert_eq!(waiting, ["busy@example.com"; 2]);
}

/// If all recipients are refused, each is shown once, with its own reply.
#[test]
fn status_shows_each_refusal_once() {
    let smtp = FakeSmtp::with(|step| match step {
        Step::Command(line) if line.contains("<gone@") => Some(Act::Reply("550 5.1.1 no such user")),
        Step::Command(line) if line.contains("<full@") => Some(Act::Reply("552 5.2.2 mailbox full")),
        _ => None,
    });
    let world = watched("");
    configure(&world, &email(smtp.port, "[gone@example.com, full@example.com]"));
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let (_, stderr) = run_once(&world, at(2, 6));
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    let lines: Vec<&str> = status.lines().filter(|line| line.starts_with("  email refused to ")).collect();
    assert_eq!(lines.len(), 2, "{status}{stderr}");
    for (name, other, reply) in [
        ("gone@example.com", "full@", "550 5.1.1 no such user"),
        ("full@example.com", "gone@", "552 5.2.2 mailbox full"),
    ] {
        let line = lines.iter().find(|line| line.contains(name)).unwrap();
        assert!(line.ends_with(&format!(": {reply}")) && !line.contains(other), "{line}");
        assert_eq!(line.matches(name).count(), 1, "{line}");
    }
}

/// Two commands that send at the same time send each message once.
#[test]
fn two_senders_do_not_send_a_message_twice() {
    let world = watched("");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    configure(&world, &email(nobody, "risk@example.com"));
    day(&world, 0, 120, 40);
    let args =
        ["check", "--config", "vigie.yaml", "--send", "--from", "2026-10-01", "--to", "2026-10-02", "--format", "json"];
    let first = world.vigie(&args).ok();
    assert!(first.stderr.contains("it stays in the outbox"), "{}", first.stderr);
    rusqlite::Connection::open(world.path("state/ledger.sqlite"))
        .unwrap()
        .execute("UPDATE delivery SET next_us = 0", [])
        .unwrap();
    let smtp = FakeSmtp::with(|step| {
        (*step == Step::End).then_some(Act::ReplyLate(Duration::from_secs(2), "250 2.0.0 queued"))
    });
    configure(&world, &email(smtp.port, "risk@example.com"));
    let both: Vec<_> = (0..2)
        .map(|_| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_vigie"));
            command.args(args).current_dir(world.root()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in both {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(smtp.received().len(), 1);
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("0 messages pending, 0 rejected"), "{status}");
}
