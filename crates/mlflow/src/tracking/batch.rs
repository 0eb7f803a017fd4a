//! Logging metrics, parameters and tags in as few requests as the server's limits allow.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{key::is_key, metric::MetricPoint, run::TrackedRun};
use crate::{
    client::{MlflowClient, api},
    error::{MlflowError, MlflowErrorKind as Kind, Result},
    json::KeyedText,
    wire::Call,
};

/// The limits of `runs/log-batch`.
const MAX_ENTRIES: usize = 1_000;
const MAX_TEXTS: usize = 100;
/// MLflow's limit is 1 MB; some servers enforce it.
const MAX_BYTES: usize = 900_000;

/// Longest values, in characters; servers cut longer ones.
const MAX_PARAM: usize = 6_000;
const MAX_TAG: usize = 5_000;

/// Metrics of one request that a server of MLflow 2 can compare with those that it has. With more, it answers a repetition
/// with an error of its database.
const MAX_REPEATED: usize = 100;

/// What is to be logged to a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunBatch {
    /// Points of metrics. A point that occurs twice counts once.
    pub metrics: Vec<MetricPoint>,
    /// Parameters, which cannot be changed later. Values are cut to 6,000 characters.
    pub params: BTreeMap<String, String>,
    /// Tags, which replace those of the same key. Values are cut to 5,000 characters.
    pub tags: BTreeMap<String, String>,
}

/// What happened to a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedBatch {
    /// Whether anything was sent.
    pub is_new: bool,
    /// Whether the points that have a `model_id` appear on the model's page. They do not if the server is older than MLflow
    /// 3, or if the user may not change the model; the run has them in any case.
    pub is_on_model_page: bool,
}

/// One request.
#[derive(Debug, Default, Serialize)]
struct BatchBody<'a> {
    run_id: &'a str,
    metrics: Vec<MetricPoint>,
    params: Vec<KeyedText>,
    tags: Vec<KeyedText>,
}

impl BatchBody<'_> {
    /// Splits the body, with so few metrics in each request that servers of MLflow 2 can find those that they have already.
    fn pieces(self) -> Vec<Self> {
        let Self { run_id, metrics, params, tags } = self;
        let texts = Self { run_id, metrics: Vec::new(), params, tags };
        let few = metrics.chunks(MAX_REPEATED);
        let few = few.map(|metrics| Self { run_id, metrics: metrics.to_vec(), ..Self::default() });
        std::iter::once(texts).chain(few).filter(|body| !body.is_empty()).collect()
    }

    fn is_empty(&self) -> bool {
        self.metrics.is_empty() && self.params.is_empty() && self.tags.is_empty()
    }

    /// Removes model ids; returns whether there were any.
    fn without_models(&mut self) -> bool {
        self.metrics.iter_mut().filter_map(|point| point.model_id.take()).count() > 0
    }
}

impl MlflowClient {
    /// Logs a batch, in several requests if it exceeds the limits of one. Can be repeated: the server keeps a point once.
    ///
    /// # Errors
    ///
    /// `Refused`: a value is NaN or infinite, a key is not accepted, or a parameter has another value already. As every
    /// call.
    pub fn log_batch(&self, run_id: &str, batch: &RunBatch) -> Result<LoggedBatch> {
        let purpose = format!("logging to the run {run_id:?}");
        let has_models = batch.metrics.iter().any(|point| point.model_id.is_some());
        let mut is_on_model_page = has_models && self.server_version()?.has_logged_models();
        let bodies = requests(run_id, batch, is_on_model_page, &purpose)?;
        let is_new = !bodies.is_empty();
        for mut body in bodies {
            match self.send_batch(&body, &purpose) {
                // Who may only read a model cannot log metrics to it, and the whole request is refused.
                Err(error) if error.status() == Some(403) && body.without_models() => {
                    is_on_model_page = false;
                    self.send_batch(&body, &purpose)?;
                }
                Err(error) if body.metrics.len() > MAX_REPEATED && is_repetition(&error) => {
                    for piece in body.pieces() {
                        self.send_batch(&piece, &purpose)?;
                    }
                }
                sent => sent?,
            }
        }
        Ok(LoggedBatch { is_new, is_on_model_page: is_on_model_page || !has_models })
    }

    fn send_batch(&self, body: &BatchBody<'_>, purpose: &str) -> Result<()> {
        let url = api(self.tracking(), "runs/log-batch", &[]);
        self.tracking().send(&Call::json(ureq::http::Method::POST, url, body, purpose)?)
    }

    /// Logs only what the run does not state: a point that is the latest of its metric, a parameter, or a tag that it has is
    /// not sent. For a retry, and for servers whose storage keeps repeated points. `run`: as it was just found. Earlier points
    /// of a metric are in its history ([`metric_history`](Self::metric_history)), which is not read.
    ///
    /// # Errors
    ///
    /// As [`log_batch`](Self::log_batch).
    pub fn log_missing(&self, run: &TrackedRun, batch: &RunBatch) -> Result<LoggedBatch> {
        self.log_batch(&run.run_id, &missing(run, batch)?)
    }
}

/// What of a batch a run does not have, as far as it states it.
fn missing(run: &TrackedRun, batch: &RunBatch) -> Result<RunBatch> {
    for (key, value) in &batch.params {
        if let Some(logged) = run.params.get(key)
            && *logged != cut(value, MAX_PARAM)
        {
            return Err(MlflowError::new(
                Kind::Refused,
                format!(
                    "the run {:?} has another value of the parameter {key:?} already, and MLflow cannot change it; log it \
                     to another run",
                    run.run_id
                ),
            ));
        }
    }
    let texts = |texts: &BTreeMap<String, String>, logged: &BTreeMap<String, String>, limit: usize| {
        let is_missing = |(key, value): &(&String, &String)| logged.get(*key) != Some(&cut(value, limit));
        texts.iter().filter(is_missing).map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let is_missing = |point: &&MetricPoint| !run.metrics.get(&point.key).is_some_and(|old| old.is_same_point(point));
    Ok(RunBatch {
        metrics: batch.metrics.iter().filter(is_missing).cloned().collect(),
        params: texts(&batch.params, &run.params, MAX_PARAM),
        tags: texts(&batch.tags, &run.tags, MAX_TAG),
    })
}

/// The requests for a batch: parameters and tags first, so that a run that is half logged can be recognised.
fn requests<'a>(run_id: &'a str, batch: &RunBatch, with_models: bool, purpose: &str) -> Result<Vec<BatchBody<'a>>> {
    let refused = |why: String| MlflowError::new(Kind::Refused, format!("{purpose}: {why}"));
    let check_key = |key: &str| {
        let why = || refused(format!("MLflow does not accept the key {key:?}; pass it through safe_key"));
        if is_key(key) { Ok(()) } else { Err(why()) }
    };
    let mut bodies = vec![BatchBody { run_id, ..BatchBody::default() }];
    let mut bytes = 0;
    let mut room = |size: usize, is_full: &dyn Fn(&BatchBody<'_>) -> bool, bodies: &mut Vec<BatchBody<'a>>| {
        let entries = |body: &BatchBody<'_>| body.metrics.len() + body.params.len() + body.tags.len();
        let needs_new = bodies.last().is_none_or(|last| {
            is_full(last) || entries(last) >= MAX_ENTRIES || bytes + size > MAX_BYTES && entries(last) > 0
        });
        if needs_new {
            bodies.push(BatchBody { run_id, ..BatchBody::default() });
            bytes = 0;
        }
        bytes += size;
    };
    for (key, value) in &batch.params {
        check_key(key)?;
        let pair = KeyedText { key: key.clone(), value: cut(value, MAX_PARAM) };
        room(length(&pair), &|body| body.params.len() >= MAX_TEXTS, &mut bodies);
        bodies.last_mut().into_iter().for_each(|body| body.params.push(pair.clone()));
    }
    for (key, value) in &batch.tags {
        check_key(key)?;
        let pair = KeyedText { key: key.clone(), value: cut(value, MAX_TAG) };
        room(length(&pair), &|body| body.tags.len() >= MAX_TEXTS, &mut bodies);
        bodies.last_mut().into_iter().for_each(|body| body.tags.push(pair.clone()));
    }
    let mut seen = BTreeSet::new();
    for point in &batch.metrics {
        check_key(&point.key)?;
        if !point.value.is_finite() {
            return Err(refused(format!(
                "the metric {:?} is {}; leave out what is not a number",
                point.key, point.value
            )));
        }
        if !seen.insert((&point.key, point.step, point.timestamp_ms, point.value.to_bits())) {
            continue;
        }
        let model_id = point.model_id.clone().filter(|_| with_models);
        let point = MetricPoint { model_id, ..point.clone() };
        room(length(&point), &|_| false, &mut bodies);
        bodies.last_mut().into_iter().for_each(|body| body.metrics.push(point.clone()));
    }
    bodies.retain(|body| !body.is_empty());
    Ok(bodies)
}

/// Whether a server's database refused points that it has already.
fn is_repetition(error: &MlflowError) -> bool {
    let text = error.to_string();
    let words = ["IntegrityError", "UniqueViolation", "duplicate key", "Duplicate entry"];
    error.status() == Some(400) && words.iter().any(|word| text.contains(word))
}

/// Bytes of an entry as JSON, with its comma.
fn length(entry: &impl Serialize) -> usize {
    serde_json::to_vec(entry).map_or(0, |bytes| bytes.len() + 1)
}

/// A text of at most this many characters.
fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(key: &str, value: f64) -> MetricPoint {
        MetricPoint { key: key.to_owned(), value, timestamp_ms: 5, step: 0, model_id: Some("m-1".to_owned()) }
    }

    fn texts(count: usize, length: usize) -> BTreeMap<String, String> {
        (0..count).map(|i| (format!("k{i:04}"), "é".repeat(length))).collect()
    }

    #[test]
    fn batches_are_split_at_the_limits() {
        let metrics: Vec<_> = (0..2_500).map(|i| point(&format!("psi/{i}"), f64::from(i))).collect();
        let batch = RunBatch { metrics, params: texts(150, 3), tags: texts(150, 5_500) };
        let bodies = requests("r", &batch, true, "x").unwrap();
        for body in &bodies {
            let entries = body.metrics.len() + body.params.len() + body.tags.len();
            assert!(entries <= 1_000 && body.params.len() <= 100 && body.tags.len() <= 100);
            assert!(serde_json::to_vec(body).unwrap().len() <= 1_000_000);
        }
        let sum = |count: fn(&BatchBody<'_>) -> usize| bodies.iter().map(count).sum::<usize>();
        assert_eq!(sum(|body| body.metrics.len()), 2_500);
        assert_eq!((sum(|body| body.params.len()), sum(|body| body.tags.len())), (150, 150));
        assert!(bodies.len() <= 6, "{}", bodies.len());
        let tag = &bodies.iter().find(|body| !body.tags.is_empty()).unwrap().tags[0].value;
        assert!(tag.ends_with('…') && tag.chars().count() == MAX_TAG);
        assert!(requests("r", &RunBatch::default(), true, "x").unwrap().is_empty());
    }

    #[test]
    fn points_are_unique_and_finite() {
        let batch =
            RunBatch { metrics: vec![point("a", 1.0), point("a", 1.0), point("a", 2.0)], ..RunBatch::default() };
        let bodies = requests("r", &batch, false, "x").unwrap();
        assert_eq!(bodies[0].metrics.len(), 2);
        assert_eq!(bodies[0].metrics[0].model_id, None);
        for (key, value, part) in
            [("a", f64::NAN, "NaN"), ("a", f64::INFINITY, "inf"), ("a(b)", 1.0, "safe_key"), ("", 1.0, "safe_key")]
        {
            let batch = RunBatch { metrics: vec![point(key, value)], ..RunBatch::default() };
            assert!(requests("r", &batch, true, "x").unwrap_err().to_string().contains(part), "{key}");
        }
    }

    #[test]
    fn only_what_is_missing_is_left() {
        let batch =
            RunBatch { metrics: vec![point("a", 1.0), point("b", 1.0)], params: texts(2, 1), tags: texts(2, 1) };
        let mut run = TrackedRun { params: texts(1, 1), tags: texts(2, 1), ..TrackedRun::default() };
        run.metrics.insert("a".to_owned(), MetricPoint { model_id: None, ..point("a", 1.0) });
        let left = missing(&run, &batch).unwrap();
        assert_eq!((left.metrics.len(), left.params.len(), left.tags.len()), (1, 1, 0));
        run.params.insert("k0001".to_owned(), "other".to_owned());
        assert!(missing(&run, &batch).unwrap_err().to_string().contains("cannot change it"));
    }
}
