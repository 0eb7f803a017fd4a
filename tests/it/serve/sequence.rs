//! Missing records by sequence number, in any log that has them: every container, order, twin and border.

use serde_json::{Value, json};

use crate::{
    skew::table::columns,
    story::replay::{configure, day, home_credit},
    support::world::World,
};

const DATE: &str = "2026-10-05";
const NEXT: &str = "2026-10-06";

/// The lines of a day in UTC with a score, numbered by two writers, the second of which begins in that day.
fn numbered() -> Vec<Value> {
    let is_scored = |line: &Value| line["outputs"]["proba_default"].is_number();
    let mut lines: Vec<Value> = day(DATE).into_iter().filter(is_scored).take(400).collect();
    let mut numbers = [1_000, 0];
    for (place, line) in lines.iter_mut().enumerate() {
        line["ts"] = json!(format!("{DATE}T{:02}:{:02}:00Z", 4 + place / 60, place % 60));
        let writer = place % 2;
        numbers[writer] += 1;
        line["instance"] = json!(["api-a", "api-20261005T030000Z-7"][writer]);
        line["seq"] = json!(numbers[writer]);
    }
    lines
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn world() -> World {
    let world = World::new();
    let shipped = format!("path: {}", home_credit("log").display());
    configure(&world, |config| {
        let config = config.replace(&shipped, "path: log");
        config.replace(
            "    id: request_id\n",
            "    id: request_id\n    sequence: seq\n    writer: instance\n    dropped: dropped\n",
        )
    });
    world
}

#[track_caller]
fn counted(world: &World) -> (u64, u64, u64) {
    let report = world.check(DATE, NEXT);
    let own = &report["window"]["sequence"];
    let count = |key: &str| own[key].as_u64().unwrap_or_else(|| panic!("{own}"));
    let found = report["verdict"]["findings"].as_array().unwrap().iter().any(|finding| finding["test"] == "sequence");
    assert_eq!(found, count("missing") > 0, "{own}");
    (count("missing"), count("writers"), count("dropped"))
}

/// Without the lines at some places.
fn without(lines: &[Value], places: &[usize]) -> Vec<Value> {
    let kept = lines.iter().enumerate().filter(|(place, _)| !places.contains(place));
    kept.map(|(_, line)| line.clone()).collect()
}

#[test]
fn gaps_are_counted_in_every_container() {
    let lines = numbered();
    // Three of the first writer; of the second its first two and one more; the last lines of both, which cannot be known.
    let lost = without(&lines, &[40, 42, 200, 1, 3, 77, 398, 399]);
    for (name, content) in [
        ("log/a.ndjson", text(&lost).into_bytes()),
        ("log/a.parquet", columns(&text(&lost))),
        ("log/a.csv", csv(&lost)),
    ] {
        let world = world();
        world.file(name, content);
        if name.ends_with("parquet") {
            let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
            let is_kept =
                |line: &&str| !line.starts_with("    features: inputs") && !line.starts_with("    model_version:");
            let config: String = config.lines().filter(is_kept).map(|line| format!("{line}\n")).collect();
            let config = config.replace("outputs.", "");
            world.file("vigie.yaml", config);
        }
        assert_eq!(counted(&world), (6, 2, 0), "{name}");
    }
    let world = world();
    world.file("log/a.ndjson", text(&lines));
    assert_eq!(counted(&world), (0, 0, 0));
}

/// Cells with JSON.
fn csv(lines: &[Value]) -> Vec<u8> {
    let fields = [
        "ts",
        "endpoint",
        "status_code",
        "latency_ms",
        "request_id",
        "model_version",
        "instance",
        "seq",
        "inputs",
        "outputs",
    ];
    let mut rows = csv::Writer::from_writer(Vec::new());
    rows.write_record(fields).unwrap();
    for line in lines {
        rows.write_record(
            fields.map(|field| line[field].as_str().map_or_else(|| line[field].to_string(), str::to_owned)),
        )
        .unwrap();
    }
    rows.into_inner().unwrap()
}

#[test]
fn order_twins_and_packed_files_do_not_matter() {
    let lines = without(&numbered(), &[40, 41]);
    let world = world();
    let mut disordered = lines.clone();
    disordered.reverse();
    disordered.swap(5, 300);
    let half = disordered.len() / 2;
    world.file("log/a.ndjson", text(&disordered[..half]));
    world.file("log/b.ndjson", text(&disordered[half - 50..]));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, text(&disordered[half..]).as_bytes()).unwrap();
    world.file("log/b.ndjson.gz", packed.finish().unwrap());
    assert_eq!(counted(&world), (2, 2, 0));
    // A torn line is not a record.
    world.file("log/b.ndjson", text(&disordered[half..]).replacen(&disordered[half + 30].to_string(), "{\"torn", 1));
    std::fs::remove_file(world.path("log/b.ndjson.gz")).unwrap();
    assert_eq!(counted(&world), (3, 2, 0));
}

/// Records of which numbers and times are in different orders around midnight; those before the window; rows that `where` excludes.
#[test]
fn records_outside_the_window_are_known() {
    let mut lines = numbered();
    let writer = |lines: &[Value]| -> Vec<usize> { (0..lines.len()).filter(|place| place % 2 == 0).collect() };
    let own = writer(&lines);
    let at = |lines: &mut Vec<Value>, place: usize, time: &str| lines[place]["ts"] = json!(time);
    // The second number of the window was answered before midnight; the last but one after it.
    at(&mut lines, own[0], "2026-10-04T23:59:59.998Z");
    at(&mut lines, own[2], "2026-10-04T23:59:59.999Z");
    at(&mut lines, own[own.len() - 2], "2026-10-06T00:00:00.001Z");
    for place in [7, 9] {
        lines[place]["endpoint"] = json!("/health");
    }
    let world = world();
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    assert!(config.contains("endpoint: /predict"), "the example's `where`");
    world.file("log/a.ndjson", text(&lines));
    assert_eq!(counted(&world), (0, 0, 0));
    // A gap across midnight belongs to the day of the record after it.
    world.file("log/a.ndjson", text(&without(&lines, &[own[1], own[2], own[own.len() - 1]])));
    assert_eq!(counted(&world), (2, 1, 0));
    // In folders by day, too.
    let of = |date: &str| -> Vec<Value> {
        let lost = without(&lines, &[own[1], own[2]]);
        lost.into_iter().filter(|line| line["ts"].as_str().unwrap().starts_with(date)).collect()
    };
    std::fs::remove_file(world.path("log/a.ndjson")).unwrap();
    for date in ["2026-10-04", DATE, NEXT] {
        world.file(&format!("log/day={date}/a.ndjson"), text(&of(date)));
    }
    assert_eq!(counted(&world), (2, 1, 0));
}

#[test]
fn records_that_a_writer_dropped_are_explained() {
    let mut lines = numbered();
    lines[46]["dropped"] = json!(3);
    let world = world();
    world.file("log/a.ndjson", text(&without(&lines, &[40, 42, 44])));
    assert_eq!(counted(&world), (0, 0, 3));
    world.file("log/a.ndjson", text(&without(&lines, &[38, 40, 42, 44])));
    assert_eq!(counted(&world), (1, 1, 3));
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", DATE, "--to", NEXT]).ok();
    assert!(
        ran.stdout.contains("1 record is missing in the log") && ran.stdout.contains("3 records were dropped"),
        "{}",
        ran.stdout
    );
}
