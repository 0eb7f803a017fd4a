//! Ways in which a log or labels are lost as a whole: the exit code, the sentence, the alert and the pages name the reason.

use std::{fmt::Write as _, fs, io::Write as _};

use serde_json::{Value, json};
use vigie::{
    fault::{InputShape, PublicCause},
    judge::{Facts, Failure},
};

use crate::{
    story::performance,
    support::{
        applicants::{Applicant, applicants},
        watched::{Watcher, at, configure, watched},
        world::World,
    },
};

fn record(one: &Applicant) -> Value {
    json!({"ts": one.rfc3339(), "inputs": one.inputs(), "p": one.probability, "id": one.id})
}

fn records() -> Vec<Value> {
    applicants(60, 7).iter().map(record).collect()
}

fn lines(line: impl Fn(&Value) -> String) -> Vec<u8> {
    records().iter().map(|record| format!("{}\n", line(record))).collect::<String>().into_bytes()
}

/// The records with changes.
fn changed(change: impl Fn(&mut Value)) -> Vec<u8> {
    lines(|record| {
        let mut record = record.clone();
        change(&mut record);
        record.to_string()
    })
}

fn csv(separator: &str, comma: &str) -> Vec<u8> {
    let mut text = ["ts", "p", "id", "AGE"].join(separator) + "\n";
    for one in applicants(60, 7) {
        let p = one.probability.to_string().replace('.', comma);
        let _ = writeln!(text, "{}", [one.rfc3339(), p, one.id, one.age.to_string()].join(separator));
    }
    text.into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn utf16(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8(bytes.to_vec()).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Whether `config check` sees it in the first lines, too.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Beforehand,
    AtTheCheck,
}

struct Lost {
    name: &'static str,
    content: Vec<u8>,
    shape: InputShape,
    seen: Seen,
}

fn all() -> Vec<Lost> {
    let plain = || lines(Value::to_string);
    let array = Value::Array(records());
    let lost = |name, content, shape| Lost { name, content, shape, seen: Seen::Beforehand };
    let rows = |content, shape| Lost { name: "a.ndjson", content, shape, seen: Seen::AtTheCheck };
    vec![
        lost("a.json", array.to_string().into_bytes(), InputShape::JsonArray),
        lost("b.json", serde_json::to_vec_pretty(&array).unwrap(), InputShape::JsonArray),
        lost("topic+0.json", lines(|record| Value::from(record.to_string()).to_string()), InputShape::JsonText),
        lost("a.ndjson", lines(|record| serde_json::to_string_pretty(record).unwrap()), InputShape::Indented),
        lost(
            "a.ndjson",
            lines(Value::to_string).split(|byte| *byte == b'\n').collect::<Vec<_>>().concat(),
            InputShape::NoLineBreaks,
        ),
        lost("a.ndjson", lines(|record| format!("{record},")), InputShape::TrailingComma),
        lost("a.ndjson", lines(|record| format!("2026-10-01 08:00:00 INFO scoring {record}")), InputShape::Prefix),
        lost("a.ndjson", lines(|record| json!([record["p"], record["id"]]).to_string()), InputShape::Lists),
        lost("a.ndjson", lines(|record| record.to_string().replace('"', "'")), InputShape::PythonDict),
        lost("a.ndjson", b"<html><body>404 Not Found</body></html>\n".to_vec(), InputShape::Markup),
        lost("a.ndjson", lines(|record| format!("ts=1 p={} id={}", record["p"], record["id"])), InputShape::KeyValue),
        lost("a.ndjson", csv(",", "."), InputShape::Csv),
        lost("a.csv", csv(";", ","), InputShape::Separator(';')),
        lost("a.csv", csv("\t", "."), InputShape::Separator('\t')),
        lost("a.csv", csv(",", ","), InputShape::CellCount),
        lost("a.csv", plain(), InputShape::Json),
        lost("a.ndjson", [b"\xff\xfe".to_vec(), utf16(&plain())].concat(), InputShape::Utf16),
        lost("a.csv", utf16(&csv(",", ".")), InputShape::Utf16),
        lost("a.ndjson", b"{\"ts\": \"Accord\xe9\"}\n{\"ts\": \"refus\xe9\"}\n".to_vec(), InputShape::NotUtf8),
        lost("a.ndjson", gzip(&plain()), InputShape::Compressed(vigie::fault::Packing::Gzip)),
        lost(
            "a.csv",
            zstd::encode_all(csv(",", ".").as_slice(), 1).unwrap(),
            InputShape::Compressed(vigie::fault::Packing::Zstd),
        ),
        lost("a.ndjson.gz", plain(), InputShape::NotCompressed),
        lost("a.parquet", plain(), InputShape::Json),
        lost("a.parquet", csv(",", "."), InputShape::NotParquet),
        lost("a.ndjson", b"hello\nworld\n".to_vec(), InputShape::Unknown),
        rows(
            changed(|record| record["p"] = json!(record["p"].as_f64().unwrap().mul_add(50.0, 1.5))),
            InputShape::NoProbability,
        ),
        rows(changed(|record| record["inputs"] = Value::Null), InputShape::NoFeatures),
        rows(
            changed(|record| {
                record["inputs"] = json!([{"name": "x", "shape": [1, 5], "datatype": "FP64", "data": [1, 2, 3, 4, 5]}]);
            }),
            InputShape::UnknownInputs,
        ),
    ]
}

/// Removes what earlier checks have written.
fn clear(world: &World) {
    for folder in ["log", "reports", "state"] {
        if world.path(folder).exists() {
            fs::remove_dir_all(world.path(folder)).unwrap();
        }
    }
}

const CHECK: [&str; 7] = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];

#[test]
fn a_log_that_is_lost_as_a_whole_is_never_silent() {
    let world = watched("alerts: {after: 1}\n");
    for Lost { name, content, shape, seen } in all() {
        clear(&world);
        world.file(&format!("log/{name}"), content);
        let (appearance, remedy) = (shape.appearance(), shape.remedy());
        let ran = world.vigie(&CHECK);
        let what = format!("{name}, {shape:?}\n{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, Some(2), "{what}");
        assert!(ran.stderr.contains(&appearance) && ran.stderr.contains(&remedy), "{what}");
        assert!(seen == Seen::AtTheCheck || ran.stderr.contains(name), "{what}");
        let before = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
        let foreseen = before.code == Some(2) && before.stderr.contains(&appearance) && before.stderr.contains(&remedy);
        assert_eq!(foreseen, seen == Seen::Beforehand, "{what}\n{}{}", before.stdout, before.stderr);

        let watcher = Watcher::new(&world);
        watcher.check(at(1, 6));
        assert_eq!(watcher.events(), ["10-01 Opened - run_failed"], "{what}");
        let notifications = watcher.notifications.lock().unwrap();
        let facts = &notifications[0].events[0].finding.facts;
        let Facts::Failed(Failure::Error { public: PublicCause::Lost(loss), .. }) = facts else { panic!("{facts:?}") };
        assert_eq!(loss.shape, shape, "{what}");
        let page = fs::read_to_string(world.path("reports/index.html")).unwrap();
        let plain: String = appearance.split(['`', '\'', '"', '(']).next().unwrap().trim_end().to_owned();
        assert!(page.contains(&plain), "{what}: the list of reports does not say \"{plain}\"");
    }
}

/// A file without a format in its name is named, and can be read with `format`.
#[test]
fn a_log_whose_name_does_not_tell_its_format_is_named_or_read() {
    let world = watched("");
    world.file("log/data.log.1", lines(Value::to_string));
    let ran = world.vigie(&CHECK);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("data.log.1") && ran.stderr.contains("source.format"), "{}", ran.stderr);
    let before = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
    assert!(before.code == Some(2) && before.stderr.contains("data.log.1"), "{}{}", before.stdout, before.stderr);
    // Next to a log that has nothing in this window.
    let later = changed(|record| record["ts"] = json!("2026-10-05T00:00:00Z"));
    world.file("log/a.ndjson", later);
    let ran = world.vigie(&CHECK);
    assert!(ran.code == Some(2) && ran.stderr.contains("data.log.1"), "{}{}", ran.stdout, ran.stderr);
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("  path: log\n", "  path: log\n  format: ndjson\n"));
    assert_eq!(world.check("2026-10-01", "2026-10-02")["window"]["rows_used"], 60);
    world.file("vigie.yaml", config.replace("  path: log\n", "  path: log\n  format: xml\n"));
    assert_eq!(world.vigie(&CHECK).code, Some(2));
}

#[test]
fn rotated_files_are_read() {
    let world = watched("");
    let all = records();
    let part = |from: usize| all[from..from + 20].iter().map(|record| format!("{record}\n")).collect::<String>();
    world.file("log/p.jsonl", part(0));
    world.file("log/p.jsonl.1", part(20));
    world.file("log/p.jsonl-20261001.gz", gzip(part(40).as_bytes()));
    let report = world.check("2026-10-01", "2026-10-02");
    assert_eq!(report["window"]["rows_used"], 60);
    assert_eq!(report["run"]["passed_over"], Value::Null);
}

/// One of several files is lost: the report is about the others, and says so.
#[test]
fn one_lost_file_is_a_finding() {
    let world = watched("");
    world.file("log/a.ndjson", lines(Value::to_string));
    world.file("log/b.json", Value::Array(records()).to_string());
    let report = world.check("2026-10-01", "2026-10-02");
    assert_eq!(report["window"]["rows_used"], 60);
    let finding = &report["verdict"]["findings"][0];
    assert_eq!(finding["test"], "source");
    let sentence = finding["reason"].as_str().unwrap();
    assert!(sentence.contains("b.json, line 1") && sentence.contains("one JSON array"), "{sentence}");
    let page = world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html");
    assert!(fs::read_to_string(page).unwrap().contains("looks like one JSON array"));
    let text = world.vigie(&CHECK).ok().stdout;
    assert!(text.contains("looks like one JSON array"), "{text}");
}

/// Records without a time count for the windows of their file's times, and not for every window for ever.
#[test]
fn records_without_a_time_belong_to_the_times_of_their_file() {
    let world = watched("");
    let later = changed(|record| record["ts"] = json!(record["ts"].as_str().unwrap().replace("-10-01", "-10-02")));
    world.file("log/a.ndjson", [lines(Value::to_string), b"{\"p\": 0.1}\nnot a record\n".to_vec()].concat());
    world.file("log/b.ndjson", later);
    let rejected = |from: &str, to: &str| world.check(from, to)["window"]["rejected"].clone();
    assert_eq!(rejected("2026-10-01", "2026-10-02"), json!({"malformed": 1, "timestamp": 1}));
    assert_eq!(rejected("2026-10-02", "2026-10-03"), json!({}));
}

#[test]
fn labels_of_which_none_can_be_used_are_a_finding() {
    let rows = performance::scored(400, 3);
    let world = performance::world(&rows, performance::LABELS);
    let table = |id: &dyn Fn(usize) -> String, outcome: &dyn Fn(bool) -> &'static str| {
        let mut csv = "id,y\n".to_owned();
        for (number, (_, is_bad)) in rows.iter().enumerate() {
            let _ = writeln!(csv, "{},{}", id(number), outcome(*is_bad));
        }
        csv
    };
    let digit = |is_bad: bool| if is_bad { "1" } else { "0" };
    let plain = |number: usize| format!("r{number}");
    let array = Value::Array(vec![json!({"id": "r0", "y": 1}), json!({"id": "r1", "y": 0})]).to_string();
    let cases = [
        ("labels.csv", table(&plain, &|is_bad| if is_bad { "default" } else { "repaid" }), InputShape::LabelValues),
        ("labels.csv", table(&|number| format!("R{number}"), &digit), InputShape::IdCase),
        ("labels.json", array, InputShape::JsonArray),
        ("labels.csv", table(&plain, &digit).replace(',', ";"), InputShape::Separator(';')),
    ];
    for (name, content, shape) in cases {
        let _ = fs::remove_dir_all(world.path("labels"));
        world.file(&format!("labels/{name}"), content);
        let report = performance::check(&world);
        let findings = report["verdict"]["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["test"] == "labels");
        let sentence = found.map(|finding| finding["reason"].as_str().unwrap()).unwrap_or_default();
        assert!(
            sentence.contains(&shape.appearance()) && sentence.contains(&shape.remedy()),
            "{shape:?}: {findings:?}"
        );
    }
    // Labels of other rows have not arrived for this window.
    fs::remove_dir_all(world.path("labels")).unwrap();
    world.file("labels/labels.csv", table(&|number| format!("other-{number}"), &digit));
    let report = performance::check(&world);
    let findings = report["verdict"]["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["test"] != "labels"), "{findings:?}");
}

#[test]
fn ids_padded_with_zeros_are_recognised() {
    let world = watched("labels: {path: labels.csv, id: id, target: y}\n");
    let mut number = 0;
    let padded = records().into_iter().map(|mut record| {
        number += 1;
        record["id"] = json!(format!("{number:08}"));
        format!("{record}\n")
    });
    world.file("log/a.ndjson", padded.collect::<String>());
    world.file("labels.csv", (1..=60).fold("id,y\n".to_owned(), |csv, id| format!("{csv}{id},{}\n", id % 2)));
    configure(&world, "labels: {path: labels.csv, id: id, target: y}\n");
    let report = world.check("2026-10-01", "2026-10-02");
    let sentence = report["verdict"]["findings"][0]["reason"].as_str().unwrap_or_default();
    assert!(sentence.contains(&InputShape::PaddedIds.appearance()), "{}", report["verdict"]);
}
