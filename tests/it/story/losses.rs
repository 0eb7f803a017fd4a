//! Ways in which a log or labels are lost as a whole: the exit code, the sentence, the alert and the pages name the reason.

use std::{fmt::Write as _, fs, io::Write as _};

use serde_json::{Value, json};
use vigie::{
    alert::{Notification, compose, webhook_call},
    fault::{InputShape, Packing, PublicCause},
    judge::{Facts, Failure},
    report::Language,
};

use crate::{
    mail::mail::email,
    story::performance,
    support::{
        applicants::{Applicant, applicants},
        mime::Part,
        watched::{Watcher, at, configure, day, watched},
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

fn array_by_lines() -> Vec<u8> {
    let records: Vec<String> = records().iter().map(Value::to_string).collect();
    format!("[\n{}\n]\n", records.join(",\n")).into_bytes()
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

struct Lost {
    name: &'static str,
    content: Vec<u8>,
    shape: InputShape,
    /// Whether the whole file is lost, and not only each of its rows.
    is_file: bool,
}

fn all() -> Vec<Lost> {
    let plain = || lines(Value::to_string);
    let array = Value::Array(records());
    let lost = |name, content, shape| Lost { name, content, shape, is_file: true };
    let rows = |content, shape| Lost { name: "a.ndjson", content, shape, is_file: false };
    vec![
        lost("a.json", array.to_string().into_bytes(), InputShape::JsonArray),
        lost("b.json", serde_json::to_vec_pretty(&array).unwrap(), InputShape::JsonArray),
        // The last line, without a comma, is a record.
        lost("a.ndjson", array_by_lines(), InputShape::JsonArray),
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
        lost("a.csv", [b"sep=,\n".to_vec(), csv(",", ".")].concat(), InputShape::SepLine),
        lost("a.csv", [b"\"".to_vec(), csv(",", ".")].concat(), InputShape::OpenQuote),
        lost("a.ndjson", gzip(&plain()), InputShape::Compressed(Packing::Gzip)),
        lost("a.csv", zstd::encode_all(csv(",", ".").as_slice(), 1).unwrap(), InputShape::Compressed(Packing::Zstd)),
        lost("a.ndjson", b"BZh91AY&SY\x80\x81\xff\n\x02".to_vec(), InputShape::Compressed(Packing::Bzip2)),
        lost(
            "a.csv",
            b"PK\x03\x04\x14\0\x08\0\x08\0\xff\xfe\x13\0\0\0[Content_Types].xml".to_vec(),
            InputShape::Spreadsheet,
        ),
        lost(
            "a.csv",
            b"PK\x03\x04\x14\0\x08\x08\x08\0\xff\xfe\x01\n\x02".to_vec(),
            InputShape::Compressed(Packing::Zip),
        ),
        lost("a.ndjson", b"\x01\x02\x03\x04\x05\x06\x07\x08\n".repeat(20), InputShape::Binary),
        lost("a.ndjson", b"PAR1\x15\x04\x15\x10\x01\x02\n\x03PAR1".to_vec(), InputShape::Parquet),
        lost("a.parquet", b"PARE\0\x01\x02\x03\x04\x05\x06\x07PARE".to_vec(), InputShape::EncryptedParquet),
        lost("a.ndjson.gz", plain(), InputShape::NotCompressed),
        lost("a.parquet", plain(), InputShape::Json),
        lost("a.parquet", csv(",", "."), InputShape::NotParquet),
        lost("a.ndjson", b"hello\nworld\n".to_vec(), InputShape::Unknown),
        rows(
            changed(|record| record["p"] = json!(record["p"].as_f64().unwrap().mul_add(50.0, 1.5))),
            InputShape::NoProbability,
        ),
        Lost {
            name: "a.csv",
            content: csv(",", ".").split(|byte| *byte == b'\n').skip(1).collect::<Vec<_>>().join(&b'\n'),
            shape: InputShape::NoHeader,
            is_file: false,
        },
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
    for Lost { name, content, shape, is_file } in all() {
        clear(&world);
        world.file(&format!("log/{name}"), content);
        let (appearance, remedy) = (shape.appearance(), shape.remedy());
        let ran = world.vigie(&CHECK);
        let what = format!("{name}, {shape:?}\n{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, Some(2), "{what}");
        assert!(ran.stderr.contains(&appearance) && ran.stderr.contains(&remedy), "{what}");
        assert!(!is_file || ran.stderr.contains(name), "{what}");
        let before = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
        let foreseen = before.code == Some(2) && before.stderr.contains(&appearance) && before.stderr.contains(&remedy);
        assert!(foreseen, "{what}\n{}{}", before.stdout, before.stderr);

        let watcher = Watcher::new(&world);
        watcher.check(at(1, 6));
        assert_eq!(watcher.events(), ["10-01 Opened - run_failed"], "{what}");
        let notifications = watcher.notifications.lock().unwrap();
        let facts = &notifications[0].events[0].finding.facts;
        let Facts::Failed(Failure::Error { public: PublicCause::Lost(loss), .. }) = facts else { panic!("{facts:?}") };
        assert_eq!(loss.shape, shape, "{what}");
        for message in [mail(&notifications[0]), webhook(&notifications[0])] {
            assert!(message.contains(&appearance) && message.contains(&remedy), "{what}\n{message}");
        }
        let page = fs::read_to_string(world.path("reports/index.html")).unwrap();
        let plain: String = appearance.split(['`', '\'', '"', '(']).next().unwrap().trim_end().to_owned();
        assert!(page.contains(&plain), "{what}: the list of reports does not say \"{plain}\"");
    }
}

/// The text part of the mail, as one line.
fn mail(notification: &Notification) -> String {
    let sent = compose(&email(), notification, None, None, Language::English, at(1, 6)).unwrap();
    let text = Part::of(&sent.bytes).find("text/plain").unwrap().text();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The reason in a webhook call.
fn webhook(notification: &Notification) -> String {
    let call: Value = serde_json::from_slice(&webhook_call(notification, None).bytes).unwrap();
    call["events"][0]["reason"].as_str().unwrap().replace('\u{a0}', " ")
}

/// Mistakes in the mapping, and damaged files. What rows contain is for the operator only.
#[test]
fn a_log_that_the_mapping_does_not_fit_is_never_silent() {
    let world = watched("alerts: {after: 1}\n");
    let renamed = |name: &str| {
        changed(|record| {
            let value = record.as_object_mut().unwrap().remove(name).unwrap();
            record[format!("other_{name}")] = value;
        })
    };
    let no_time = InputShape::NoTime;
    let unreadable = format!("{}; {}", no_time.appearance(), no_time.remedy());
    let cases = [
        ("a.ndjson", renamed("ts"), "source.fields.timestamp: no record has `ts`; the records have: id, inputs", None),
        ("a.ndjson", renamed("inputs"), "source.fields.features: no record has `inputs`", None),
        ("a.ndjson", renamed("p"), "source.fields.probability: no record has `p`", None),
        ("a.ndjson", renamed("id"), "source.fields.id: no record has `id`", None),
        ("a.ndjson", changed(|record| record["inputs"] = json!({"age": 41})), "the nearest: `age` for `AGE`", None),
        (
            "a.ndjson",
            changed(|record| record["ts"] = json!("Jean Dupont")),
            "none of 60 records has a readable time in `ts`, such as \"Jean Dupont\"",
            Some(unreadable.as_str()),
        ),
        (
            "a.parquet",
            b"PAR1\0\0\0\0\0\0\0\0PAR1".to_vec(),
            "source.path: no file of the log could be read: ",
            Some("source.path: no file of the log could be read: "),
        ),
    ];
    for (name, content, said, told) in cases {
        clear(&world);
        world.file(&format!("log/{name}"), content);
        let ran = world.vigie(&CHECK);
        assert!(ran.code == Some(2) && ran.stderr.contains(said), "{said}: {}{}", ran.stdout, ran.stderr);
        let before = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
        assert!(before.code == Some(2) && before.stderr.contains(said), "{said}: {}{}", before.stdout, before.stderr);
        let watcher = Watcher::new(&world);
        watcher.check(at(1, 6));
        assert_eq!(watcher.events(), ["10-01 Opened - run_failed"], "{said}");
        let notifications = watcher.notifications.lock().unwrap();
        for message in [mail(&notifications[0]), webhook(&notifications[0])] {
            assert!(message.contains(told.unwrap_or(said)), "{said}: {message}");
            assert!(!message.contains("Dupont") && !message.contains("EOF"), "{message}");
        }
    }
}

/// Labels that cannot be used are noted in the next mail.
#[test]
fn an_alert_says_why_no_label_can_be_used() {
    let world = watched("labels: {path: labels, id: id, target: y}\nalerts: {after: 1}\n");
    day(&world, 0, 120, 0);
    let labels = applicants(120, 7).into_iter().map(|one| format!("d0-{},repaid\n", one.id)).collect::<String>();
    world.file("labels/a.csv", format!("id,y\n{labels}"));
    let watcher = Watcher::new(&world);
    watcher.check(at(1, 6));
    assert_eq!(watcher.events(), ["10-01 Opened - labels"]);
    let (appearance, remedy) = (InputShape::LabelValues.appearance(), InputShape::LabelValues.remedy());
    let notifications = watcher.notifications.lock().unwrap();
    for message in [mail(&notifications[0]), webhook(&notifications[0])] {
        assert!(message.contains(&appearance) && message.contains(&remedy), "{message}");
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

/// A quote that is not closed loses all rows behind it.
#[test]
fn the_rest_of_a_file_that_is_lost_in_a_cell_is_a_finding() {
    let world = watched("");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("features: inputs, ", ""));
    let text = String::from_utf8(csv(",", ".")).unwrap();
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    // Of the id, in the middle of the row; in the last row that has been written in part; and closed by another one.
    let id = applicants(60, 7)[20].id.clone();
    let opened = lines[21].replace(&id, &format!("\"{id}"));
    lines[21] = opened;
    for last in [format!("{}\n", lines[60]), lines[60].replacen(',', ",\"", 1), lines[60].replace(",r", ",\"r")] {
        lines[60] = last;
        world.file("log/a.csv", lines.join("\n"));
        let report = world.check("2026-10-01", "2026-10-02");
        assert_eq!(report["window"]["rows_used"], 20);
        let findings = report["verdict"]["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["test"] == "source").unwrap();
        let sentence = found["reason"].as_str().unwrap();
        let expected = format!("a.csv, line 22: {}", InputShape::OpenQuote.appearance());
        assert!(sentence.contains(&expected), "{sentence}");
    }
    // A row that has not been written to its end is no such row.
    let text = String::from_utf8(csv(",", ".")).unwrap();
    let end = text.trim_end().rfind(',').unwrap();
    world.file("log/a.csv", format!("{},\"4", &text[..end]));
    let report = world.check("2026-10-01", "2026-10-02");
    assert!(report["verdict"]["findings"].as_array().unwrap().iter().all(|finding| finding["test"] != "source"));
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
        let headline = report["verdict"]["sentence"].as_str().unwrap();
        assert!(headline.contains(&shape.appearance()), "{headline}");
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
