//! `reports/example/`: the report of the example's last day, committed so that it can be read without building anything.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::support::world::{World, without_run};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Checks the example with the shipped config, in its own folder.
fn made() -> (World, PathBuf) {
    let world = World::new();
    let shipped = fs::read_to_string(root().join("config/vigie.yaml")).unwrap();
    world.file("config/vigie.yaml", shipped);
    std::os::unix::fs::symlink(root().join("reference_data"), world.path("reference_data")).unwrap();
    // All days of the log, so that the last page has trends.
    for day in (1..=14).filter(|day| *day != 11) {
        let (from, to) = (format!("2026-10-{day:02}"), format!("2026-10-{:02}", day + 1));
        world.vigie(&["check", "--config", "config/vigie.yaml", "--from", &from, "--to", &to]).ok();
    }
    let folder = world.path("reports/credit-default/20261014T000000Z_20261015T000000Z");
    (world, folder)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// With `VIGIE_REGENERATE=1`, the files and the pictures are regenerated instead; the pictures need Chromium.
#[test]
fn the_committed_report_matches_check() {
    let (world, made) = made();
    let committed = root().join("reports/example");
    if std::env::var_os("VIGIE_REGENERATE").is_some() {
        fs::create_dir_all(&committed).unwrap();
        for name in ["report.json", "report.html"] {
            fs::copy(made.join(name), committed.join(name)).unwrap();
        }
        picture(&committed.join("report.html"), &committed.join("report.png"), "1280,1180");
        picture(&world.path("reports/index.html"), &committed.join("index.png"), "1280,760");
    }
    let message = "the report has changed: VIGIE_REGENERATE=1 cargo test showcase";
    let same = without_run(json(&made.join("report.json"))) == without_run(json(&committed.join("report.json")));
    assert!(same, "{message}");
    // The page without the details of the run.
    let body = |folder: &Path| {
        let page = fs::read_to_string(folder.join("report.html")).unwrap();
        page.split("<section id=\"provenance\">").next().unwrap().to_owned()
    };
    assert!(body(&made) == body(&committed), "{message}");
}

fn picture(page: &Path, picture: &Path, size: &str) {
    let profile = tempfile::tempdir().unwrap();
    let status = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--window-size={size}"))
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", page.display()))
        .status();
    assert!(status.is_ok_and(|status| status.success()), "the picture needs chromium: apt-get install chromium");
}
