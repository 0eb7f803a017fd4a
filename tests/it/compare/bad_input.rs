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
    world.file("semicolon.csv", "AGE;CHILDREN\n1;2\n3;4\n");
    world.file("sheets/a.xlsx", b"PK\x03\x04");
    std::fs::create_dir(world.path("nothing")).unwrap();
    for (tables, why) in [
        (["missing.csv", "ref.csv"], "REF: missing.csv: no such file or directory"),
        (["ref.csv", "missing.csv"], "CUR: missing.csv: no such file or directory"),
        (["ref.csv", "nothing"], "CUR: nothing has no readable file"),
        (["sheets", "ref.csv"], "REF: sheets has no readable file"),
        (["ref.csv", "empty.csv"], "the table has no rows"),
        (["ref.csv", "header.csv"], "the table has no rows"),
        (["header.csv", "ref.csv"], "no rows"),
        (["ref.csv", "other.csv"], "the records have: bar, foo"),
        (["ref.csv", "semicolon.csv"], "`;` between the cells"),
    ] {
        let ran = world.vigie(&["compare", tables[0], tables[1]]);
        assert_eq!(ran.code, Some(2), "{tables:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(why), "{tables:?}: {}", ran.stderr);
        assert_eq!((ran.stderr.lines().count(), ran.stdout.as_str()), (1, ""), "{tables:?}: {}", ran.stderr);
        assert!(!world.path("vigie-report/report.html").exists(), "{tables:?}");
    }
    let ran = world.vigie(&["compare", "ref.csv", "ref.csv", "--timestamp", "AGE"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}
