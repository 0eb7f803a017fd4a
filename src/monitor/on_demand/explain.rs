//! `vigie explain`: the contribution of each feature to one prediction.

use std::{collections::BTreeMap, fs, path::PathBuf};

use arrow_array::{Array, ArrayRef, cast::AsArray, types::Int32Type};
use vigie_profile::{
    batch::{Records, for_each_number, word},
    decision::{DecisionRule, DecisionWord},
    layout::{Column, Feature},
    shown::shown,
    window::{Instant, Window},
};

use super::row_file::{id_field, read_row};
use crate::{
    config::Settings,
    engine,
    fault::{Fault, Result, describe_io},
    monitor::run::{
        ScanOptions,
        context::{decision_words, open_configured_reference, open_model},
    },
    reference::FeatureDescription,
    replay::{Explanation, LoggedPrecision, Pair, ParityOptions, ParityTally, ScoreKind, explain as explain_row},
    source::{Log, Request, Scaled},
};

/// The prediction to explain.
#[derive(Debug, Clone)]
pub enum ExplainRequest {
    /// A record of the log, by its id; searched in a window, or in the whole log.
    Id(String, Option<Window>),
    /// A file with one record, or with its inputs alone.
    Row(PathBuf),
}

/// An explained prediction.
#[derive(Debug)]
pub struct ExplainedPrediction {
    pub id: Option<String>,
    pub at: Option<Instant>,
    pub logged: Option<LoggedPrediction>,
    pub model_sha256: String,
    /// The decision that follows from a score; `None` for a predicted number.
    pub rule: Option<DecisionRule>,
    pub explanation: Explanation,
    /// What the data dictionary of the reference says of each feature, by name; empty without one.
    pub descriptions: BTreeMap<String, FeatureDescription>,
}

impl ExplainedPrediction {
    /// Whether the score calls for refusal.
    #[must_use]
    pub fn called_to_refuse(&self) -> bool {
        self.rule.is_some_and(|rule| rule.refuses(self.explanation.score))
    }

    /// Whether the applicant was refused: as logged, else by the score.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let logged = self.logged.as_ref().and_then(|logged| logged.refused);
        logged.unwrap_or_else(|| self.called_to_refuse())
    }
}

/// The prediction as logged.
#[derive(Debug)]
pub struct LoggedPrediction {
    /// The logged score.
    pub score: Option<f64>,
    pub decision: Option<String>,
    /// Whether the applicant was refused, if the decision's word is known.
    pub refused: Option<bool>,
    pub model_version: Option<String>,
    /// Whether the score is the model's, at the precision of the log.
    pub agrees: bool,
    /// Absolute difference from the model's score.
    pub difference: Option<f64>,
    /// Precision of the log.
    pub precision: Vec<LoggedPrecision>,
}

/// Explains a prediction with the config's model.
pub fn explain(settings: &Settings, request: &ExplainRequest, scan: ScanOptions<'_>) -> Result<ExplainedPrediction> {
    let reference = open_configured_reference(settings)?;
    let layout = reference.layout();
    let model = open_model(settings, &reference)?
        .ok_or_else(|| Fault::setup("model.file: not set in the config, but explain needs the model file; set it"))?
        .model;
    let fields = &settings.source.fields;
    let scale = fields.probability.as_ref().or(fields.prediction.as_ref()).map_or(1.0, Scaled::scale);
    let is_probability = model.scoring().kind() == ScoreKind::Probability;
    let mut parity = ParityTally::default();
    let (id, record, rows) = match request {
        ExplainRequest::Id(id, window) => {
            let columns = [layout.columns(), model.extra_columns().to_vec()].concat();
            let (record, log_parity) = find_record(settings, id, *window, (columns, scale, is_probability), scan)?;
            parity = log_parity;
            (Some(id.clone()), Some((record.at, record.decision, record.model_version)), record.rows)
        }
        ExplainRequest::Row(path) => {
            let shown = path.display().to_string();
            let bytes = fs::read(path).map_err(|error| {
                Fault::setup(format!("--row {shown}: {}; expected a JSON file with one record", describe_io(&error)))
            })?;
            let rows =
                read_row(&bytes, settings, &model, layout).map_err(|fault| fault.context(format!("--row {shown}")))?;
            (None, None, rows)
        }
    };
    let explainer = model.scoring().explainer(reference.contributions())?;
    let explanation = explain_row(&model, &explainer, &rows, layout, reference.profile())?;
    if explanation.score.is_nan() {
        return Err(Fault::setup(format!(
            "{} refuses to score this record, because one of its values is missing, infinite, or a level that it was not \
             trained with; correct the record, or explain another one",
            model.model().kind()
        )));
    }
    let rule = is_probability.then(|| settings.model.rule());
    let score = rows.probability.as_ref().and_then(|column| column.iter().next().flatten());
    let (at, logged) = match record {
        Some((at, decision, model_version)) => {
            if let Some(logged) = score {
                let pair = Pair { name: "", key: 0, logged, replayed: explanation.score, refused: None };
                let tolerance = model.scoring().promise().tolerance;
                parity.observe(pair, ParityOptions { rule, scale, tolerance });
            }
            let parity = parity.finish(1);
            let meaning = decision_words(settings).zip(decision.as_ref()).and_then(|(words, word)| words.meaning(word));
            let logged = LoggedPrediction {
                score,
                refused: match meaning {
                    Some(DecisionWord::Refused) => Some(true),
                    Some(DecisionWord::Accepted) => Some(false),
                    Some(DecisionWord::Open) | None => None,
                },
                decision,
                model_version,
                agrees: !parity.is_broken(),
                difference: parity.max_abs_difference,
                precision: parity.precision,
            };
            (Some(at), Some(logged))
        }
        None => (None, None),
    };
    let model_sha256 = model.scoring().sha256_hex().to_owned();
    let described =
        |(index, feature): (usize, &Feature)| Some((feature.name.clone(), reference.description(index)?.clone()));
    let descriptions = layout.features().iter().enumerate().filter_map(described).collect();
    Ok(ExplainedPrediction { id, at, logged, model_sha256, rule, explanation, descriptions })
}

/// Finds the record, and measures the precision of the log.
fn find_record(
    settings: &Settings,
    id: &str,
    window: Option<Window>,
    (columns, scale, is_probability): (Vec<Column>, f64, bool),
    scan: ScanOptions<'_>,
) -> Result<(engine::Record, ParityTally)> {
    if settings.source.fields.id.is_none() {
        return Err(Fault::setup("source.fields.id: not mapped, but --id searches by it; map it, or use --row FILE"));
    }
    let log = Log::open(&settings.source)?;
    let spelled = word(id).map_or_else(|| id.to_owned(), std::borrow::Cow::into_owned);
    let observe = |tally: &mut ParityTally, records: &Records| {
        let logged = records.probability.iter().flatten().flatten();
        let is_score = |logged: &f64| if is_probability { (0.0..=1.0).contains(logged) } else { logged.is_finite() };
        logged.filter(is_score).for_each(|logged| tally.observe_precision(logged, scale));
    };
    let ScanOptions { threads, progress } = scan;
    let (found, tallies) =
        engine::find(&log, &Request { columns, window }, &spelled, threads, progress, &ParityTally::default, &observe)?;
    let mut parity = ParityTally::default();
    tallies.iter().for_each(|tally| parity.merge(tally));
    let record = found.ok_or_else(|| {
        Fault::setup(format!(
            "--id {}: no record{} has this id; ids are read from {}; {}",
            shown(id),
            within(window),
            id_field(settings),
            match window {
                Some(_) => "widen --from and --to, or check `source.path`",
                None => "check the id and `source.path`",
            }
        ))
    })?;
    if !record.has_features || record.rows.features.iter().flatten().all(is_missing) {
        return Err(Fault::setup(format!(
            "--id {}: the record has no inputs (possibly a failed request), so there is nothing to explain",
            shown(id)
        )));
    }
    Ok((record, parity))
}

/// Whether the only row of a column has no value.
fn is_missing(column: &ArrayRef) -> bool {
    if let Some(levels) = column.as_dictionary_opt::<Int32Type>() {
        return levels
            .keys()
            .iter()
            .flatten()
            .all(|key| usize::try_from(key).is_ok_and(|key| levels.values().is_null(key)));
    }
    let mut missing = true;
    for_each_number(column.as_ref(), &mut |value| missing &= value.is_nan());
    missing
}

fn within(window: Option<Window>) -> String {
    window.map_or(" in the log".to_owned(), |window| format!(" from {} to {}", window.from, window.to))
}
