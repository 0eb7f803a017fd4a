//! Delivery to servers that accept, refuse, defer, hang, or reply with nonsense.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant as StdInstant},
};

use vigie::alert::{Delivery, Email, Message, Refusal, StartTls, Timeouts, deliver};

use crate::{
    mail::mail,
    support::{
        fake_smtp::{Act, FakeSmtp, Step},
        world::World,
    },
};

/// Selects the step at which the server misbehaves.
type At = fn(&Step) -> bool;

const TIMEOUTS: Timeouts = Timeouts { dialogue: Duration::from_secs(10), acceptance: Duration::from_secs(10) };
/// For servers that never reply.
const SHORT: Timeouts = Timeouts { dialogue: SHORT_TIME, acceptance: SHORT_TIME };
const SHORT_TIME: Duration = Duration::from_millis(700);
const TWO_SECONDS: Timeouts = Timeouts { dialogue: Duration::from_secs(2), acceptance: Duration::from_secs(2) };

fn email_to(port: u16) -> Email {
    Email { smtp: format!("smtp://127.0.0.1:{port}"), ..mail::email() }
}

fn message(to: &[&str]) -> Message {
    Message {
        message_id: "<vigie.1@example.com>".to_owned(),
        subject: "a message".to_owned(),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        bytes: b"Message-ID: <vigie.1@example.com>\r\nSubject: a message\r\n\r\n.dots\r\n..more\r\n.\r\nend\r\n"
            .to_vec(),
    }
}

fn later(delivery: Delivery) -> (String, Vec<String>, Vec<Refusal>, bool) {
    match delivery {
        Delivery::Later { reason, to, refused, setup, .. } => (reason, to, refused, setup),
        other => panic!("not later: {other:?}"),
    }
}

/// Delivers to one recipient, once.
fn deliver_once(smtp: &FakeSmtp) -> Delivery {
    deliver(&email_to(smtp.port), &message(&["risk@example.com"]), TIMEOUTS)
}

#[test]
fn a_message_arrives_byte_for_byte() {
    let smtp = FakeSmtp::accepting_all();
    assert_eq!(deliver_once(&smtp), Delivery::Accepted { refused: vec![] });
    let received = smtp.received();
    assert_eq!(received.len(), 1);
    assert_eq!(
        (received[0].from.as_str(), &received[0].to),
        ("vigie@example.com", &vec!["risk@example.com".to_owned()])
    );
    let sent = message(&[]).bytes;
    // Only the end-of-data marker may add a line ending.
    let extra = received[0].bytes.strip_prefix(sent.as_slice()).unwrap();
    assert!(extra.is_empty() || extra == b"\r\n", "{extra:?}");
}

/// 4xx replies are temporary at every step.
#[test]
fn replies_of_400_are_retried() {
    let replies = ["421 4.3.2 shutting down", "450 4.2.0 mailbox busy", "451 4.3.0 local error", "452 4.2.2 no space"];
    let steps: [At; 6] = [
        |step| *step == Step::Greeting,
        |step| step.is("EHLO"),
        |step| step.is("MAIL"),
        |step| step.is("RCPT"),
        |step| step.is("DATA"),
        |step| *step == Step::End,
    ];
    for reply in replies {
        for (place, step) in steps.into_iter().enumerate() {
            let smtp = FakeSmtp::with(move |at| step(at).then_some(Act::Reply(reply)));
            let (reason, to, refused, setup) = later(deliver_once(&smtp));
            assert!(reason.contains(&reply[..3]), "{reply} at {place}: {reason}");
            assert_eq!(
                (to.as_slice(), refused.len(), setup),
                (&["risk@example.com".to_owned()][..], 0, false),
                "{reply} at {place}"
            );
            assert!(smtp.received().is_empty());
        }
    }
}

/// 5xx replies for the sender, the only recipient or the message are permanent.
#[test]
fn replies_of_500_are_refusals() {
    let cases: [(&str, At); 5] = [
        ("553 5.1.8 sender not allowed", |step| step.is("MAIL")),
        ("550 5.1.1 no such user", |step| step.is("RCPT")),
        ("553 5.1.3 no such mailbox", |step| step.is("RCPT")),
        ("554 5.6.0 not wanted", |step| step.is("DATA")),
        ("552 5.3.4 too big", |step| *step == Step::End),
    ];
    for (reply, step) in cases {
        let smtp = FakeSmtp::with(move |at| step(at).then_some(Act::Reply(reply)));
        match deliver_once(&smtp) {
            Delivery::Refused { reason, .. } => assert!(reason.contains(reply), "{reason}"),
            other => panic!("{reply}: {other:?}"),
        }
        assert!(smtp.received().is_empty());
    }
}

/// A refused login is a setup error: the message is kept. The password is never shown.
#[test]
fn a_refused_login_is_a_setup_error() {
    let world = World::new();
    let file = world.file("password", "hunter2 with spaces\n");
    for (command, reply) in [
        ("AUTH", "535 5.7.8 bad credentials hunter2"),
        ("AUTH", "534 5.7.9 too weak"),
        ("MAIL", "530 5.7.0 authenticate first"),
        ("EHLO", "554 5.3.2 go away"),
    ] {
        let smtp = FakeSmtp::at(command, Act::Reply(reply));
        let email =
            Email { username: Some("vigie".to_owned()), password_file: Some(file.clone()), ..email_to(smtp.port) };
        let (reason, to, _, setup) = later(deliver(&email, &message(&["risk@example.com"]), TIMEOUTS));
        assert!(setup && reason.contains(&reply[..3]), "{reason}");
        assert_eq!(to, ["risk@example.com"]);
        assert!(!format!("{email:?}").contains("hunter2"));
    }
    // AUTH PLAIN sends NUL user NUL password in base64.
    let smtp = FakeSmtp::accepting_all();
    let email = Email { username: Some("vigie".to_owned()), password_file: Some(file), ..email_to(smtp.port) };
    assert_eq!(deliver(&email, &message(&["risk@example.com"]), TIMEOUTS), Delivery::Accepted { refused: vec![] });
    assert!(
        smtp.commands().contains(&"AUTH PLAIN AHZpZ2llAGh1bnRlcjIgd2l0aCBzcGFjZXM=".to_owned()),
        "{:?}",
        smtp.commands()
    );
}

#[test]
fn an_unreadable_password_file_is_reported() {
    let world = World::new();
    let smtp = FakeSmtp::accepting_all();
    let email = |file: Option<std::path::PathBuf>| Email {
        username: Some("vigie".to_owned()),
        password_file: file,
        ..email_to(smtp.port)
    };
    let reason_of = |email: &Email| {
        let (reason, _, _, setup) = later(deliver(email, &message(&["a@example.com"]), TIMEOUTS));
        assert!(setup, "{reason}");
        reason
    };
    let missing = reason_of(&email(Some(world.path("none"))));
    assert!(missing.starts_with("alerts.email.password_file: "), "{missing}");
    assert!(
        missing.ends_with("none: no such file or directory; it must contain only the secret and be readable by vigie")
    );
    assert!(reason_of(&email(Some(world.file("empty", "\n")))).contains("the file is empty"));
    let two = reason_of(&email(Some(world.file("two", "hunter2\nhunter3\n"))));
    assert!(two.contains("more than one line") && !two.contains("hunter"), "{two}");
    assert!(reason_of(&email(Some(world.file("long", "x".repeat(5_000))))).contains("too long"));
    assert!(reason_of(&email(None)).contains("vigie.smtp-password"));
    assert!(smtp.commands().is_empty());
}

#[test]
fn a_refused_recipient_does_not_affect_the_others() {
    let no = "550 5.1.1 no such user";
    let smtp = FakeSmtp::with(move |step| step.is("RCPT TO:<gone@").then_some(Act::Reply(no)));
    let delivery =
        deliver(&email_to(smtp.port), &message(&["a@example.com", "gone@example.com", "b@example.com"]), TIMEOUTS);
    assert_eq!(
        delivery,
        Delivery::Accepted { refused: vec![Refusal { to: "gone@example.com".to_owned(), reply: no.to_owned() }] }
    );
    assert_eq!(smtp.received()[0].to, ["a@example.com", "b@example.com"]);
}

#[test]
fn only_deferred_recipients_are_retried() {
    let smtp = FakeSmtp::with(|step| match step {
        Step::Command(line) if line.contains("<busy@") => Some(Act::Reply("450 4.2.0 greylisted")),
        Step::Command(line) if line.contains("<gone@") => Some(Act::Reply("550 5.1.1 no such user")),
        _ => None,
    });
    let first = message(&["a@example.com", "busy@example.com", "gone@example.com"]);
    let (reason, to, refused, setup) = later(deliver(&email_to(smtp.port), &first, TIMEOUTS));
    assert_eq!((to.as_slice(), refused.len(), setup), (&["busy@example.com".to_owned()][..], 1, false), "{reason}");
    assert_eq!(reason, "busy@example.com: 450 4.2.0 greylisted");
    assert_eq!(smtp.received()[0].to, ["a@example.com"]);
    let second = FakeSmtp::accepting_all();
    let rest = Message { to, ..first };
    assert_eq!(deliver(&email_to(second.port), &rest, TIMEOUTS), Delivery::Accepted { refused: vec![] });
    assert_eq!(second.received()[0].to, ["busy@example.com"]);
    // All recipients are deferred: nothing is sent.
    let smtp = FakeSmtp::at("RCPT", Act::Reply("451 4.7.1 try again"));
    let (_, to, ..) = later(deliver(&email_to(smtp.port), &message(&["a@example.com", "b@example.com"]), TIMEOUTS));
    assert_eq!(to, ["a@example.com", "b@example.com"]);
    assert!(!smtp.commands().iter().any(|line| line == "DATA"));
}

#[test]
fn a_server_that_hangs_times_out() {
    let steps: [At; 6] = [
        |step| *step == Step::Greeting,
        |step| step.is("EHLO"),
        |step| step.is("MAIL"),
        |step| step.is("RCPT"),
        |step| step.is("DATA"),
        |step| *step == Step::End,
    ];
    for act in [Act::Hang, Act::Drip] {
        for (place, step) in steps.into_iter().enumerate() {
            let act = act.clone();
            let smtp = FakeSmtp::with(move |at| step(at).then(|| act.clone()));
            let clock = StdInstant::now();
            let (reason, to, _, setup) = later(deliver(&email_to(smtp.port), &message(&["a@example.com"]), SHORT));
            let took = clock.elapsed();
            assert!(took >= SHORT_TIME / 2 && took < 2 * SHORT_TIME + Duration::from_secs(1), "at {place}: {took:?}");
            assert!(!setup && to == ["a@example.com"] && !reason.is_empty(), "at {place}: {reason}");
        }
    }
}

/// RFC 5321 allows ten minutes for the final reply; giving up earlier and retrying creates duplicates.
#[test]
fn the_final_reply_has_a_longer_timeout() {
    let timeouts = Timeouts { dialogue: SHORT_TIME, acceptance: Duration::from_secs(10) };
    let smtp = FakeSmtp::with(|step| {
        (*step == Step::End).then_some(Act::ReplyLate(Duration::from_millis(1_500), "250 2.0.0 queued"))
    });
    let clock = StdInstant::now();
    let delivery = deliver(&email_to(smtp.port), &message(&["a@example.com"]), timeouts);
    assert_eq!(delivery, Delivery::Accepted { refused: vec![] });
    assert!(clock.elapsed() > 2 * SHORT_TIME, "{:?}", clock.elapsed());
    assert_eq!(smtp.received().len(), 1);
    // Before DATA is accepted, the shorter timeout applies.
    let smtp =
        FakeSmtp::with(|step| step.is("DATA").then_some(Act::ReplyLate(Duration::from_millis(1_500), "354 go on")));
    let (reason, ..) = later(deliver(&email_to(smtp.port), &message(&["a@example.com"]), timeouts));
    assert!(reason.contains("did not respond"), "{reason}");
    assert!(Timeouts::default().acceptance >= Duration::from_mins(10));
}

/// A recipient refused before the connection was lost is not retried.
#[test]
fn a_refusal_survives_a_lost_connection() {
    let smtp = FakeSmtp::with(|step| match step {
        Step::Command(line) if line.contains("<gone@") => Some(Act::Reply("550 5.1.1 no such user")),
        Step::End => Some(Act::Reply("451 4.3.0 local error")),
        _ => None,
    });
    let first = message(&["a@example.com", "gone@example.com"]);
    let (_, to, refused, _) = later(deliver(&email_to(smtp.port), &first, TIMEOUTS));
    assert_eq!((to.as_slice(), refused.len()), (&["a@example.com".to_owned()][..], 1));
}

#[test]
fn a_closed_connection_is_retried() {
    let steps: [At; 5] = [
        |step| *step == Step::Greeting,
        |step| step.is("EHLO"),
        |step| step.is("MAIL"),
        |step| step.is("DATA"),
        |step| *step == Step::End,
    ];
    for step in steps {
        let smtp = FakeSmtp::with(move |at| step(at).then_some(Act::Close));
        let (_, to, _, setup) = later(deliver_once(&smtp));
        assert!(!setup && to == ["risk@example.com"]);
    }
    // In the middle of a long message.
    let smtp = FakeSmtp::with(|step| (*step == Step::Body).then_some(Act::CloseAfter(5_000)));
    let mut long = message(&["risk@example.com"]);
    long.bytes.extend("0123456789abcdef\r\n".repeat(300_000).into_bytes());
    let (reason, ..) = later(deliver(&email_to(smtp.port), &long, TIMEOUTS));
    assert!(reason.starts_with("the server did not accept the message: "), "{reason}");
    assert!(smtp.received().is_empty());
}

#[test]
fn errors_after_acceptance_are_ignored() {
    for act in [Act::Hang, Act::Close, Act::Drip, Act::Reply("500 what?")] {
        let smtp = FakeSmtp::at("QUIT", act);
        let clock = StdInstant::now();
        assert_eq!(deliver_once(&smtp), Delivery::Accepted { refused: vec![] });
        assert!(clock.elapsed() < Duration::from_secs(8), "{:?}", clock.elapsed());
        assert_eq!(smtp.received().len(), 1);
    }
}

/// Replies that are not SMTP: web pages, noise, escape sequences. The reason stays short and safe to display.
#[test]
fn nonsense_is_retried_and_safe_to_display() {
    let noise = [
        b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
        vec![0xff, 0xfe, 0x00, b'\r', b'\n'],
        b"999 what\r\n".to_vec(),
        [b"450 ".as_slice(), &b"x".repeat(900), b"\r\n"].concat(),
        "450 \u{1b}[31m\u{202e}red\r\n".as_bytes().to_vec(),
        b"\r\n".to_vec(),
    ];
    for bytes in noise {
        let shown = format!("{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(20)]));
        let smtp = FakeSmtp::at("MAIL", Act::Bytes(bytes));
        let (reason, to, ..) = later(deliver(&email_to(smtp.port), &message(&["a@example.com"]), TWO_SECONDS));
        assert_eq!(to, ["a@example.com"], "{shown}");
        assert!(reason.chars().count() <= 500, "{shown}: {reason}");
        assert!(!reason.chars().any(char::is_control) && !reason.contains('\u{202e}'), "{shown}: {reason:?}");
    }
}

/// The greeting comes before TLS, so anyone on the path can send it.
#[test]
fn a_server_that_never_stops_sending_is_cut_off() {
    let steps: [At; 4] =
        [|step| *step == Step::Greeting, |step| step.is("EHLO"), |step| step.is("RCPT"), |step| *step == Step::End];
    for (bytes, why) in [(&b"2"[..], "not SMTP"), (b"250-more\r\n", "too long"), (b"250 ok\xff", "too long")] {
        for (place, step) in steps.into_iter().enumerate() {
            let sent = Arc::new(AtomicU64::new(0));
            let counter = Arc::clone(&sent);
            let smtp = FakeSmtp::with(move |at| step(at).then(|| Act::Endless(bytes, Arc::clone(&counter))));
            let clock = StdInstant::now();
            let (reason, to, _, setup) = later(deliver(&email_to(smtp.port), &message(&["a@example.com"]), TIMEOUTS));
            assert!(clock.elapsed() < Duration::from_secs(5), "at {place}: {:?}", clock.elapsed());
            assert!(!setup && to == ["a@example.com"], "at {place}: {reason}");
            assert!(reason.contains(why) || reason.contains("too long"), "at {place}: {reason}");
            // What the sockets buffer, and no more.
            assert!(sent.load(Ordering::Relaxed) < 32 << 20, "at {place}: {sent:?}");
        }
    }
}

#[test]
fn recipients_of_internationalised_domains_are_sent_in_ascii() {
    let smtp = FakeSmtp::accepting_all();
    let to = message(&["risk@banque-é.fr"]);
    assert_eq!(deliver(&email_to(smtp.port), &to, TIMEOUTS), Delivery::Accepted { refused: vec![] });
    assert_eq!(smtp.received()[0].to, ["risk@xn--banque--hya.fr"]);
}

#[test]
fn an_unreachable_server_is_retried() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (reason, _, _, setup) = later(deliver(&email_to(port), &message(&["a@example.com"]), TIMEOUTS));
    assert!(!setup && reason.contains(&format!("cannot connect to 127.0.0.1:{port}")), "{reason}");
    assert!(reason.ends_with("; check alerts.email.smtp and that the server is running"), "{reason}");
    let nowhere = Email { smtp: "smtp://mail.invalid:25".to_owned(), ..mail::email() };
    let (reason, ..) = later(deliver(&nowhere, &message(&["a@example.com"]), TIMEOUTS));
    assert!(reason.contains("mail.invalid:25"), "{reason}");
}

/// Plain text is used only if configured, or for this machine itself.
#[test]
fn mail_is_not_sent_unencrypted_by_accident() {
    let smtp = FakeSmtp::accepting_all();
    let required = Email { starttls: Some(StartTls::Required), ..email_to(smtp.port) };
    let (reason, _, _, setup) = later(deliver(&required, &message(&["a@example.com"]), TIMEOUTS));
    assert!(setup && reason.contains("does not support STARTTLS"), "{reason}");
    assert!(
        !smtp.commands().iter().any(|line| line.starts_with("MAIL") || line.starts_with("AUTH")),
        "{:?}",
        smtp.commands()
    );
    // With `never`, no encryption is required.
    let never = Email { starttls: Some(StartTls::Never), ..email_to(smtp.port) };
    assert_eq!(deliver(&never, &message(&["a@example.com"]), TIMEOUTS), Delivery::Accepted { refused: vec![] });
    // A server without TLS where TLS is expected from the start.
    let smtps = Email { smtp: format!("smtps://127.0.0.1:{}", smtp.port), ..mail::email() };
    let (reason, ..) = later(deliver(&smtps, &message(&["a@example.com"]), TWO_SECONDS));
    assert!(!reason.is_empty());
    assert_eq!(smtp.received().len(), 1);
}
