//! A small MLflow server: a registered model with versions and aliases, whose files can be read and written, and tracking.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

use serde_json::{Value, json};

use super::fake_tracking::TrackingStore;

/// The registered model.
pub(crate) const MODEL: &str = "credit default";

/// How a request goes wrong.
pub(crate) enum Trouble {
    /// The connection is closed instead of a reply.
    Close,
    /// The request is done, but its reply is lost.
    LoseReply,
    /// Only half of the reply arrives.
    CutShort,
    /// The reply is this status line, with a body of this type.
    Reply(&'static str, &'static str, &'static str),
    /// No reply for two seconds.
    Slow,
    /// The alias `champion` is moved to this version before the reply.
    Promote(u64),
}

/// Decides from method and target whether a request goes wrong.
pub(crate) type Script = Box<dyn FnMut(&str) -> Option<Trouble> + Send>;

/// What the server keeps.
#[derive(Default)]
pub(crate) struct Registry {
    /// The version that each alias means.
    pub aliases: BTreeMap<String, u64>,
    /// Files by their path below the artefacts: `1/MLmodel`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Tags that were set, as `version key value`.
    pub tags: Vec<String>,
    /// Method and path of each request.
    pub requests: Vec<String>,
    /// Whether connections are closed without a reply.
    pub is_down: bool,
    /// Versions that were deleted.
    pub deleted: Vec<u64>,
    /// Tags of every version.
    pub version_tags: BTreeMap<String, String>,
    /// Experiments and runs.
    pub tracking: TrackingStore,
    pub script: Option<Script>,
}

impl Registry {
    /// Registers a version that holds one file of a flavour.
    pub(crate) fn add(&mut self, version: u64, flavor: &str, name: &str, file: impl Into<Vec<u8>>, inputs: &[&str]) {
        self.files.insert(format!("{version}/MLmodel"), manifest(flavor, name, inputs).into_bytes());
        self.files.insert(format!("{version}/{name}"), file.into());
    }

    /// Number of files that were downloaded.
    pub(crate) fn downloads(&self) -> usize {
        let is_download = |request: &&String| request.starts_with("GET /api/2.0/mlflow-artifacts/artifacts/");
        self.requests.iter().filter(is_download).count()
    }
}

/// The `MLmodel` of a model with one file.
pub(crate) fn manifest(flavor: &str, name: &str, inputs: &[&str]) -> String {
    let inputs: Vec<Value> = inputs.iter().map(|name| json!({"name": name, "type": "double"})).collect();
    let inputs = serde_json::to_string(&inputs).unwrap();
    format!(
        "flavors:\n  {flavor}:\n    data: {name}\n    {flavor}_version: '4'\nmlflow_version: 3.17.2\nsignature:\n  inputs: \
         '{inputs}'\n"
    )
}

/// The running server.
pub(crate) struct FakeMlflow {
    address: SocketAddr,
    registry: Arc<Mutex<Registry>>,
}

impl FakeMlflow {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let registry = Arc::new(Mutex::new(Registry::default()));
        let shared = Arc::clone(&registry);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(&stream, &shared));
            }
        });
        Self { address, registry }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap()
    }
}

/// Replies to one request and closes the connection.
fn serve(stream: &TcpStream, registry: &Mutex<Registry>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) <= 2 {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut registry = registry.lock().unwrap();
    if registry.is_down {
        return;
    }
    let request = format!("{method} {target}");
    registry.requests.push(request.clone());
    let trouble = registry.script.as_mut().and_then(|script| script(&request));
    if let Some(Trouble::Promote(version)) = trouble {
        registry.aliases.insert("champion".to_owned(), version);
    }
    let (mut status, mut reply) = match trouble {
        Some(Trouble::Close) => return,
        Some(Trouble::Reply(..)) => ("", Vec::new()),
        _ => answer(&mut registry, method, target, &body),
    };
    drop(registry);
    let mut kind = if reply.starts_with(b"{") { "application/json" } else { "application/octet-stream" };
    let length = reply.len();
    match trouble {
        Some(Trouble::LoseReply) => return,
        Some(Trouble::CutShort) => reply.truncate(length / 2),
        Some(Trouble::Reply(line, content_type, body)) => {
            (status, kind, reply) = (line, content_type, body.as_bytes().to_vec());
        }
        Some(Trouble::Slow) => thread::sleep(std::time::Duration::from_secs(2)),
        Some(Trouble::Close | Trouble::Promote(_)) | None => {}
    }
    let length = if matches!(trouble, Some(Trouble::CutShort)) { length } else { reply.len() };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n");
    let mut out = stream;
    let _ = out.write_all(format!("{head}content-type: {kind}\r\n\r\n").as_bytes());
    let _ = out.write_all(&reply);
}

fn answer(registry: &mut Registry, method: &str, target: &str, body: &[u8]) -> (&'static str, Vec<u8>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parameter = |name: &str| {
        let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        pair.unwrap_or("").replace("%20", " ").replace("%2F", "/").replace('+', " ")
    };
    if path == "/version" {
        return ("200 OK", b"3.17.2".to_vec());
    }
    let call = path.strip_prefix("/api/2.0/mlflow/").unwrap_or_default();
    match registry.tracking.answer(call, &parameter, body) {
        Some(Ok(value)) => return ("200 OK", serde_json::to_vec(&value).unwrap()),
        Some(Err((status, code, message))) => return error(status, code, &message),
        None => {}
    }
    let ok = |value: &Value| ("200 OK", serde_json::to_vec(value).unwrap());
    let version = |number: u64| {
        let mut tags = registry.version_tags.clone();
        let own = registry.tags.iter().filter_map(|tag| tag.strip_prefix(&format!("{number} "))?.split_once(' '));
        tags.extend(own.map(|(key, value)| (key.to_owned(), value.to_owned())));
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        ok(&json!({"model_version": {
            "name": MODEL, "version": number.to_string(), "creation_timestamp": 1_790_000_000_000_u64 + number,
            "source": format!("models:/m-{number:032x}"), "status": "READY", "run_id": format!("run{number}"), "tags": tags,
            "aliases": registry.aliases.iter().filter(|(_, own)| **own == number).map(|(alias, _)| alias).collect::<Vec<_>>(),
        }}))
    };
    let asked = parameter("version").parse().unwrap_or(0);
    if path.contains("/model-versions/") && registry.deleted.contains(&asked) {
        return error("404 Not Found", "RESOURCE_DOES_NOT_EXIST", "Model Version not found");
    }
    match (method, path.strip_prefix("/api/2.0/").unwrap_or(path)) {
        ("GET", "mlflow/registered-models/alias") => match registry.aliases.get(&parameter("alias")) {
            Some(number) if parameter("name") == MODEL => version(*number),
            _ => error("400 Bad Request", "INVALID_PARAMETER_VALUE", "Registered model alias not found."),
        },
        ("GET", "mlflow/model-versions/get") => version(asked),
        ("GET", "mlflow/model-versions/get-download-uri") => {
            ok(&json!({"artifact_uri": format!("mlflow-artifacts:/{}", parameter("version"))}))
        }
        ("POST", "mlflow/model-versions/set-tag") => {
            let tag: Value = serde_json::from_slice(body).unwrap();
            let text = |key: &str| tag[key].as_str().map_or_else(|| tag[key].to_string(), ToOwned::to_owned);
            registry.tags.push(format!("{} {} {}", text("version"), text("key"), text("value")));
            ok(&json!({}))
        }
        ("DELETE", "mlflow/model-versions/delete-tag") => {
            let tag: Value = serde_json::from_slice(body).unwrap();
            let text = |key: &str| tag[key].as_str().map_or_else(|| tag[key].to_string(), ToOwned::to_owned);
            let prefix = format!("{} {} ", text("version"), text("key"));
            registry.tags.retain(|tag| !tag.starts_with(&prefix));
            ok(&json!({}))
        }
        (method, path) => match (method, path.strip_prefix("mlflow-artifacts/artifacts/")) {
            ("GET", Some(file)) => match registry.files.get(file) {
                Some(bytes) => ("200 OK", bytes.clone()),
                None => error("404 Not Found", "RESOURCE_DOES_NOT_EXIST", "no such artifact"),
            },
            ("PUT", Some(file)) => {
                registry.files.insert(file.to_owned(), body.to_vec());
                ("200 OK", Vec::new())
            }
            _ => error("404 Not Found", "ENDPOINT_NOT_FOUND", "no such endpoint"),
        },
    }
}

fn error(status: &'static str, code: &str, message: &str) -> (&'static str, Vec<u8>) {
    (status, serde_json::to_vec(&json!({"error_code": code, "message": message})).unwrap())
}
