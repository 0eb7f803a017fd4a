//! Tables that cannot be compared: one sentence, exit code 2, no report.

use crate::support::world::World;

#[test]
fn what_cannot_be_compared_is_one_sentence() {
    let world = World::new();
    let rows: String = (0..600).map(|row| format!("{},{}\n", row % 50, row % 7)).collect();
    world.file("ref.csv", format!("AGE,CHILDREN\n{rows}"));
    world.file("empty.csv", "");
    world.file("header.csv", "AGE,CHILDREN\n");
    world.file("other.csv", format!("foo,bar\n{rows}"));
    world.file("fake.csv", b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\x13\0\0\0[Content_Types].xml");
    world.file("sheets/a.xlsx", b"PK\x03\x04");
    std::fs::create_dir(world.path("nothing")).unwrap();
    for (tables, why) in [
        (["missing.csv", "ref.csv"], "REF: missing.csv: no such file or directory"),
        (["ref.csv", "missing.csv"], "CUR: missing.csv: no such file or directory"),
        (["ref.csv", "nothing"], "CUR: nothing has no readable file"),
        (["sheets", "ref.csv"], "REF: sheets has no readable file"),
        (["ref.csv", "empty.csv"], "CUR empty.csv: it has no records"),
        (["ref.csv", "header.csv"], "CUR header.csv: it has no records"),
        (["header.csv", "ref.csv"], "REF header.csv: it has no records"),
        (
            ["ref.csv", "other.csv"],
            "no column of other.csv has the name of one of ref.csv: `bar`, `foo`; `AGE`, `CHILDREN`",
        ),
        (["fake.csv", "ref.csv"], "is a spreadsheet; convert it to CSV"),
        (["ref.csv", "fake.csv"], "is a spreadsheet; convert it to CSV"),
    ] {
        let ran = world.vigie(&["compare", tables[0], tables[1]]);
        assert_eq!(ran.code, Some(2), "{tables:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(why), "{tables:?}: {}", ran.stderr);
        assert_eq!((ran.stderr.lines().count(), ran.stdout.as_str()), (1, ""), "{tables:?}: {}", ran.stderr);
        assert!(!world.path("vigie-report/report.html").exists(), "{tables:?}");
    }
    // Scores of which the second table has none, too few, or other ones.
    let scored = |score: &dyn Fn(usize) -> String| -> String {
        (0..600).fold("AGE,p\n".to_owned(), |text, row| text + &format!("{},{}\n", row % 50, score(row)))
    };
    world.file("scored.csv", scored(&|row| format!("0.{}", 1 + row % 9)));
    for (score, why) in [
        (scored(&|_| "x".to_owned()), "--probability: column `p` of cur.csv has text such as `x`, not numbers"),
        (scored(&|row| if row < 400 { String::new() } else { "0.5".to_owned() }), "no probability, such as a row"),
        (scored(&|row| (row % 9 * 10).to_string()), "is it a percentage?"),
        (format!("AGE,q\n{rows}"), "--probability: cur.csv has no column `p`; available: AGE, q"),
    ] {
        world.file("cur.csv", score);
        let ran = world.vigie(&["compare", "scored.csv", "cur.csv", "--probability", "p"]);
        assert_eq!(ran.code, Some(2), "{why}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "{why}: {}", ran.stderr);
        let page = world.path("vigie-report/report.html");
        let all = ran.stdout + &ran.stderr + &std::fs::read_to_string(&page).unwrap_or_default();
        assert!(!all.contains("1970") && !ran.stderr.contains("source."), "{}", ran.stderr);
        let _ = std::fs::remove_file(page);
    }
    for (options, why) in [
        (["--timestamp", "NOPE"], "--timestamp"),
        (["--probability", "NOPE"], "NOPE"),
        (["--probability", "AGE"], "probability"),
        (["--model", "ref.csv"], "--model"),
        (["--threshold", "x"], "--threshold"),
    ] {
        let ran = world.vigie(&[&["compare", "ref.csv", "ref.csv"][..], &options].concat());
        assert_eq!(ran.code, Some(2), "{options:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "{options:?}: {}", ran.stderr);
        assert!(!world.path("vigie-report/report.html").exists(), "{options:?}");
    }
}
