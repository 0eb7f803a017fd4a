//! Logged decisions: watched against score and threshold, counted in costs, for scores of bad and of good events.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    story::performance::{near, scored},
    support::{
        watched::{Watcher, at},
        world::{Ran, World},
    },
};

const DECIDED: &str = "path: log\nfields: {timestamp: ts, probability: p, id: id, decision: decision}\n";

/// Scores with outcomes, as the log writes them: six decimals.
fn rows(count: usize) -> Vec<(f64, bool)> {
    scored(count, 11).into_iter().enumerate().map(|(row, (score, bad))| (spread(row, score), bad)).collect()
}

/// Decimals beyond the four that the draws have.
fn spread(row: usize, score: f64) -> f64 {
    ((score + (row % 97) as f64 * 1e-6) * 1e6).round() / 1e6
}

/// A world with a reference of hold-out rows, and a day of rows as `line` writes them. `model`: keys of the config's model.
fn world(model: &str, source: &str, log: &[Value], mirrored: bool) -> World {
    let world = World::new();
    let mut train = "x,p,y\n".to_owned();
    for (score, bad) in scored(4_000, 1) {
        let (score, event) = if mirrored { (((1.0 - score) * 1e6).round() / 1e6, !bad) } else { (score, bad) };
        writeln!(train, "{},{score},{}", score * 2.0, u8::from(event)).unwrap();
    }
    world.file("train.csv", train);
    let learn = [
        "learn",
        "--data",
        "train.csv",
        "--target",
        "y",
        "--probability",
        "p",
        "--holdout",
        "yes",
        "--out",
        "ref.vigie",
    ];
    world.vigie(&learn).ok();
    world.file("log/day.ndjson", log.iter().map(|line| format!("{line}\n")).collect::<String>());
    configure(&world, model, source, "");
    world
}

fn configure(world: &World, model: &str, source: &str, more: &str) {
    let source: String = source.lines().map(|line| format!("  {line}\n")).collect();
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: m{model}}}\nreference: ref.vigie\nsource:\n{source}policy: {{min_rows: 100}}\n\
             reports: {{dir: reports}}\n{more}"
        ),
    );
}

fn line(row: usize, score: f64, decision: &Value) -> Value {
    json!({"ts": "2026-10-01T00:00:01Z", "x": score * 2.0, "p": score, "id": format!("r{row}"), "decision": decision})
}

/// A log whose decision on each row is the word that `word` returns.
fn log(rows: &[(f64, bool)], word: impl Fn(usize, f64) -> &'static str) -> Vec<Value> {
    rows.iter().enumerate().map(|(row, (score, _))| line(row, *score, &json!(word(row, *score)))).collect()
}

fn by(threshold: f64) -> impl Fn(usize, f64) -> &'static str {
    move |_, score| if score >= threshold { "REFUSED" } else { "ACCEPTED" }
}

fn checked(world: &World) -> Value {
    world.check("2026-10-01", "2026-10-02")
}

fn exit_code(world: &World) -> Ran {
    world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02", "--exit-code"])
}

/// The findings of the test, as severity and reason.
fn found(report: &Value, test: &str) -> Vec<(String, String)> {
    let findings = report["verdict"]["findings"].as_array().unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let of_test = findings.iter().filter(|finding| finding["test"] == test);
    of_test.map(|finding| (word(&finding["severity"]), word(&finding["reason"]))).collect()
}

#[test]
fn decisions_that_follow_the_score_are_no_finding() {
    let rows = rows(700);
    let report = checked(&world("", DECIDED, &log(&rows, by(0.5)), false));
    assert_eq!(found(&report, "decision"), []);
    let refused = rows.iter().filter(|(score, _)| *score >= 0.5).count();
    let decisions = &report["decisions"];
    assert_eq!((&decisions["refused"], &decisions["called_to_refuse"]), (&json!(refused), &json!(refused)));
    assert_eq!((&decisions["against"]["accepted"], &decisions["against"]["refused"]), (&json!(0), &json!(0)));
    near(&report["score"]["refused_share"]["window"], refused as f64 / 700.0);
    assert_eq!(report["run"]["model"]["event"], "default");
}

#[test]
fn every_decision_refused_is_an_alarm() {
    let rows = rows(700);
    let world = world("", DECIDED, &log(&rows, |_, _| "REFUSED"), false);
    let report = checked(&world);
    let accepted = rows.iter().filter(|(score, _)| *score < 0.5).count();
    assert_eq!(
        found(&report, "decision"),
        [(
            "alarm".to_owned(),
            format!(
                "all 700 logged decisions are refusals, but {accepted} of the scores call for acceptance (threshold 0.5); check \
                 the service that makes the decisions"
            )
        )]
    );
    near(&report["score"]["refused_share"]["window"], 1.0);
    assert_eq!(found(&report, "share_refused")[0].0, "alarm");
    assert_eq!((&report["verdict"]["severity"], exit_code(&world).code), (&json!("alarm"), Some(1)));
    let examples = report["decisions"]["against"]["examples"].as_array().unwrap();
    let lowest = rows.iter().map(|(score, _)| *score).fold(1.0, f64::min);
    assert_eq!(examples.len(), 5);
    near(&examples[0]["score"], lowest);
    assert_eq!(examples[0]["decision"], "REFUSED");
    // The page has them, too, and the terminal has the sentence.
    let page = std::fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    assert!(page.contains("<section id=\"decisions\">") && page.contains(examples[0]["id"].as_str().unwrap()));
    let text = exit_code(&world).stdout;
    assert!(text.contains("all 700 logged decisions are refusals"), "{text}");
    assert!(text.contains("decisions: 700 logged, 700 refused (by score and threshold: "), "{text}");
}

#[test]
fn another_threshold_is_named() {
    for (configured, followed) in [("0.5", 0.45), ("0.5", 0.55), ("0.4", 0.43)] {
        let model = format!(", threshold: {configured}");
        let report = checked(&world(&model, DECIDED, &log(&rows(1_500), by(followed)), false));
        let named = report["decisions"]["followed_threshold"].as_f64().unwrap();
        assert!((named - followed).abs() <= 0.0015, "{followed}: {named}");
        let (severity, reason) = &found(&report, "decision")[0];
        assert_eq!(severity, "alarm");
        assert!(
            reason.starts_with(&format!("logged decisions follow the threshold {named}, not {configured}: ")),
            "{reason}"
        );
    }
}

#[test]
fn rounding_is_no_contradiction() {
    let exact = rows(2_000);
    for decimals in [2usize, 3, 4, 6] {
        let lines: Vec<Value> = exact
            .iter()
            .enumerate()
            .map(|(row, (score, _))| {
                // Seven decimals decide; the log has fewer.
                let decided = score + 3e-7;
                let logged: f64 = format!("{decided:.decimals$}").parse().unwrap();
                line(row, logged, &json!(by(0.5)(row, decided)))
            })
            .collect();
        let report = checked(&world("", DECIDED, &lines, false));
        assert_eq!(found(&report, "decision"), [], "{decimals} decimals");
        assert_eq!(report["decisions"]["against"]["examples"], json!([]));
        let undecidable = report["decisions"]["undecidable"].as_u64().unwrap();
        assert!(decimals > 3 || undecidable > 0, "{decimals} decimals");
        assert!(undecidable < 80, "{undecidable}");
    }
}

#[test]
fn reversed_words_are_told_and_can_be_configured() {
    let lines = log(&rows(700), |row, score| if by(0.5)(row, score) == "REFUSED" { "1" } else { "0" });
    let world = world(", decisions: {accepted: [1], refused: [0]}", DECIDED, &lines, false);
    let (severity, reason) = found(&checked(&world), "decision").remove(0);
    assert_eq!(severity, "alarm");
    assert!(reason.contains("are the opposite of what the score calls for (threshold 0.5)"), "{reason}");
    assert!(reason.ends_with("check model.decisions and model.event"), "{reason}");
    // By itself a 1 is the event, which is bad.
    configure(&world, "", DECIDED, "");
    assert_eq!(found(&checked(&world), "decision"), []);
}

#[test]
fn unknown_words_are_counted_with_examples() {
    let rows = rows(700);
    let lines = log(&rows, |row, score| if row % 10 == 0 { ["Z1", "Z2"][row / 10 % 2] } else { by(0.5)(row, score) });
    let world = world("", DECIDED, &lines, false);
    let report = checked(&world);
    assert_eq!(report["decisions"]["unknown"], json!({"rows": 70, "words": ["Z1", "Z2"]}));
    let (severity, reason) = found(&report, "decision").remove(0);
    assert_eq!(severity, "watch");
    assert_eq!(
        reason,
        "70 of 700 decisions (10.0%) have unknown words: “Z1”, “Z2”; state in model.decisions what they mean"
    );
    // They count by score and threshold until the config says what they mean.
    near(
        &report["score"]["refused_share"]["window"],
        rows.iter().filter(|(score, _)| *score >= 0.5).count() as f64 / 700.0,
    );
    configure(&world, ", decisions: {open: [z1, Z2]}", DECIDED, "");
    let report = checked(&world);
    assert_eq!((&report["decisions"]["open"], found(&report, "decision")), (&json!(70), Vec::new()));
}

#[test]
fn allowed_overrides_are_a_figure() {
    let rows = rows(700);
    let overridden = |row: usize, score: f64| (score >= 0.5) != (row.is_multiple_of(40));
    let lines = log(&rows, |row, score| if overridden(row, score) { "refusé" } else { "accordé" });
    let world = world("", DECIDED, &lines, false);
    let (severity, reason) = found(&checked(&world), "decision").remove(0);
    assert_eq!(severity, "alarm");
    assert!(reason.starts_with("18 of 700 logged decisions (2.6%) contradict score and threshold: "), "{reason}");
    assert!(reason.ends_with("if people or rules may override the model, set model.overrides: allowed"), "{reason}");
    configure(&world, ", overrides: allowed", DECIDED, "");
    let report = checked(&world);
    assert_eq!(found(&report, "decision"), []);
    let against = &report["decisions"]["against"];
    let total = against["accepted"].as_u64().unwrap() + against["refused"].as_u64().unwrap();
    assert_eq!((total, &report["decisions"]["overrides_allowed"]), (18, &json!(true)));
    assert!(against["refused_share"].as_f64().unwrap() > 0.0);
}

#[test]
fn overrides_are_compared_with_earlier_windows() {
    let world = world(", overrides: allowed", DECIDED, &[], false);
    std::fs::remove_file(world.path("log/day.ndjson")).unwrap();
    configure(&world, ", overrides: allowed", DECIDED, "alerts: {after: 1}\n");
    let watcher = Watcher::new(&world);
    for number in 0..6 {
        // One decision in forty is overridden, on the last day one in eight.
        let every = if number == 5 { 8 } else { 40 };
        let overridden = |row: usize, score: f64| (score >= 0.5) != (row.is_multiple_of(every));
        let mut lines = log(&rows(700), |row, score| if overridden(row, score) { "REFUSED" } else { "ACCEPTED" });
        lines.iter_mut().for_each(|line| line["ts"] = json!(at(number, 1).to_string()));
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        world.file(&format!("log/{number}.ndjson"), lines);
        watcher.check(at(number + 1, 6));
    }
    let events: Vec<String> = watcher.events().into_iter().filter(|line| line.ends_with("- overrides")).collect();
    assert_eq!(events, ["10-06 Opened - overrides"]);
    let page = std::fs::read_to_string(world.path("reports/m/20261006T000000Z_20261007T000000Z/report.html")).unwrap();
    assert!(page.contains("(previous 5 windows: "), "the page has the earlier share");
}

/// Costs are those of the decisions that were made.
#[test]
fn costs_follow_the_logged_decisions() {
    let rows = rows(1_000);
    let refused = |row: usize, score: f64| (score >= 0.5) != (row.is_multiple_of(20));
    let lines = log(&rows, |row, score| if refused(row, score) { "REFUSED" } else { "ACCEPTED" });
    let world = world(", overrides: allowed", DECIDED, &lines, false);
    let labels: String =
        rows.iter().enumerate().map(|(row, (_, bad))| format!("r{row},{}\n", u8::from(*bad))).collect();
    world.file("labels/a.csv", format!("id,y\n{labels}"));
    configure(&world, ", overrides: allowed", DECIDED, "labels: {path: labels, id: id, target: y}\n");
    let report = checked(&world);
    let count = |was: bool, bad: bool| {
        rows.iter().enumerate().filter(|(row, (score, is))| refused(*row, *score) == was && *is == bad).count() as f64
    };
    let confusion = &report["performance"]["realised"]["confusion"];
    for (key, wanted) in [
        ("true_positives", count(true, true)),
        ("false_positives", count(true, false)),
        ("true_negatives", count(false, false)),
        ("false_negatives", count(false, true)),
    ] {
        near(&confusion[key], wanted);
    }
    near(&report["cost"]["realised"]["total"]["value"], 10.0 * count(false, true) + count(true, false));
    // The estimate is about the same decisions, so the labels do not surprise it.
    let expected = &report["cost"]["expected"]["total"];
    let realised = 10.0 * count(false, true) + count(true, false);
    assert!((expected["value"].as_f64().unwrap() / realised - 1.0).abs() < 0.3, "{expected} {realised}");
    let refused_rows = count(true, true) + count(true, false);
    near(&report["score"]["refused_share"]["window"], refused_rows / 1_000.0);
}

/// The law of the mirror: the probability of repayment, with its config, gives the report of the probability of default.
#[test]
fn a_good_event_is_the_mirror_image() {
    let rows = rows(900);
    let mirror = |score: f64| ((1.0 - score) * 1e6).round() / 1e6;
    let labels = |good: bool| -> String {
        let line = |(row, (_, bad)): (usize, &(f64, bool))| format!("r{row},{}\n", u8::from(*bad != good));
        format!("id,y\n{}", rows.iter().enumerate().map(line).collect::<String>())
    };
    let with_labels = "labels: {path: labels, id: id, target: y}\n";
    let undecided = DECIDED.replace(", decision: decision", "");
    for source in [DECIDED, &undecided] {
        let told = |model: &str, good: bool| {
            let lines: Vec<Value> = rows
                .iter()
                .enumerate()
                .map(|(row, (score, _))| {
                    // A few overrides, so that decisions matter.
                    let word = if (*score >= 0.30005) == (row % 50 == 0) { "ok" } else { "Refusé" };
                    line(row, if good { mirror(*score) } else { *score }, &json!(word))
                })
                .collect();
            let world = world(model, source, &lines, good);
            world.file("labels/a.csv", labels(good));
            configure(&world, model, source, with_labels);
            checked(&world)
        };
        let bad = told(", threshold: 0.30005", false);
        let good = told(", threshold: 0.69995, event: repaid", true);
        assert_eq!(
            (&good["run"]["model"]["event"], &good["run"]["model"]["high_score"]),
            (&json!("repaid"), &json!("good"))
        );
        let same = |path: &str| {
            let (one, other) = (bad.pointer(path).unwrap(), good.pointer(path).unwrap());
            let close = match (one.as_f64(), other.as_f64()) {
                (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * one.abs().max(1.0),
                _ => one == other,
            };
            assert!(close, "{path}: {one} and {other}");
        };
        for path in [
            "/score/refused_share/reference",
            "/score/refused_share/window",
            "/score/refused_share/p_value",
            "/cost/expected/total/value",
            "/cost/expected/total/low",
            "/cost/realised/total/value",
            "/cost/realised/cheapest/total",
            "/cost/reference/per_1000/value",
            "/cost/curve/per_1000",
            "/cost/curve/cheapest/per_1000",
            "/performance/realised/confusion",
            "/performance/realised/recall/value",
            "/performance/realised/precision/value",
            "/performance/realised/auc/value",
            "/performance/realised/brier/value",
            "/performance/estimated/auc/value",
            "/performance/estimated/recall/value",
        ] {
            same(path);
        }
        if source == DECIDED {
            for key in ["accepted", "refused", "called_to_refuse", "undecidable", "against/accepted", "against/refused"]
            {
                same(&format!("/decisions/{key}"));
            }
        }
        // Thresholds are those of the score.
        let cheapest = |report: &Value| report["cost"]["curve"]["cheapest"]["threshold"].as_f64().unwrap();
        assert!((cheapest(&bad) + cheapest(&good) - 1.0).abs() < 0.01, "{} {}", cheapest(&bad), cheapest(&good));
        let points = |report: &Value| report["cost"]["curve"]["points"]["rows"].as_array().unwrap().clone();
        let (ours, theirs) = (points(&bad), points(&good));
        for (one, other) in ours.iter().zip(theirs.iter().rev()) {
            near(&other[0], 1.0 - one[0].as_f64().unwrap());
        }
    }
}

#[test]
fn the_config_says_what_a_high_score_means() {
    let world = world("", DECIDED, &log(&rows(200), by(0.5)), false);
    let problems = |model: &str| {
        configure(&world, model, DECIDED, "");
        let ran = world.vigie(&["config", "check", "--config", "vigie.yaml"]);
        format!("{}{}", ran.stdout, ran.stderr)
    };
    assert!(problems(", event: solvent").contains("does not say whether a high score is bad or good"));
    assert!(problems(", event: repaid, high_score: bad").contains("a `high_score` that contradicts it"));
    assert!(problems(", event: solvent, high_score: good").contains("no problems found"));
    assert!(
        problems(", decisions: {accepted: [OK, Accordé], refused: [ok]}")
            .contains("`ok` under both `accepted` and `refused`")
    );
    assert!(problems(", decisions: {granted: [A]}").contains("unknown key `granted`"));
    assert!(problems(", overrides: maybe").contains("`model.overrides`"));
}

#[test]
fn learn_says_what_it_took_for_what_and_the_first_check_doubts_it() {
    let world = world("", DECIDED, &log(&rows(200), by(0.5)), false);
    let learn = [
        "learn",
        "--data",
        "train.csv",
        "--target",
        "y",
        "--probability",
        "p",
        "--holdout",
        "yes",
        "--out",
        "ref.vigie",
    ];
    let told = world.vigie(&learn).ok().stdout;
    assert!(told.contains("of its rows are the event `1`; score `p`: the probability of that event, AUC 0."), "{told}");
    configure(&world, ", event: repaid", DECIDED, "");
    let check = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert!(check.stderr.contains("which the config takes for `repaid`"), "{}", check.stderr);
    // Targets may be words.
    world.file(
        "words.csv",
        "x,p,y\n".to_owned() + &"1,0.2,repaid\n2,0.7,repaid\n3,0.4,default\n4,0.9,repaid\n".repeat(30),
    );
    let told = world.vigie(&[
        "learn",
        "--data",
        "words.csv",
        "--target",
        "y",
        "--event",
        "repaid",
        "--probability",
        "p",
        "--out",
        "words.vigie",
    ]);
    let told = told.ok().stdout;
    assert!(told.contains("75.0% of its rows are the event `repaid`"), "{told}");
    assert!(told.contains("a high score is good: set model.event in the config to the same word"), "{told}");
}
