//! Ids of messages: no two installations, and no ledger after a lost one, send different messages under one id. What is muted
//! is in no message.

use std::{fs, thread, time::Duration};

use super::process::{Daemon, email_config, eventually, logged};
use crate::support::{
    fake_smtp::FakeSmtp,
    mime::Part,
    watched::{Watcher, at, configure, day, watched},
    world::World,
};

/// Ids of the notifications of two days, the second of which is drifted.
fn ids(world: &World) -> Vec<String> {
    let watcher = Watcher::new(world);
    watcher.check(at(2, 6));
    watcher.notifications.lock().unwrap().iter().map(|notification| notification.id.clone()).collect()
}

fn drifting() -> World {
    let world = watched("alerts: {after: 1}\n");
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    world
}

#[test]
fn ids_differ_between_installations_and_after_a_lost_ledger() {
    let (one, other) = (drifting(), drifting());
    let (first, second) = (ids(&one), ids(&other));
    assert!(!first.is_empty() && first.len() == second.len());
    fs::remove_dir_all(one.path("state")).unwrap();
    fs::remove_dir_all(one.path("reports")).unwrap();
    let again = ids(&one);
    let mut all = [first, second, again].concat();
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count, "{all:?}");
}

#[test]
fn a_lost_ledger_is_stated() {
    let world = drifting();
    let now = at(2, 6).to_string();
    let unknown = "has windows that the ledger does not know";
    let starts = || logged(&world).matches("\"started\"").count();
    let run = || {
        let before = starts();
        let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
        eventually("signals are handled", || starts() > before);
        eventually("the index is written", || world.path("reports/index.html").exists());
        eventually("the windows are recorded", || {
            let status = world.vigie(&["status", "--config", "vigie.yaml"]).stdout;
            status.contains("2026-10-02T00:00:00Z to 2026-10-03T00:00:00Z")
        });
        assert_eq!(daemon.stop("TERM"), Some(0));
    };
    run();
    assert!(!logged(&world).contains(unknown), "{}", logged(&world));
    run();
    assert!(!logged(&world).contains(unknown), "{}", logged(&world));
    fs::remove_dir_all(world.path("state")).unwrap();
    run();
    assert!(logged(&world).contains(unknown), "{}", logged(&world));
    // While it is running.
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    thread::sleep(Duration::from_secs(2));
    for file in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = fs::remove_file(world.path(&format!("state/{file}")));
    }
    daemon.signal("HUP");
    eventually("it is stated", || {
        logged(&world).contains("the ledger was removed or replaced while the daemon was running")
    });
    assert_eq!(daemon.stop("TERM"), Some(0));
}

/// AGE drifts far more than INCOME, but is muted.
#[test]
fn what_is_muted_heads_no_mail() {
    let smtp = FakeSmtp::accepting_all();
    let world = watched(&email_config(smtp.port));
    configure(&world, &email_config(smtp.port));
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    // Only JOB is switched on besides AGE.
    let off = config.split("JOB: ").nth(1).unwrap().split("}}, ").next().unwrap();
    world.file("vigie.yaml", config.replace(&format!("JOB: {off}}}}}, "), ""));
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 40);
    let text = fs::read_to_string(world.path("log/dt=2026-10-02/a.ndjson")).unwrap();
    world.file("log/dt=2026-10-02/a.ndjson", text.replace("\"JOB\":\"Core staff\"", "\"JOB\":\"Astronaut\""));
    world.vigie(&["alert", "mute", "AGE", "--until", "2999-01-01", "--config", "vigie.yaml"]).ok();
    let now = at(2, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("the mail arrives", || smtp.received().len() == 1);
    assert_eq!(daemon.stop("TERM"), Some(0));
    let mail = Part::of(&smtp.received()[0].bytes);
    for part in ["text/plain", "text/html"] {
        let parts = mail.all(part);
        let text = parts[0].text();
        assert!(text.contains("JOB") && !text.contains("AGE"), "{part}: {text}");
    }
    let head = String::from_utf8_lossy(&smtp.received()[0].bytes).into_owned();
    let subject = head.lines().find(|line| line.starts_with("Subject:")).unwrap().to_owned();
    assert!(subject.contains("JOB") && !subject.contains("AGE"), "{subject}");
}
