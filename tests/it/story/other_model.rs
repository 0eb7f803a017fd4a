//! A reference that was learnt with another model than the config names is mentioned, with what to do.

use std::fs;

use crate::{
    story::families::{checked, light_config, light_world},
    support::light_model::LightModel,
};

#[test]
fn a_reference_of_another_model_is_mentioned() {
    let model = LightModel::new();
    let world = light_world(&model, |_, one| model.probability(LightModel::row(one)));
    let page = || fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap();
    let check = ["check", "--config", "vigie.yaml", "--from", "2026-10-01", "--to", "2026-10-02"];
    let mentioned = |expected: &str| {
        let report = checked(&world);
        let sentence = report["reference"]["other_model"].as_str().unwrap().to_owned();
        assert!(sentence.contains(expected), "{sentence}");
        assert!(page().contains(&sentence), "the page lacks: {sentence}");
        let printed = world.vigie(&check).ok().stdout;
        assert!(printed.contains(&sentence), "{printed}");
        let stated = world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout;
        assert!(stated.contains(&format!("note: reference: {sentence}")), "{stated}");
    };
    let report = checked(&world);
    assert!(report["reference"].get("other_model").is_none(), "{}", report["reference"]);
    let source = &report["reference"]["provenance"]["model"];
    assert_eq!((&source["name"], &source["sha256"]), (&"model.txt".into(), &source["file_sha256"]));
    assert!(!world.vigie(&["config", "check", "--config", "vigie.yaml"]).ok().stdout.contains("reference was learnt"));

    let learn = |more: &[&str]| {
        let arguments =
            ["learn", "--data", "train.csv", "--model", "model.txt", "--out", "ref.vigie", "--holdout", "yes"];
        world.vigie(&[&arguments[..], more].concat()).ok();
    };
    light_config(&world, ", iterations: 4");
    mentioned(
        "with other options of the model file than the config has (reference: none; config: iterations: 4): learn it again",
    );
    learn(&["--iterations", "4", "--class", "0"]);
    mentioned("(reference: class: 0; config: none)");
    learn(&["--iterations", "4"]);
    assert!(checked(&world)["reference"].get("other_model").is_none());
    light_config(&world, "");
    mentioned("(reference: iterations: 4; config: none)");
    world.file("model.txt", model.first(60).text());
    mentioned("with another model file (model.txt, sha256 ");
}
