//! Models of each flavour in a real registry: `vigie score` gives the probabilities of their own library. Called by
//! `tracking_real.rs`, whose servers it shares.

use std::fs;

use crate::support::{mlflow_server::MlflowServer, world::World};

/// Largest difference from the library's probabilities: those of 32-bit floats differ by their rounding.
fn tolerance(flavor: &str) -> f64 {
    match flavor {
        "catboost" | "lightgbm" => 0.0,
        "sklearn" => 1e-12,
        _ => 3e-7,
    }
}

/// Versions 1 and 2 of each flavour, by number and by alias.
pub(super) fn check_flavors(server: &MlflowServer) {
    let world = World::new();
    let registered = server.official(&["flavors", world.root().to_str().unwrap()], &[]);
    let environment = [
        ("MLFLOW_TRACKING_URI", server.url.clone()),
        ("XDG_CACHE_HOME", world.path("cache").display().to_string()),
        ("MLFLOW_HTTP_REQUEST_TIMEOUT", "120".to_owned()),
    ];
    let models = registered["models"].as_array().unwrap();
    let scored = |address: &str| -> Vec<f64> {
        let args = ["score", "--model", address, "--data", "rows.csv", "--out", "scores.csv"];
        world.vigie_with(&args, &environment).ok();
        let text = fs::read_to_string(world.path("scores.csv")).unwrap();
        assert_eq!(text.lines().next(), Some("probability"));
        text.lines().skip(1).map(|line| line.parse().unwrap()).collect()
    };
    for model in models {
        let (name, flavor) = (model["name"].as_str().unwrap(), model["flavor"].as_str().unwrap());
        let expected: Vec<f64> = serde_json::from_value(model["probabilities"].clone()).unwrap();
        let own = scored(&format!("models:/{name}/{}", model["version"]));
        assert_eq!(own.len(), expected.len());
        let differences = own.iter().zip(&expected).map(|(own, expected)| (own - expected).abs());
        let largest = differences.fold(0.0, f64::max);
        assert!(largest <= tolerance(flavor), "{name} {}: {largest:e}", model["version"]);
        if model["version"] == 2 {
            assert_eq!(scored(&format!("models:/{name}@champion")), own);
            let first = models.iter().find(|other| other["name"] == model["name"] && other["version"] == 1).unwrap();
            assert_ne!(first["probabilities"], model["probabilities"], "the versions are different models");
        }
    }
    let mut flavors: Vec<&str> = models.iter().map(|model| model["flavor"].as_str().unwrap()).collect();
    flavors.sort_unstable();
    flavors.dedup();
    assert_eq!((models.len(), flavors), (10, vec!["catboost", "lightgbm", "onnx", "sklearn", "xgboost"]));
}
