//! The options of the program, its messages and its exit code.

use std::{
    fs,
    process::{Command, Output},
};

use super::{
    random::tables,
    raw::{Work, names, read_frame},
};

fn run(work: &Work, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigie-prepare"));
    command.arg("--tables").arg(work.options().tables).arg("--out").arg(work.options().out).args(options);
    command.output().unwrap()
}

#[test]
fn columns_and_clients_come_from_files_or_from_the_command_line() {
    let work = Work::new(&tables(8, 41));
    fs::write(work.path("kept.txt"), "PREV_RATIO_REFUSED\r\n\nAMT_CREDIT\n").unwrap();
    fs::write(work.path("ids.txt"), "7\n2\n").unwrap();
    let in_file = |name: &str| format!("@{}", work.path(name).display());
    let done = run(&work, &["--columns", &in_file("kept.txt"), "--clients", &in_file("ids.txt")]);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert!(said.contains("2 clients, 4 columns"), "{said}");
    let frame = read_frame(&work.options().out);
    assert_eq!(names(&frame), ["SK_ID_CURR", "TARGET", "PREV_RATIO_REFUSED", "AMT_CREDIT"]);
    let ids: Vec<_> = frame.column("SK_ID_CURR").unwrap().i64().unwrap().iter().flatten().collect();
    assert_eq!(ids, [2, 7]);

    let done = run(&work, &["--columns", "PREV_RATIO_REFUSED, AMT_CREDIT", "--clients", "7,2,7", "--block", "1"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(frame.equals_missing(&read_frame(&work.options().out)));
}

#[test]
fn an_error_ends_with_code_2_and_one_sentence() {
    let work = Work::new(&tables(3, 42));
    for (options, said) in [
        (["--columns", "@absent.txt"], "cannot read absent.txt"),
        (["--columns", ","], "--columns: , has no entry"),
        (["--clients", "1,x"], "--clients: \"x\" is not a client id"),
        (["--threads", "0"], "--threads: 0 is too few"),
        (["--clients", "1,99"], "--clients: 1 of 2 ids"),
    ] {
        let done = run(&work, &options);
        let text = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{text}");
        assert!(text.starts_with(&format!("error: {said}")), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!work.options().out.exists());
    }
}
