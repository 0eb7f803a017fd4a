//! A comparison is what `learn` and `check` find in the same rows.

use serde_json::{Value, json};

use super::tables::{CHECK, comparable, config, table};
use crate::support::{applicants::applicants, world::World};

#[test]
fn a_comparison_equals_learn_and_check() {
    for raise in [0.0, 60_000.0] {
        let world = World::new();
        world.file("ref.csv", table(&applicants(900, 7), 0.0));
        world.file("cur.csv", table(&applicants(800, 8), raise));
        let ignored = ["--probability", "p", "--ignore", "ts,request_id,TARGET"];
        world.vigie(&[&["learn", "--data", "ref.csv", "--out", "r.vigie"][..], &ignored].concat()).ok();
        world.file("vigie.yaml", config("model: {name: compare}"));
        let mut checked = comparable(&world.vigie(&CHECK).ok().stdout);
        let compare = [&["compare", "ref.csv", "cur.csv", "--format", "json"][..], &ignored].concat();
        let dated = comparable(&world.vigie(&[&compare[..], &["--timestamp", "ts"]].concat()).ok().stdout);
        // The only difference in the config.
        checked["policy"]["stale"] = dated["policy"]["stale"].clone();
        assert_eq!(checked, dated);
        let severity = dated["verdict"]["severity"].as_str().unwrap();
        assert_eq!(severity == "stable", raise == 0.0, "{severity}");

        // Without times the rows are the same, and so is every distance. Only the moment of a change is not known.
        let ran = world.vigie(&[&compare[..], &["--out", "plain"]].concat()).ok();
        let plain = comparable(&ran.stdout);
        let distances = |report: &Value| -> Vec<Value> {
            let features = report["features"].as_array().unwrap().iter().chain([&report["score"]]);
            features.map(|one| json!([one["name"], one["psi"], one["ks"], one["chi2"], one["bins"]])).collect()
        };
        assert_eq!(distances(&plain), distances(&dated));
        assert_eq!(plain["verdict"]["severity"], dated["verdict"]["severity"]);
        assert!(plain["window"]["from"].is_null() && plain["window"]["to"].is_null());
        assert_eq!(plain["service"]["by_hour"], json!([]));
        let page = std::fs::read_to_string(world.path("plain/report.html")).unwrap();
        assert!(page.contains("compared with ref.csv"));
        for text in ["1970", "#service", "vigie learn"] {
            assert!(!page.contains(text) && !ran.stdout.contains(text), "{text}");
        }
        assert_eq!(std::fs::read_to_string(world.path("plain/report.json")).unwrap(), ran.stdout);
    }
}
