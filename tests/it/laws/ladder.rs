//! Who may import whom: the table of `src/ARCHITECTURE.md`, held. Also: every file says what it is for, and is not too long.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Modules in the order of the ladder, each with those it may see. `fault`, `shown`, `near` and `crash` are plain and all may see them.
const LADDER: &[(&str, &str)] = &[
    ("fault", ""),
    ("shown", ""),
    ("near", ""),
    ("crash", ""),
    ("stats", ""),
    ("window", ""),
    ("layout", ""),
    ("batch", "layout"),
    ("scorer", "layout batch"),
    ("profile", "window layout batch"),
    ("segment", "layout batch profile"),
    ("reference", "window layout batch profile segment"),
    ("drift", "stats layout profile reference segment"),
    ("replay", "layout batch scorer profile reference drift stats"),
    ("performance", "batch stats reference"),
    ("judge", "stats drift replay"),
    ("report", "window layout batch profile reference drift replay performance judge stats"),
    ("source", "window layout batch"),
    ("engine", "layout batch profile segment reference source window stats"),
    ("archive", "window judge report"),
    ("alert", "window judge report"),
    ("ledger", "window judge alert"),
    ("web", "window judge report archive"),
    ("config", "window segment source judge alert report"),
    ("monitor", "*"),
    ("daemon", "*"),
    ("cli", "*"),
];

/// Outside crates and the modules that are their home.
const HOMES: &[(&str, &str)] = &[
    ("parquet", "reference source monitor"),
    ("csv", "source monitor"),
    ("simd_json", "source"),
    ("glob", "source config"),
    ("flate2", "source"),
    ("zstd", "source reference"),
    ("polars", "reference"),
    ("statrs", "stats"),
    ("hdrhistogram", "profile"),
    ("askama", "report alert"),
    ("serde_yaml", "config"),
    ("saphyr_parser", "config"),
    ("tempfile", "archive monitor"),
    ("rusqlite", "ledger"),
    ("lettre", "alert"),
    ("ureq", "alert"),
    ("rustls", "alert source"),
    ("rustls_native_certs", "alert"),
    ("axum", "web"),
    ("tokio_postgres", "source"),
    ("resvg", "report"),
    ("tokio_cron_scheduler", "daemon"),
    ("sd_notify", "daemon"),
    ("chrono", "daemon"),
    ("clap", "cli main"),
    ("indicatif", "cli"),
    ("tracing_subscriber", "cli"),
    ("tracing_journald", "cli"),
];

/// Words followed by `::` in a line of code: paths. Comments and texts do not count.
fn paths(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices("::").filter_map(|(at, _)| {
        let head = code[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        let rest = &code[at + 2..];
        Some((head, rest))
    })
}

/// The modules of this crate that a file imports: `crate::a`, and each of `crate::{a, b::c}`.
fn imported(text: &str) -> BTreeSet<String> {
    let flat: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    let word =
        |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut modules = BTreeSet::new();
    for (at, found) in flat.match_indices("crate::") {
        let rest = flat[at + found.len()..].trim_start();
        let Some(group) = rest.strip_prefix('{') else {
            modules.insert(word(rest));
            continue;
        };
        let mut depth = 1;
        let mut start = 0;
        for (place, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || depth == 1 && c == ',' {
                modules.insert(word(&group[start..place]));
                start = place + 1;
            }
            if depth == 0 {
                break;
            }
        }
    }
    modules.remove("");
    modules
}

/// What is wrong with a file of a module; one sentence each.
fn wrongs(module: &str, file: &str, text: &str) -> Vec<String> {
    let mut wrongs = Vec::new();
    if !text.starts_with("//!") && !text.starts_with("#![doc") {
        wrongs.push(format!("{file}: begin it with one `//!` line that says what it is for"));
    }
    let lines = text.lines().count();
    if lines > 500 {
        wrongs.push(format!("{file}: {lines} lines; it is more than one noun, divide it"));
    }
    if file.ends_with("mod.rs") && text.contains("fn ") {
        wrongs.push(format!("{file}: a contents page holds no code"));
    }
    let allowed = LADDER.iter().find(|(name, _)| *name == module).map(|(_, allowed)| *allowed);
    match allowed {
        None if module != "main" && module != "lib" => {
            wrongs.push(format!("{file}: module `{module}` is not on the ladder"));
        }
        None | Some("*") => {}
        Some(allowed) => {
            for import in imported(text) {
                let is_module = LADDER.iter().any(|(name, _)| *name == import);
                if is_module
                    && import != module
                    && !matches!(import.as_str(), "fault" | "shown" | "near" | "crash")
                    && !allowed.split(' ').any(|name| name == import)
                {
                    wrongs.push(format!("{file}: `{module}` may not see `{import}`; see src/ARCHITECTURE.md"));
                }
            }
        }
    }
    for (number, line) in text.lines().enumerate() {
        for (head, _) in paths(line) {
            if let Some((_, homes)) = HOMES.iter().find(|(name, _)| *name == head)
                && !homes.split(' ').any(|home| home == module)
            {
                wrongs.push(format!("{file}:{}: the crate `{head}` lives in {homes}", number + 1));
            }
        }
    }
    wrongs
}

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            all.push(path);
        }
    }
}

#[test]
fn every_file_keeps_to_the_ladder() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    assert!(all.len() > 80, "only {} files found", all.len());
    let mut found = Vec::new();
    for path in &all {
        let relative = path.strip_prefix(&src).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.strip_suffix(".rs").unwrap_or(first);
        let text = fs::read_to_string(path).unwrap();
        // What stands in unit tests may look wherever it likes.
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        found.extend(wrongs(module, relative.to_str().unwrap(), code));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_architecture_names_every_module() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ARCHITECTURE.md")).unwrap();
    for (module, _) in LADDER {
        assert!(map.contains(&format!("`{module}`")), "src/ARCHITECTURE.md says nothing of `{module}`");
    }
}

#[test]
fn what_breaks_a_rule_is_found() {
    let broken = |module: &str, text: &str| wrongs(module, "x.rs", text).join("\n");
    assert_eq!(broken("drift", "//! x\nuse crate::{layout::Cells, fault::Fault};"), "");
    assert!(
        broken("drift", "//! x\nuse crate::{\n    layout::Cells,\n    judge::Policy,\n};")
            .contains("may not see `judge`")
    );
    assert!(broken("stats", "//! x\nlet at = crate::window::Instant(0);").contains("may not see `window`"));
    assert!(
        broken("judge", "//! x\nuse polars::prelude::DataFrame;")
            .contains("x.rs:2: the crate `polars` lives in reference")
    );
    assert!(broken("judge", "fn x() {}").contains("begin it with one"));
    assert!(broken("attic", "//! x").contains("not on the ladder"));
    assert!(wrongs("stats", "stats/mod.rs", "//! x\npub fn y() {}").join("").contains("contents page"));
    assert!(broken("stats", &format!("//! x\n{}", "\n".repeat(600))).contains("601 lines"));
}
