//! Enforces the module layers of `src/ARCHITECTURE.md`. Also checks that every file has a summary and is not too long.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Modules from the bottom layer up, each with the modules it may import. All may import `fault`, `crash`, `shown` and
/// `near`.
const LAYERS: &[(&str, &str)] = &[
    ("fault", ""),
    ("crash", ""),
    // `vigie-profile`
    ("shown", ""),
    ("near", ""),
    ("bytes", ""),
    ("window", ""),
    ("layout", ""),
    ("batch", "layout"),
    ("decision", "window batch"),
    ("profile", "window layout batch decision"),
    ("repeat", "bytes layout batch profile"),
    ("stored", "bytes window layout profile repeat"),
    ("segment", "layout batch decision profile"),
    ("sketch", "window"),
    // `vigie`
    ("delimited", ""),
    ("reference", "delimited"),
    ("drift", "reference"),
    ("replay", "reference drift"),
    ("performance", "reference"),
    ("skew", "drift"),
    ("judge", "drift replay skew"),
    ("report", "reference drift replay performance skew judge"),
    ("source", "delimited"),
    ("propose", "delimited source"),
    ("engine", "reference source"),
    ("archive", "judge report"),
    ("alert", "judge report"),
    ("ledger", "judge alert"),
    ("web", "judge report archive"),
    ("config", "source judge alert report"),
    ("monitor", "*"),
    ("daemon", "*"),
    ("serve", "*"),
    ("cli", "*"),
];

/// External crates and crates of the workspace, with the modules that may use them.
const CRATE_USERS: &[(&str, &str)] = &[
    ("vigie_stats", "reference drift replay performance judge report engine monitor"),
    ("vigie_mlflow", "config monitor"),
    ("vigie_models", "fault replay monitor serve"),
    ("parquet", "reference source monitor"),
    ("csv", "delimited reference source monitor serve"),
    ("encoding_rs", "delimited"),
    ("encoding_rs_io", "delimited"),
    ("memchr", "source serve"),
    ("simd_json", "source"),
    ("glob", "source"),
    ("flate2", "source"),
    ("zstd", "source reference"),
    ("askama", "report alert"),
    ("serde_yaml", "config"),
    ("saphyr_parser", "config"),
    ("tempfile", "archive monitor"),
    ("rusqlite", "ledger"),
    ("lettre", "alert"),
    ("base64", "alert source"),
    ("idna", "alert"),
    ("ureq", "alert"),
    ("rustls", "alert source"),
    ("rustls_native_certs", "alert"),
    ("axum", "web serve"),
    ("tokio_postgres", "source"),
    ("socket2", "source"),
    ("tower_http", "serve"),
    ("uuid", "serve"),
    ("resvg", "report"),
    ("tokio_cron_scheduler", "daemon"),
    ("sd_notify", "daemon serve"),
    ("chrono", "daemon"),
    ("clap", "cli main"),
    ("indicatif", "cli"),
    ("tracing_subscriber", "cli"),
    ("tracing_journald", "cli"),
];

/// Path segments followed by `::` in a line of code, with the rest of the line. Comments are skipped.
fn paths(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices("::").filter_map(|(at, _)| {
        let head = code[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        let rest = &code[at + 2..];
        Some((head, rest))
    })
}

/// Modules of this crate that a file imports: `crate::a`, and each of `crate::{a, b::c}`.
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

/// Violations in a file of a module, one sentence each.
fn violations(module: &str, file: &str, text: &str) -> Vec<String> {
    let mut violations = Vec::new();
    if !text.starts_with("//!") && !text.starts_with("#![doc") {
        violations.push(format!("{file}: add a `//!` summary at the top"));
    }
    let lines = text.lines().count();
    if lines > 500 {
        violations.push(format!("{file}: {lines} lines, more than 500; split it"));
    }
    if file.ends_with("mod.rs") && text.contains("fn ") {
        violations.push(format!("{file}: `mod.rs` must not contain functions"));
    }
    let allowed = LAYERS.iter().find(|(name, _)| *name == module).map(|(_, allowed)| *allowed);
    match allowed {
        None if module != "main" && module != "lib" => {
            violations.push(format!("{file}: module `{module}` is missing in `LAYERS`"));
        }
        None | Some("*") => {}
        Some(allowed) => {
            for import in imported(text) {
                let is_module = LAYERS.iter().any(|(name, _)| *name == import);
                if is_module
                    && import != module
                    && !matches!(import.as_str(), "fault" | "crash" | "shown" | "near")
                    && !allowed.split(' ').any(|name| name == import)
                {
                    violations.push(format!("{file}: `{module}` may not import `{import}`; see src/ARCHITECTURE.md"));
                }
            }
        }
    }
    for (number, line) in text.lines().enumerate() {
        if module != "lib" && line.split("//").next().unwrap_or_default().contains("vigie_models::catboost") {
            violations.push(format!("{file}:{}: use `vigie_models::Model`, which supports every family", number + 1));
        }
        for (head, _) in paths(line) {
            // The other crates have their own dependencies.
            if module != "lib"
                && let Some((_, users)) = CRATE_USERS.iter().find(|(name, _)| *name == head)
                && !users.split(' ').any(|user| user == module)
            {
                violations.push(format!("{file}:{}: only {users} may use the crate `{head}`", number + 1));
            }
        }
    }
    violations
}

pub(super) fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            all.push(path);
        }
    }
}

/// Crates of the workspace in `crates/`.
const CRATES: &[&str] = &["mlflow", "models", "profile", "stats"];

/// The source folder of each crate of the workspace, by the crate's short name.
pub(super) fn source_folders() -> Vec<(&'static str, String)> {
    let crates = CRATES.iter().map(|name| (*name, format!("crates/{name}/src")));
    [("vigie", "src".to_owned()), ("prepare", "training/src".to_owned())].into_iter().chain(crates).collect()
}

#[test]
fn every_file_respects_the_layers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut count = 0;
    for (_, folder) in source_folders() {
        let src = root.join(&folder);
        let mut all = Vec::new();
        files(&src, &mut all);
        count += all.len();
        for path in &all {
            let relative = path.strip_prefix(&src).unwrap();
            let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
            // The compiler enforces dependencies between crates.
            let has_layers = ["src", "crates/profile/src"].contains(&folder.as_str());
            let module = if has_layers { first.strip_suffix(".rs").unwrap_or(first) } else { "lib" };
            let text = fs::read_to_string(path).unwrap();
            // Unit tests may import anything.
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            found.extend(violations(module, path.strip_prefix(root).unwrap().to_str().unwrap(), code));
        }
    }
    assert!(count > 350, "only {count} files found");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_architecture_names_every_module() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ARCHITECTURE.md")).unwrap();
    let crates = source_folders().into_iter().skip(1).map(|(name, _)| format!("vigie-{name}"));
    for name in LAYERS.iter().map(|(module, _)| (*module).to_owned()).chain(crates) {
        assert!(map.contains(&format!("`{name}`")), "src/ARCHITECTURE.md does not mention `{name}`");
    }
}

#[test]
fn violations_are_found() {
    let broken = |module: &str, text: &str| violations(module, "x.rs", text).join("\n");
    assert_eq!(broken("drift", "//! x\nuse crate::{reference::Reference, fault::Fault};"), "");
    assert!(
        broken("drift", "//! x\nuse crate::{\n    reference::Reference,\n    judge::Policy,\n};")
            .contains("may not import `judge`")
    );
    assert!(broken("reference", "//! x\nlet at = crate::source::Log;").contains("may not import `source`"));
    assert!(
        broken("judge", "//! x\nuse rusqlite::Connection;")
            .contains("x.rs:2: only ledger may use the crate `rusqlite`")
    );
    assert!(
        broken("replay", "//! x\nuse vigie_models::{Model, InputKind};\nuse vigie_models::catboost::Forest;")
            .contains("x.rs:3: use `vigie_models::Model`")
    );
    assert!(broken("judge", "fn x() {}").contains("add a `//!` summary"));
    assert!(broken("attic", "//! x").contains("missing in `LAYERS`"));
    assert!(
        violations("drift", "drift/mod.rs", "//! x\npub fn y() {}").join("").contains("must not contain functions")
    );
    assert!(broken("drift", &format!("//! x\n{}", "\n".repeat(600))).contains("601 lines"));
}
