//! Features by id from a database that is away, slow or asked many times at once; and the cache of the scoring API.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant as StdInstant},
};

use serde_json::{Value, json};

use super::{
    serve::{ask, tables},
    server::{Database, Server},
};
use crate::{
    serve::{
        hostile::resident,
        process::{Served, agent, configure, example_records, home_credit, logged, post, start},
        slow::metric,
    },
    support::world::World,
};

/// A world whose features are in the database, and whose log is a folder; `extra`: lines of the `serve` section.
fn world(database: &Database<'_>, extra: &str) -> World {
    let world = World::new();
    std::fs::copy(home_credit("model.cbm"), world.path("model.cbm")).unwrap();
    configure(&world, "version: \"1\", file: model.cbm", extra);
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    let features = format!(
        "features: {{kind: postgres, url: \"{}\", table: features_store, id: sk_id_curr, features: data}}\nreports:",
        database.url()
    );
    let config =
        config.replace("id: request_id,", "id: request_id, entity: entity_id,").replacen("reports:", &features, 1);
    world.file("vigie.yaml", config);
    world
}

fn some_id(number: usize) -> Value {
    json!(example_records(number + 1)[number]["sk_id_curr"].as_str().unwrap())
}

fn age(answer: &Value) -> f64 {
    answer["features_age_s"].as_f64().unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn a_cache_never_serves_beyond_its_age() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("serve-cache");
    tables(&database);
    let world = world(&database, "feature_cache: {age: 3s}");
    let api = start(&world, &[]);
    let id = some_id(0);
    let first = ask(&api, &id).json();
    database.sql("UPDATE features_store SET data = jsonb_set(data, '{EXT_SOURCE_2}', '0.0001')");
    database.sql("UPDATE features_store SET data = jsonb_set(data, '{EXT_SOURCE_3}', '0.0001')");
    let changed = StdInstant::now();
    let mut was_remembered = false;
    loop {
        let asked = StdInstant::now();
        let own = ask(&api, &id).json();
        assert!(age(&own) <= 3.0, "{own}");
        if own["proba_default"] == first["proba_default"] {
            // Served from memory: no older than its age when it was asked for.
            was_remembered = true;
            assert!(asked.duration_since(changed) < Duration::from_secs(3), "too old");
        } else {
            break;
        }
        assert!(changed.elapsed() < Duration::from_secs(30));
        thread::sleep(Duration::from_millis(200));
    }
    assert!(was_remembered || changed.elapsed() > Duration::from_secs(3));
    // A client that is not there is asked for every time, and found as soon as it is.
    assert_eq!(ask(&api, &json!(1)).status, 404);
    database.sql("INSERT INTO features_store SELECT 1, data FROM features_store LIMIT 1");
    assert_eq!(ask(&api, &json!(1)).status, 200);
    let records = logged(&world, "log");
    assert!(records.iter().all(|own| own["status_code"] == 404 || own["features_age_s"].is_number()), "{records:?}");
    let inputs = json!({"sk_id_curr": id, "a": 1});
    assert_eq!(api.post("/predict", &inputs.to_string()).status, 422);
}

#[test]
fn concurrent_requests_for_one_id_ask_once() {
    let Some(server) = Server::shared() else { return };
    let database = server.database("serve-shared");
    tables(&database);
    let world = world(&database, "feature_cache: {age: 10m, max_mib: 1}");
    let api = start(&world, &[]);
    let body = json!({"sk_id_curr": some_id(0)}).to_string();
    let scores: Vec<Value> = thread::scope(|scope| {
        let all: Vec<_> = (0..32)
            .map(|_| {
                scope.spawn(|| {
                    post(&agent(), &api.address, "/predict", &body, &[]).unwrap().json()["proba_default"].clone()
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(scores.iter().all(|score| score.is_number() && *score == scores[0]), "{scores:?}");
    assert_eq!(metric(&api, "vigie_serve_feature_lookups_total"), 1);
    // 20,000 clients of 5 KB each are not all remembered: 1 MiB are.
    database.sql("INSERT INTO features_store SELECT n, (SELECT data FROM features_store LIMIT 1) FROM generate_series(1, 20000) n");
    let ask_all = |from: usize, to: usize| {
        thread::scope(|scope| {
            for part in 0..4 {
                let api = &api;
                scope.spawn(move || {
                    for number in (from..to).filter(|number| number % 4 == part) {
                        assert_eq!(ask(api, &json!(number)).status, 200);
                    }
                });
            }
        });
    };
    ask_all(1, 1_000);
    let before = resident(api.child.id());
    ask_all(1_000, 4_000);
    let after = resident(api.child.id());
    println!("{} MiB after 1,000 clients, {} MiB after 4,000", before >> 20, after >> 20);
    assert!(after < before + (16 << 20), "{before} {after}");
}

/// A request with inputs needs no database.
fn with_inputs(api: &Served) -> u16 {
    api.post("/predict", &example_records(1)[0]["inputs"].to_string()).status
}

fn eventually_answered(api: &Served, id: &Value) {
    let end = StdInstant::now() + Duration::from_mins(1);
    loop {
        let answer = ask(api, id);
        if answer.status == 200 {
            return;
        }
        assert!(StdInstant::now() < end, "not healed: {}", answer.text);
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_database_that_is_away_or_hangs_stops_only_those_who_need_it() {
    let Some(server) = Server::start() else { return };
    let database = server.database("serve");
    tables(&database);
    let world = world(&database, "");
    let api = start(&world, &[]);
    let id = some_id(0);
    // What the test wrote survives the crash.
    database.sql("CHECKPOINT");
    assert_eq!(ask(&api, &id).status, 200);
    assert_eq!(ask(&api, &json!(17)).status, 404);
    server.crash();
    for _ in 0..5 {
        let away = ask(&api, &id);
        assert_eq!((away.status, away.retry_after.as_deref()), (503, Some("1")), "{}", away.text);
        assert_eq!((with_inputs(&api), api.get("/readyz").status), (200, 200));
    }
    server.revive();
    eventually_answered(&api, &id);
    let text = std::fs::read_to_string(world.path("serve.log")).unwrap();
    for (line, count) in [("requests by id are refused until", 1), ("the feature table can be read again", 1)] {
        assert_eq!(text.matches(line).count(), count, "{text}");
    }
    // The processes of the server stop: connections stay open, and nothing comes back.
    let signal = |name: &str| {
        let pid = std::fs::read_to_string(server.folder().join("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap().trim().to_owned();
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &pid]).output().unwrap().stdout;
        for own in String::from_utf8(children).unwrap().split_whitespace().chain([pid.as_str()]) {
            let _ = Command::new("kill").args([&format!("-{name}"), own]).status();
        }
    };
    signal("STOP");
    let started = StdInstant::now();
    let mut others = 0;
    let statuses: Vec<u16> = thread::scope(|scope| {
        let all: Vec<_> = (0..200).map(|_| scope.spawn(|| ask(&api, &id).status)).collect();
        others = with_inputs(&api);
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let took = started.elapsed();
    signal("CONT");
    assert_eq!(others, 200);
    assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    println!("200 requests to a database that hangs were refused within {took:?}");
    assert!(took < Duration::from_secs(25), "{took:?}");
    eventually_answered(&api, &id);
}
