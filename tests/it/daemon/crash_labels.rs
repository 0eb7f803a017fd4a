//! SIGKILL while label verdicts are applied to alerts, then a restart: they are mailed once.

use std::{
    os::unix::process::ExitStatusExt,
    process::{Command, Output},
};

use crate::{
    story::late_labels::{outcomes, with_outcomes},
    support::{
        fake_smtp::FakeSmtp,
        watched::{at, day},
        world::World,
    },
};

fn run(world: &World, hour: i64, crash_at: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigie"));
    command.args(["run", "--config", "vigie.yaml", "--once"]).current_dir(world.root());
    command.env("VIGIE_NOW", at(3, hour).to_string()).env("VIGIE_LOG", "error");
    if let Some(point) = crash_at {
        command.env("VIGIE_CRASH_AT", format!("{point}:1"));
    }
    command.output().unwrap()
}

/// Returns the Message-IDs of the emails about realised costs, in order of arrival.
fn cost_mails(smtp: &FakeSmtp) -> Vec<String> {
    let texts = smtp.received().into_iter().map(|mail| String::from_utf8_lossy(&mail.bytes).into_owned());
    let about_cost = texts.filter(|text| text.contains("realised cost"));
    about_cost.map(|text| text.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned()).collect()
}

#[test]
fn label_verdicts_are_mailed_once_wherever_the_process_is_killed() {
    // If the process dies after sending, the copy has the same Message-ID.
    let points = [
        ("labels.begun", 1),
        ("labels.decided", 1),
        ("outbox.queued", 1),
        ("labels.applied", 1),
        ("labels.committed", 1),
        ("outbox.sent", 2),
    ];
    for (point, copies) in points {
        let smtp = FakeSmtp::accepting_all();
        let world = with_outcomes(&format!(
            "alerts:\n  after: 1\n  email: {{smtp: \"smtp://127.0.0.1:{}\", from: vigie@example.com, to: risk@example.com, starttls: never}}\n",
            smtp.port
        ));
        (0..3).for_each(|number| day(&world, number, 120, 0));
        assert!(run(&world, 6, None).status.success());
        assert!(cost_mails(&smtp).is_empty(), "no labels yet");
        outcomes(&world, "a", 0..3, true);
        let killed = run(&world, 20, Some(point));
        assert_eq!(killed.status.signal(), Some(9), "{point} was never reached: {killed:?}");
        for hour in [20, 21] {
            let ended = run(&world, hour, None);
            assert!(ended.status.success(), "{point}: {}", String::from_utf8_lossy(&ended.stderr));
        }
        let mut ids = cost_mails(&smtp);
        assert_eq!(ids.len(), copies, "{point}: {ids:?}");
        ids.dedup();
        assert_eq!(ids.len(), 1, "{point}: one Message-ID");
    }
}
