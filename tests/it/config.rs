//! The config: every file that comes with vigie is understood, and nothing that is shown holds a secret.

mod problems;

use std::path::Path;

use problems::{wrong, wrong_with};
use vigie::config::{Problems, Settings, TEMPLATE, check_files, not_yet, schema};

/// All that is required, and no more.
const LEAST: &str = "\
model: {name: credit}
reference: reference.vigie
source:
  path: log
  fields: {timestamp: ts}
";

fn read(text: &str) -> Result<Settings, Problems> {
    Settings::from_bytes(Path::new("vigie.yaml"), text.as_bytes())
}

#[test]
fn every_config_that_comes_with_vigie_is_understood() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut seen = 0;
    let listed = |folder| std::fs::read_dir(folder).unwrap();
    for entry in listed(folder.clone()).chain(listed(folder.join("examples"))) {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            seen += 1;
            Settings::load(&path).map_err(|problems| problems.to_string()).unwrap();
        }
    }
    assert!(seen > 1);
}

/// The template with its commented options switched on.
fn full_template() -> String {
    let uncommented = |line: &str| {
        let bare = line.trim_start();
        let option = bare.strip_prefix("# ").filter(|rest| {
            let key = rest.split(':').next().unwrap_or_default().trim_start();
            key.len() < rest.len() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        option.map_or_else(|| line.to_owned(), |option| format!("{}{option}", &line[..line.len() - bare.len()]))
    };
    TEMPLATE.lines().map(|line| uncommented(line) + "\n").collect()
}

#[test]
fn the_commented_lines_of_the_template_are_understood_too() {
    let text = full_template();
    let settings = read(&text).map_err(|problems| format!("{problems}\n{text}")).unwrap();
    assert_eq!(settings.policy.features["AMT_CREDIT"].psi.unwrap().watch, Some(0.15));
    assert_eq!(settings.policy.features["AMT_CREDIT"].psi.unwrap().alarm, Some(0.25));
    let keys: Vec<String> = not_yet(&settings).iter().map(|note| note.split('`').nth(1).unwrap().to_owned()).collect();
    assert_eq!(keys, ["http"]);
    // What the commented lines say of the policy are the defaults.
    let mut policy = settings.policy.clone();
    policy.features.clear();
    assert_eq!(policy, Settings::from_bytes(Path::new("v"), TEMPLATE.as_bytes()).unwrap().policy);
}

#[test]
fn what_is_left_out_has_a_default() {
    let settings = read(LEAST).unwrap();
    let here = Path::new(".").canonicalize().unwrap();
    assert_eq!(settings.reference, here.join("reference.vigie"));
    assert_eq!(settings.source.path, here.join("log"));
    assert_eq!(settings.reports, here.join("reports"));
    assert_eq!(settings.state, here.join("state"));
    assert_eq!(settings.keep.to_string(), "400d");
    assert!((settings.model.threshold - 0.5).abs() < 1e-12);
    assert_eq!(settings.schedule.cron, "0 15 6 * * *");
    assert_eq!(settings.schedule.zone_name, "UTC");
    assert_eq!(
        (settings.schedule.window.to_string(), settings.schedule.lateness.to_string()),
        ("1d".into(), "2h".into())
    );
    assert_eq!(settings.policy, vigie::judge::Policy::default());
    assert_eq!(settings.sha256.len(), 64);
    assert_eq!(not_yet(&settings), Vec::<String>::new());
}

#[test]
fn a_text_need_not_be_quoted() {
    let text = LEAST.replace("{name: credit}", "{name: yes, version: 1.10}");
    let model = read(&text).unwrap().model;
    assert_eq!((model.name.as_str(), model.version.as_deref()), ("yes", Some("1.10")));
}

#[test]
fn sections_may_be_empty_and_values_may_be_aliases() {
    let settings = read(&format!("{LEAST}policy:\n  # all defaults\nalerts:\nlabels:\n")).unwrap();
    assert_eq!(settings.policy, vigie::judge::Policy::default());
    let settings = read(&format!("{LEAST}policy: {{psi: &l {{watch: 0.2, alarm: null}}, ks: *l}}\n")).unwrap();
    assert_eq!(settings.policy.ks, settings.policy.psi);
    assert_eq!(settings.policy.psi.alarm, None);
}

#[test]
fn secrets_are_never_shown() {
    let email = "alerts: {email: {smtp: \"smtps://user:hunter2@host:465\", from: a@b, to: c@d}}\n";
    let settings = read(&format!("{LEAST}{email}")).unwrap();
    let shown = settings.show();
    assert!(shown.contains("smtp: smtps://user:***@host:465"), "{shown}");
    assert!(!shown.contains("hunter2") && !format!("{settings:?}").contains("hunter2"));
    let told = wrong(&format!("{LEAST}{}", email.replace("smtps:", "ftp:")));
    assert!(told.contains("`ftp://user:***@host:465`, which is no mail server"), "{told}");
    let told = wrong_with("alerts: smtps://user:hunter2@host\nhttp: {listen: \"http://user:hunter2@host\"}\n");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn what_is_shown_is_understood_as_the_same() {
    let text = format!("{LEAST}policy: {{empty_bins: {{floor: 1e-4}}, psi: {{alarm: null}}}}\n");
    let settings = read(&text).unwrap();
    let shown = settings.show();
    assert!(shown.contains("empty_bins:\n    floor: 0.0001"), "{shown}");
    assert!(shown.contains("name: credit") && shown.contains("lateness: 2h"), "{shown}");
    let again = read(&shown).unwrap();
    assert_eq!(again.policy, settings.policy);
    assert_eq!(again.show().lines().skip(1).collect::<Vec<_>>(), shown.lines().skip(1).collect::<Vec<_>>());
}

#[test]
fn the_schema_knows_every_key() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let text = schema.to_string();
    for key in TEMPLATE.lines().filter_map(|line| line.trim_start().trim_start_matches("# ").split_once(": ")) {
        let key = key.0;
        if key.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_') && key != "endpoint" {
            assert!(text.contains(&format!("\"{key}\":")), "{key}");
        }
    }
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn files_that_are_not_there_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let config = root.join("vigie.yaml");
    std::fs::write(&config, format!("{LEAST}reports: {{dir: vigie.yaml/reports}}\n")).unwrap();
    let told = |problems: Vec<vigie::config::Problem>| {
        Problems::new(Path::new("v"), problems).to_string().replace(&root.display().to_string(), "")
    };
    assert_eq!(
        told(check_files(&Settings::load(&config).unwrap())),
        "v:2: `reference`: /reference.vigie: no such file or folder — \
         make it with `vigie learn --data FILE --out /reference.vigie`\n\
         v:4: `source.path`: /log: no such file or folder — set it to a file, a folder or a glob of what is there\n\
         v:6: `reports.dir`: /vigie.yaml/reports: /vigie.yaml is a file — name a folder that vigie may write to"
    );
    std::fs::write(root.join("reference.vigie"), "").unwrap();
    std::fs::write(&config, LEAST.replace("path: log", "path: \"*.ndjson\"")).unwrap();
    assert_eq!(
        told(check_files(&Settings::load(&config).unwrap())),
        "v:4: `source.path`: /*.ndjson: no file matches — set it to a file, a folder or a glob of what is there"
    );
    std::fs::write(root.join("a.ndjson"), "").unwrap();
    assert_eq!(told(check_files(&Settings::load(&config).unwrap())), "");
}
