//! What a target and a model add to a comparison.

use serde_json::Value;

use super::tables::{CHECK, comparable, config, table};
use crate::support::{
    applicants::{Applicant, applicants},
    light_model::LightModel,
    world::World,
};

/// Outcomes of the second table are those that a check finds as labels.
#[test]
fn outcomes_of_the_second_table_are_labels() {
    let world = World::new();
    world.file("ref.csv", table(&applicants(900, 7), 0.0));
    let current = table(&applicants(800, 8), 0.0);
    world.file("cur.csv", &current);
    let learn = ["learn", "--data", "ref.csv", "--out", "r.vigie", "--probability", "p", "--target", "TARGET"];
    world.vigie(&[&learn[..], &["--holdout", "yes", "--ignore", "ts,request_id"]].concat()).ok();
    let labels = "labels: {path: cur.csv, id: request_id, target: TARGET}";
    world.file("vigie.yaml", config(&format!("model: {{name: compare, threshold: 0.3}}\n{labels}")));
    let checked = comparable(&world.vigie(&CHECK).ok().stdout);
    let compare = ["compare", "ref.csv", "cur.csv", "--format", "json", "--probability", "p", "--target", "TARGET"];
    let compare = [&compare[..], &["--holdout", "yes", "--threshold", "0.3", "--ignore", "ts"]].concat();
    let compared = comparable(&world.vigie(&compare).ok().stdout);
    assert!(compared["performance"]["realised"]["auc"]["value"].as_f64().is_some(), "{}", compared["performance"]);
    for section in ["performance", "cost", "score"] {
        assert_eq!(checked[section], compared[section], "{section}");
    }

    // Costs are a finding only if they were stated.
    let costs = |report: &Value| -> Vec<String> {
        let findings = report["verdict"]["findings"].as_array().unwrap().iter();
        let tests = findings.map(|finding| finding["test"].as_str().unwrap().to_owned());
        tests.filter(|test| test.contains("cost")).collect()
    };
    world.file("dear.csv", table(&applicants(800, 8), 0.0).replace(",0.0", ",0.9"));
    let dear = [&compare[..2], &["dear.csv"], &compare[3..]].concat();
    assert_eq!(costs(&comparable(&world.vigie(&dear).ok().stdout)), Vec::<String>::new());
    let stated = comparable(&world.vigie(&[&dear[..], &["--cost", "3,1"]].concat()).ok().stdout);
    assert!(!costs(&stated).is_empty() && stated["cost"]["false_negative"] == 3.0, "{}", stated["cost"]);

    // Words instead of 0 and 1, in both tables.
    let in_words = |text: &str| -> String {
        let mut lines = text.lines();
        let header = lines.next().unwrap();
        lines.fold(format!("{header}\n"), |words, line| {
            let [p, target, head] = line.rsplitn(3, ',').collect::<Vec<_>>()[..] else { panic!("{line}") };
            format!("{words}{head},{},{p}\n", if target == "1" { "bad" } else { "good" })
        })
    };
    world.file("ref.csv", in_words(&table(&applicants(900, 7), 0.0)));
    world.file("cur.csv", in_words(&current));
    let unknown = world.vigie(&compare).ok();
    assert!(unknown.stderr.contains("say which value is the event, for example --event bad"), "{}", unknown.stderr);
    assert!(comparable(&unknown.stdout)["performance"]["realised"].is_null(), "{}", unknown.stdout);
    let named = comparable(&world.vigie(&[&compare[..], &["--event", "bad"]].concat()).ok().stdout);
    assert_eq!(named["performance"], compared["performance"]);
}

/// A model scores both tables, as if its scores were in them.
#[test]
fn a_model_scores_tables_without_a_score() {
    let world = World::new();
    let (one, other) = (applicants(700, 7), applicants(600, 8));
    let model = LightModel::new();
    world.file("model.txt", model.text());
    let with_scores = |rows: Vec<Applicant>| {
        let scored = |row: Applicant| Applicant { probability: model.probability(LightModel::row(&row)), ..row };
        table(&rows.into_iter().map(scored).collect::<Vec<_>>(), 0.0)
    };
    world.file("ref.csv", with_scores(one));
    world.file("cur.csv", with_scores(other));
    let compare = ["compare", "ref.csv", "cur.csv", "--format", "json", "--model", "model.txt"];
    let compare = [&compare[..], &["--categories", "JOB"]].concat();
    let in_table = comparable(&world.vigie(&[&compare[..], &["--probability", "p"]].concat()).ok().stdout);
    let own = comparable(&world.vigie(&compare).ok().stdout);
    assert!(own["score"]["psi"]["value"].as_f64().is_some(), "{}", own["score"]);
    assert!(own["features"][0]["importance"].as_f64().is_some());
    // Times are not features of the model.
    world.vigie(&[&compare[..], &["--timestamp", "ts"]].concat()).ok();
    for section in ["features", "score", "verdict"] {
        assert_eq!(in_table[section], own[section], "{section}");
    }
}
