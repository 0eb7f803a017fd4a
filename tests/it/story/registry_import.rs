//! `vigie import mlflow`: a config that is written from the registry.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    applicants::applicants,
    fake_mlflow::FakeMlflow,
    fake_tracking::FakeRun,
    light_model::LightModel,
    registry_world::{CHAMPION, INPUTS, register, registry_world},
    world::{Ran, World},
};

/// A log as the written config maps it.
fn log(world: &World) {
    let model = LightModel::new();
    let lines = applicants(600, 5).into_iter().map(|one| {
        let score = model.probability(LightModel::row(&one));
        format!("{}\n", json!({"ts": one.rfc3339(), "inputs": one.inputs(), "outputs": {"proba_default": score}}))
    });
    world.file("rows/a.ndjson", lines.collect::<String>());
}

fn environment(world: &World, uri: &str) -> [(&'static str, String); 2] {
    [("MLFLOW_TRACKING_URI", uri.to_owned()), ("XDG_CACHE_HOME", world.path("cache").display().to_string())]
}

fn import(world: &World, server: &FakeMlflow, arguments: &[&str]) -> Ran {
    world.vigie_with(&[&["import", "mlflow"], arguments].concat(), &environment(world, &server.url()))
}

/// The command after `next:` on this line, without the program.
fn next(ran: &Ran, number: usize) -> String {
    let line = ran.stdout.lines().skip_while(|line| *line != "next:").nth(number).unwrap();
    line.strip_prefix("  vigie ").unwrap().to_owned()
}

/// Runs a command that was printed.
fn run(world: &World, command: &str) -> Ran {
    let words: Vec<String> = command
        .split('\'')
        .enumerate()
        .flat_map(|(part, text)| {
            let words: Vec<String> = if part % 2 == 1 {
                vec![text.to_owned()]
            } else {
                text.split_whitespace().map(ToOwned::to_owned).collect()
            };
            words
        })
        .collect();
    world.vigie(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_complete_config_is_written() {
    let (world, server) = registry_world();
    log(&world);
    register(&world, &server, CHAMPION);
    let text = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    {
        let mut registry = server.registry();
        registry.version_tags = [("threshold_business", "0.37"), ("cost_fp", "three")].map(text).into();
        registry.tracking.runs.push(FakeRun {
            id: "run1".to_owned(),
            params: [("cost_fn", "12.5")].map(text).into(),
            ..FakeRun::default()
        });
    }
    let ran = import(&world, &server, &[CHAMPION, "--out", "new.yaml", "--log", "rows"]).ok();
    assert!(
        ran.stdout.starts_with("new.yaml: credit default, version 1 of credit default, 5 features\nnext:\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stderr, "note: the tag or parameter cost_fp is not used: three is not in range\n");
    assert_eq!([next(&ran, 1), next(&ran, 2)], ["config check --config new.yaml", "check --config new.yaml"]);
    let config = fs::read_to_string(world.path("new.yaml")).unwrap();
    let expected = [
        format!("file: \"{CHAMPION}\""),
        format!("reference: \"{CHAMPION}\""),
        "tags: {threshold: threshold_business, false_negative: cost_fn}".to_owned(),
        "now 0.37, 12.5.".to_owned(),
        "cost: {false_positive: 1}".to_owned(),
        format!("tracking_uri: \"{}\"", server.url()),
        format!("# {} (double)", INPUTS.join(" (double), ")),
    ];
    for part in expected {
        assert!(config.contains(&part), "{part}\n{config}");
    }
    let stated = run(&world, &next(&ran, 1)).ok();
    assert!(stated.stdout.contains("registry: threshold 0.37, cost 12.5 (false negative), 1 (false positive)"));
    assert!(stated.stdout.contains("is version 1 of credit default"), "{}", stated.stdout);
    assert_eq!(stated.stderr, "");
    let check = format!("{} --from 2026-10-01 --to 2026-10-02 --format json", next(&ran, 2));
    let report: Value = serde_json::from_str(&run(&world, &check).ok().stdout).unwrap();
    assert_eq!((&report["replay"]["compared"], &report["replay"]["mismatches"]), (&600.into(), &0.into()));
    assert_eq!(report["run"]["model"]["threshold"], 0.37);

    let ran = import(&world, &server, &[CHAMPION, "--out", "new.yaml"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("--out new.yaml: exists already"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(world.path("new.yaml")).unwrap(), config);
}

/// Without a reference, the first of the printed commands learns it.
#[test]
fn a_version_without_a_reference_says_how_to_learn_it() {
    let (world, server) = registry_world();
    log(&world);
    fs::remove_file(world.path("vigie.yaml")).unwrap();
    let ran = import(&world, &server, &[CHAMPION]).ok();
    assert_eq!(ran.stderr, "note: set source.path in vigie.yaml to the prediction log\n");
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let learn = next(&ran, 1);
    assert!(config.contains(&format!("# vigie {learn}\nreference: \"{CHAMPION}\"")), "{config}");
    assert!(config.contains("threshold: 0.5") && config.contains("cost: {false_negative: 10, false_positive: 1}"));
    world.file("vigie.yaml", config.replace("path: \"log\"", "path: \"rows\""));
    let refused = run(&world, &next(&ran, 2));
    assert!(refused.stderr.contains("version 1 of credit default has no reference"), "{}", refused.stderr);

    let learn = learn.replace("train.parquet --target TARGET", "train.csv");
    let words: Vec<&str> = learn.split('\'').collect();
    let mut arguments: Vec<&str> = words[0].split_whitespace().collect();
    arguments.push(words[1]);
    arguments.extend(words[2].split_whitespace());
    world.vigie_with(&arguments, &environment(&world, &server.url())).ok();
    run(&world, &next(&ran, 2)).ok();
}

#[test]
fn what_cannot_be_imported_is_said_and_nothing_is_written() {
    let (world, server) = registry_world();
    let refused = |address: &str, sentence: &str| {
        let ran = import(&world, &server, &[address, "--out", "new.yaml"]);
        assert!(ran.code == Some(2) && ran.stderr.contains(sentence), "{address}: {}", ran.stderr);
        assert_eq!(ran.stderr.trim().lines().count(), 1, "{}", ran.stderr);
        assert!(!world.path("new.yaml").exists());
    };
    refused("model.txt", "is not the address of a model in MLflow");
    refused("models:/credit default@nobody", "has no alias \"nobody\"");
    server.registry().add(3, "sklearn", "model.pkl", b"\x80\x05\x95pickle".to_vec(), &INPUTS);
    refused("models:/credit default/3", "skops");
    server.registry().is_down = true;
    refused(CHAMPION, "check the address, and that the server is running");
}

/// Neither the config nor a message contains a login.
#[test]
fn a_login_in_the_address_stays_in_the_environment() {
    let (world, server) = registry_world();
    log(&world);
    register(&world, &server, CHAMPION);
    let uri = server.url().replace("://", "://vigie:hidden%20word@");
    let environment = environment(&world, &uri);
    let arguments = ["import", "mlflow", CHAMPION, "--out", "new.yaml", "--log", "rows"];
    let ran = world.vigie_with(&arguments, &environment).ok();
    let config = fs::read_to_string(world.path("new.yaml")).unwrap();
    for text in [&ran.stdout, &ran.stderr, &config] {
        assert!(!text.contains("hidden"), "{text}");
    }
    assert!(!config.contains("\n  tracking_uri") && config.contains("read from the environment (MLFLOW_TRACKING_URI)"));
    world.vigie_with(&["config", "check", "--config", "new.yaml"], &environment).ok();
}

/// The signature may have columns that the model does not read.
#[test]
fn the_features_are_those_of_the_model() {
    let (world, server) = registry_world();
    let columns = [&INPUTS[..], &["CLIENT_ID", "REGION"]].concat();
    server.registry().add(1, "lightgbm", "model.lgb", LightModel::new().text(), &columns);
    let ran = import(&world, &server, &[CHAMPION, "--out", "new.yaml", "--log", "rows"]).ok();
    assert!(ran.stdout.contains("version 1 of credit default, 5 features\n"), "{}", ran.stdout);
    let config = fs::read_to_string(world.path("new.yaml")).unwrap();
    assert!(config.contains("# The 5 features in the model's order") && !config.contains("CLIENT_ID"), "{config}");
}

/// A model that is not registered has the name of its run.
#[test]
fn a_model_of_a_run_is_named_like_the_run() {
    let (world, server) = registry_world();
    {
        let mut registry = server.registry();
        let run = FakeRun { id: "run9".to_owned(), name: "credit 2026".to_owned(), ..FakeRun::default() };
        registry.tracking.runs.push(run);
        for file in ["MLmodel", "model.lgb"] {
            let bytes = registry.files[&format!("1/{file}")].clone();
            registry.files.insert(format!("1/run9/artifacts/model/{file}"), bytes);
        }
    }
    let ran = import(&world, &server, &["runs:/run9/model", "--out", "new.yaml", "--log", "rows"]).ok();
    assert!(ran.stdout.starts_with("new.yaml: credit 2026, model of the run run9, 5 features\n"), "{}", ran.stdout);
}
