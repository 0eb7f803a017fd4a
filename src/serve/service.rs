//! What all endpoints have in common: rows are read, scored and logged, and only then answered.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant as Monotonic},
};

use tokio::{sync::Semaphore, task::block_in_place};
use vigie_models::Inputs;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    admission::Admission,
    feature_store::FeatureStore,
    log::{BatchRecord, LogError, RefusedRecord, RequestFacts, RequestLog},
    metrics::Metrics,
    model::{RowScore, ScoreReason, ServedModel},
    refusal::ScoringRefusal,
    resolve::{ResolvedRows, resolve},
    rows_reader::{InputFaults, RowsReader},
    slot::ModelSlot,
};
use crate::{
    config::{InputPolicy, ServeOptions},
    daemon::Clock,
};

/// Requests with more rows than this are scored on a blocking thread, so that they do not delay others.
const FEW_ROWS: usize = 16;
/// Maximum number of requests that the challenger scores at the same time.
const MAX_SHADOWS: usize = 64;

/// The state of the server.
#[derive(Debug)]
pub(super) struct ScoringService {
    pub champion: ModelSlot,
    pub challenger: Option<Challenger>,
    pub log: RequestLog,
    pub metrics: Metrics,
    pub admission: Admission,
    pub policy: InputPolicy,
    /// Where the inputs of an id are found.
    pub features: Option<FeatureStore>,
    omit: Vec<String>,
    clock: Clock,
}

/// Another model that scores the same requests.
#[derive(Debug)]
pub(super) struct Challenger {
    pub slot: ModelSlot,
    /// The share of requests that it answers.
    pub share: f64,
    /// The log of its scores for requests that the champion answers.
    pub log: Option<RequestLog>,
    permits: Arc<Semaphore>,
}

impl Challenger {
    pub(super) fn new(slot: ModelSlot, share: f64, log: Option<RequestLog>) -> Self {
        Self { slot, share, log, permits: Arc::new(Semaphore::new(MAX_SHADOWS)) }
    }

    /// Waits for the scores that are being computed.
    pub(super) async fn finish(&self) {
        let _ = self.permits.acquire_many(u32::try_from(MAX_SHADOWS).unwrap_or(u32::MAX)).await;
    }

    /// Whether it answers the request of this id.
    fn answers(&self, request_id: &str) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a share of all hashes")]
        let place = xxh3_64(request_id.as_bytes()) as f64 / u64::MAX as f64;
        place < self.share
    }
}

/// A request to score rows.
#[derive(Debug)]
pub(super) struct ScoringRequest<'a> {
    pub endpoint: &'static str,
    pub request_id: &'a str,
    pub started: Monotonic,
    /// For each row, the JSON object of its inputs.
    pub rows: Vec<&'a str>,
    /// Number of reasons to answer with, for each row.
    pub reasons: usize,
    /// Whether it has leave to compute for long already.
    pub is_large: bool,
}

/// A scored and logged request.
#[derive(Debug)]
pub(super) struct Scored {
    pub model: Arc<ServedModel>,
    pub scores: Vec<RowScore>,
    /// For each row, if they were asked for.
    pub reasons: Vec<Vec<ScoreReason>>,
    /// For each row, how old the features are that were found by its id.
    pub ages: Vec<Option<Duration>>,
    pub notes: Vec<String>,
    pub latency_ms: f64,
}

impl ScoringService {
    pub(super) fn new(
        champion: ModelSlot,
        challenger: Option<Challenger>,
        log: RequestLog,
        features: Option<FeatureStore>,
        (options, threads): (&ServeOptions, usize),
        clock: Clock,
    ) -> Self {
        Self {
            champion,
            challenger,
            log,
            metrics: Metrics::default(),
            admission: Admission::new(options, threads),
            policy: options.inputs,
            features,
            omit: options.log.omit.clone(),
            clock,
        }
    }

    /// Checks for other versions of the models and of the feature table. Blocks.
    pub(super) fn refresh(&self) {
        self.champion.refresh(self.policy);
        if let Some(Err(fault)) = self.features.as_ref().map(|features| features.lookup.refresh()) {
            tracing::error!("the feature table stays as it was: {fault}");
        }
        if let Some(challenger) = &self.challenger {
            challenger.slot.refresh(self.policy);
        }
    }

    /// The model that answers a request.
    pub(super) fn model_for(&self, request_id: &str) -> Arc<ServedModel> {
        let challenger = self.challenger.as_ref().filter(|own| own.answers(request_id));
        challenger.map_or_else(|| self.champion.model(), |own| own.slot.model())
    }

    /// Scores and logs the rows of a request.
    pub(super) async fn score(
        self: &Arc<Self>,
        request: &ScoringRequest<'_>,
        model: Arc<ServedModel>,
    ) -> Result<Scored, ScoringRefusal> {
        if request.rows.is_empty() {
            return Err(ScoringRefusal::invalid("the request has no rows; send at least one"));
        }
        let ResolvedRows { texts, entities, ages } = resolve(self.features.as_ref(), &request.rows, &model).await?;
        let rows: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let work = || self.score_rows(request, &rows, &model);
        let is_long = request.rows.len() > FEW_ROWS || request.reasons > 0;
        let work = if is_long {
            let _leave = if request.is_large { None } else { self.admission.long().await };
            block_in_place(work)
        } else {
            work()
        }?;
        let latency_ms = milliseconds(request.started);
        let record = BatchRecord {
            facts: RequestFacts {
                at: self.clock.now(),
                request_id: request.request_id,
                endpoint: request.endpoint,
                latency_ms,
                parse_us: work.parse_us,
                score_us: work.score_us,
            },
            model: &model,
            inputs: &rows,
            entities: &entities,
            ages: &ages,
            scores: &work.scores,
            omit: &self.omit,
        };
        let logged = self.log.append(record.lines()).await;
        logged.map_err(|error| match error {
            LogError::Full => ScoringRefusal::unlogged("too many records wait to be logged; try again in a second"),
            LogError::Failed(why) => {
                tracing::debug!("{why}");
                ScoringRefusal::unlogged(
                    "the request cannot be logged, so that it is not answered; try again in a second",
                )
            }
        })?;
        self.metrics.rows.fetch_add(work.scores.len() as u64, Ordering::Relaxed);
        let refused = work.scores.iter().filter(|score| score.refused == Some(true)).count();
        self.metrics.refused.fetch_add(refused as u64, Ordering::Relaxed);
        self.shadow(request, &rows);
        Ok(Scored {
            notes: ScoringRefusal::notes(&work.faults),
            scores: work.scores,
            reasons: work.reasons,
            ages,
            model,
            latency_ms,
        })
    }

    fn score_rows(
        &self,
        request: &ScoringRequest<'_>,
        rows: &[&str],
        model: &ServedModel,
    ) -> Result<ScoredRows, ScoringRefusal> {
        crate::crash::point("serve.score");
        let (rows, faults) = read_rows(rows, model)?;
        if let Some(refusal) = ScoringRefusal::of_faults(&faults, self.policy) {
            return Err(refusal);
        }
        let parse_us = microseconds(request.started);
        let scoring = Monotonic::now();
        let internal = |fault: crate::fault::Fault| ScoringRefusal::invalid(fault.to_string());
        let scores = model.score(&rows).map_err(internal)?;
        if scores.iter().any(|score| !score.score.is_finite()) {
            return Err(ScoringRefusal::invalid(format!(
                "{} refuses to score a row, because one of its values is missing, infinite, or a level that it was not \
                 trained with",
                model.rescorer.model().kind()
            )));
        }
        let mut reasons = if request.reasons > 0 { model.reasons(&rows).map_err(internal)? } else { Vec::new() };
        reasons.iter_mut().for_each(|row| row.truncate(request.reasons));
        Ok(ScoredRows { scores, reasons, faults, parse_us, score_us: microseconds(scoring) })
    }

    /// Logs a refused request, unless the log is why it was refused. If that fails, too, only the refusal is lost.
    pub(super) async fn log_refusal(&self, request: (&'static str, &str, Monotonic), refusal: &ScoringRefusal) {
        if !refusal.is_logged {
            return;
        }
        let (endpoint, request_id, started) = request;
        let facts = RequestFacts {
            at: self.clock.now(),
            request_id,
            endpoint,
            latency_ms: milliseconds(started),
            parse_us: 0,
            score_us: 0,
        };
        let model = self.model_for(request_id);
        let status = refusal.status.as_u16();
        let record = RefusedRecord { facts, model: &model, status, error: &refusal.message };
        let _ = self.log.append(record.lines()).await;
    }

    /// Lets the challenger score the rows of a request that the champion answered, in the background.
    fn shadow(self: &Arc<Self>, request: &ScoringRequest<'_>, rows: &[&str]) {
        let (endpoint, request_id) = (request.endpoint, request.request_id);
        let Some(challenger) = self.challenger.as_ref().filter(|own| own.log.is_some() && !own.answers(request_id))
        else {
            return;
        };
        let Ok(permit) = Arc::clone(&challenger.permits).try_acquire_owned() else {
            self.metrics.unshadowed.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let (service, request_id) = (Arc::clone(self), request_id.to_owned());
        let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
        tokio::spawn(async move {
            let _permit = permit;
            let Some(challenger) = &service.challenger else { return };
            let Some(log) = &challenger.log else { return };
            let model = challenger.slot.model();
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            let started = Monotonic::now();
            let done = block_in_place(|| {
                let (table, _) = read_rows(&rows, &model).ok()?;
                let parse_us = microseconds(started);
                let scores = model.score(&table).ok()?;
                scores.iter().all(|score| score.score.is_finite()).then_some((scores, parse_us))
            });
            let Some((scores, parse_us)) = done else {
                service.metrics.unshadowed.fetch_add(1, Ordering::Relaxed);
                return;
            };
            let facts = RequestFacts {
                at: service.clock.now(),
                request_id: &request_id,
                endpoint,
                latency_ms: milliseconds(started),
                parse_us,
                score_us: microseconds(started).saturating_sub(parse_us),
            };
            let omit = &service.omit;
            let record =
                BatchRecord { facts, model: &model, inputs: &rows, entities: &[], ages: &[], scores: &scores, omit };
            if log.append(record.lines()).await.is_err() {
                service.metrics.unshadowed.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
}

/// Scored rows of a request.
struct ScoredRows {
    scores: Vec<RowScore>,
    reasons: Vec<Vec<ScoreReason>>,
    faults: InputFaults,
    parse_us: u64,
    score_us: u64,
}

fn read_rows(rows: &[&str], model: &ServedModel) -> Result<(Inputs, InputFaults), ScoringRefusal> {
    let mut reader = RowsReader::new(&model.schema, &model.rescorer, rows.len());
    for (index, row) in rows.iter().enumerate() {
        reader.read(row).map_err(|error| {
            let place = if rows.len() > 1 { format!("row {index}: ") } else { String::new() };
            ScoringRefusal::misread(&format!("{place}the inputs"), &error)
        })?;
    }
    reader.finish().map_err(|fault| ScoringRefusal::invalid(fault.to_string()))
}

fn microseconds(since: Monotonic) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Milliseconds with three decimals.
fn milliseconds(since: Monotonic) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 microseconds")]
    let micros = microseconds(since) as f64;
    micros / 1_000.0
}
