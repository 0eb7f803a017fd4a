//! SIGKILL at any point, then a restart: every window has one run, and every alert is mailed under one Message-ID.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant as StdInstant},
};

use rusqlite::Connection;

use crate::support::{
    applicants::DAY,
    draw::Draw,
    fake_smtp::{Act, FakeSmtp, Step},
    watched::{DAY_US, at, configure, day, watched},
    world::World,
};

/// Crash points in the process.
const POINTS: [&str; 40] = [
    "start.locked",
    "start.ledger",
    "check.due",
    "check.tallied",
    "check.caught_up",
    "check.covered",
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
    "report.profile_written",
    "report.previous_kept",
    "report.profile_placed",
    "report.html_placed",
    "report.json_placed",
    "ledger.before",
    "ledger.begun",
    "ledger.known",
    "ledger.run",
    "message.before",
    "message.made",
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

/// Steps of the SMTP session at which the process is killed.
const SMTP_STEPS: [&str; 8] = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "body", "end", "QUIT"];

fn name(step: &Step) -> &str {
    match step {
        Step::Greeting => "greeting",
        Step::Command(line) => line.split([' ', ':']).next().unwrap_or_default(),
        Step::Body => "body",
        Step::End => "end",
    }
}

/// The process to kill, and the SMTP step at which to kill it.
#[derive(Default)]
struct Trap {
    process: Option<u32>,
    step: Option<&'static str>,
}

struct Stage {
    world: World,
    smtp: FakeSmtp,
    trap: Arc<Mutex<Trap>>,
    hits: BTreeMap<String, u32>,
    /// The current day, which is not over yet.
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
        let smtp = FakeSmtp::with(move |step| {
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
                smtp.port
            ),
        );
        Self { world, smtp, trap, hits: BTreeMap::new(), today: 0 }
    }

    /// Advances by a day. Every other day is drifted, so that each day causes an event.
    fn next_day(&mut self) {
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

    /// Waits for the process. Returns whether it was killed, and its stderr.
    fn wait(child: Child) -> (bool, String) {
        let output = child.wait_with_output().unwrap();
        (output.status.signal() == Some(9), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Kills the process when it reaches a crash point for the n-th time.
    fn kill_at_point(&mut self, point: &str, nth: u32, sabotage: bool) {
        self.next_day();
        let child = self.start(&["--once"], Some(&format!("{point}:{nth}")), sabotage);
        let (killed, stderr) = Self::wait(child);
        assert!(killed || nth > 1, "{point} was never reached: {stderr}");
        if killed {
            *self.hits.entry(point.to_owned()).or_default() += 1;
        }
    }

    /// Kills the process at a step of the SMTP session.
    fn kill_at_step(&mut self, step: &'static str) {
        self.next_day();
        {
            let mut trap = self.trap.lock().unwrap();
            *trap = Trap { process: None, step: Some(step) };
        }
        // The lock is held until the process is known.
        let mut trap = self.trap.lock().unwrap();
        let child = self.start(&["--once"], None, false);
        trap.process = Some(child.id());
        drop(trap);
        let (killed, stderr) = Self::wait(child);
        *self.trap.lock().unwrap() = Trap::default();
        // The process does not wait for the reply to QUIT, so it may have exited already.
        assert!(killed || step == "QUIT", "{step} was never reached: {stderr}");
        if killed {
            *self.hits.entry(format!("smtp {step}")).or_default() += 1;
        }
    }

    /// Kills the daemon after some time.
    fn kill_after(&mut self, after: Duration) {
        self.next_day();
        let mut child = self.start(&[], None, false);
        thread::sleep(after);
        child.kill().unwrap();
        let (killed, stderr) = Self::wait(child);
        assert!(killed, "{stderr}");
        *self.hits.entry("any time".to_owned()).or_default() += 1;
    }

    /// Runs to completion, so that everything left undone is made up for.
    fn finish(&mut self) {
        self.next_day();
        for _ in 0..3 {
            let child = self.start(&["--once"], None, false);
            let (killed, stderr) = Self::wait(child);
            assert!(!killed && stderr.is_empty(), "{stderr}");
        }
    }

    /// Returns everything that is wrong afterwards.
    fn errors(&self) -> Vec<String> {
        let mut errors = Vec::new();
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
                errors.push(format!("day {number} has {runs} current runs"));
            }
            let folder = vigie_profile::window::Window {
                from: vigie_profile::window::Instant(from),
                to: vigie_profile::window::Instant(to),
            }
            .folder();
            let report =
                fs::read_to_string(self.world.path(&format!("reports/m/{folder}/report.json"))).unwrap_or_default();
            if serde_json::from_str::<serde_json::Value>(&report).is_err() {
                errors.push(format!("day {number} has no complete report"));
            }
            let page =
                fs::read_to_string(self.world.path(&format!("reports/m/{folder}/report.html"))).unwrap_or_default();
            if !page.trim_end().ends_with("</html>") {
                errors.push(format!("day {number} has no complete page"));
            }
            // Every day but the first opens an alert or closes one.
            if number > 0 {
                let sql =
                    "SELECT message_id FROM outbox JOIN run ON run.id = outbox.run WHERE from_us = ?1 AND to_us = ?2";
                let mut query = db.prepare(sql).unwrap();
                let ids = query.query_map([from, to], |row| row.get::<_, String>(0)).unwrap();
                let ids: Vec<String> = ids.map(Result::unwrap).collect();
                if ids.len() != 1 {
                    errors.push(format!("day {number} has {} messages", ids.len()));
                }
                expected.extend(ids);
            }
        }
        let all: i64 = db.query_row("SELECT count(*) FROM run WHERE current = 1", [], |row| row.get(0)).unwrap();
        if all != self.today {
            errors.push(format!("{all} current runs for {} days", self.today));
        }
        let received: BTreeSet<String> = self
            .smtp
            .received()
            .iter()
            .map(|mail| {
                let text = String::from_utf8_lossy(&mail.bytes).into_owned();
                let line = text.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
                line.trim_start_matches("Message-ID:").trim().to_owned()
            })
            .collect();
        errors.extend(expected.difference(&received).map(|id| format!("{id} was never mailed")));
        errors.extend(received.difference(&expected).map(|id| format!("{id} is an unexpected mail")));
        let opened: i64 = db
            .query_row("SELECT count(*) FROM alert WHERE feature = 'AGE' AND test = 'values'", [], |row| row.get(0))
            .unwrap();
        if opened != self.today / 2 {
            errors.push(format!("{opened} alerts for {} drifted days", self.today / 2));
        }
        errors
    }
}

/// `VIGIE_KILLS` is the number of kills; CI uses 200.
#[test]
fn nothing_is_lost_wherever_the_process_is_killed() {
    let kills: u32 = std::env::var("VIGIE_KILLS").map_or(60, |kills| kills.parse().unwrap());
    let started = StdInstant::now();
    let mut stage = Stage::new();
    let mut draw = Draw::seeded(20_261_001);
    stage.next_day();
    stage.next_day();
    let mut places: Vec<(bool, &'static str)> = Vec::new();
    let mut done = 0;
    while done < kills {
        if places.is_empty() {
            places.extend(POINTS.map(|point| (true, point)));
            places.extend(SMTP_STEPS.map(|step| (false, step)));
            draw.shuffle(&mut places);
        }
        // Every fifth kill hits the daemon at a random time.
        if done % 5 == 4 {
            stage.kill_after(Duration::from_millis(20 + draw.below(500) as u64));
        } else {
            match places.pop().unwrap() {
                (true, point) => stage.kill_at_point(point, 1, false),
                (false, step) => stage.kill_at_step(step),
            }
        }
        done += 1;
    }
    stage.finish();
    let table: Vec<String> = stage.hits.iter().map(|(place, hits)| format!("{hits:>4}  {place}")).collect();
    println!("{} kills in {:.0} s\n{}", done, started.elapsed().as_secs_f64(), table.join("\n"));
    let emails = stage.smtp.received().len();
    println!("{emails} emails accepted for {} events", stage.today - 1);
    assert_eq!(stage.errors(), Vec::<String>::new());
    if kills >= 200 {
        for point in POINTS {
            assert!(stage.hits.get(point).is_some_and(|hits| *hits >= 3), "{point} was hit too rarely");
        }
        for step in SMTP_STEPS.iter().filter(|step| **step != "QUIT") {
            assert!(
                stage.hits.get(&format!("smtp {step}")).is_some_and(|hits| *hits >= 3),
                "{step} was hit too rarely"
            );
        }
    }
}

/// Checks the test itself: with messages queued outside the run's transaction, a crash in between loses them.
#[test]
fn messages_queued_outside_the_transaction_are_lost() {
    let mut stage = Stage::new();
    stage.next_day();
    stage.next_day();
    stage.kill_at_point("ledger.committed", 2, true);
    stage.finish();
    let errors = stage.errors();
    assert_eq!(errors, ["day 1 has 0 messages"]);
}
