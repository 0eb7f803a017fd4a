//! `vigie learn --dictionary`: what each feature is, from the file to the report, the page, the mail and the terminal.

use std::{fmt::Write as _, fs};

use serde_json::{Value, json};
use vigie::{
    alert::compose,
    report::{Language, Report},
};
use vigie_profile::window::Instant;

use crate::{
    mail::mail::{email, first_day, notification_of, report_of},
    story::families::light_world,
    support::{
        applicants::DAY,
        draw::Draw,
        light_model::LightModel,
        mime::Part,
        world::{Ran, World, feature, without_run},
    },
};

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p, id: id}\n";
const HOSTILE: &str = "Age of <script>alert(1)</script> \"the client\"\u{202e}.";
const SCRIPT: &str = "<script>alert(1)";

fn dictionary() -> Value {
    json!({
        "AGE": {"sentence": HOSTILE, "unit": "<i>years</i>", "table": "<b>application</b>"},
        "BUR_A": {"sentence": "Amount of open credits.", "unit": "currency", "table": "bureau"},
        "BUR_B": {"sentence": "Number of open credits.", "unit": "count", "table": "bureau"},
        "BUR_C": {"sentence": "Days since the last credit.", "unit": "days", "table": "bureau"},
        "SK_ID_CURR": {"sentence": "Key of the client."},
        "TARGET": {"sentence": "Outcome."},
    })
}

/// Inputs of a row: the bureau answers unless it is down.
fn inputs(draw: &mut Draw, older: i64, is_down: bool) -> Value {
    let mut of_bureau = |scale: f64| if is_down { Value::Null } else { json!((draw.uniform() * scale).round()) };
    let (one, two, three) = (of_bureau(9e5), of_bureau(12.0), of_bureau(900.0));
    let age = 20 + older + draw.below(50) as i64;
    json!({"AGE": age, "BUR_A": one, "BUR_B": two, "BUR_C": three, "RATE": (draw.normal() * 100.0).round()})
}

/// A day on which the bureau is down and everybody is forty years older, and the rows to learn from.
fn world() -> World {
    let world = World::new();
    let mut draw = Draw::seeded(7);
    let mut train = String::new();
    for _ in 0..1_500 {
        let mut row = inputs(&mut draw, 0, false);
        row["p"] = json!(draw.uniform());
        let _ = writeln!(train, "{row}");
    }
    world.file("train.ndjson", train);
    let mut log = String::new();
    for row in 0..600 {
        let at = Instant(DAY + row * 100_000_000).to_string();
        let inputs = inputs(&mut draw, 40, true);
        let _ = writeln!(log, "{}", json!({"ts": at, "id": row.to_string(), "p": draw.uniform(), "inputs": inputs}));
    }
    world.file("log/a.ndjson", log);
    world.config(SOURCE);
    world
}

fn learn(world: &World, more: &[&str]) -> Ran {
    let args = ["learn", "--data", "train.ndjson", "--out", "ref.vigie", "--probability", "p"];
    world.vigie(&[&args[..], more].concat())
}

fn described() -> World {
    let world = world();
    world.file("dictionary.json", dictionary().to_string());
    let ran = learn(&world, &["--dictionary", "dictionary.json"]).ok();
    for note in [
        "note: --dictionary dictionary.json: entries left out, because the reference has no such feature: 2 of 6\n",
        "note: --dictionary dictionary.json: features without an entry: 1 of 5 (RATE)\n",
    ] {
        assert!(ran.stderr.contains(note), "{}", ran.stderr);
    }
    assert!(ran.stdout.ends_with("dictionary: 4 of 5 features\n"), "{}", ran.stdout);
    world
}

fn page(world: &World) -> String {
    fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap()
}

fn in_french(world: &World) -> String {
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("reports: {dir: reports}", "reports: {dir: reports, language: fr}"));
    world.check("2026-10-01", "2026-10-02");
    page(world)
}

#[test]
fn the_report_says_what_each_feature_is_and_where_it_comes_from() {
    let world = described();
    let report = world.check("2026-10-01", "2026-10-02");
    let age = feature(&report, "AGE");
    assert_eq!(
        [&age["description"], &age["unit"], &age["source_table"]],
        [HOSTILE, "<i>years</i>", "<b>application</b>"]
    );
    let bare = feature(&report, "RATE").as_object().unwrap();
    assert!(["description", "unit", "source_table"].iter().all(|key| !bare.contains_key(*key)), "{bare:?}");
    let findings = report["verdict"]["findings"].as_array().unwrap();
    let tables: Vec<(&str, &str)> =
        findings.iter().filter_map(|one| Some((one["feature"].as_str()?, one["source_table"].as_str()?))).collect();
    assert!(tables.contains(&("BUR_A", "bureau")) && tables.contains(&("AGE", "<b>application</b>")), "{tables:?}");
    let stories = report["verdict"]["stories"].as_array().unwrap();
    let bureau = stories.iter().find(|story| story["name"] == "BUR_*").unwrap();
    assert_eq!(bureau["source_table"], json!({"features": 3, "name": "bureau"}));

    let printed = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]).ok();
    assert!(printed.stdout.contains("; source table: bureau\n"), "{}", printed.stdout);
}

#[test]
fn the_page_shows_the_texts_as_text() {
    let world = described();
    world.check("2026-10-01", "2026-10-02");
    let (english, french) = (page(&world), in_french(&world));
    let escaped = "Age of &#60;script&#62;alert(1)&#60;/script&#62; &#34;the client&#34;�.";
    for page in [&english, &french] {
        for raw in [SCRIPT, "<i>years", "<b>application", "\u{202e}"] {
            assert!(!page.contains(raw), "{raw}");
        }
        assert!(page.contains(&format!("title=\"{escaped}\"")), "no tooltip");
        // The details, the finding about the feature, and the tooltip.
        assert!(page.matches(escaped).count() >= 3, "{}", page.matches(escaped).count());
        assert!(page.contains("aria-describedby=\"f0d\"") && page.contains("<p class=\"about\" id=\"f0d\">"));
        // The feature without an entry has none.
        assert_eq!(page.matches("class=\"about\"").count(), 4);
    }
    assert!(english.contains("BUR_*</b></a> (source table: bureau): "));
    assert!(english.contains("Unit: days · Source table: bureau"));
    assert!(english.contains("; source table: bureau.") && english.contains("numeric (days)"));
    assert!(french.contains("Unité\u{a0}: days · Table source\u{a0}: bureau"));
    assert!(french.contains("\u{a0}; table source\u{a0}: bureau.") && french.contains("numérique (days)"));
}

/// The plain text of the mail about all findings of a report.
fn mail(report: &Report, language: Language) -> (String, String) {
    let notification = notification_of(report);
    let notification = vigie::alert::Notification {
        events: report
            .verdict
            .entries()
            .into_iter()
            .map(|finding| vigie::alert::Event {
                change: vigie::alert::AlertChange::Opened,
                finding,
                since: report.examined.window.from,
                thread: None,
                origins: Vec::new(),
            })
            .collect(),
        ..notification
    };
    let sent = compose(&email(), &notification, Some(report), None, language, Instant(DAY)).unwrap();
    let mail = Part::of(&sent.bytes);
    (mail.find("text/plain").unwrap().text(), mail.find("text/html").unwrap().text())
}

#[test]
fn a_mail_names_the_source_table() {
    let world = described();
    let report = report_of(&world, "vigie.yaml", first_day());
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (language, words) in
        [(Language::English, "; source table: bureau"), (Language::French, "; table source : bureau")]
    {
        let (text, html) = mail(&report, language);
        assert!(flat(&text).contains(words), "{text}");
        assert!(flat(&html).contains(words), "{html}");
        assert!(!html.contains("<b>application") && !html.contains(SCRIPT), "{html}");
    }
}

#[test]
fn a_dictionary_changes_no_number() {
    let world = world();
    learn(&world, &[]).ok();
    let plain = world.check("2026-10-01", "2026-10-02");
    let page_without = page(&world);
    assert!(!page_without.contains("class=\"about\"") && !page_without.contains("aria-describedby"));
    assert!(!plain.to_string().contains("source_table"));
    world.file("dictionary.csv", "name,sentence,unit,source\nAGE,Age.,years,application\n");
    let ran = learn(&world, &["--dictionary", "dictionary.csv"]).ok();
    assert!(ran.stderr.contains("features without an entry: 4 of 5 (BUR_A, BUR_B, BUR_C, RATE)"), "{}", ran.stderr);
    let mut with = world.check("2026-10-01", "2026-10-02");
    assert_eq!(with["run"]["reference_id"], plain["run"]["reference_id"]);
    let age = &mut with["features"][0];
    assert_eq!(age["description"], "Age.");
    for key in ["description", "unit", "source_table"] {
        age.as_object_mut().unwrap().remove(key);
    }
    for part in ["findings", "stories"] {
        for one in with["verdict"][part].as_array_mut().unwrap() {
            one.as_object_mut().unwrap().remove("source_table");
        }
    }
    let [mut with, mut plain] = [with, plain].map(without_run);
    // The reference records when it was learnt.
    [&mut with, &mut plain].into_iter().for_each(|report| {
        report.as_object_mut().unwrap().remove("reference");
    });
    assert_eq!(with, plain);
}

#[test]
fn an_explanation_says_what_the_features_are() {
    let model = LightModel::new();
    let world = light_world(&model, |_, one| model.probability(LightModel::row(one)));
    world.file(
        "dictionary.json",
        r#"{"AGE": {"sentence": "Age of the\u001b[31m client.", "unit": "years", "table": "t"}}"#,
    );
    let args = ["learn", "--data", "train.csv", "--model", "model.txt", "--out", "ref.vigie", "--holdout", "yes"];
    world.vigie(&[&args[..], &["--dictionary", "dictionary.json"]].concat()).ok();
    let explain = ["explain", "--config", "vigie.yaml", "--id", "r5-00000"];
    let json = world.vigie(&[&explain[..], &["--format", "json"]].concat()).ok().stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    let contributions = json["contributions"].as_array().unwrap();
    let of = |name: &str| contributions.iter().find(|one| one["feature"] == name).unwrap();
    assert_eq!((&of("AGE")["unit"], &of("AGE")["source_table"]), (&json!("years"), &json!("t")));
    assert_eq!(of("AGE")["description"], "Age of the\u{1b}[31m client.");
    assert!(of("INCOME").get("description").is_none());
    let ids = (0..20).map(|row| format!("r5-{row:05}"));
    let texts = ids.map(|id| world.vigie(&["explain", "--config", "vigie.yaml", "--id", &id]).ok().stdout);
    // Age is among the reasons of some of them.
    let with: Vec<String> =
        texts.filter(|text| text.contains("\n     Age of the�[31m client. (years, from t)\n")).collect();
    assert!(!with.is_empty() && with.iter().all(|text| text.contains(". AGE is ")));
}

#[test]
fn a_dictionary_without_an_entry_of_the_reference_leaves_it_as_it_is() {
    let world = world();
    world.file("dictionary.json", r#"{"OTHER": "Something else."}"#);
    let ran = learn(&world, &["--dictionary", "dictionary.json"]).ok();
    assert!(ran.stderr.contains("no such feature: 1 of 1"), "{}", ran.stderr);
    assert!(ran.stderr.contains("features without an entry: 5 of 5"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("dictionary:"), "{}", ran.stdout);
    assert!(world.check("2026-10-01", "2026-10-02")["features"][0].get("description").is_none());
}

#[test]
fn a_broken_dictionary_ends_the_command_before_anything_is_learnt() {
    let world = world();
    let refused = |text: &str| {
        world.file("dictionary.json", text);
        let ran = learn(&world, &["--dictionary", "dictionary.json"]);
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        assert!(!world.path("ref.vigie").exists());
        ran.stderr.trim_end().to_owned()
    };
    assert_eq!(
        refused(r#"{"AGE": {"unit": "years"}}"#),
        "vigie: --dictionary dictionary.json: the entry of `AGE` has no sentence; write one, or remove the entry"
    );
    let broken = refused("{\"AGE\": {\n");
    assert!(broken.starts_with("vigie: --dictionary dictionary.json: line 2: not valid JSON ("), "{broken}");
    assert!(broken.contains("expected a JSON object"), "{broken}");
    let long = format!(r#"{{"AGE": "{}"}}"#, "a".repeat(501));
    assert!(refused(&long).ends_with("has a sentence of 501 characters; write at most 500"));
    let ran = learn(&world, &["--dictionary", "nowhere.json"]);
    assert!(ran.stderr.contains("--dictionary nowhere.json: no such file or directory; expected"), "{}", ran.stderr);
    world.file("ref.vigie", "{}");
    let ran = learn(&world, &["--dictionary", "ref.vigie"]);
    assert!(ran.stderr.contains("ref.vigie: is the file of --dictionary"), "{}", ran.stderr);
}
