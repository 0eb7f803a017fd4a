//! Sending mail to a server that says yes, no, later, nothing, or nonsense.

use std::time::{Duration, Instant as Stopwatch};

use vigie::alert::{Delivery, Email, Letter, Patience, Refusal, StartTls, deliver};

use crate::{
    mail::mail,
    support::{
        postman::{Act, Postman, Step},
        world::World,
    },
};

/// Whether this is the step at which the server misbehaves.
type At = fn(&Step) -> bool;

const PATIENCE: Patience = Patience { dialogue: Duration::from_secs(10), acceptance: Duration::from_secs(10) };
/// For servers that never answer.
const SHORT: Patience = Patience { dialogue: MOMENT, acceptance: MOMENT };
const MOMENT: Duration = Duration::from_millis(700);
const TWO_SECONDS: Patience = Patience { dialogue: Duration::from_secs(2), acceptance: Duration::from_secs(2) };

fn email_to(port: u16) -> Email {
    Email { smtp: format!("smtp://127.0.0.1:{port}"), ..mail::email() }
}

fn letter(to: &[&str]) -> Letter {
    Letter {
        message_id: "<vigie.1@example.com>".to_owned(),
        subject: "a letter".to_owned(),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        bytes: b"Message-ID: <vigie.1@example.com>\r\nSubject: a letter\r\n\r\n.dots\r\n..more\r\n.\r\nend\r\n"
            .to_vec(),
    }
}

fn later(delivery: Delivery) -> (String, Vec<String>, Vec<Refusal>, bool) {
    match delivery {
        Delivery::Later { reason, to, refused, setup } => (reason, to, refused, setup),
        other => panic!("not later: {other:?}"),
    }
}

/// One recipient, one try.
fn tried(postman: &Postman) -> Delivery {
    deliver(&email_to(postman.port), &letter(&["risk@example.com"]), PATIENCE)
}

#[test]
fn a_letter_arrives_to_the_byte() {
    let postman = Postman::polite();
    assert_eq!(tried(&postman), Delivery::Accepted { refused: vec![] });
    let received = postman.received();
    assert_eq!(received.len(), 1);
    assert_eq!(
        (received[0].from.as_str(), &received[0].to),
        ("vigie@example.com", &vec!["risk@example.com".to_owned()])
    );
    let sent = letter(&[]).bytes;
    // What ends the letter may add a line end, and nothing else.
    let extra = received[0].bytes.strip_prefix(sent.as_slice()).unwrap();
    assert!(extra.is_empty() || extra == b"\r\n", "{extra:?}");
}

/// Not this time: 4xx wherever it is said.
#[test]
fn four_hundreds_are_tried_again() {
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
            let postman = Postman::with(move |at| step(at).then_some(Act::Say(reply)));
            let (reason, to, refused, setup) = later(tried(&postman));
            assert!(reason.contains(&reply[..3]), "{reply} at {place}: {reason}");
            assert_eq!(
                (to.as_slice(), refused.len(), setup),
                (&["risk@example.com".to_owned()][..], 0, false),
                "{reply} at {place}"
            );
            assert!(postman.received().is_empty());
        }
    }
}

/// Never: 5xx to the sender, the only recipient or the letter itself.
#[test]
fn five_hundreds_are_refusals() {
    let cases: [(&str, At); 5] = [
        ("553 5.1.8 sender not allowed", |step| step.is("MAIL")),
        ("550 5.1.1 no such user", |step| step.is("RCPT")),
        ("553 5.1.3 no such mailbox", |step| step.is("RCPT")),
        ("554 5.6.0 not wanted", |step| step.is("DATA")),
        ("552 5.3.4 too big", |step| *step == Step::End),
    ];
    for (reply, step) in cases {
        let postman = Postman::with(move |at| step(at).then_some(Act::Say(reply)));
        match tried(&postman) {
            Delivery::Refused(reason) => assert!(reason.contains(reply), "{reason}"),
            other => panic!("{reply}: {other:?}"),
        }
        assert!(postman.received().is_empty());
    }
}

/// A refused login says nothing against the letter: it waits till somebody mends the setup. The password is never told.
#[test]
fn a_refused_login_is_for_people_to_mend() {
    let world = World::new();
    let file = world.file("password", "hunter2 with spaces\n");
    for (command, reply) in [
        ("AUTH", "535 5.7.8 bad credentials hunter2"),
        ("AUTH", "534 5.7.9 too weak"),
        ("MAIL", "530 5.7.0 authenticate first"),
        ("EHLO", "554 5.3.2 go away"),
    ] {
        let postman = Postman::at(command, Act::Say(reply));
        let email =
            Email { username: Some("vigie".to_owned()), password_file: Some(file.clone()), ..email_to(postman.port) };
        let (reason, to, _, setup) = later(deliver(&email, &letter(&["risk@example.com"]), PATIENCE));
        assert!(setup && reason.contains(&reply[..3]), "{reason}");
        assert_eq!(to, ["risk@example.com"]);
        assert!(!format!("{email:?}").contains("hunter2"));
    }
    // The right login goes out as it should: NUL user NUL password in base64.
    let postman = Postman::polite();
    let email = Email { username: Some("vigie".to_owned()), password_file: Some(file), ..email_to(postman.port) };
    assert_eq!(deliver(&email, &letter(&["risk@example.com"]), PATIENCE), Delivery::Accepted { refused: vec![] });
    assert!(
        postman.heard().contains(&"AUTH PLAIN AHZpZ2llAGh1bnRlcjIgd2l0aCBzcGFjZXM=".to_owned()),
        "{:?}",
        postman.heard()
    );
}

#[test]
fn a_password_that_cannot_be_read_is_named() {
    let world = World::new();
    let postman = Postman::polite();
    let email = |file: Option<std::path::PathBuf>| Email {
        username: Some("vigie".to_owned()),
        password_file: file,
        ..email_to(postman.port)
    };
    let told = |email: &Email| {
        let (reason, _, _, setup) = later(deliver(email, &letter(&["a@example.com"]), PATIENCE));
        assert!(setup, "{reason}");
        reason
    };
    assert!(told(&email(Some(world.path("none")))).ends_with("none: no such file or folder"));
    assert!(told(&email(Some(world.file("empty", "\n")))).contains("it is empty"));
    let two = told(&email(Some(world.file("two", "hunter2\nhunter3\n"))));
    assert!(two.contains("more than one line") && !two.contains("hunter"), "{two}");
    assert!(told(&email(Some(world.file("long", "x".repeat(5_000))))).contains("too long"));
    assert!(told(&email(None)).contains("vigie.smtp-password"));
    assert!(postman.heard().is_empty());
}

#[test]
fn one_refused_recipient_does_not_cost_the_others_their_mail() {
    let no = "550 5.1.1 no such user";
    let postman = Postman::with(move |step| step.is("RCPT TO:<gone@").then_some(Act::Say(no)));
    let delivery =
        deliver(&email_to(postman.port), &letter(&["a@example.com", "gone@example.com", "b@example.com"]), PATIENCE);
    assert_eq!(
        delivery,
        Delivery::Accepted { refused: vec![Refusal { to: "gone@example.com".to_owned(), reply: no.to_owned() }] }
    );
    assert_eq!(postman.received()[0].to, ["a@example.com", "b@example.com"]);
}

#[test]
fn only_those_who_wait_are_tried_again() {
    let postman = Postman::with(|step| match step {
        Step::Command(line) if line.contains("<busy@") => Some(Act::Say("450 4.2.0 greylisted")),
        Step::Command(line) if line.contains("<gone@") => Some(Act::Say("550 5.1.1 no such user")),
        _ => None,
    });
    let first = letter(&["a@example.com", "busy@example.com", "gone@example.com"]);
    let (reason, to, refused, setup) = later(deliver(&email_to(postman.port), &first, PATIENCE));
    assert_eq!((to.as_slice(), refused.len(), setup), (&["busy@example.com".to_owned()][..], 1, false), "{reason}");
    assert_eq!(postman.received()[0].to, ["a@example.com"]);
    let quiet = Postman::polite();
    let rest = Letter { to, ..first };
    assert_eq!(deliver(&email_to(quiet.port), &rest, PATIENCE), Delivery::Accepted { refused: vec![] });
    assert_eq!(quiet.received()[0].to, ["busy@example.com"]);
    // Nobody can be reached yet: nothing is sent.
    let postman = Postman::at("RCPT", Act::Say("451 4.7.1 try again"));
    let (_, to, ..) = later(deliver(&email_to(postman.port), &letter(&["a@example.com", "b@example.com"]), PATIENCE));
    assert_eq!(to, ["a@example.com", "b@example.com"]);
    assert!(!postman.heard().iter().any(|line| line == "DATA"));
}

#[test]
fn a_server_that_hangs_is_left_at_the_deadline() {
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
            let postman = Postman::with(move |at| step(at).then(|| act.clone()));
            let clock = Stopwatch::now();
            let (reason, to, _, setup) = later(deliver(&email_to(postman.port), &letter(&["a@example.com"]), SHORT));
            let took = clock.elapsed();
            assert!(took >= MOMENT / 2 && took < 2 * MOMENT + Duration::from_secs(1), "at {place}: {took:?}");
            assert!(!setup && to == ["a@example.com"] && !reason.is_empty(), "at {place}: {reason}");
        }
    }
}

/// RFC 5321 gives a server ten minutes for its last reply; whoever leaves earlier and comes again makes copies.
#[test]
fn the_last_reply_is_waited_for_longer_than_the_others() {
    let patience = Patience { dialogue: MOMENT, acceptance: Duration::from_secs(10) };
    let postman = Postman::with(|step| {
        (*step == Step::End).then_some(Act::Late(Duration::from_millis(1_500), "250 2.0.0 queued"))
    });
    let clock = Stopwatch::now();
    let delivery = deliver(&email_to(postman.port), &letter(&["a@example.com"]), patience);
    assert_eq!(delivery, Delivery::Accepted { refused: vec![] });
    assert!(clock.elapsed() > 2 * MOMENT, "{:?}", clock.elapsed());
    assert_eq!(postman.received().len(), 1);
    // Before the letter is wanted, nobody waits so long.
    let postman = Postman::with(|step| step.is("DATA").then_some(Act::Late(Duration::from_millis(1_500), "354 go on")));
    let (reason, ..) = later(deliver(&email_to(postman.port), &letter(&["a@example.com"]), patience));
    assert!(reason.contains("in time") || reason.contains("did not answer"), "{reason}");
    assert!(Patience::default().acceptance >= Duration::from_mins(10));
}

/// Who was refused before the connection broke is not asked for again.
#[test]
fn a_refusal_outlives_a_broken_connection() {
    let postman = Postman::with(|step| match step {
        Step::Command(line) if line.contains("<gone@") => Some(Act::Say("550 5.1.1 no such user")),
        Step::End => Some(Act::Say("451 4.3.0 local error")),
        _ => None,
    });
    let first = letter(&["a@example.com", "gone@example.com"]);
    let (_, to, refused, _) = later(deliver(&email_to(postman.port), &first, PATIENCE));
    assert_eq!((to.as_slice(), refused.len()), (&["a@example.com".to_owned()][..], 1));
}

#[test]
fn a_server_that_closes_is_tried_again() {
    let steps: [At; 5] = [
        |step| *step == Step::Greeting,
        |step| step.is("EHLO"),
        |step| step.is("MAIL"),
        |step| step.is("DATA"),
        |step| *step == Step::End,
    ];
    for step in steps {
        let postman = Postman::with(move |at| step(at).then_some(Act::Close));
        let (_, to, _, setup) = later(tried(&postman));
        assert!(!setup && to == ["risk@example.com"]);
    }
    // In the middle of a long letter.
    let postman = Postman::with(|step| (*step == Step::Body).then_some(Act::CloseAfter(5_000)));
    let mut long = letter(&["risk@example.com"]);
    long.bytes.extend("0123456789abcdef\r\n".repeat(300_000).into_bytes());
    let (reason, ..) = later(deliver(&email_to(postman.port), &long, PATIENCE));
    assert!(reason.starts_with("the letter is not taken: "), "{reason}");
    assert!(postman.received().is_empty());
}

#[test]
fn what_comes_after_the_yes_changes_nothing() {
    for act in [Act::Hang, Act::Close, Act::Drip, Act::Say("500 what?")] {
        let postman = Postman::at("QUIT", act);
        let clock = Stopwatch::now();
        assert_eq!(tried(&postman), Delivery::Accepted { refused: vec![] });
        assert!(clock.elapsed() < Duration::from_secs(8), "{:?}", clock.elapsed());
        assert_eq!(postman.received().len(), 1);
    }
}

/// No SMTP at all: web pages, noise, escape sequences. The reason stays short and harmless.
#[test]
fn nonsense_is_tried_again_and_shown_harmlessly() {
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
        let postman = Postman::at("MAIL", Act::Bytes(bytes));
        let (reason, to, ..) = later(deliver(&email_to(postman.port), &letter(&["a@example.com"]), TWO_SECONDS));
        assert_eq!(to, ["a@example.com"], "{shown}");
        assert!(reason.chars().count() <= 500, "{shown}: {reason}");
        assert!(!reason.chars().any(char::is_control) && !reason.contains('\u{202e}'), "{shown}: {reason:?}");
    }
}

#[test]
fn nobody_there() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (reason, _, _, setup) = later(deliver(&email_to(port), &letter(&["a@example.com"]), PATIENCE));
    assert!(!setup && reason.contains(&format!("127.0.0.1:{port} cannot be reached")), "{reason}");
    let nowhere = Email { smtp: "smtp://mail.invalid:25".to_owned(), ..mail::email() };
    let (reason, ..) = later(deliver(&nowhere, &letter(&["a@example.com"]), PATIENCE));
    assert!(reason.contains("mail.invalid:25"), "{reason}");
}

/// Plain text only when said, or to this machine itself.
#[test]
fn mail_is_not_sent_unencrypted_by_mistake() {
    let postman = Postman::polite();
    let required = Email { starttls: Some(StartTls::Required), ..email_to(postman.port) };
    let (reason, _, _, setup) = later(deliver(&required, &letter(&["a@example.com"]), PATIENCE));
    assert!(setup && reason.contains("offers no encryption"), "{reason}");
    assert!(
        !postman.heard().iter().any(|line| line.starts_with("MAIL") || line.starts_with("AUTH")),
        "{:?}",
        postman.heard()
    );
    // The same machine under a name of the network: encryption is asked for unless said otherwise.
    let never = Email { starttls: Some(StartTls::Never), ..email_to(postman.port) };
    assert_eq!(deliver(&never, &letter(&["a@example.com"]), PATIENCE), Delivery::Accepted { refused: vec![] });
    // A server that speaks no TLS where TLS is expected from the first byte.
    let smtps = Email { smtp: format!("smtps://127.0.0.1:{}", postman.port), ..mail::email() };
    let (reason, ..) = later(deliver(&smtps, &letter(&["a@example.com"]), TWO_SECONDS));
    assert!(!reason.is_empty());
    assert_eq!(postman.received().len(), 1);
}
