//! Input of which nothing can be proposed: one sentence that says what it is, exit code 2, and no config.

use serde_json::json;

use crate::support::world::World;

#[test]
fn what_cannot_be_a_log_is_one_sentence() {
    let world = World::new();
    let time = "\"ts\": \"2026-10-01T08:00:00Z\"";
    let record = format!("{{{time}, \"inputs\": {{\"AGE\": 41}}, \"p\": 0.2}}");
    let nested = |open: &str, close: &str, depth| format!("{}1{}\n", open.repeat(depth), close.repeat(depth));
    std::fs::create_dir(world.path("nothing")).unwrap();
    world.file("sheets/a.xlsx", b"PK\x03\x04");
    let noise: Vec<u8> = (0..40_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let cases: [(&str, Vec<u8>, &str); 13] = [
        ("empty.ndjson", Vec::new(), "it has no records"),
        ("blank.ndjson", b"\n\n".to_vec(), "it has no records"),
        ("header.csv", b"ts,AGE,p\n".to_vec(), "it has no records"),
        ("noise.ndjson", noise, "looks like"),
        ("array.json", format!("[{record},{record}]").into_bytes(), "one JSON array"),
        ("scalars.ndjson", b"1\n2\n\"x\"\n".to_vec(), "no line is a record"),
        ("lists.ndjson", b"[1,2]\n[3,4]\n".to_vec(), "lists without field names"),
        ("torn.ndjson", record.as_bytes()[..20].to_vec(), "no line is a record"),
        ("deep.ndjson", nested("{\"a\":", "}", 3_000).into_bytes(), "nested too deeply"),
        ("empty_objects.ndjson", b"{}\n{}\n".to_vec(), "no inputs"),
        ("no_time.ndjson", b"{\"a\": 1, \"p\": 0.2}\n".to_vec(), "no field of the records reads as a time"),
        (
            "local.ndjson",
            b"{\"date\": \"31/10/2026 08:00\", \"inputs\": {\"A\": 1}}\n".to_vec(),
            "\"31/10/2026 08:00\"",
        ),
        (
            "long.ndjson",
            format!("{{{time}, \"x\": \"{}\"}}\n", "a".repeat(17 << 20)).into_bytes(),
            "no line is a record",
        ),
    ];
    for (name, bytes, _) in &cases {
        world.file(name, bytes);
    }
    let places = [
        ("nothing", "the folder is empty"),
        ("sheets", "a.xlsx is a spreadsheet: convert it"),
        ("*.none", "no file matches"),
    ];
    let cases = cases.iter().map(|(name, _, why)| (*name, *why)).chain(places);
    for (name, why) in cases {
        let ran = world.vigie(&["init", "--log", name, "--yes"]);
        assert_eq!(ran.code, Some(2), "{name}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.starts_with("vigie: --log") && ran.stderr.contains(why), "{name}: {}", ran.stderr);
        assert_eq!((ran.stderr.lines().count(), ran.stdout.as_str()), (1, ""), "{name}: {}", ran.stderr);
        assert!(!world.path("vigie.yaml").exists(), "{name}");
    }
}

/// Names and values of any kind give a config that can be read.
#[test]
fn odd_names_and_long_values_are_quoted() {
    let world = World::new();
    let inputs = json!({"A\nB: x": 1, "# c": 2, "d'\"e": 3, "é\u{202e}": 4, "{f": [[1]], "long": "a".repeat(1 << 20)});
    let line = json!({"t: s": "2026-10-01T08:00:00Z", "in\u{0}put": inputs, "deep": {"text": "[".repeat(2_000)}, "proba # x": 0.25});
    world.file("log/a.ndjson", format!("{line}\n").repeat(5));
    let ran = world.vigie(&["init", "--log", "log", "--yes"]).ok();
    let fields = serde_json::to_value(&super::cases::settings(&world).source.fields).unwrap();
    assert_eq!((&fields["timestamp"], &fields["probability"]), (&json!("t: s"), &json!("proba # x")), "{}", ran.stdout);
    assert_eq!(fields["features"], "in\u{0}put", "{}", ran.stdout);
    assert!(!ran.stdout.contains(['\u{0}', '\u{202e}']), "{}", ran.stdout);
}
