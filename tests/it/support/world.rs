//! A folder with a reference, a log and a config, used with the real binary.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::schema::assert_is_report;

pub(crate) struct World {
    folder: tempfile::TempDir,
}

/// Result of a command.
pub(crate) struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

pub(crate) const POLICY: &str = "policy: {min_rows: 100}\n";

impl World {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn vigie(&self, args: &[&str]) -> Ran {
        self.vigie_with(args, &[])
    }

    /// Like [`World::vigie`], with environment variables.
    pub(crate) fn vigie_with(&self, args: &[&str], environment: &[(&str, String)]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(args)
            .current_dir(self.folder.path())
            .env_remove("MLFLOW_TRACKING_URI")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env_remove("NO_COLOR")
            .output()
            .unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Writes `vigie.yaml` with this `source:` section, whose lines must not be indented.
    pub(crate) fn config(&self, source: &str) {
        let source: String = source.lines().map(|line| format!("  {line}\n")).collect();
        self.file(
            "vigie.yaml",
            format!("model: {{name: m, version: \"1\"}}\nreference: ref.vigie\nsource:\n{source}{POLICY}reports: {{dir: reports}}\n"),
        );
    }

    /// Runs `vigie check` for a window and returns the parsed report, which must match its schema.
    #[track_caller]
    pub(crate) fn check(&self, from: &str, to: &str) -> Value {
        self.check_with(from, to, &[])
    }

    #[track_caller]
    pub(crate) fn check_with(&self, from: &str, to: &str, more: &[&str]) -> Value {
        let mut args = vec!["check", "--config", "vigie.yaml", "--from", from, "--to", to, "--format", "json"];
        args.extend(more);
        let json = self.vigie(&args).ok().stdout;
        assert_is_report(&json);
        serde_json::from_str(&json).unwrap()
    }
}

/// Removes the section that may differ between two runs over the same rows.
pub(crate) fn without_run(mut report: Value) -> Value {
    report.as_object_mut().unwrap().remove("run");
    report
}

/// The feature with this name.
#[track_caller]
pub(crate) fn feature<'r>(report: &'r Value, name: &str) -> &'r Value {
    let features = report["features"].as_array().unwrap();
    features.iter().find(|feature| feature["name"] == name).unwrap_or_else(|| panic!("no feature {name}"))
}
