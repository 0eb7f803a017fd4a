//! The outbox: each recipient gets each letter once and in order, whatever the others' mailboxes do.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    process::{Command, Stdio},
    time::Duration,
};

use proptest::prelude::*;
use vigie::{
    alert::{Delivery, Refusal},
    daemon::{Post, round},
    ledger::{Channel, Ledger, Letter, Queued},
};
use vigie_profile::window::Instant;

use crate::support::{
    postman::{Act, Postman, Step},
    watched::{at, configure, day, watched},
    world::World,
};

const MINUTE: i64 = 60_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    NotNow,
    Never,
}

/// A mail server with a will of its own for each mailbox and letter.
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

impl Post for Mailboxes<'_> {
    fn send(&self, letter: &Letter, content: &[u8]) -> Delivery {
        assert_eq!(content, letter.message_id.as_bytes());
        let (mut to, mut refused) = (Vec::new(), Vec::new());
        for recipient in &letter.to {
            let who = recipient.address.clone();
            self.tries.borrow_mut().push((who.clone(), letter.message_id.clone()));
            match (self.answer)(&who, &letter.message_id, recipient.attempts) {
                Answer::Yes => self.received.borrow_mut().entry(who).or_default().push(letter.message_id.clone()),
                Answer::NotNow => to.push(who),
                Answer::Never => refused.push(Refusal { to: who, reply: "550 5.1.1 no such user".to_owned() }),
            }
        }
        if to.is_empty() {
            return Delivery::Accepted { refused };
        }
        Delivery::Later { reason: "452 4.2.2 mailbox full".to_owned(), to, refused, setup: false }
    }
}

fn queue(ledger: &mut Ledger, number: usize, to: &[&str]) {
    let message_id = format!("<{number}>");
    let queued = Queued {
        channel: Channel::Email,
        subject: format!("letter {number}"),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        letter: message_id.clone().into_bytes(),
        message_id,
    };
    ledger.write(|entry| entry.queue(None, "m", &queued, Instant(0))).unwrap();
}

fn ledger(world: &World) -> Ledger {
    Ledger::open(&world.path("state"), Duration::from_secs(1)).unwrap()
}

#[expect(clippy::redundant_closure_for_method_calls, reason = "the method is not general enough over lifetimes")]
fn undelivered(ledger: &mut Ledger) -> Vec<Letter> {
    ledger.view(|entry| entry.undelivered()).unwrap()
}

#[test]
fn a_full_mailbox_holds_up_nobody_else() {
    let world = World::new();
    let mut ledger = ledger(&world);
    for number in 0..3 {
        queue(&mut ledger, number, &["full@x", "fine@x"]);
    }
    let is_full = Cell::new(true);
    let answer = |who: &str, _: &str, _: u32| {
        if who == "full@x" && is_full.get() { Answer::NotNow } else { Answer::Yes }
    };
    let mailboxes = Mailboxes::new(&answer);
    let now = Cell::new(Instant(0));
    let mut go = || round(&mut ledger, Channel::Email, &mailboxes, &|| now.get(), &|| false).unwrap();
    let first = go();
    assert_eq!(mailboxes.got("fine@x"), ["<0>", "<1>", "<2>"]);
    let full = mailboxes.tries.borrow().iter().filter(|(who, _)| who == "full@x").count();
    assert_eq!(full, 1, "one letter after the other, for each");
    // Nothing is tried before its time.
    assert_eq!(go(), vigie::daemon::Round { tried: 0, next: first.next });
    is_full.set(false);
    now.set(first.next.unwrap());
    assert_eq!(go().next, None);
    assert_eq!(mailboxes.got("full@x"), ["<0>", "<1>", "<2>"]);
    assert_eq!(mailboxes.got("fine@x").len(), 3, "nobody gets one twice");
    assert_eq!(undelivered(&mut ledger), []);
}

#[test]
fn three_days_are_enough_for_the_one_and_cost_the_other_nothing() {
    let world = World::new();
    let mut ledger = ledger(&world);
    queue(&mut ledger, 0, &["full@x", "fine@x"]);
    queue(&mut ledger, 1, &["full@x", "fine@x"]);
    let answer = |who: &str, letter: &str, _: u32| {
        if who == "full@x" && letter == "<0>" { Answer::NotNow } else { Answer::Yes }
    };
    let mailboxes = Mailboxes::new(&answer);
    let mut now = Instant(0);
    let mut rounds = 0;
    while let Some(next) = round(&mut ledger, Channel::Email, &mailboxes, &|| now, &|| false).unwrap().next {
        now = next;
        rounds += 1;
        assert!(rounds < 200);
    }
    assert!(now.0 >= 3 * 24 * 60 * MINUTE, "{now}");
    assert_eq!((mailboxes.got("full@x"), mailboxes.got("fine@x").len()), (vec!["<1>".to_owned()], 2));
    let left = undelivered(&mut ledger);
    assert_eq!((left.len(), left[0].to[0].state.as_str()), (1, "expired"));
}

/// A machine that was off for a week comes back before its network does.
#[test]
fn a_letter_that_lay_for_days_is_tried_more_than_once() {
    let world = World::new();
    let mut ledger = ledger(&world);
    queue(&mut ledger, 0, &["a@x"]);
    let answer = |_: &str, _: &str, tries: u32| if tries < 5 { Answer::NotNow } else { Answer::Yes };
    let mailboxes = Mailboxes::new(&answer);
    let mut now = Instant(7 * 24 * 60 * MINUTE);
    while let Some(next) = round(&mut ledger, Channel::Email, &mailboxes, &|| now, &|| false).unwrap().next {
        now = next;
    }
    assert_eq!(mailboxes.got("a@x"), ["<0>"]);
    assert!(undelivered(&mut ledger).is_empty());
}

/// A login that is refused until somebody puts the password right.
struct Locked;

impl Post for Locked {
    fn send(&self, letter: &Letter, _: &[u8]) -> Delivery {
        let to = letter.to.iter().map(|recipient| recipient.address.clone()).collect();
        Delivery::Later { reason: "535 5.7.8 no".to_owned(), to, refused: Vec::new(), setup: true }
    }
}

#[test]
fn what_a_person_has_to_mend_waits_for_that_person() {
    let world = World::new();
    let mut ledger = ledger(&world);
    queue(&mut ledger, 0, &["a@x"]);
    let mut now = Instant(0);
    for _ in 0..200 {
        now = round(&mut ledger, Channel::Email, &Locked, &|| now, &|| false).unwrap().next.expect("it waits");
    }
    assert!(now.0 > 7 * 24 * 60 * MINUTE, "{now}");
    let answer = |_: &str, _: &str, _: u32| Answer::Yes;
    let mended = Mailboxes::new(&answer);
    round(&mut ledger, Channel::Email, &mended, &|| now, &|| false).unwrap();
    assert_eq!(mended.got("a@x"), ["<0>"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever mailboxes answer, and in whatever order: each recipient gets what is not refused once, oldest first.
    #[test]
    fn each_gets_each_once_in_order(
        letters in prop::collection::vec(prop::collection::btree_set(0usize..4, 1..4), 1..7),
        moods in prop::collection::vec(0u8..6, 28),
    ) {
        const WHO: [&str; 4] = ["a@x", "b@x", "c@x", "d@x"];
        let world = World::new();
        let mut ledger = ledger(&world);
        for (number, to) in letters.iter().enumerate() {
            let to: Vec<&str> = to.iter().map(|who| WHO[*who]).collect();
            queue(&mut ledger, number, &to);
        }
        let mood = |who: &str, letter: &str| {
            let who = WHO.iter().position(|one| *one == who).unwrap();
            let letter: usize = letter.trim_matches(['<', '>']).parse().unwrap();
            moods[letter * 4 + who]
        };
        // Never, or after so many tries.
        let answer = |who: &str, letter: &str, attempts: u32| match mood(who, letter) {
            5 => Answer::Never,
            patience if u32::from(patience) > attempts => Answer::NotNow,
            _ => Answer::Yes,
        };
        let mailboxes = Mailboxes::new(&answer);
        let mut now = Instant(0);
        while let Some(next) = round(&mut ledger, Channel::Email, &mailboxes, &|| now, &|| false).unwrap().next {
            prop_assert!(next > now);
            now = next;
        }
        for (number, who) in WHO.iter().enumerate() {
            let wanted: Vec<String> = (0..letters.len())
                .filter(|letter| letters[*letter].contains(&number))
                .map(|letter| format!("<{letter}>"))
                .filter(|letter| mood(who, letter) != 5)
                .collect();
            prop_assert_eq!(mailboxes.got(who), wanted);
        }
        let left = undelivered(&mut ledger);
        prop_assert!(left.iter().flat_map(|letter| &letter.to).all(|to| to.state == "refused"));
    }
}

fn email(port: u16, to: &str) -> String {
    format!(
        "alerts:\n  after: 1\n  email: {{smtp: \"smtp://127.0.0.1:{port}\", from: vigie@example.com, to: {to}, starttls: never}}\n"
    )
}

fn once(world: &World, now: Instant) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["run", "--once", "--config", "vigie.yaml"])
        .current_dir(world.root())
        .env("VIGIE_NOW", now.to_string())
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn who_is_refused_is_shown_beside_who_waits() {
    let postman = Postman::with(|step| match step {
        Step::Command(line) if line.contains("<busy@") => Some(Act::Say("450 4.2.0 greylisted")),
        Step::Command(line) if line.contains("<gone@") => Some(Act::Say("550 5.1.1 no such user")),
        _ => None,
    });
    let world = watched("");
    configure(&world, &email(postman.port, "[fine@example.com, busy@example.com, gone@example.com]"));
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let (fine, said) = once(&world, at(2, 6));
    assert!(fine, "{said}");
    assert_eq!(postman.received()[0].to, ["fine@example.com"]);
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("1 message waits, 1 was not taken"), "{status}");
    assert!(status.contains("email queued to busy@example.com") && status.contains("greylisted"), "{status}");
    assert!(status.contains("email refused to gone@example.com") && status.contains("no such user"), "{status}");
    // The next day's letter reaches whoever can be reached.
    day(&world, 2, 120, 0);
    let (fine, said) = once(&world, at(3, 6));
    assert!(fine, "{said}");
    let fine: Vec<_> = postman.received().into_iter().filter(|letter| letter.to == ["fine@example.com"]).collect();
    assert_eq!(fine.len(), 2);
    let json = world.vigie(&["status", "--config", "vigie.yaml", "--format", "json"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let waiting: Vec<&str> = json["undelivered"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|letter| letter["state"] == "queued")
        .map(|letter| letter["to"].as_str().unwrap())
        .collect();
    assert_eq!(waiting, ["busy@example.com"; 2]);
}

/// Where nobody gets it, each is shown with what was said of him, and that once.
#[test]
fn each_refusal_is_shown_once() {
    let postman = Postman::with(|step| match step {
        Step::Command(line) if line.contains("<gone@") => Some(Act::Say("550 5.1.1 no such user")),
        Step::Command(line) if line.contains("<full@") => Some(Act::Say("552 5.2.2 mailbox full")),
        _ => None,
    });
    let world = watched("");
    configure(&world, &email(postman.port, "[gone@example.com, full@example.com]"));
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let (_, said) = once(&world, at(2, 6));
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    let lines: Vec<&str> = status.lines().filter(|line| line.starts_with("  email refused to ")).collect();
    assert_eq!(lines.len(), 2, "{status}{said}");
    for (name, other, reply) in [
        ("gone@example.com", "full@", "550 5.1.1 no such user"),
        ("full@example.com", "gone@", "552 5.2.2 mailbox full"),
    ] {
        let line = lines.iter().find(|line| line.contains(name)).unwrap();
        assert!(line.ends_with(&format!(": {reply}")) && !line.contains(other), "{line}");
        assert_eq!(line.matches(name).count(), 1, "{line}");
    }
}

/// Two commands that send at the same time: the letter goes out once.
#[test]
fn two_senders_send_no_letter_twice() {
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
    let postman =
        Postman::with(|step| (*step == Step::End).then_some(Act::Late(Duration::from_secs(2), "250 2.0.0 queued")));
    configure(&world, &email(postman.port, "risk@example.com"));
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
    assert_eq!(postman.received().len(), 1);
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).ok().stdout;
    assert!(status.contains("0 messages wait, 0 were not taken"), "{status}");
}
