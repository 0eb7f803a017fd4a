//! `source.kind: vigie`: the fields of the log of `vigie serve` are known.

use super::{MINIMAL, problems::problems_of, read};

fn with_source(source: &str) -> String {
    MINIMAL.replace("  path: log\n  fields: {timestamp: ts}\n", source)
}

fn shown(source: &str) -> String {
    read(&with_source(source)).map_err(|problems| problems.to_string()).unwrap().show()
}

#[test]
fn no_field_has_to_be_named() {
    let files = shown("  kind: vigie\n  path: log\n");
    for line in ["timestamp: ts", "features: inputs", "status: status_code", "sequence: seq", "writer: instance"] {
        assert!(files.contains(&format!("    {line}\n")), "{line}: {files}");
    }
    let table = shown("  kind: vigie\n  url: host=db\n  table: log\n");
    assert!(table.contains("outputs.request_id") && table.contains("outputs.seq"), "{table}");
    let own =
        shown("  kind: vigie\n  path: log\n  fields: {status: code, decision: null, prediction: outputs.prediction}\n");
    assert!(own.contains("status: code\n") && own.contains("timestamp: ts\n"), "{own}");
    assert!(!own.contains("decision") && !own.contains("probability"), "{own}");
    let several = format!(
        "models:\n  - model: {{name: a}}\n    reference: a.vigie\n    source: {{kind: vigie, path: log}}\n{}",
        "  - model: {name: b}\n    reference: b.vigie\n    source: {path: log, fields: {timestamp: at}}\n"
    );
    let all = vigie::config::Settings::all_from_bytes(std::path::Path::new("vigie.yaml"), several.as_bytes());
    let all = all.map_err(|problems| problems.to_string()).unwrap();
    assert_eq!(all.iter().map(|one| one.source.fields.sequence.is_some()).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn what_is_missing_or_misplaced_is_named() {
    let problems = |source: &str| problems_of(&with_source(source));
    assert!(problems("  path: log\n").contains("`source.fields.timestamp` is missing"));
    assert!(problems("  path: log\n  fields: {status: code}\n").contains("`source.fields.timestamp` is missing"));
    assert!(problems("  kind: vigie\n").contains("`source.path` is missing"));
    assert!(problems("  kind: vigie\n  table: log\n").contains("`source.url` is missing"));
    let stray = problems("  kind: vigie\n  path: log\n  url: host=db\n");
    assert!(stray.contains("has `url`, which applies only to a database — set `table`, or remove the line"), "{stray}");
    let both = problems("  kind: vigie\n  path: log\n  url: host=db\n  table: log\n");
    assert!(both.contains("has `path`, which does not apply to a database"), "{both}");
    let labels = problems("  kind: vigie\n  path: log\nlabels: {kind: vigie, path: labels, id: id, target: y}\n");
    assert!(labels.contains("`labels` has the kind `vigie`, which is only for `source`"), "{labels}");
}
