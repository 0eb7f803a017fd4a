//! Requests that do not fit the model: what is refused, what is scored with a note, and what the log says.

use serde_json::{Value, json};

use super::process::{applicant, logged, start, world};

#[test]
fn what_does_not_fit_is_refused_by_name_and_logged_without_inputs() {
    let world = world("");
    let server = start(&world, &[]);
    let mut inputs = applicant();
    inputs.remove("EXT_SOURCE_1");
    inputs.insert("AMT_CREDIT".to_owned(), json!("much"));
    inputs.insert("SHOE_SIZE".to_owned(), json!(42));
    let answer = server.post("/predict", &Value::Object(inputs.clone()).to_string());
    assert_eq!(answer.status, 422);
    let error = &answer.json()["error"];
    assert_eq!(error["absent"], json!(["EXT_SOURCE_1"]));
    assert_eq!(error["wrong_type"], json!(["AMT_CREDIT (expected a number)"]));
    assert_eq!(error["unknown"], json!(["SHOE_SIZE"]));
    assert!(!answer.text.contains("much"), "{}", answer.text);
    let twice = format!("{{\"AMT_CREDIT\": 1, {}", &Value::Object(applicant()).to_string()[1..]);
    let answer = server.post("/predict", &twice);
    assert_eq!((answer.status, &answer.json()["error"]["repeated"]), (422, &json!(["AMT_CREDIT"])));
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("null", 400),
        ("{\"inputs\": 3}", 400),
        ("{\"inputs\": []}", 422),
        ("{\"inputs\": [1]}", 400),
    ] {
        let answer = server.post("/predict", body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        assert!(answer.json()["error"]["message"].is_string(), "{}", answer.text);
    }
    let records = logged(&world, "log");
    assert_eq!(records.len(), 9);
    for record in &records {
        assert!(record["inputs"].is_null() && record["outputs"].is_null() && record["error"].is_string(), "{record}");
        assert!(record["status_code"] == 400 || record["status_code"] == 422, "{record}");
    }
}

#[test]
fn the_policy_decides_what_is_scored() {
    let world = world("inputs: {unknown: score, absent: score, unseen: refuse}");
    let server = start(&world, &[]);
    let mut inputs = applicant();
    inputs.remove("EXT_SOURCE_1");
    inputs.insert("SHOE_SIZE".to_owned(), json!(42));
    let scored = server.post("/predict", &Value::Object(inputs.clone()).to_string());
    assert_eq!(scored.status, 200, "{}", scored.text);
    let notes = scored.json()["notes"].to_string();
    assert!(notes.contains("SHOE_SIZE") && notes.contains("EXT_SOURCE_1"), "{notes}");
    inputs.insert("EXT_SOURCE_1".to_owned(), Value::Null);
    let same = server.post("/predict", &Value::Object(inputs.clone()).to_string());
    assert_eq!(same.json()["proba_default"], scored.json()["proba_default"]);
    inputs.insert("NAME_CONTRACT_TYPE".to_owned(), json!("Barter"));
    let refused = server.post("/predict", &Value::Object(inputs).to_string());
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json()["error"]["unseen_level"], json!(["NAME_CONTRACT_TYPE"]));
}

#[test]
fn bare_tokens_of_python_are_missing_values() {
    let world = world("");
    let server = start(&world, &[]);
    let mut inputs = applicant();
    inputs.insert("EXT_SOURCE_1".to_owned(), Value::Null);
    let plain = Value::Object(inputs).to_string();
    let python = plain.replace("\"EXT_SOURCE_1\":null", "\"EXT_SOURCE_1\":NaN");
    assert_ne!(plain, python);
    let (one, other) = (server.post("/predict", &plain), server.post("/predict", &python));
    assert_eq!(one.json()["proba_default"], other.json()["proba_default"]);
}

#[test]
fn limits_hold() {
    let world = world("max_rows: 3\nmax_body_kib: 64");
    let server = start(&world, &[]);
    let applicant = Value::Object(applicant());
    let rows = |count: usize| json!({"inputs": vec![applicant.clone(); count]}).to_string();
    assert_eq!(server.post("/predict", &rows(3)).status, 200);
    let many = server.post("/predict", &rows(4));
    assert_eq!((many.status, &many.json()["error"]["code"]), (413, &json!("TOO_MANY_ROWS")));
    assert_eq!(server.post("/predict", &" ".repeat(65 * 1_024)).status, 413);
    assert_eq!(server.get("/predict").status, 405);
    assert_eq!(server.get("/nothing").status, 404);
    // A batch is a record a row, with ids of their own.
    let ids: Vec<Value> = logged(&world, "log").iter().take(3).map(|record| record["row"].clone()).collect();
    assert_eq!(ids, [json!(0), json!(1), json!(2)]);
}

#[test]
fn a_token_is_required_where_one_is_set() {
    let world = world("token_file: token");
    world.file("token", "secret-token\n");
    let server = start(&world, &[]);
    let body = Value::Object(applicant()).to_string();
    let refused = server.post("/predict", &body);
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (401, &json!("UNAUTHORIZED")));
    assert_eq!(server.post_with("/predict", &body, &[("authorization", "Bearer secret-tokem")]).unwrap().status, 401);
    assert_eq!(server.post_with("/predict", &body, &[("authorization", "Bearer secret-token")]).unwrap().status, 200);
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(server.get("/metrics").status, 401);
    assert_eq!(logged(&world, "log").len(), 1, "a caller without the token does not fill the log");
    assert!(!std::fs::read_to_string(world.path("serve.log")).unwrap().contains("secret-token"));
}

#[test]
fn omitted_names_are_not_logged_and_features_cannot_be_omitted() {
    let lines = "inputs: {unknown: score}\nlog: {dir: log, omit: [NAME]}";
    let world = world(lines);
    let server = start(&world, &[]);
    let mut inputs = applicant();
    inputs.insert("NAME".to_owned(), json!("Durand"));
    assert_eq!(server.post("/predict", &Value::Object(inputs.clone()).to_string()).status, 200);
    inputs.remove("NAME");
    assert_eq!(logged(&world, "log")[0]["inputs"], Value::Object(inputs));
    server.stop();
    world.file("features.csv", "SK_ID_CURR,AMT_CREDIT\n1,2\n");
    let features = "features: {path: features.csv, id: SK_ID_CURR}";
    for (name, what) in [("AMT_CREDIT", "a feature"), ("SK_ID_CURR", "the id of `features`")] {
        super::process::configure_with(
            &world,
            "file: model.cbm",
            features,
            &format!("log: {{dir: log, omit: [{name}]}}"),
        );
        let ran = world.vigie(&["serve", "--config", "vigie.yaml"]);
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(&format!("serve.log.omit: `{name}` is {what}")), "{}", ran.stderr);
    }
}
