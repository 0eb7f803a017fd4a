//! What is wrong with a config: each kind of problem's exact words, and all of them at once.

use std::path::Path;

use vigie::config::Settings;

use super::{LEAST, full_template, read};

/// The problems of a config, a line each.
pub(super) fn wrong(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

/// The problems of the least config with more lines below it; those begin at line 6.
pub(super) fn wrong_with(lines: &str) -> String {
    wrong(&format!("{LEAST}{lines}"))
}

#[test]
fn unknown_keys_are_refused_with_what_was_meant() {
    assert_eq!(
        wrong(&LEAST.replace("timestamp: ts", "timestamp: ts, latency: ms")),
        "vigie.yaml:5: unknown key `latency` under `source.fields` — did you mean `latency_ms`?"
    );
    assert_eq!(wrong_with("polcy: {}\n"), "vigie.yaml:6: unknown key `polcy` — did you mean `policy`?");
    assert_eq!(wrong_with("threshold: 0.4\n"), "vigie.yaml:6: unknown key `threshold` — it belongs under `model`");
    assert_eq!(
        wrong_with("http: {listen: \"127.0.0.1:1\", colour: red}\n"),
        "vigie.yaml:6: unknown key `colour` under `http` — known here: listen, token_file"
    );
}

#[test]
fn keys_that_stand_twice_are_refused() {
    assert_eq!(
        wrong_with("policy:\n  psi: {watch: 0.1}\n  q: 0.01\n  psi: {watch: 0.2}\n"),
        "vigie.yaml:9: `policy.psi` stands here again, after line 7 — keep one of the two"
    );
}

#[test]
fn required_keys_are_asked_for() {
    assert_eq!(
        wrong("model: {version: \"1\"}\nsource:\n  kind: files\n"),
        "vigie.yaml:1: `model.name` is missing — it names the model's folder of reports: `model: {name: credit-default}`\n\
         vigie.yaml:2: `source.fields.timestamp` is missing — say which field holds a record's time: `fields: {timestamp: ts}`\n\
         vigie.yaml:2: `source.path` is missing — name the prediction log: a file, a folder or a glob\n\
         vigie.yaml: `reference` is missing — name the file that `vigie learn --data FILE --out reference.vigie` makes"
    );
    assert_eq!(
        wrong("policy: {}\n").lines().map(|line| line.split('`').nth(1).unwrap()).collect::<Vec<_>>(),
        ["model.name", "reference", "source.fields.timestamp", "source.path"]
    );
}

#[test]
fn a_log_is_in_files_or_in_a_database() {
    let of = |lines: &str| wrong(&LEAST.replace("  path: log\n", lines));
    assert_eq!(
        of("  kind: postgres\n"),
        "vigie.yaml:3: `source.table` is missing — name the table of the log, or write a SELECT as `query`\n\
         vigie.yaml:3: `source.url` is missing — name the database: `postgresql://vigie@db.example.com:5432/scoring`"
    );
    assert_eq!(
        of("  kind: postgres\n  url: host=x\n  table: t\n  query: SELECT 1\n"),
        "vigie.yaml:4: `source` has both `table` and `query` — keep one of the two"
    );
    assert_eq!(
        of("  kind: postgres\n  url: host=x\n  table: t\n  path: log\n"),
        "vigie.yaml:4: `source` has a `path`, which a database has none of — remove the line"
    );
    assert_eq!(
        of("  path: log\n  url: host=x\n"),
        "vigie.yaml:4: `source` has `url`, which is of a database — write `kind: postgres`, or remove the line"
    );
    assert_eq!(
        of("  kind: postgres\n  url: host=x\n  table: t\n  sslmode: verify\n"),
        "vigie.yaml:7: `source.sslmode` is the text `verify`, but `disable` or `prefer` or `require` or `verify-ca` or \
         `verify-full` is expected — did you mean `verify-ca`?"
    );
}

#[test]
fn wrong_types_say_what_was_found_and_what_is_expected() {
    assert_eq!(
        wrong(&LEAST.replace("name: credit", "name: [a]")),
        "vigie.yaml:1: `model.name` is a list, but a text is expected"
    );
    assert_eq!(
        wrong(&LEAST.replace("name: credit", "name: credit, threshold: \"0.5\"")),
        "vigie.yaml:1: `model.threshold` is the text `0.5`, but a number is expected — remove the quotes"
    );
    assert_eq!(
        wrong_with("policy: {q: 1%, drifted_share: \"0\", top: 2.5, min_rows: -5}\n"),
        "vigie.yaml:6: `policy.q` is the text `1%`, but a number is expected — shares are written from 0 to 1: 0.01\n\
         vigie.yaml:6: `policy.drifted_share` is the text `0`, but a number is expected — remove the quotes\n\
         vigie.yaml:6: `policy.top` is the number `2.5`, but a whole number is expected\n\
         vigie.yaml:6: `policy.min_rows` is the number `-5`, but a whole number is expected — 0 is the least"
    );
    assert_eq!(
        wrong_with("http: here\n"),
        "vigie.yaml:6: `http` is the text `here`, but a section with listen, token_file is expected"
    );
    assert_eq!(
        wrong_with("policy: {psi: 0.1, q: .nan}\n"),
        "vigie.yaml:6: `policy.psi` is the number `0.1`, but a section with alarm, watch is expected\n\
         vigie.yaml:6: `policy.q` is the text `.nan`, but a number is expected"
    );
    assert_eq!(wrong_with("state:\n"), "vigie.yaml:6: `state` has no value — give it one, or remove the line");
    assert_eq!(wrong("- a\n- b\n").split(", but").next().unwrap(), "vigie.yaml:1: the file is a list");
}

#[test]
fn words_lengths_zones_and_cron_lines_are_read() {
    assert_eq!(
        wrong(&LEAST.replace("path: log", "path: log\n  kind: file\n  timestamp_timezone: Europe/Pari")),
        "vigie.yaml:5: `source.kind` is the text `file`, but `files` or `postgres` is expected — did you mean `files`?\n\
         vigie.yaml:6: `source.timestamp_timezone` is `Europe/Pari`, which is no time zone — write one as Europe/Paris or UTC"
    );
    assert_eq!(
        wrong_with("policy: {empty_bins: half_counts}\n"),
        "vigie.yaml:6: `policy.empty_bins` is the text `half_counts`, but `half_count` or a section with floor is \
         expected — did you mean `half_count`?"
    );
    assert_eq!(
        wrong_with("schedule:\n  window: 1 day\n  lateness: 2\n  timezone: Mars\n  cron: 0 75 6 * * *\n"),
        "vigie.yaml:7: `schedule.window` is the text `1 day`, but a length of time such as 2h or 1d is expected — \
         write a whole number and one of s, m, h, d, w: 90s, 15m, 2h, 1d, 1w\n\
         vigie.yaml:8: `schedule.lateness` is the number `2`, but a length of time such as 2h or 1d is expected — \
         write a whole number and one of s, m, h, d, w: 90s, 15m, 2h, 1d, 1w\n\
         vigie.yaml:9: `schedule.timezone` is `Mars`, which is no time zone — write one as Europe/Paris or UTC\n\
         vigie.yaml:10: `schedule.cron` has `75` as its minute — \
         write second, minute, hour, day of month, month, day of week: \"0 15 6 * * *\""
    );
    assert_eq!(
        wrong_with("schedule: {window: 0h, lateness: 1000000000w}\n"),
        "vigie.yaml:6: `schedule.window` is 0h, which is no time at all — write the length of a window: 1d\n\
         vigie.yaml:6: `schedule.lateness` is 7000000000d, longer than a hundred years — write a shorter time"
    );
}

#[test]
fn limits_are_held_together() {
    assert_eq!(
        wrong(&LEAST.replace("name: credit", "name: credit, threshold: 0, cost: {false_negative: -1}")),
        "vigie.yaml:1: `model.threshold` is 0, but must be above 0 and at most 1 — write a share, such as 0.1\n\
         vigie.yaml:1: `model.cost.false_negative` is -1, but must not be negative — write 0 or more"
    );
    assert_eq!(
        wrong_with("policy:\n  psi: {watch: 0.3}\n  ks: {watch: -0.1}\n  missing: {alarm: 20}\n  q: 0\n"),
        "vigie.yaml:7: `policy.psi.watch` is 0.3, above the alarm of 0.25 — lower it, or raise `policy.psi.alarm`\n\
         vigie.yaml:8: `policy.ks.watch` is -0.1, but a limit cannot be negative — write null for a limit that is never reached\n\
         vigie.yaml:9: `policy.missing.alarm` is 20, but goes from 0 to 1 — write 20 % as 0.2\n\
         vigie.yaml:10: `policy.q` is 0, but must be above 0 and at most 1 — write a share, such as 0.1"
    );
    assert_eq!(
        wrong_with("policy:\n  features:\n    emp.var.rate:\n      psi: {watch: 0.5, alarm: 0.4}\n      psy: {}\n"),
        "vigie.yaml:9: `policy.features.emp.var.rate.psi.watch` is 0.5, above the alarm of 0.4 — \
         lower it, or raise `policy.features.emp.var.rate.psi.alarm`\n\
         vigie.yaml:10: unknown key `psy` under `policy.features.emp.var.rate` — did you mean `psi`?"
    );
}

#[test]
fn names_paths_and_addresses_must_be_usable() {
    for name in ["a/b", "..", "\"a\\nb\"", "\" a\"", "a\\b"] {
        let told = wrong(&LEAST.replace("{name: credit}", &format!("{{name: {name}}}")));
        assert!(told.contains("which cannot be the name of a folder — use letters, digits, - and _"), "{told}");
    }
    assert_eq!(
        wrong(&LEAST.replace("name: credit", "name: \"\"").replace("path: log", "path: \" \"").replace(": ts", ": []")),
        "vigie.yaml:1: `model.name` is empty — give it a value, or remove the line\n\
         vigie.yaml:4: `source.path` is empty — give it a value, or remove the line\n\
         vigie.yaml:5: `source.fields.timestamp` is an empty list — name at least one, or remove the line"
    );
    assert_eq!(
        wrong_with("http: {listen: 8787}\nalerts: {after: 0, email: {smtp: host, from: me, to: [you]}}\n"),
        "vigie.yaml:6: `http.listen` is `8787`, which is no address with a port — write it as `127.0.0.1:8787`\n\
         vigie.yaml:7: `alerts.after` is 0, but must be from 1 to 1000 — write a small number, such as 2\n\
         vigie.yaml:7: `alerts.email.smtp` is `host`, which is no mail server — write it as `smtps://mail.example.com:465`\n\
         vigie.yaml:7: `alerts.email.from` is `me`, which is no mail address — write it as `risk@example.com`\n\
         vigie.yaml:7: `alerts.email.to[0]` is `you`, which is no mail address — write it as `risk@example.com`"
    );
}

#[test]
fn what_is_not_yaml_is_told_with_its_line() {
    let told = wrong("model: {name: a\nreference: b\n");
    assert!(told.starts_with("vigie.yaml:2: this is not YAML: "), "{told}");
    let told = wrong("model:\n\tname: a\n");
    assert!(told.starts_with("vigie.yaml:2: this is not YAML: ") && told.ends_with("with tabs"), "{told}");
    assert_eq!(
        wrong("# nothing\n"),
        "vigie.yaml: the file is empty — start from the config/vigie.yaml that comes with vigie"
    );
    assert_eq!(wrong("a: 1\n---\nb: 2\n"), "vigie.yaml:2: a second document starts here — remove the `---`");
    assert_eq!(wrong("a: &x [*x]\n"), "vigie.yaml:1: this alias stands inside what it names — write the value out");
    let deep = format!("a: {}{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(wrong(&deep), "vigie.yaml:1: sections are nested too deeply — no option is that deep");
    assert!(wrong(&"[".repeat(100_000)).contains("this is not YAML"));
    let problems = Settings::from_bytes(Path::new("v"), b"model: 1\nname: \xff\n").unwrap_err().problems;
    assert_eq!(
        (problems[0].line, problems[0].to_string().as_str()),
        (Some(2), "this is not UTF-8 text — save the file as UTF-8")
    );
}

#[test]
fn no_value_of_any_kind_is_told_without_its_key() {
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
            if let Err(told) = read(&mutant.join("\n")) {
                assert!(!told.to_string().contains("is not understood"), "{changed}: {told}");
            }
        }
    }
}

#[test]
fn a_fault_counts_its_problems_on_its_first_line() {
    let one = read(&format!("{LEAST}polcy: {{}}\n")).unwrap_err().into_fault().to_string();
    assert_eq!(one, "vigie.yaml:6: unknown key `polcy` — did you mean `policy`?");
    let two = read(&format!("{LEAST}polcy: {{}}\nstat: x\n")).unwrap_err().into_fault().to_string();
    assert_eq!(
        two,
        "vigie.yaml has 2 problems:\n\
         vigie.yaml:6: unknown key `polcy` — did you mean `policy`?\n\
         vigie.yaml:7: unknown key `stat` — did you mean `state`?"
    );
    let none = Settings::load(Path::new("/nowhere/vigie.yaml")).unwrap_err().into_fault().to_string();
    assert_eq!(
        none,
        "/nowhere/vigie.yaml: the config cannot be read: no such file or folder — name another one with `--config FILE`"
    );
}

#[test]
fn several_models_are_asked_for_by_name() {
    let one = "models:\n- model: {name: a}\n  reference: r\n  source: {path: log, fields: {timestamp: ts}}\n";
    let all = |text: &str| Settings::all_from_bytes(Path::new("vigie.yaml"), text.as_bytes());
    let names =
        |text: &str| -> Vec<String> { all(text).unwrap().into_iter().map(|settings| settings.model.name).collect() };
    assert_eq!(read(one).unwrap().model.name, "a");
    assert_eq!(names(&format!("{LEAST}{one}")), ["credit", "a"]);
    assert_eq!(
        wrong(&format!("{LEAST}{one}")),
        "vigie.yaml: `models` watches several models: credit, a — say which one is meant with `--model NAME`"
    );
    let twice = format!("{one}{}", one.replace("models:\n", ""));
    assert_eq!(
        all(&twice).unwrap_err().to_string(),
        "vigie.yaml:5: two models are called `a` — reports and alerts are kept by the model's name: choose another"
    );
    let shown = vigie::config::show(&all(&format!("{LEAST}{one}")).unwrap());
    let again = shown.split_once('\n').unwrap().1;
    assert_eq!(names(again), ["credit", "a"]);
    assert_eq!(
        wrong(&format!("{one}  policy: {{psi: {{watch: 1, alarm: 0.5}}}}\n")),
        "vigie.yaml:5: `models[0].policy.psi.watch` is 1, above the alarm of 0.5 — lower it, or raise `models[0].policy.psi.alarm`"
    );
}
