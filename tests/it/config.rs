//! Config files: those that ship with vigie are valid, and secrets are never printed.

mod own_log;
mod problems;

use std::path::Path;

use problems::{problems_of, problems_with};
use vigie::{
    config::{Problems, Settings, TEMPLATE, check_files, schema},
    judge::Limits,
};

/// Only the required keys.
const MINIMAL: &str = "\
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
fn every_config_that_ships_with_vigie_is_valid() {
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

/// The template with its commented options enabled.
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
fn commented_options_of_the_template_are_valid() {
    let text = full_template();
    let settings = read(&text).map_err(|problems| format!("{problems}\n{text}")).unwrap();
    assert_eq!(settings.policy.features["AMT_CREDIT"].limits.psi.unwrap().watch, Some(0.15));
    assert_eq!(settings.policy.features["AMT_CREDIT"].limits.psi.unwrap().alarm, Some(0.25));
    assert!(settings.labels.is_some() && settings.http.is_some() && settings.alerts.email.is_some());
    // The commented policy options are the defaults.
    let mut policy = settings.policy.clone();
    policy.features.clear();
    assert_eq!(policy, Settings::from_bytes(Path::new("v"), TEMPLATE.as_bytes()).unwrap().policy);
}

#[test]
fn omitted_keys_have_defaults() {
    let settings = read(MINIMAL).unwrap();
    let here = Path::new(".").canonicalize().unwrap();
    assert_eq!(settings.reference, here.join("reference.vigie"));
    assert_eq!(settings.source.place.clone().paths().collect::<Vec<_>>(), [&here.join("log")]);
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
}

#[test]
fn strings_need_no_quotes() {
    let text = MINIMAL.replace("{name: credit}", "{name: yes, version: 1.10}");
    let model = read(&text).unwrap().model;
    assert_eq!((model.name.as_str(), model.version.as_deref()), ("yes", Some("1.10")));
}

#[test]
fn empty_sections_and_aliases_are_accepted() {
    let settings = read(&format!("{MINIMAL}policy:\n  # all defaults\nalerts:\nlabels:\n")).unwrap();
    assert_eq!(settings.policy, vigie::judge::Policy::default());
    let settings = read(&format!("{MINIMAL}policy: {{psi: &l {{watch: 0.2, alarm: null}}, ks: *l}}\n")).unwrap();
    assert_eq!(settings.policy.limits.ks, settings.policy.limits.psi);
    assert_eq!(settings.policy.limits.psi.alarm, None);
}

#[test]
fn every_measure_has_limits_in_general_and_per_feature() {
    let keys = "wasserstein: {watch: 1.5}, features: {AGE: {jensen_shannon: {alarm: 0.4}, wasserstein: {watch: null}}}";
    let policy = read(&format!("{MINIMAL}policy: {{{keys}}}\n")).unwrap().policy;
    assert_eq!(policy.limits.wasserstein, Limits { watch: Some(1.5), alarm: None });
    assert!(policy.limits.jensen_shannon.is_off());
    let age = policy.limits_of("AGE");
    assert_eq!(age.jensen_shannon, Limits { watch: None, alarm: Some(0.4) });
    assert!(age.wasserstein.is_off());
    assert_eq!(age.psi, policy.limits.psi);
    assert_eq!(
        problems_with("policy: {jensen_shannon: {watch: 2}, features: {AGE: {wassertein: {watch: 1}}}}\n"),
        "vigie.yaml:6: `policy.jensen_shannon.watch` must be between 0 and 1, not 2 — write 2% as 0.02\n\
         vigie.yaml:6: unknown key `wassertein` under `policy.features.AGE` — did you mean `wasserstein`?"
    );
}

#[test]
fn secrets_are_never_shown() {
    let email = "alerts: {email: {smtp: \"smtps://user:hunter2@host:465\", from: a@b, to: c@d}}\n";
    let settings = read(&format!("{MINIMAL}{email}")).unwrap();
    let shown = settings.show();
    assert!(shown.contains("smtp: smtps://user:***@host:465"), "{shown}");
    assert!(!shown.contains("hunter2") && !format!("{settings:?}").contains("hunter2"));
    let message = problems_of(&format!("{MINIMAL}{}", email.replace("smtps:", "ftp:")));
    assert!(message.contains("must be the URL of a mail server, not `ftp://user:***@host:465`"), "{message}");
    let message = problems_with("alerts: smtps://user:hunter2@host\nhttp: {listen: \"http://user:hunter2@host\"}\n");
    assert!(!message.contains("hunter2"), "{message}");
}

/// The path of a webhook URL is often a secret.
#[test]
fn the_path_of_a_webhook_url_is_never_shown() {
    let settings = |url: &str| read(&format!("{MINIMAL}alerts: {{webhook: {{url: \"{url}\"}}}}\n"));
    let known = settings("https://u:pass@hooks.example.com/T0/s3cret?k=s3cret").unwrap();
    let shown = known.show();
    assert!(shown.contains("url: https://hooks.example.com/***"), "{shown}");
    assert!(!format!("{shown}{known:?}").contains("s3cret") && !shown.contains("pass"), "{shown}");
    assert!(settings("https://hooks.example.com").unwrap().show().contains("url: https://hooks.example.com\n"));
    let message = settings("htps:/hooks/s3cret").unwrap_err().to_string();
    assert!(message.contains("must be an http or https URL") && !message.contains("s3cret"), "{message}");
}

/// The URL of a Slack or Teams webhook is a secret; a file may hold it instead.
#[test]
fn the_urls_of_chat_channels_are_never_shown() {
    let text = "alerts:\n  slack: {url: \"https://hooks.slack.com/services/T0/s3cret\"}\n  \
                teams: {url: \"https://flow.example.com/x?sig=s3cret\"}\n  pagerduty: {routing_key_file: key}\n";
    let settings = read(&format!("{MINIMAL}{text}")).unwrap();
    let shown = settings.show();
    for line in [
        "url: https://hooks.slack.com/***",
        "url: https://flow.example.com/***",
        "url: https://events.pagerduty.com/v2/enqueue",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(!format!("{shown}{settings:?}").contains("s3cret"), "{shown}");
    assert!(
        shown.contains(&format!("routing_key_file: {}", Path::new("/etc/vigie/key").display()))
            || shown.contains("/key"),
        "{shown}"
    );
    let message = problems_with("alerts: {slack: {url: \"hooks/s3cret\"}}\n");
    assert!(
        message.contains("`alerts.slack.url` must be an http or https URL") && !message.contains("s3cret"),
        "{message}"
    );
}

#[test]
fn problems_of_channels_name_the_key_and_the_next_step() {
    let message = problems_with(
        "alerts:\n  slack: {url: \"https://a\", url_file: b}\n  teams: {uri: \"https://a\"}\n  pagerduty: {key: x}\n  webhook: {}\n",
    );
    for problem in [
        "`alerts.slack` has both `url` and `url_file` — keep one of the two",
        "unknown key `uri` under `alerts.teams` — did you mean `url`?",
        "unknown key `key` under `alerts.pagerduty`",
        "`alerts.webhook.url` is missing — set it to the endpoint: `https://hooks.example.com/vigie`",
    ] {
        assert!(message.contains(problem), "{problem}: {message}");
    }
    let files = "alerts: {slack: {url_file: nowhere}, teams: {url: \"https://a\", ca_file: none.pem}, pagerduty: {routing_key_file: no-key}}\n";
    let problems = check_files(&read(&format!("{MINIMAL}{files}")).unwrap());
    for (key, hint) in [
        ("alerts.slack.url_file", "it must contain only the secret"),
        ("alerts.teams.ca_file", "set it to a PEM file"),
        ("alerts.pagerduty.routing_key_file", "it must contain only the secret"),
    ] {
        let problem =
            problems.iter().find(|problem| problem.key == key).unwrap_or_else(|| panic!("{key}: {problems:?}"));
        assert!(problem.hint.as_ref().unwrap().contains(hint) && problem.line.is_some(), "{problem:?}");
    }
}

#[test]
fn every_channel_is_a_key_of_the_schema_and_of_the_template() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let alerts = &schema["$defs"]["Alerts"]["properties"];
    for spec in vigie::config::Alerts::specs() {
        assert!(alerts.get(spec.word).is_some(), "{}", spec.word);
        assert!(
            TEMPLATE.contains(&format!("#   {}:", spec.word)) && TEMPLATE.contains(spec.credential),
            "{}",
            spec.word
        );
        for known in spec.keys {
            assert!(
                known.key == format!("alerts.{}", spec.word)
                    || known.key.starts_with(&format!("alerts.{}.", spec.word))
            );
        }
    }
}

#[test]
fn shown_config_parses_to_the_same_settings() {
    let text = format!("{MINIMAL}policy: {{empty_bins: {{floor: 1e-4}}, psi: {{alarm: null}}}}\n");
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
        if key.chars().all(|c| c.is_ascii_lowercase() || c == '_') && key != "endpoint" {
            assert!(text.contains(&format!("\"{key}\":")), "{key}");
        }
    }
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn missing_files_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let config = root.join("vigie.yaml");
    std::fs::write(&config, format!("{MINIMAL}reports: {{dir: vigie.yaml/reports}}\n")).unwrap();
    let text = |problems: Vec<vigie::config::Problem>| {
        Problems::new(Path::new("v"), problems).to_string().replace(&root.display().to_string(), "")
    };
    assert_eq!(
        text(check_files(&Settings::load(&config).unwrap())),
        "v:2: `reference`: /reference.vigie: no such file or directory — \
         create it with `vigie learn --data FILE --out /reference.vigie`\n\
         v:4: `source.path`: /log: no such file or directory — set it to an existing file, a folder, or a glob that matches at least one file\n\
         v:6: `reports.dir`: /vigie.yaml/reports: /vigie.yaml is a file — set it to a folder that vigie can write to"
    );
    std::fs::write(root.join("reference.vigie"), "").unwrap();
    std::fs::write(&config, MINIMAL.replace("path: log", "path: \"*.ndjson\"")).unwrap();
    assert_eq!(
        text(check_files(&Settings::load(&config).unwrap())),
        "v:4: `source.path`: /*.ndjson: no file matches — set it to an existing file, a folder, or a glob that matches at least one file"
    );
    std::fs::write(root.join("a.ndjson"), "").unwrap();
    assert_eq!(text(check_files(&Settings::load(&config).unwrap())), "");
    // A database URL is parsed, without connecting.
    let database = "  kind: postgres\n  url: mysql://u:hunter2@db/log\n  table: t\n";
    std::fs::write(&config, MINIMAL.replace("  path: log\n", database)).unwrap();
    assert_eq!(
        text(check_files(&Settings::load(&config).unwrap())),
        "v:5: `source.url` is not a valid connection string — write it as `postgresql://user@host:5432/database` and put \
         the password in the file named by `source.password_file`"
    );
}
