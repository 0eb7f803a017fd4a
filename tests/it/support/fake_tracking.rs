//! The tracking half of the small MLflow server: experiments and runs, with the limits and the habits of a real one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A point of a metric: key, value, time, step and model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TrackedPoint {
    pub key: String,
    pub value: f64,
    pub time: i64,
    pub step: i64,
    pub model_id: Option<String>,
}

/// A run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FakeRun {
    pub id: String,
    pub name: String,
    pub status: String,
    pub start: i64,
    pub end: Option<i64>,
    pub params: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    pub points: Vec<TrackedPoint>,
    pub inputs: Vec<String>,
}

impl FakeRun {
    /// The latest point of a metric, as a real server chooses it.
    pub(crate) fn latest(&self, key: &str) -> Option<&TrackedPoint> {
        let own = self.points.iter().filter(|point| point.key == key);
        own.max_by(|a, b| (a.step, a.time).cmp(&(b.step, b.time)).then(a.value.total_cmp(&b.value)))
    }

    fn as_json(&self) -> Value {
        let mut keys: Vec<&str> = self.points.iter().map(|point| point.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        let metrics: Vec<Value> = keys.into_iter().map(|key| point_json(self.latest(key).unwrap())).collect();
        json!({
            "info": {
                "run_id": self.id, "run_name": self.name, "experiment_id": "1", "status": self.status,
                "start_time": self.start, "end_time": self.end, "lifecycle_stage": "active",
                "artifact_uri": format!("mlflow-artifacts:/1/{}/artifacts", self.id),
            },
            "data": {"metrics": metrics, "params": list(&self.params), "tags": list(&self.tags)},
        })
    }
}

fn point_json(point: &TrackedPoint) -> Value {
    json!({"key": point.key, "value": point.value, "timestamp": point.time, "step": point.step})
}

/// What the server keeps of tracking. There is one experiment.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct TrackingStore {
    pub experiment: Option<String>,
    pub experiment_tags: BTreeMap<String, String>,
    /// Whether the experiment is in the trash.
    pub is_deleted: bool,
    pub runs: Vec<FakeRun>,
}

/// A status and an error code with its message, or the body of a reply.
pub(crate) type TrackingReply = Result<Value, (&'static str, &'static str, String)>;

impl TrackingStore {
    /// The run of this name.
    pub(crate) fn run(&self, name: &str) -> &FakeRun {
        self.runs.iter().find(|run| run.name == name).unwrap_or_else(|| panic!("no run {name}"))
    }

    /// Replies to a call; `None` if it is not about tracking.
    pub(crate) fn answer(&mut self, path: &str, query: &dyn Fn(&str) -> String, body: &[u8]) -> Option<TrackingReply> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        Some(match path {
            "experiments/get-by-name" => match &self.experiment {
                Some(name) if *name == query("experiment_name") => {
                    let stage = if self.is_deleted { "deleted" } else { "active" };
                    let tags = list(&self.experiment_tags);
                    Ok(
                        json!({"experiment": {"experiment_id": "1", "name": name, "lifecycle_stage": stage, "tags": tags}}),
                    )
                }
                _ => Err(("404 Not Found", "RESOURCE_DOES_NOT_EXIST", "no such experiment".to_owned())),
            },
            "experiments/create" if self.experiment.is_some() => {
                Err(("400 Bad Request", "RESOURCE_ALREADY_EXISTS", "it exists".to_owned()))
            }
            "experiments/create" => {
                self.experiment = Some(text("name"));
                self.experiment_tags = pairs(&body["tags"]);
                Ok(json!({"experiment_id": "1"}))
            }
            "experiments/set-experiment-tag" => {
                self.experiment_tags.insert(text("key"), text("value"));
                Ok(json!({}))
            }
            "experiments/restore" => {
                self.is_deleted = false;
                Ok(json!({}))
            }
            "runs/search" => {
                let filter = text("filter");
                let value = filter.split('\'').nth(1).unwrap_or_default();
                let found = self.runs.iter().filter(|run| run.tags.get("vigie.window").is_some_and(|tag| tag == value));
                Ok(json!({"runs": found.map(FakeRun::as_json).collect::<Vec<_>>()}))
            }
            "runs/create" => {
                let taken = self.runs.iter().filter_map(|run| u64::from_str_radix(&run.id, 16).ok()).max();
                let run = FakeRun {
                    id: format!("{:032x}", taken.unwrap_or(0) + 1),
                    name: text("run_name"),
                    status: "RUNNING".to_owned(),
                    start: body["start_time"].as_i64().unwrap(),
                    tags: pairs(&body["tags"]),
                    ..FakeRun::default()
                };
                let reply = json!({"run": run.as_json()});
                self.runs.push(run);
                Ok(reply)
            }
            "runs/get" => self.with(&query("run_id"), |run| Ok(json!({"run": run.as_json()}))),
            "runs/update" => self.with(&text("run_id"), |run| {
                run.status = text("status");
                run.end = body["end_time"].as_i64();
                Ok(json!({}))
            }),
            "runs/log-batch" => self.with(&text("run_id"), |run| log(run, &body)),
            "runs/log-inputs" => self.with(&text("run_id"), |run| {
                let model = body["models"][0]["model_id"].as_str().unwrap().to_owned();
                if !run.inputs.contains(&model) {
                    run.inputs.push(model);
                }
                Ok(json!({}))
            }),
            "metrics/get-history" => {
                let key = query("metric_key");
                self.with(&query("run_id"), |run| {
                    let own = run.points.iter().filter(|point| point.key == key);
                    Ok(json!({"metrics": own.map(point_json).collect::<Vec<_>>()}))
                })
            }
            _ => return None,
        })
    }

    fn with(&mut self, id: &str, change: impl FnOnce(&mut FakeRun) -> TrackingReply) -> TrackingReply {
        let missing = || ("404 Not Found", "RESOURCE_DOES_NOT_EXIST", format!("no run {id}"));
        change(self.runs.iter_mut().find(|run| run.id == id).ok_or_else(missing)?)
    }
}

fn list(texts: &BTreeMap<String, String>) -> Vec<Value> {
    texts.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

fn pairs(list: &Value) -> BTreeMap<String, String> {
    let pair = |entry: &Value| Some((entry["key"].as_str()?.to_owned(), entry["value"].as_str()?.to_owned()));
    list.as_array().into_iter().flatten().filter_map(pair).collect()
}

fn log(run: &mut FakeRun, body: &Value) -> TrackingReply {
    let metrics = body["metrics"].as_array().cloned().unwrap_or_default();
    let (params, tags) = (pairs(&body["params"]), pairs(&body["tags"]));
    let refused = |why: String| Err(("400 Bad Request", "INVALID_PARAMETER_VALUE", why));
    if metrics.len() + params.len() + tags.len() > 1_000 || params.len() > 100 || tags.len() > 100 {
        return refused("too many entries".to_owned());
    }
    for (key, value) in &params {
        if run.params.get(key).is_some_and(|logged| logged != value) {
            return refused(format!("the parameter {key} has another value"));
        }
    }
    run.params.extend(params);
    run.tags.extend(tags);
    let mut points = Vec::new();
    for metric in &metrics {
        let Some(value) = metric["value"].as_f64() else { return refused(format!("not a number: {metric}")) };
        let point = TrackedPoint {
            key: metric["key"].as_str().unwrap().to_owned(),
            value,
            time: metric["timestamp"].as_i64().unwrap(),
            step: metric["step"].as_i64().unwrap(),
            model_id: metric["model_id"].as_str().map(ToOwned::to_owned),
        };
        // The same point is kept once.
        if !run.points.contains(&point) {
            points.push(point);
        }
    }
    // The page of a model has one value of a metric at a step and time, of each run.
    let is_taken = |point: &TrackedPoint| {
        let place = |point: &TrackedPoint| (point.key.clone(), point.time, point.step, point.model_id.clone());
        point.model_id.is_some() && run.points.iter().any(|old| place(old) == place(point))
    };
    let is_refused = points.iter().any(is_taken);
    // By then the run has the points.
    run.points.extend(points);
    if is_refused {
        let why = "(sqlite3.IntegrityError) UNIQUE constraint failed: logged_model_metrics.model_id";
        return Err(("400 Bad Request", "BAD_REQUEST", why.to_owned()));
    }
    Ok(json!({}))
}
