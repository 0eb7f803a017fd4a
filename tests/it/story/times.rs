//! A guessed meaning is doubted: times that are no times of requests, keys that are no features, a reversed score.

use serde_json::{Value, json};

use crate::support::world::World;

const SOURCE: &str = "path: log\nfields: {timestamp: ts, features: inputs, probability: p}\n";

fn world() -> World {
    let world = World::new();
    let rows = (0..1_000).map(|row| format!("{},{},0.{:03}\n", row % 50, row % 7, row));
    world.file("train.csv", format!("AGE,N_INQ,p\n{}", rows.collect::<String>()));
    world.vigie(&["learn", "--data", "train.csv", "--out", "ref.vigie", "--probability", "p"]).ok();
    world.config(SOURCE);
    world
}

/// Writes a log; `time` and `inputs` are those of a row.
fn log(world: &World, time: &dyn Fn(usize) -> Value, inputs: &dyn Fn(usize) -> Value) {
    let line = |row: usize| format!("{}\n", json!({"ts": time(row), "inputs": inputs(row), "p": 0.25}));
    world.file("log/a.ndjson", (0..200).map(line).collect::<String>());
}

fn inputs(row: usize) -> Value {
    json!({"AGE": row % 50, "N_INQ": row % 7})
}

fn refused(world: &World) -> String {
    let ran = world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-11-20", "--to", "2026-11-21"]);
    assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
    ran.stderr
}

#[test]
fn days_and_times_written_as_digits_are_read() {
    let world = world();
    let times: [&dyn Fn(usize) -> Value; 6] = [
        &|_| json!(20_261_120),
        &|_| json!(20_261_120.0),
        &|_| json!("20261120"),
        &|row| json!(20_261_120_080_000_u64 + row as u64 % 60),
        &|row| json!(format!("202611200800{:02}", row % 60)),
        // Seconds and milliseconds in one log.
        &|row| if row % 2 == 0 { json!(1_795_132_800 + row) } else { json!((1_795_132_800_000_u64) + row as u64) },
    ];
    for (number, time) in times.iter().enumerate() {
        log(&world, time, &inputs);
        let report = world.check("2026-11-20", "2026-11-21");
        assert_eq!(report["window"]["rows_used"], 200, "{number}");
    }
}

#[test]
fn implausible_times_are_refused_with_the_time_they_would_be() {
    let world = world();
    for (time, example) in [
        (json!(46_346), "46346, which would be 1970-01-01T12:52:26Z, before 2000"),
        (json!(20_261_399), "20261399, which would be 1970-08-23T"),
        (json!("1970-01-01T00:00:00Z"), "\"1970-01-01T00:00:00Z\", which would be 1970-01-01T00:00:00Z, before 2000"),
        (json!(4_000_000_000_u64), "4000000000, which would be 2096-10-02T07:06:40Z, in the future"),
    ] {
        log(&world, &|_| time.clone(), &inputs);
        let message = refused(&world);
        let expected =
            format!("source.fields.timestamp: none of 200 records has a readable time in `ts`, such as {example}");
        assert!(message.contains(&expected), "{message}");
    }
}

#[test]
fn a_log_without_any_feature_is_refused_with_the_nearest_names() {
    let world = world();
    let time = |_: usize| json!("2026-11-20T08:00:00Z");
    for (keys, nearest) in [
        (["age", "n_inq"], "; the nearest: `age` for `AGE`, `n_inq` for `N_INQ`; the records have: age, n_inq"),
        (["f_AGE", "f_N_INQ"], "; the nearest: `f_AGE` for `AGE`, `f_N_INQ` for `N_INQ`; the records have: "),
        (["x1", "x2"], "(AGE, N_INQ); the records have: x1, x2"),
    ] {
        // As an object, and by columns.
        for body in [
            (&|row: usize| json!({keys[0]: row % 50, keys[1]: row % 7})) as &dyn Fn(usize) -> Value,
            &|row| json!({keys[0]: [row % 50], keys[1]: [row % 7]}),
        ] {
            log(&world, &time, body);
            let message = refused(&world);
            assert!(
                message.contains("source.fields.features: no record has any of the reference's features (AGE, N_INQ)"),
                "{message}"
            );
            assert!(message.contains(nearest), "{message}");
        }
    }
}

#[test]
fn a_score_against_the_outcomes_is_reported_when_learnt_and_at_the_first_check() {
    let world = world();
    let row = |row: usize| format!("{},{},0.{row:03},{}\n", row % 50, row % 7, u8::from((row * 7) % 1_000 > row));
    world.file("train.csv", format!("AGE,N_INQ,p,y\n{}", (0..1_000).map(row).collect::<String>()));
    let learn = ["learn", "--data", "train.csv", "--out", "ref.vigie", "--probability", "p", "--target", "y"];
    let learnt = world.vigie(&learn).ok().stderr;
    assert!(learnt.contains("the scores run against the outcomes: the AUC on these rows is 0."), "{learnt}");
    log(&world, &|_| json!("2026-11-20T08:00:00Z"), &inputs);
    let check =
        || world.vigie(&["check", "--config", "vigie.yaml", "--from", "2026-11-20", "--to", "2026-11-21"]).ok().stderr;
    let first = check();
    assert!(first.contains("note: the reference's scores run against its outcomes (AUC 0."), "{first}");
    assert!(!check().contains("run against"), "only at the first check");
}
