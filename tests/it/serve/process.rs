//! Starts `vigie serve` with the example's model, and talks to it.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant as StdInstant},
};

use serde_json::{Map, Value, json};

use crate::support::world::World;

pub(crate) fn home_credit(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reference_data/home_credit").join(name)
}

/// A world whose config serves the example's model; `extra`: lines of the `serve` section.
pub(crate) fn world(extra: &str) -> World {
    world_with("", extra)
}

/// Likewise, with other sections of the config.
pub(crate) fn world_with(sections: &str, extra: &str) -> World {
    let world = World::new();
    fs::copy(home_credit("model.cbm"), world.path("model.cbm")).unwrap();
    configure_with(&world, "version: \"1\", file: model.cbm", sections, extra);
    world
}

pub(crate) fn configure(world: &World, model: &str, extra: &str) {
    configure_with(world, model, "", extra);
}

pub(crate) fn configure_with(world: &World, model: &str, sections: &str, extra: &str) {
    let reference = home_credit("reference.vigie");
    let extra: String = extra.lines().map(|line| format!("  {line}\n")).collect();
    world.file(
        "vigie.yaml",
        format!(
            "model: {{name: credit-default, threshold: 0.5, {model}}}\nreference: {}\nsource: {{kind: vigie, path: log}}\n\
             {sections}\nreports: {{dir: reports}}\nstate: state\nserve:\n  listen: \"127.0.0.1:0\"\n  refresh: \
             1s\n{extra}{}",
            reference.display(),
            if extra.contains("log:") { "" } else { "  log: {dir: log}\n" }
        ),
    );
}

/// A running server.
pub(crate) struct Served {
    pub child: Child,
    pub address: String,
    agent: ureq::Agent,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub status: u16,
    pub text: String,
    pub retry_after: Option<String>,
    pub request_id: Option<String>,
}

impl Response {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text))
    }
}

pub(crate) fn start(world: &World, envs: &[(&str, &str)]) -> Served {
    start_by(world, Command::new(env!("CARGO_BIN_EXE_vigie")), envs)
}

/// Starts the server with a command that is given its arguments.
pub(crate) fn start_by(world: &World, mut command: Command, envs: &[(&str, &str)]) -> Served {
    let log = world.path("serve.log");
    let before = fs::read_to_string(&log).unwrap_or_default().len();
    let child = command
        .args(["serve", "--config", "vigie.yaml", "--log-format", "json"])
        .current_dir(world.root())
        .envs(envs.iter().copied())
        .stdout(Stdio::null())
        .stderr(fs::File::options().create(true).append(true).open(&log).unwrap())
        .spawn()
        .unwrap();
    let end = StdInstant::now() + Duration::from_mins(1);
    let address = loop {
        let text = fs::read_to_string(&log).unwrap();
        let started = text.get(before..).and_then(|text| text.split_once("at http://"));
        if let Some((address, _)) = started.and_then(|(_, rest)| rest.split_once('/')) {
            break address.to_owned();
        }
        assert!(StdInstant::now() < end, "the server does not start:\n{text}");
        thread::sleep(Duration::from_millis(20));
    };
    Served { child, address, agent: agent() }
}

pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_mins(1)))
        .build()
        .new_agent()
}

impl Served {
    pub(crate) fn get(&self, path: &str) -> Response {
        read(self.agent.get(format!("http://{}{path}", self.address)).call().unwrap())
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Response {
        self.post_with(path, body, &[("content-type", "application/json")]).unwrap()
    }

    pub(crate) fn post_with(&self, path: &str, body: &str, headers: &[(&str, &str)]) -> Result<Response, ureq::Error> {
        post(&self.agent, &self.address, path, body, headers)
    }

    /// Sends SIGTERM and waits for the exit.
    pub(crate) fn stop(mut self) {
        let killed = Command::new("sh").arg("-c").arg(format!("kill {}", self.child.id())).status().unwrap();
        assert!(killed.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn post(
    agent: &ureq::Agent,
    address: &str,
    path: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> Result<Response, ureq::Error> {
    let mut request = agent.post(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send(body).map(read)
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Response {
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    Response {
        status: response.status().as_u16(),
        retry_after: header("retry-after"),
        request_id: header("x-request-id"),
        text: response.body_mut().read_to_string().unwrap(),
    }
}

/// Records of the example's log that have a score.
pub(crate) fn example_records(count: usize) -> Vec<Value> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(home_credit("log")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut records = Vec::new();
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(bytes.as_slice()), &mut text).unwrap();
        for line in text.lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            if record["outputs"]["proba_default"].is_number() {
                records.push(record);
            }
            if records.len() == count {
                return records;
            }
        }
    }
    records
}

/// The inputs of an applicant.
pub(crate) fn applicant() -> Map<String, Value> {
    example_records(1)[0]["inputs"].as_object().unwrap().clone()
}

/// All records of a log folder, by file in the order of their names.
pub(crate) fn logged(world: &World, folder: &str) -> Vec<Value> {
    let mut records = Vec::new();
    for text in log_files(world, folder) {
        for line in text.lines() {
            records.push(serde_json::from_str(line).unwrap_or_else(|_| json!({"torn": line})));
        }
    }
    records
}

/// The texts of the files of a log folder.
pub(crate) fn log_files(world: &World, folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for day in fs::read_dir(world.path(folder)).unwrap() {
        let day = day.unwrap().path();
        if day.is_dir() {
            files.extend(fs::read_dir(day).unwrap().map(|file| file.unwrap().path()));
        }
    }
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}
