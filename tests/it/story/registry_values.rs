//! Threshold and costs from tags in the registry.

use std::fs;

use crate::support::{
    fake_tracking::FakeRun,
    registry_world::{CHAMPION, register, registry_world},
};

#[test]
fn threshold_and_costs_come_from_tags_of_the_version_or_its_run() {
    let (world, server) = registry_world();
    register(&world, &server, CHAMPION);
    let text = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    {
        let mut registry = server.registry();
        registry.tracking.runs.push(FakeRun {
            id: "run1".to_owned(),
            tags: [("threshold_business", "0.2"), ("cost_fn", "12.5")].map(text).into(),
            params: [("cost_fp", "3"), ("cost_fn", "99")].map(text).into(),
            ..FakeRun::default()
        });
        // A tag of the version has precedence over those of its run.
        registry.version_tags = [("threshold_business", "0.37")].map(text).into();
    }
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let tags = "tags: {threshold: threshold_business, false_negative: cost_fn, false_positive: cost_fp}";
    world.file("vigie.yaml", config.replacen("{name: m,", &format!("{{name: m, {tags},"), 1));
    let expected = |report: &serde_json::Value| {
        assert_eq!(report["run"]["model"]["threshold"], 0.37);
        assert_eq!((&report["cost"]["false_negative"], &report["cost"]["false_positive"]), (&12.5.into(), &3.0.into()));
        assert_eq!(report["cost"]["threshold"], 0.37);
    };
    expected(&world.check("2026-10-01", "2026-10-02"));
    let stated = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout;
    let line = "registry: threshold 0.37, cost 12.5 (false negative), 3 (false positive)";
    assert!(stated.contains(line), "{stated}");

    // While the registry is away, the values that it had last are used.
    server.registry().is_down = true;
    expected(&world.check("2026-10-01", "2026-10-02"));
    server.registry().is_down = false;

    let refused = |value: Option<&str>, sentence: &str| {
        server.registry().version_tags.clear();
        server.registry().tracking.runs[0].tags.remove("threshold_business");
        if let Some(value) = value {
            server.registry().version_tags.insert("threshold_business".to_owned(), value.to_owned());
        }
        let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
        assert!(ran.code == Some(2) && ran.stderr.contains(sentence), "{}", ran.stderr);
    };
    refused(None, "has a tag or parameter `threshold_business`; set the tag in MLflow");
    for value in ["37%", "1.2", "NaN", ""] {
        refused(Some(value), "is not a number from 0 to 1; correct it in MLflow");
    }
    let text = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", text.replacen(CHAMPION, "model.txt", 1));
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"]);
    assert!(ran.stderr.contains("model.tags: model.file is not an address of the registry"), "{}", ran.stderr);
}
