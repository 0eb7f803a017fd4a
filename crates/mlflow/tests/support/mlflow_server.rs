//! A real MLflow server on a free port, and the official Python client.

use std::{
    fs::File,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// A Python with MLflow; `None` if the variable is not set, which is printed.
pub(crate) fn python(variable: &str, requirements: &str) -> Option<String> {
    let python = std::env::var(variable).ok();
    if python.is_none() {
        println!("NOT RUN: set {variable} to a Python with crates/mlflow/tests/{requirements}");
    }
    python
}

pub(crate) struct MlflowServer {
    child: Child,
    python: String,
    pub port: u16,
    pub folder: tempfile::TempDir,
    pub url: String,
}

impl MlflowServer {
    /// A server with a SQLite database, which passes artefacts through.
    pub(crate) fn start(python: &str) -> Self {
        Self::start_with(python, tempfile::tempdir().unwrap(), &[], &[], "http")
    }

    pub(crate) fn start_with(
        python: &str,
        folder: tempfile::TempDir,
        arguments: &[&str],
        environment: &[(&str, &str)],
        scheme: &str,
    ) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let log = File::create(at("server.log")).unwrap();
        let child = Command::new(python)
            .args(["-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1", "--serve-artifacts"])
            .args(["--port", &port.to_string()])
            .args(["--backend-store-uri", &format!("sqlite:///{}", at("mlflow.db"))])
            .args(["--artifacts-destination", &at("artifacts")])
            .args(arguments)
            .env("PATH", path_of(python))
            .env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
            .env("MLFLOW_DISABLE_TELEMETRY", "true")
            .envs(environment.iter().copied())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap();
        let server =
            Self { child, python: python.to_owned(), port, folder, url: format!("{scheme}://127.0.0.1:{port}") };
        server.wait();
        server
    }

    /// Waits until the port accepts connections; the first start creates the tables.
    fn wait(&self) {
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(started.elapsed() < Duration::from_mins(3), "the server does not start: {}", self.log());
            thread::sleep(Duration::from_millis(200));
        }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command of `real_driver.py` against this server.
    pub(crate) fn official(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Value {
        let all = [&[("MLFLOW_TRACKING_URI", self.url.as_str())], environment].concat();
        official(&self.python, arguments, &all)
    }
}

impl Drop for MlflowServer {
    fn drop(&mut self) {
        // The server has children, which are in its process group.
        for signal in ["TERM", "KILL"] {
            let _ = Command::new("sh").args(["-c", &format!("kill -{signal} -{}", self.child.id())]).status();
            thread::sleep(Duration::from_millis(500));
        }
        let _ = self.child.wait();
    }
}

fn path_of(python: &str) -> String {
    let folder = Path::new(python).parent().unwrap().display().to_string();
    format!("{folder}:{}", std::env::var("PATH").unwrap())
}

/// Runs a command of `real_driver.py`, and returns what it prints.
pub(crate) fn official(python: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Value {
    // The client creates files in the working folder.
    let folder = tempfile::tempdir().unwrap();
    // Also included by tests of the workspace's root.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let driver = [root, &root.join("crates/mlflow")].map(|folder| folder.join("tests/real_driver.py"));
    let output = Command::new(python)
        .arg(driver.iter().find(|file| file.exists()).unwrap())
        .args(arguments)
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .env("GIT_PYTHON_REFRESH", "quiet")
        .current_dir(folder.path())
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap()
}
