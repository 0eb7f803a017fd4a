//! The example's days, sent through the server one by one: the log that it writes is checked and replayed.

use serde_json::Value;

use super::process::{example_records, home_credit, logged, start, world};

/// Three of the days; all fourteen with `VIGIE_CI_LARGE`.
#[test]
fn the_log_of_the_server_is_verified_to_the_bit() {
    let days = if std::env::var_os("VIGIE_CI_LARGE").is_some() { 14 } else { 3 };
    let world = world("");
    let records = example_records(usize::MAX);
    let mut sent = 0;
    for day in 1..=days {
        let date = format!("2026-10-{day:02}");
        // Days are UTC days.
        let own: Vec<&Value> = records.iter().filter(|record| is_on(record, &date)).collect();
        let server = start(&world, &[("VIGIE_NOW", &format!("{date}T12:00:00Z"))]);
        for record in own {
            let id = record["request_id"].as_str().unwrap();
            let answer = server.post_with("/predict", &record["inputs"].to_string(), &[("x-request-id", id)]).unwrap();
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(answer.request_id.as_deref(), Some(id));
            let probability = answer.json()["proba_default"].as_f64().unwrap();
            let logged = record["outputs"]["proba_default"].as_f64().unwrap();
            assert!(
                (probability - logged).abs() <= 5.1e-7,
                "{probability} for {logged}, which was rounded to 6 decimals"
            );
            sent += 1;
        }
        server.stop();
    }
    assert_eq!(logged(&world, "log").len(), sent);
    let until = format!("2026-10-{:02}", days + 1);
    let replay = world.vigie(&["replay", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", &until]).ok();
    let all = format!("All {} rows scored again give the logged score", thousands(sent));
    assert!(replay.stdout.contains(&all), "{}", replay.stdout);
    assert!(replay.stdout.contains("(full precision)"), "{}", replay.stdout);
    // On the second day a source is partly lost. The log of the server says the same as the log that its requests come from.
    let report = |config: &str| -> Value {
        let range = ["--from", "2026-10-02", "--to", "2026-10-03", "--format", "json"];
        let ran = world.vigie(&[&["check", "--config", config], range.as_slice()].concat()).ok();
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let own = report("vigie.yaml");
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let example = home_credit("log").display().to_string();
    world.file(
        "example.yaml",
        config.replace(
            "source: {kind: vigie, path: log}",
            &format!("source: {{kind: vigie, path: {example}, where: {{endpoint: /predict}}}}"),
        ),
    );
    let example = report("example.yaml");
    assert_eq!(own["features"], example["features"]);
    assert_eq!(own["verdict"]["sentence"], example["verdict"]["sentence"]);
    assert_eq!(own["replay"]["mismatches"], 0, "{}", own["replay"]);
}

fn is_on(record: &Value, date: &str) -> bool {
    let at: jiff::Timestamp = record["ts"].as_str().unwrap().parse().unwrap();
    at.to_string().starts_with(date)
}

fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let split = digits.len().saturating_sub(3);
    if split == 0 { digits } else { format!("{},{}", &digits[..split], &digits[split..]) }
}
