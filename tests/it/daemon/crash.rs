//! Killed by SIGKILL at any point, and started again: every window has one run, every alert is mailed, none twice as news.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant as Stopwatch},
};

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::support::{
    applicants::DAY,
    draw::Draw,
    postman::{Act, Postman, Step},
    watched::{DAY_US, at, configure, day, watched},
    world::World,
};

/// Where the process may be killed: in its own code…
const POINTS: [&str; 38] = [
    "start.locked",
    "start.ledger",
    "look.due",
    "look.tallied",
    "look.caught_up",
    "look.covered",
    "window.begun",
    "window.opened",
    "window.counted",
    "window.weighed",
    "window.examined",
    "window.published",
    "report.rendered",
    "report.folder",
    "report.json_written",
    "report.html_written",
    "report.former_kept",
    "report.html_placed",
    "report.json_placed",
    "ledger.before",
    "ledger.begun",
    "ledger.known",
    "ledger.run",
    "letter.before",
    "letter.made",
    "ledger.decided",
    "ledger.alerts",
    "outbox.queued",
    "ledger.queued",
    "ledger.committed",
    "retention.begun",
    "retention.removed",
    "retention.forgotten",
    "index.before",
    "index.written",
    "outbox.before",
    "outbox.sent",
    "outbox.settled",
];

/// … and while it speaks to the mail server.
const DIALOGUE: [&str; 8] = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "body", "end", "QUIT"];

fn name(step: &Step) -> &str {
    match step {
        Step::Greeting => "greeting",
        Step::Command(line) => line.split([' ', ':']).next().unwrap_or_default(),
        Step::Body => "body",
        Step::End => "end",
    }
}

/// The process, and at which step of the dialogue it is to be killed.
#[derive(Default)]
struct Trap {
    process: Option<u32>,
    step: Option<&'static str>,
}

struct Stage {
    world: World,
    postman: Postman,
    trap: Arc<Mutex<Trap>>,
    hits: BTreeMap<String, u32>,
    /// The day that is not over yet.
    today: i64,
}

fn kill(process: u32) {
    let status = Command::new("sh").arg("-c").arg(format!("kill -9 {process}")).status().unwrap();
    assert!(status.success());
}

impl Stage {
    fn new() -> Self {
        let trap: Arc<Mutex<Trap>> = Arc::default();
        let set = Arc::clone(&trap);
        let postman = Postman::with(move |step| {
            let mut trap = set.lock().unwrap();
            if trap.step? != name(step) {
                return None;
            }
            trap.step = None;
            kill(trap.process?);
            Some(Act::Close)
        });
        let world = watched("");
        configure(
            &world,
            &format!(
                "schedule: {{lateness: 2h, catch_up: 100}}\nalerts:\n  after: 1\n  email: {{smtp: \"smtp://127.0.0.1:{}\", from: vigie@example.com, to: risk@example.com, starttls: never}}\n",
                postman.port
            ),
        );
        Self { world, postman, trap, hits: BTreeMap::new(), today: 0 }
    }

    /// A day passes: every other one is drifted, so that each has something to tell.
    fn pass(&mut self) {
        day(&self.world, self.today, 60, if self.today % 2 == 1 { 40 } else { 0 });
        self.today += 1;
    }

    fn start(&self, args: &[&str], crash_at: Option<&str>, sabotage: bool) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vigie"));
        command.arg("run").args(["--config", "vigie.yaml"]).args(args).current_dir(self.world.root());
        command.env("VIGIE_NOW", at(self.today, 6).to_string()).env("VIGIE_LOG", "error");
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        if let Some(point) = crash_at {
            command.env("VIGIE_CRASH_AT", point);
        }
        if sabotage {
            command.env("VIGIE_SABOTAGE", "outbox");
        }
        command.spawn().unwrap()
    }

    fn end(child: Child) -> (bool, String) {
        let output = child.wait_with_output().unwrap();
        (output.status.signal() == Some(9), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Kills at the n-th time a point is passed.
    fn at_point(&mut self, point: &str, nth: u32, sabotage: bool) {
        self.pass();
        let child = self.start(&["--once"], Some(&format!("{point}:{nth}")), sabotage);
        let (killed, said) = Self::end(child);
        assert!(killed || nth > 1, "{point} was never passed: {said}");
        if killed {
            *self.hits.entry(point.to_owned()).or_default() += 1;
        }
    }

    fn at_step(&mut self, step: &'static str) {
        self.pass();
        {
            let mut trap = self.trap.lock().unwrap();
            *trap = Trap { process: None, step: Some(step) };
        }
        // The lock is held until the process is known.
        let mut trap = self.trap.lock().unwrap();
        let child = self.start(&["--once"], None, false);
        trap.process = Some(child.id());
        drop(trap);
        let (killed, said) = Self::end(child);
        *self.trap.lock().unwrap() = Trap::default();
        // The answer to QUIT is not waited for, so it may come too late.
        assert!(killed || step == "QUIT", "{step} was never said: {said}");
        if killed {
            *self.hits.entry(format!("smtp {step}")).or_default() += 1;
        }
    }

    /// Kills the daemon itself after some time.
    fn at_random(&mut self, after: Duration) {
        self.pass();
        let mut child = self.start(&[], None, false);
        thread::sleep(after);
        child.kill().unwrap();
        let (killed, said) = Self::end(child);
        assert!(killed, "{said}");
        *self.hits.entry("any instant".to_owned()).or_default() += 1;
    }

    /// What the last start, which nobody kills, has to make good.
    fn finish(&mut self) {
        self.pass();
        for _ in 0..3 {
            let child = self.start(&["--once"], None, false);
            let (killed, said) = Self::end(child);
            assert!(!killed && said.is_empty(), "{said}");
        }
    }

    /// What is wrong afterwards.
    fn wrongs(&self) -> Vec<String> {
        let mut wrongs = Vec::new();
        let db = Connection::open(self.world.path("state/ledger.sqlite")).unwrap();
        let check: String = db.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        let mut expected = BTreeSet::new();
        for number in 0..self.today {
            let (from, to) = (DAY + number * DAY_US, DAY + (number + 1) * DAY_US);
            let runs: i64 = db
                .query_row(
                    "SELECT count(*) FROM run WHERE from_us = ?1 AND to_us = ?2 AND current = 1 AND outcome = 'told'",
                    [from, to],
                    |row| row.get(0),
                )
                .unwrap();
            if runs != 1 {
                wrongs.push(format!("day {number} has {runs} current runs"));
            }
            let folder = vigie_profile::window::Window {
                from: vigie_profile::window::Instant(from),
                to: vigie_profile::window::Instant(to),
            }
            .folder();
            let report =
                fs::read_to_string(self.world.path(&format!("reports/m/{folder}/report.json"))).unwrap_or_default();
            if serde_json::from_str::<serde_json::Value>(&report).is_err() {
                wrongs.push(format!("day {number} has no whole report"));
            }
            let page =
                fs::read_to_string(self.world.path(&format!("reports/m/{folder}/report.html"))).unwrap_or_default();
            if !page.trim_end().ends_with("</html>") {
                wrongs.push(format!("day {number} has no whole page"));
            }
            // Each day opens an alert or ends one, but for the first.
            if number > 0 {
                let mark = Sha256::digest(format!("m/{folder}/r0").as_bytes());
                let mark: String = mark.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
                expected.insert(format!("<vigie.{mark}@example.com>"));
            }
        }
        let all: i64 = db.query_row("SELECT count(*) FROM run WHERE current = 1", [], |row| row.get(0)).unwrap();
        if all != self.today {
            wrongs.push(format!("{all} current runs for {} days", self.today));
        }
        let received: BTreeSet<String> = self
            .postman
            .received()
            .iter()
            .map(|letter| {
                let text = String::from_utf8_lossy(&letter.bytes).into_owned();
                let line = text.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
                line.trim_start_matches("Message-ID:").trim().to_owned()
            })
            .collect();
        wrongs.extend(expected.difference(&received).map(|id| format!("{id} was never mailed")));
        wrongs.extend(received.difference(&expected).map(|id| format!("{id} tells again under another name")));
        let opened: i64 = db
            .query_row("SELECT count(*) FROM alert WHERE feature = 'AGE' AND test = 'psi'", [], |row| row.get(0))
            .unwrap();
        if opened != self.today / 2 {
            wrongs.push(format!("{opened} alerts for {} drifted days", self.today / 2));
        }
        wrongs
    }
}

/// `VIGIE_KILLS`: how many; in CI 200.
#[test]
fn nothing_is_lost_wherever_it_is_killed() {
    let kills: u32 = std::env::var("VIGIE_KILLS").map_or(60, |kills| kills.parse().unwrap());
    let started = Stopwatch::now();
    let mut stage = Stage::new();
    let mut draw = Draw::seeded(20_261_001);
    stage.pass();
    stage.pass();
    let mut places: Vec<(bool, &'static str)> = Vec::new();
    let mut done = 0;
    while done < kills {
        if places.is_empty() {
            places.extend(POINTS.map(|point| (true, point)));
            places.extend(DIALOGUE.map(|step| (false, step)));
            draw.shuffle(&mut places);
        }
        // Every fifth kill comes at any instant of the daemon's life.
        if done % 5 == 4 {
            stage.at_random(Duration::from_millis(20 + draw.below(500) as u64));
        } else {
            match places.pop().unwrap() {
                (true, point) => stage.at_point(point, 1, false),
                (false, step) => stage.at_step(step),
            }
        }
        done += 1;
    }
    stage.finish();
    let table: Vec<String> = stage.hits.iter().map(|(place, hits)| format!("{hits:>4}  {place}")).collect();
    println!("{} kills in {:.0} s\n{}", done, started.elapsed().as_secs_f64(), table.join("\n"));
    let letters = stage.postman.received().len();
    println!("{letters} letters accepted for {} events", stage.today - 1);
    assert_eq!(stage.wrongs(), Vec::<String>::new());
    if kills >= 200 {
        for point in POINTS {
            assert!(stage.hits.get(point).is_some_and(|hits| *hits >= 3), "{point} was hit too rarely");
        }
        for step in DIALOGUE.iter().filter(|step| **step != "QUIT") {
            assert!(
                stage.hits.get(&format!("smtp {step}")).is_some_and(|hits| *hits >= 3),
                "{step} was hit too rarely"
            );
        }
    }
}

/// The test has teeth: a ledger that learns of the letters after the run loses those that a crash falls between.
#[test]
fn letters_queued_outside_the_transaction_are_missed() {
    let mut stage = Stage::new();
    stage.pass();
    stage.pass();
    stage.at_point("ledger.committed", 2, true);
    stage.finish();
    let wrongs = stage.wrongs();
    assert!(wrongs.iter().any(|wrong| wrong.ends_with("was never mailed")), "{wrongs:?}");
}
