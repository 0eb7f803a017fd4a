//! Which columns are compared, and what is said about the others.

use std::fmt::Write as _;

use crate::support::world::World;

/// Neither row numbers nor identifiers nor times are compared, and the output says so.
#[test]
fn columns_that_say_nothing_about_another_table_are_left_out() {
    let world = World::new();
    let rows = |from: usize| {
        let mut text = ",customer_id,token,number,date,AGE,ONE\n".to_owned();
        for row in from..from + 1_500 {
            let _ = writeln!(text, "{row},{row},t{row},{row},2026-10-{:02},{},1", row % 28 + 1, row % 50);
        }
        text
    };
    world.file("ref.csv", rows(0));
    world.file("cur/a.csv", rows(5_000));
    let ran = world.vigie(&["compare", "ref.csv", "cur", "--exit-code"]).ok();
    for note in [
        "column 1 has no name",
        "customer_id: an identifier",
        "token: probably an identifier, left out",
        "number: probably an identifier, left out",
        "date: a time",
        "the same in every row of both tables: `ONE`",
    ] {
        assert!(ran.stderr.contains(note), "{note}: {}", ran.stderr);
    }
    assert!(
        ran.stdout.starts_with("cur compared with ref.csv\nStable: 1,500 rows match the reference in all 2 features.")
    );
    assert!(ran.stdout.ends_with("report: vigie-report/report.html\n"), "{}", ran.stdout);
    // Whoever names a column gets it.
    let ran = world.vigie(&["compare", "ref.csv", "cur", "--features", "number,AGE", "--exit-code"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("number"), "{}", ran.stdout);
}

#[test]
fn columns_that_differ_between_the_tables_are_named() {
    let world = World::new();
    let rows = |header: &str, row: &dyn Fn(usize) -> String| -> String {
        (0..600).fold(format!("{header}\n"), |text, number| text + &row(number) + "\n")
    };
    world.file("ref.csv", rows("AGE,INCOME,OLD,CODE", &|row| format!("{},{},1.5,{}", row % 50, row % 90, row % 5)));
    world.file("cur.csv", rows("AGE,Income,NEW,CODE", &|row| format!("{},{},2.5,k{}", row % 50, row % 90, row % 5)));
    let ran = world.vigie(&["compare", "ref.csv", "cur.csv"]).ok();
    for note in [
        "only in ref.csv: `INCOME`, `OLD`",
        "only in cur.csv: `Income`, `NEW`",
        "INCOME: probably `Income` in cur.csv; rename one of them to compare them",
        "CODE: numbers in ref.csv, text such as `k0` in cur.csv",
    ] {
        assert!(ran.stderr.contains(note), "{note}: {}", ran.stderr);
    }
    assert!(ran.stdout.contains("INCOME, OLD are in no record"), "{}", ran.stdout);
    // A model or a score is not needed, and an unknown column is an error.
    let ran = world.vigie(&["compare", "ref.csv", "cur.csv", "--ignore", "NOPE"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("NOPE"), "{}", ran.stderr);
}

/// One cell of a spreadsheet must not hide a column of numbers.
#[test]
fn a_few_texts_among_numbers_are_missing_values() {
    let world = World::new();
    let rows = |stray: &str, factor: f64| -> String {
        let income = |row: usize| if row % 40 == 7 { stray.to_owned() } else { (row as f64 * factor).to_string() };
        (0..1_200).fold("INCOME,CODE\n".to_owned(), |text, row| {
            let code = if row % 25 == 0 { "X".to_owned() } else { (row % 9).to_string() };
            text + &format!("{},{code}\n", income(row))
        })
    };
    world.file("cur.csv", rows("", 1.5));
    for stray in ["oops", "-", "#N/A", "\\N", "?"] {
        world.file("ref.csv", rows(stray, 1.5));
        let ran = world.vigie(&["compare", "ref.csv", "cur.csv"]).ok();
        let note = format!("note: INCOME: 30 of 1200 cells are not numbers, such as `{stray}`: read as missing");
        assert!(ran.stderr.contains(&note), "{}", ran.stderr);
        assert!(ran.stdout.contains("Stable: 1,200 rows match the reference in all 2 features."), "{}", ran.stdout);
        assert!(ran.stderr.contains("CODE: contains text; treated as categorical"), "{}", ran.stderr);
    }
    world.file("high.csv", rows("oops", 4.0));
    let ran = world.vigie(&["compare", "ref.csv", "high.csv", "--exit-code"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
}

#[test]
fn doubts_about_the_tables_as_a_whole_are_stated() {
    let world = World::new();
    let rows =
        |count: usize| (0..count).fold("AGE,id\n".to_owned(), |text, row| text + &format!("{},{row}\n", row % 50));
    world.file("few.csv", rows(20));
    world.file("cur.csv", rows(700));
    let ran = world.vigie(&["compare", "few.csv", "cur.csv"]).ok();
    assert!(ran.stderr.contains("few.csv has 20 rows: with fewer than 500"), "{}", ran.stderr);
    let ran = world.vigie(&["compare", "cur.csv", "cur.csv"]).ok();
    assert!(ran.stderr.contains("both tables are the same file"), "{}", ran.stderr);
    let page = std::fs::read_to_string(world.path("vigie-report/report.html")).unwrap();
    assert!(page.contains("Columns that are not compared: id."), "{page}");
}
