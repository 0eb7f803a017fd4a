//! Killed by SIGKILL while alerts hear what late labels say, and started again: it is mailed, and never as two stories.

use std::{
    os::unix::process::ExitStatusExt,
    process::{Command, Output},
};

use crate::{
    story::late_labels::{outcomes, with_outcomes},
    support::{
        postman::Postman,
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

/// Message-IDs of the letters that speak of realised costs, in the order they came.
fn letters(postman: &Postman) -> Vec<String> {
    let texts = postman.received().into_iter().map(|letter| String::from_utf8_lossy(&letter.bytes).into_owned());
    let told = texts.filter(|text| text.contains("realised cost"));
    told.map(|text| text.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned()).collect()
}

#[test]
fn what_labels_say_is_neither_lost_nor_doubled_wherever_it_is_killed() {
    // Where it dies once the letter is out, the copy has the name of the first.
    let points = [
        ("labels.begun", 1),
        ("labels.decided", 1),
        ("outbox.queued", 1),
        ("labels.heard", 1),
        ("labels.committed", 1),
        ("outbox.sent", 2),
    ];
    for (point, copies) in points {
        let postman = Postman::polite();
        let world = with_outcomes(&format!(
            "alerts:\n  after: 1\n  email: {{smtp: \"smtp://127.0.0.1:{}\", from: vigie@example.com, to: risk@example.com, starttls: never}}\n",
            postman.port
        ));
        (0..3).for_each(|number| day(&world, number, 120, 0));
        assert!(run(&world, 6, None).status.success());
        assert!(letters(&postman).is_empty(), "nothing is known yet");
        outcomes(&world, "a", 0..3, true);
        let killed = run(&world, 20, Some(point));
        assert_eq!(killed.status.signal(), Some(9), "{point} was never passed: {killed:?}");
        for hour in [20, 21] {
            let ended = run(&world, hour, None);
            assert!(ended.status.success(), "{point}: {}", String::from_utf8_lossy(&ended.stderr));
        }
        let mut told = letters(&postman);
        assert_eq!(told.len(), copies, "{point}: {told:?}");
        told.dedup();
        assert_eq!(told.len(), 1, "{point}: under one name");
    }
}
