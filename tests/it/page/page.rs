//! The page agrees with the JSON, and data cannot inject markup or terminal control sequences.

use serde_json::{Value, json};
use vigie::{
    config::Settings,
    judge::{Facts, Finding, Severity, Test},
    monitor::{RunRequest, ScanOptions, check},
    report::{Context, Language, Report, TrendPoint, to_html},
};
use vigie_profile::{
    shown::shown,
    window::{Instant, Window},
};

use crate::support::world::World;

/// Removes the spans that keep dates and exponents on one line.
pub(super) fn without_no_break_spans(html: &str) -> String {
    let mut parts = html.split("<span class=\"u\">");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + &part.replacen("</span>", "", 1))
}

/// Escapes text as the page does.
fn escaped(text: &str) -> String {
    text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;").replace('\'', "&#39;")
}

fn page(world: &World, report: &Value) -> String {
    let place = |key: &str| report["window"][key].as_str().unwrap().replace(['-', ':'], "");
    let folder = format!("reports/m/{}_{}", place("from"), place("to"));
    std::fs::read_to_string(world.path(&format!("{folder}/report.html"))).unwrap()
}

const SCRIPT: &str = "<script>alert('x')</script>";
const LEVEL: &str = "\"><img src=x onerror=alert(1)>";
const BACKWARDS: &str = "\u{202e}EMOCNI\u{1b}[31m";

/// A world with hostile names, levels and error texts, in a window where all of them drifted.
fn hostile() -> World {
    let world = World::new();
    let long = "L".repeat(10_000);
    let line = |row: i32, drifted: bool| {
        let level = if drifted && row % 2 == 0 { LEVEL } else { "usual" };
        let error = if row % 40 == 0 { Value::from(LEVEL) } else { Value::Null };
        json!({
            "ts": format!("2026-10-01T{:02}:{:02}:00Z", row / 60 % 24, row % 60), "id": format!("{SCRIPT}{row}"), "error": error,
            "version": if drifted && row % 20 == 0 { SCRIPT } else { "1" },
            "inputs": {
                SCRIPT: row % 50 + if drifted { 25 } else { 0 },
                BACKWARDS: row % 7 + if drifted { 4 } else { 0 },
                "WORD": level, &long: if row % 90 == 0 { json!(LEVEL) } else { json!(row % 3) },
            },
            "p": 0.3,
        })
    };
    let training: String = (0..2_000).map(|row| format!("{}\n", line(row, false)["inputs"])).collect();
    world.file("train.ndjson", training);
    world.vigie(&["learn", "--data", "train.ndjson", "--out", "ref.vigie", "--categorical", "WORD"]).ok();
    world.config(
        "path: log\nfields: {timestamp: ts, features: inputs, probability: p, id: id, error: error, model_version: version}\n",
    );
    let drifted: String = (0..1_200).map(|row| format!("{}\n", line(row, true))).collect();
    world.file("log/<u>&.ndjson", drifted);
    world.file("log/'\"><script>.parquet", "no parquet at all");
    world
}

#[test]
fn log_content_never_becomes_markup() {
    let world = hostile();
    let report = world.check("2026-10-01", "2026-10-02");
    assert_eq!(report["verdict"]["severity"], "alarm", "{}", report["verdict"]);
    let html = page(&world, &report);
    let index = std::fs::read_to_string(world.path("reports/index.html")).unwrap();
    for (name, page) in [("report", &html), ("index", &index)] {
        for markup in ["<script>alert", "<img", "<u>&", "onerror=alert(1)>"] {
            assert!(!page.contains(markup), "{name} contains {markup}");
        }
    }
    for shown in [SCRIPT, LEVEL] {
        assert!(html.contains(&escaped(shown)), "{shown} is not shown");
    }
    assert!(html.len() < 600_000, "{} bytes", html.len());
}

#[test]
fn log_content_never_controls_the_terminal() {
    let world = hostile();
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]).ok();
    let controls: Vec<char> = ran.stdout.chars().filter(|c| c.is_control() && *c != '\n').collect();
    assert!(controls.is_empty(), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{202e}'), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() < 500), "{}", ran.stdout);
}

#[test]
fn the_page_shows_every_finding_of_the_json() {
    let world = hostile();
    let report = world.check("2026-10-01", "2026-10-02");
    let html = without_no_break_spans(&page(&world, &report));
    let findings = report["verdict"]["findings"].as_array().unwrap();
    assert!(findings.len() >= 4, "{findings:?}");
    for finding in findings {
        let reason = escaped(finding["reason"].as_str().unwrap());
        assert!(html.contains(&reason), "{reason}");
        if let Some(feature) = finding["feature"].as_str() {
            assert!(html.contains(&escaped(&shown(feature))), "{feature}");
        }
    }
    for feature in report["features"].as_array().unwrap() {
        assert!(html.contains(&escaped(&shown(feature["name"].as_str().unwrap()))));
    }
}

/// The example's last day, as a report in memory.
fn example() -> Report {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut settings = Settings::load(&root.join("config/vigie.yaml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    folder.path().clone_into(&mut settings.reports);
    let at = |text: &str| Instant::parse(text, &jiff::tz::TimeZone::UTC).unwrap();
    let window = Window::new(at("2026-10-14"), at("2026-10-15"));
    let looking = ScanOptions { threads: 2, progress: &|_, _| {} };
    check(&settings, RunRequest { window, now: at("2026-11-01") }, looking).unwrap().report
}

/// Rendering the page is part of every run: it takes a few milliseconds with 125 features and 29 earlier windows.
#[test]
fn the_page_renders_quickly() {
    let report = example();
    let context = Context { past: vec![TrendPoint::from_report(&report); 29], ..Context::default() };
    let took = (0..10)
        .map(|_| {
            let started = std::time::Instant::now();
            assert!(to_html(&report, &context).unwrap().len() > 100_000);
            started.elapsed()
        })
        .min()
        .unwrap();
    println!("a page of 125 features: {took:?}");
    let limit = if cfg!(debug_assertions) { 75 } else { 15 };
    assert!(took < std::time::Duration::from_millis(limit), "{took:?}");
}

/// Feature names in the order of the list.
fn listed_features(html: &str) -> Vec<&str> {
    html.split("<summary>").skip(1).map(|row| row.split("<b>").nth(1).unwrap().split("</b>").next().unwrap()).collect()
}

#[test]
fn importance_orders_the_list_and_the_map() {
    let mut report = example();
    report.importance.iter_mut().for_each(|importance| *importance = None);
    let without = to_html(&report, &Context::default()).unwrap();
    assert!(without.contains("importance is unknown") && !without.contains("importance for the model"));
    assert_eq!(listed_features(&without)[..2], ["AMT_ANNUITY", "AMT_CREDIT"]);
    let names: Vec<String> = report.drift.features.iter().map(|feature| feature.name.clone()).collect();
    report.importance = (1..=names.len()).map(|place| Some(100.0 / place as f64)).collect();
    let with = to_html(&report, &Context::default()).unwrap();
    assert!(with.contains("importance for the model") && !with.contains("importance is unknown"));
    let rank = |name: &str| {
        let place = names.iter().position(|other| other == name).unwrap();
        report.importance[place].unwrap() * report.drift.features[place].psi.value.unwrap()
    };
    let order = listed_features(&with);
    assert_eq!(order.len(), names.len());
    // Drifted features come first; the others are ordered by importance × PSI.
    assert_eq!(order[..2], ["AMT_ANNUITY", "AMT_CREDIT"]);
    assert!(order[2..].windows(2).all(|pair| rank(pair[0]) >= rank(pair[1])));
}

#[test]
fn the_page_shows_since_when_features_drift_and_what_changed() {
    let report = example();
    let mut calm = TrendPoint::from_report(&report);
    calm.head.severity = Severity::Stable;
    calm.head.refused_share = Some(0.25);
    calm.features.iter_mut().for_each(|feature| feature.2 = Severity::Stable);
    let day = |back: i64, mut point: TrendPoint| {
        for at in [&mut point.head.window.from, &mut point.head.window.to] {
            at.0 -= back * 86_400_000_000;
        }
        point
    };
    let render = |past: Vec<TrendPoint>, language| {
        without_no_break_spans(&to_html(&report, &Context { past, language, index: None }).unwrap())
            .replace('\u{a0}', " ")
    };
    let first = render(Vec::new(), Language::English);
    assert!(
        first.contains("there is no earlier report of this model") && !first.contains("Changes since the last window")
    );
    let new = render(vec![day(2, calm.clone()), day(1, calm.clone())], Language::English);
    assert!(
        new.contains("New in this window (2026-10-14): AMT_ANNUITY had not drifted in the previous 2 windows."),
        "{new}"
    );
    let verdict = format!("Verdict: stable → {}", report.verdict.severity);
    for change in [verdict.as_str(), "Newly drifted: AMT_ANNUITY, AMT_CREDIT", "Refusal rate: 25.0% → 31.4%"] {
        assert!(new.contains(change), "{change}");
    }
    let old = render(
        vec![day(3, calm.clone()), day(2, TrendPoint::from_report(&report)), day(1, TrendPoint::from_report(&report))],
        Language::English,
    );
    assert!(old.contains("AMT_ANNUITY has drifted since 2026-10-12 (3 windows in a row)."));
    assert!(!old.contains("Newly drifted"));
    let french = render(vec![day(1, TrendPoint::from_report(&report))], Language::French);
    assert!(french.contains("AMT_ANNUITY en dérive depuis le 2026-10-13 (2 fenêtres consécutives)."));
}

/// The part of the page that readers see first.
fn hero(html: &str) -> &str {
    html.split("<section class=\"hero").nth(1).unwrap().split("</section>").next().unwrap()
}

#[test]
fn the_top_answers_what_since_when_why_and_what_to_do() {
    let mut report = example();
    let html = to_html(&report, &Context::default()).unwrap();
    let place = |text: &str| hero(&html).find(text).unwrap_or_else(|| panic!("no {text} in {}", hero(&html)));
    let order =
        ["<b>alarm</b>", "class=\"short\">AMT_ANNUITY", "Since when", "Pipeline or population", "What to do first"];
    assert!(order.map(place).is_sorted(), "{}", hero(&html));
    assert!(hero(&html).contains("<b>Pipeline</b>: AMT_GOODS_PRICE"), "{}", hero(&html));
    report.verdict.findings.clear();
    report.verdict.stories.clear();
    report.verdict.severity = Severity::Stable;
    let html = to_html(&report, &Context::default()).unwrap();
    assert!(hero(&html).contains("All 125 features match the reference"), "{}", hero(&html));
    assert!(!html.contains("Pipeline or population"));
}

#[test]
fn a_finding_about_the_run_lasts_as_long_as_the_finding() {
    let mut report = example();
    let facts = Facts::UnknownDecisions { rows: 10, unknown: 4, words: Vec::new() };
    report.verdict.findings.insert(0, Finding::of_run(Test::Decision, Severity::Alarm, facts));
    let mut before = TrendPoint::from_report(&example());
    before.head.window.from.0 -= 86_400_000_000;
    before.head.window.to.0 -= 86_400_000_000;
    assert_eq!(before.head.severity, report.verdict.severity, "the same verdict for another reason");
    let render = |past: TrendPoint| {
        without_no_break_spans(&to_html(&report, &Context { past: vec![past], ..Context::default() }).unwrap())
    };
    let new = render(before.clone());
    assert!(hero(&new).contains("New in this window (2026-10-14): not so in the previous window."), "{}", hero(&new));
    before.head.severities.insert(Test::Decision, Severity::Watch);
    let old = render(before);
    assert!(hero(&old).contains("Since 2026-10-13 (2 windows in a row)."), "{}", hero(&old));
}

#[test]
fn a_window_without_rows_has_no_sections_about_rows() {
    let mut report = example();
    report.drift.n_window = 0;
    report.verdict.findings.clear();
    report.verdict.stories.clear();
    let html = to_html(&report, &Context::default()).unwrap();
    for section in ["map", "score", "decisions", "performance", "threshold", "features", "replay"] {
        let (place, link) = (format!("<section id=\"{section}\">"), format!("href=\"#{section}\""));
        assert!(!html.contains(&place) && !html.contains(&link), "{section}");
    }
    assert!(html.contains("<section id=\"quality\">") && html.contains("<main class=\"bare\">"));
}
