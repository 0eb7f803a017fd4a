//! Config problems: the exact message of each kind, and that all of them are reported at once.

use std::path::Path;

use vigie::config::Settings;

use super::{MINIMAL, full_template, read};

/// The problems of a config, one per line.
pub(super) fn problems_of(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

/// The problems of the minimal config with lines appended at line 6.
pub(super) fn problems_with(lines: &str) -> String {
    problems_of(&format!("{MINIMAL}{lines}"))
}

#[test]
fn unknown_keys_are_rejected_with_a_suggestion() {
    assert_eq!(
        problems_of(&MINIMAL.replace("timestamp: ts", "timestamp: ts, latency: ms")),
        "vigie.yaml:5: unknown key `latency` under `source.fields` — did you mean `latency_ms`?"
    );
    assert_eq!(problems_with("polcy: {}\n"), "vigie.yaml:6: unknown key `polcy` — did you mean `policy`?");
    assert_eq!(problems_with("threshold: 0.4\n"), "vigie.yaml:6: unknown key `threshold` — it belongs under `model`");
    assert_eq!(
        problems_with("http: {listen: \"127.0.0.1:1\", colour: red}\n"),
        "vigie.yaml:6: unknown key `colour` under `http` — known keys: hosts, listen, token_file"
    );
}

#[test]
fn a_list_whose_items_were_refused_is_not_also_empty() {
    assert_eq!(
        problems_with("alerts: {ignore: [psy]}\n").lines().count(),
        1,
        "{}",
        problems_with("alerts: {ignore: [psy]}\n")
    );
    let of_segments = problems_with("segments: {by: [[a], {b: c}]}\n");
    assert_eq!(of_segments.lines().count(), 2, "{of_segments}");
    assert!(!of_segments.contains("empty list"), "{of_segments}");
    assert!(problems_with("segments: {by: []}\n").contains("`segments.by` is an empty list"));
}

#[test]
fn short_names_are_not_suggested_for_each_other() {
    let unknown = problems_with("policy: {z: 1}\n");
    assert!(unknown.contains("unknown key `z`") && !unknown.contains("did you mean"), "{unknown}");
}

#[test]
fn addresses_and_logins_of_mlflow_are_checked_without_quoting_them() {
    for (lines, part) in [
        (
            "tracking_uri: \"https://user:1234/hunter2@host\"",
            "`mlflow.tracking_uri` has an @ after the first /, ? or #",
        ),
        ("registry_uri: \"https://hunter/2@host\"", "`mlflow.registry_uri` has an @ after the first /"),
        ("tracking_uri: \"postgresql://user:hunter2@db/mlflow\"", "`mlflow.tracking_uri` is a `postgresql:` address"),
        ("password_file: /etc/p, token_file: /etc/t", "`mlflow` has `password_file` and `token_file`"),
        ("artifact_hosts: [\"ok:5500\", \"http://evil\"]", "must be a host, or host:port, not `http://evil`"),
        ("artifact_hosts: [\"http://user:hunter2@evil\"]", "must be a host, or host:port, not `http://user:***@evil`"),
    ] {
        let problems = problems_with(&format!("mlflow: {{{lines}}}\n"));
        assert!(problems.contains(part) && problems.lines().count() == 1, "{problems}");
        assert!(!problems.contains("hunter"), "{problems}");
    }
}

#[test]
fn logins_of_mlflow_are_not_shown() {
    for address in ["https://hunter2@host", "https://user:hunter2@host:5000/path"] {
        let settings = read(&format!("{MINIMAL}mlflow: {{tracking_uri: \"{address}\"}}\n")).unwrap();
        let shown = format!("{}{:?}", settings.show(), settings.mlflow);
        assert!(shown.contains("***@host") && !shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn duplicate_keys_are_rejected() {
    assert_eq!(
        problems_with("policy:\n  psi: {watch: 0.1}\n  q: 0.01\n  psi: {watch: 0.2}\n"),
        "vigie.yaml:9: duplicate key `policy.psi`, first set on line 7 — keep one of the two"
    );
}

#[test]
fn missing_required_keys_are_reported() {
    assert_eq!(
        problems_of("model: {version: \"1\"}\nsource:\n  kind: files\n"),
        "vigie.yaml:1: `model.name` is missing — set the name of the model's report folder: `model: {name: credit-default}`\n\
         vigie.yaml:2: `source.fields.timestamp` is missing — set it to the field with the record's time: `fields: {timestamp: ts}`\n\
         vigie.yaml:2: `source.path` is missing — set it to the prediction log: a file, a folder or a glob\n\
         vigie.yaml: `reference` is missing — set it to the file created by `vigie learn --data FILE --out reference.vigie`"
    );
    assert_eq!(
        problems_of("policy: {}\n").lines().map(|line| line.split('`').nth(1).unwrap()).collect::<Vec<_>>(),
        ["model.name", "reference", "source.fields.timestamp", "source.path"]
    );
}

#[test]
fn source_keys_depend_on_the_kind() {
    let with_source = |lines: &str| problems_of(&MINIMAL.replace("  path: log\n", lines));
    assert_eq!(
        with_source("  kind: postgres\n"),
        "vigie.yaml:3: `source.table` is missing — set it to the log's table, or set `query` to a SELECT\n\
         vigie.yaml:3: `source.url` is missing — set it to the database: `postgresql://vigie@db.example.com:5432/scoring`"
    );
    assert_eq!(
        with_source("  kind: postgres\n  url: host=x\n  table: t\n  query: SELECT 1\n"),
        "vigie.yaml:4: `source` has both `table` and `query` — keep one of the two"
    );
    assert_eq!(
        with_source("  kind: postgres\n  url: host=x\n  table: t\n  path: log\n"),
        "vigie.yaml:4: `source` has `path`, which does not apply to a database — remove the line"
    );
    assert_eq!(
        with_source("  path: log\n  url: host=x\n"),
        "vigie.yaml:4: `source` has `url`, which applies only to a database — set `kind: postgres`, or remove the line"
    );
    assert_eq!(
        with_source("  kind: postgres\n  url: host=x\n  table: t\n  sslmode: verify\n"),
        "vigie.yaml:7: `source.sslmode` must be one of `disable`, `prefer`, `require`, `verify-ca`, `verify-full`, not \
         the string `verify` — did you mean `verify-ca`?"
    );
}

#[test]
fn type_errors_state_the_expected_and_actual_type() {
    assert_eq!(
        problems_of(&MINIMAL.replace("name: credit", "name: [a]")),
        "vigie.yaml:1: `model.name` must be a string, not a list"
    );
    assert_eq!(
        problems_of(&MINIMAL.replace("name: credit", "name: credit, threshold: \"0.5\"")),
        "vigie.yaml:1: `model.threshold` must be a number, not the string `0.5` — remove the quotes"
    );
    assert_eq!(
        problems_with("policy: {q: 1%, drifted_share: \"0\", top: 2.5, min_rows: -5}\n"),
        "vigie.yaml:6: `policy.q` must be a number, not the string `1%` — write shares as numbers from 0 to 1: 0.01\n\
         vigie.yaml:6: `policy.drifted_share` must be a number, not the string `0` — remove the quotes\n\
         vigie.yaml:6: `policy.top` must be an integer, not the number `2.5`\n\
         vigie.yaml:6: `policy.min_rows` must be at least 0, not -5"
    );
    assert_eq!(
        problems_with("http: here\n"),
        "vigie.yaml:6: `http` must be `{hosts: LIST, listen: STRING, token_file: STRING}`, not the string `here`"
    );
    assert_eq!(
        problems_with("policy: {psi: 0.1, q: .nan}\n"),
        "vigie.yaml:6: `policy.psi` must be `{alarm: NUMBER, watch: NUMBER}`, not the number `0.1`\n\
         vigie.yaml:6: `policy.q` must be a number, not the string `.nan`"
    );
    assert_eq!(problems_with("state:\n"), "vigie.yaml:6: `state` has no value — set one, or remove the line");
    let list = problems_of("- a\n- b\n");
    assert!(
        list.starts_with("vigie.yaml:1: the file must be a mapping with the keys ") && list.ends_with(", not a list"),
        "{list}"
    );
}

#[test]
fn enums_durations_time_zones_and_cron_are_validated() {
    assert_eq!(
        problems_of(&MINIMAL.replace("path: log", "path: log\n  kind: file\n  timestamp_timezone: Europe/Pari")),
        "vigie.yaml:5: `source.kind` must be one of `files`, `postgres`, `vigie`, not the string `file` — did you mean `files`?\n\
         vigie.yaml:6: `source.timestamp_timezone` must be an IANA time zone name, not `Europe/Pari` — example: Europe/Paris or UTC"
    );
    assert_eq!(
        problems_with("policy: {empty_bins: half_counts}\n"),
        "vigie.yaml:6: `policy.empty_bins` must be `half_count` or `{floor: NUMBER}`, not the string \
         `half_counts` — did you mean `half_count`?"
    );
    assert_eq!(
        problems_with("schedule:\n  window: 1 day\n  lateness: 2\n  timezone: Mars\n  cron: 0 75 6 * * *\n"),
        "vigie.yaml:7: `schedule.window` must be a duration such as 2h or 1d, not the string `1 day` — \
         write an integer followed by s, m, h, d or w: 90s, 15m, 2h, 1d, 1w\n\
         vigie.yaml:8: `schedule.lateness` must be a duration such as 2h or 1d, not the number `2` — \
         write an integer followed by s, m, h, d or w: 90s, 15m, 2h, 1d, 1w\n\
         vigie.yaml:9: `schedule.timezone` must be an IANA time zone name, not `Mars` — example: Europe/Paris or UTC\n\
         vigie.yaml:10: `schedule.cron` has an invalid minute: `75` — \
         the fields are second, minute, hour, day of month, month, day of week: \"0 15 6 * * *\""
    );
    assert_eq!(
        problems_with("schedule: {window: 0h, lateness: 1000000000w}\n"),
        "vigie.yaml:6: `schedule.window` must be longer than 0, not 0h — write the length of a window, such as 1d\n\
         vigie.yaml:6: `schedule.lateness` must be at most 36500d, not 7000000000d — write a shorter duration"
    );
}

#[test]
fn limits_are_validated() {
    assert_eq!(
        problems_of(&MINIMAL.replace("name: credit", "name: credit, threshold: 0, cost: {false_negative: -1}")),
        "vigie.yaml:1: `model.threshold` must be above 0 and at most 1, not 0 — write a share, such as 0.1\n\
         vigie.yaml:1: `model.cost.false_negative` must not be negative, but is -1 — write 0 or more"
    );
    assert_eq!(
        problems_with("policy:\n  psi: {watch: 0.3}\n  ks: {watch: -0.1}\n  missing: {alarm: 20}\n  q: 0\n"),
        "vigie.yaml:7: `policy.psi.watch` is 0.3, above the alarm limit of 0.25 — lower it, or raise `policy.psi.alarm`\n\
         vigie.yaml:8: `policy.ks.watch` must not be negative, but is -0.1 — set it to null to disable the limit\n\
         vigie.yaml:9: `policy.missing.alarm` must be between 0 and 1, not 20 — write 20% as 0.2\n\
         vigie.yaml:10: `policy.q` must be above 0 and at most 1, not 0 — write a share, such as 0.1"
    );
    assert_eq!(
        problems_with("policy:\n  features:\n    emp.var.rate:\n      psi: {watch: 0.5, alarm: 0.4}\n      psy: {}\n"),
        "vigie.yaml:9: `policy.features.emp.var.rate.psi.watch` is 0.5, above the alarm limit of 0.4 — \
         lower it, or raise `policy.features.emp.var.rate.psi.alarm`\n\
         vigie.yaml:10: unknown key `psy` under `policy.features.emp.var.rate` — did you mean `psi`?"
    );
}

#[test]
fn names_paths_and_addresses_are_validated() {
    for name in ["a/b", "..", "\"a\\nb\"", "\" a\"", "a\\b"] {
        let message = problems_of(&MINIMAL.replace("{name: credit}", &format!("{{name: {name}}}")));
        assert!(
            message.contains("must be a valid folder name, not `") && message.contains("letters, digits, - and _"),
            "{message}"
        );
    }
    assert_eq!(
        problems_of(
            &MINIMAL.replace("name: credit", "name: \"\"").replace("path: log", "path: \" \"").replace(": ts", ": []")
        ),
        "vigie.yaml:1: `model.name` is empty — set a value, or remove the line\n\
         vigie.yaml:4: `source.path` is empty — set a value, or remove the line\n\
         vigie.yaml:5: `source.fields.timestamp` is an empty list — add at least one item, or remove the line"
    );
    assert_eq!(
        problems_with(
            "http: {listen: 8787}\nalerts: {after: 0, email: {smtp: host, from: me, to: [you]}, webhook: {url: x}}\n"
        ),
        "vigie.yaml:6: `http.listen` must be an address and port, not `8787` — example: `127.0.0.1:8787`\n\
         vigie.yaml:7: `alerts.after` must be between 1 and 1000, not 0 — the default is 2\n\
         vigie.yaml:7: `alerts.email.smtp` must be the URL of a mail server, not `host` — example: `smtps://mail.example.com:465`\n\
         vigie.yaml:7: `alerts.email.from` must be an email address, not `me` — example: `risk@example.com`\n\
         vigie.yaml:7: `alerts.email.to[0]` must be an email address, not `you` — example: `risk@example.com`\n\
         vigie.yaml:7: `alerts.webhook.url` must be an http or https URL — example: `https://hooks.example.com/vigie`"
    );
    // An internationalised domain has an ASCII form; the part before the `@` does not.
    assert_eq!(
        problems_with("alerts: {email: {smtp: 'smtp://localhost', from: 'v@banque-é.fr', to: ['rené@example.com']}}\n"),
        "vigie.yaml:6: `alerts.email.to[0]` has characters before the `@` that mail servers may not accept: \
         `rené@example.com` — use an address whose part before the `@` is plain ASCII: `risk@example.com`"
    );
    assert_eq!(
        problems_with("schedule: {catch_up: 0, revise: 101}\n"),
        "vigie.yaml:6: `schedule.catch_up` must be between 1 and 1000, not 0 — the default is 31\n\
         vigie.yaml:6: `schedule.revise` must be between 0 and 100, not 101 — the default is 3; 0 turns rechecking off"
    );
    let tests = problems_with("alerts: {ignore: [latency, psy]}\n");
    assert!(
        tests.starts_with("vigie.yaml:6: `alerts.ignore[1]` must be one of `absent`, `share_refused`, "),
        "{tests}"
    );
    assert!(tests.ends_with(", not the string `psy` — did you mean `psi`?"), "{tests}");
}

/// YAML reads such a section as null, so its channel would send nothing.
#[test]
fn a_channel_whose_keys_are_all_commented_out_is_reported() {
    assert_eq!(
        problems_with("alerts:\n  slack:\n  teams: ~\n  pagerduty:\n    # routing_key_file: key\n\n  after: 2\n"),
        "vigie.yaml:7: `alerts.slack` has no keys — write `slack: {}` to use the systemd credential vigie.slack-url, or remove the line\n\
         vigie.yaml:8: `alerts.teams` has no keys — write `teams: {}` to use the systemd credential vigie.teams-url, or remove the line\n\
         vigie.yaml:9: `alerts.pagerduty` has no keys — write `pagerduty: {}` to use the systemd credential vigie.pagerduty-key, or remove the line"
    );
    let settings = read(&format!("{MINIMAL}alerts: {{slack: {{}}, teams: {{}}, pagerduty: {{}}}}\n")).unwrap();
    assert_eq!(settings.alerts.channels().len(), 3);
}

#[test]
fn invalid_yaml_is_reported_with_its_line() {
    let message = problems_of("model: {name: a\nreference: b\n");
    assert!(message.starts_with("vigie.yaml:2: invalid YAML: "), "{message}");
    let message = problems_of("model:\n\tname: a\n");
    assert!(message.starts_with("vigie.yaml:2: invalid YAML: ") && message.ends_with("not tabs"), "{message}");
    assert_eq!(
        problems_of("# nothing\n"),
        "vigie.yaml: the file is empty — start from the config/vigie.yaml that ships with vigie; `vigie config schema` describes \
         every key"
    );
    assert_eq!(problems_of("a: 1\n---\nb: 2\n"), "vigie.yaml:2: a second YAML document starts here — remove the `---`");
    assert_eq!(
        problems_of("a: &x [*x]\n"),
        "vigie.yaml:1: this alias refers to a value that contains it — write the value out"
    );
    let deep = format!("a: {}{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(problems_of(&deep), "vigie.yaml:1: the config is nested too deeply — no option needs this depth");
    assert!(problems_of(&"[".repeat(100_000)).contains("invalid YAML"));
    let problems = Settings::from_bytes(Path::new("v"), b"model: 1\nname: \xff\n").unwrap_err().problems;
    assert_eq!(
        (problems[0].line, problems[0].to_string().as_str()),
        (Some(2), "the file is not valid UTF-8 — save it as UTF-8")
    );
}

#[test]
fn every_invalid_value_is_reported_by_key() {
    let text = full_template();
    let values = [
        "",
        "~",
        "x",
        "\"\"",
        "'1'",
        "1",
        "-1",
        "1e400",
        "99999999999999999999",
        "true",
        "1d",
        "[]",
        "[x]",
        "[1, []]",
        "{}",
        "{x: 1}",
        "{watch: x}",
        "{path: x}",
        "{path: [x], scale: 1}",
        "{floor: 2}",
        "*x",
        "!!int x",
    ];
    for (index, line) in text.lines().enumerate().filter(|(_, line)| line.contains(": ")) {
        for value in values {
            let changed = format!("{}: {value}", line.split(": ").next().unwrap());
            let mutant: Vec<&str> =
                text.lines().enumerate().map(|(other, line)| if other == index { &changed } else { line }).collect();
            if let Err(problems) = read(&mutant.join("\n")) {
                assert!(!problems.to_string().contains("cannot parse the config"), "{changed}: {problems}");
            }
        }
    }
}

#[test]
fn a_fault_starts_with_the_number_of_problems() {
    let one = read(&format!("{MINIMAL}polcy: {{}}\n")).unwrap_err().into_fault().to_string();
    assert_eq!(one, "vigie.yaml:6: unknown key `polcy` — did you mean `policy`?");
    let two = read(&format!("{MINIMAL}polcy: {{}}\nstat: x\n")).unwrap_err().into_fault().to_string();
    assert_eq!(
        two,
        "vigie.yaml has 2 problems:\n\
         vigie.yaml:6: unknown key `polcy` — did you mean `policy`?\n\
         vigie.yaml:7: unknown key `stat` — did you mean `state`?"
    );
    let none = Settings::load(Path::new("/nowhere/vigie.yaml")).unwrap_err().into_fault().to_string();
    assert_eq!(
        none,
        "/nowhere/vigie.yaml: cannot read the config: no such file or directory — specify another file with `--config FILE`"
    );
}

#[test]
fn one_of_several_models_is_selected_by_name() {
    let one = "models:\n- model: {name: a}\n  reference: r\n  source: {path: log, fields: {timestamp: ts}}\n";
    let all = |text: &str| Settings::all_from_bytes(Path::new("vigie.yaml"), text.as_bytes());
    let names =
        |text: &str| -> Vec<String> { all(text).unwrap().into_iter().map(|settings| settings.model.name).collect() };
    assert_eq!(read(one).unwrap().model.name, "a");
    assert_eq!(names(&format!("{MINIMAL}{one}")), ["credit", "a"]);
    assert_eq!(
        problems_of(&format!("{MINIMAL}{one}")),
        "vigie.yaml: the config defines several models: credit, a — choose one with `--model NAME`"
    );
    let twice = format!("{one}{}", one.replace("models:\n", ""));
    assert_eq!(
        all(&twice).unwrap_err().to_string(),
        "vigie.yaml:5: two models are named `a` — choose a unique name; reports and alerts are stored under it"
    );
    let shown = vigie::config::show(&all(&format!("{MINIMAL}{one}")).unwrap());
    let again = shown.split_once('\n').unwrap().1;
    assert_eq!(names(again), ["credit", "a"]);
    assert_eq!(
        problems_of(&format!("{one}  policy: {{psi: {{watch: 1, alarm: 0.5}}}}\n")),
        "vigie.yaml:5: `models[0].policy.psi.watch` is 1, above the alarm limit of 0.5 — lower it, or raise `models[0].policy.psi.alarm`"
    );
}
