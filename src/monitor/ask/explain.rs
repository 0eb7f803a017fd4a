//! `vigie explain`: one prediction, what each feature added to it.

use std::{fs, path::PathBuf};

use arrow_array::{Array, ArrayRef, cast::AsArray, types::Int32Type};
use vigie_models::Shap;
use vigie_profile::{
    batch::{Records, for_each_number, level},
    layout::Column,
    shown::shown,
    window::{Instant, Window},
};

use super::given::{described, given};
use crate::{
    config::Settings,
    engine,
    fault::{Fault, Result, spoken},
    monitor::run::{
        Looking,
        lookout::{open_model, reference_of},
    },
    replay::{Explanation, Pair, ParityTally, Reading, explain as explain_row},
    source::{Log, Request, Scaled},
};

/// Which prediction.
#[derive(Debug, Clone)]
pub enum Asked {
    /// A record of the log, by its id; looked for in a window, or in all of it.
    Id(String, Option<Window>),
    /// A file with one record, or with its inputs alone.
    Row(PathBuf),
}

/// A prediction, explained.
#[derive(Debug)]
pub struct Explained {
    pub id: Option<String>,
    pub at: Option<Instant>,
    pub logged: Option<Logged>,
    pub model_sha256: String,
    pub threshold: f64,
    pub explanation: Explanation,
}

/// What the log says of it.
#[derive(Debug)]
pub struct Logged {
    pub probability: Option<f64>,
    pub decision: Option<String>,
    pub model_version: Option<String>,
    /// Whether the probability is the model's, as finely as the log is written.
    pub agrees: bool,
    /// How far the model's lies from it.
    pub difference: Option<f64>,
    /// How finely the log is written, in words.
    pub precision: String,
}

/// Explains a prediction with the config's model.
pub fn explain(settings: &Settings, asked: &Asked, looking: Looking<'_>) -> Result<Explained> {
    let reference = reference_of(settings)?;
    let layout = reference.layout();
    let model = open_model(settings, &reference)?.ok_or_else(|| {
        Fault::setup("model.file: the config names no model, and there is nothing to explain with; add it")
    })?;
    let scale = settings.source.fields.probability.as_ref().map_or(1.0, Scaled::scale);
    let mut parity = ParityTally::default();
    let (id, record, rows) = match asked {
        Asked::Id(id, window) => {
            let (record, beside) = found(settings, id, *window, (layout.columns(), scale), looking)?;
            parity = beside;
            (Some(id.clone()), Some((record.at, record.decision, record.model_version)), record.rows)
        }
        Asked::Row(path) => {
            let shown = path.display().to_string();
            let bytes = fs::read(path).map_err(|error| {
                Fault::setup(format!("--row {shown}: {}; name a JSON file with one record", spoken(&error)))
            })?;
            let rows =
                given(&bytes, settings, &model, layout).map_err(|fault| fault.context(format!("--row {shown}")))?;
            (None, None, rows)
        }
    };
    let shap = Shap::new(model.forest())?;
    let explanation = explain_row(&model, &shap, &rows, layout, reference.profile())?;
    let threshold = settings.model.threshold;
    let probability = rows.probability.as_ref().and_then(|column| column.iter().next().flatten());
    let (at, logged) = match record {
        Some((at, decision, model_version)) => {
            if let Some(logged) = probability {
                let pair = Pair { name: "", key: 0, logged, replayed: explanation.probability };
                parity.observe(pair, Reading { threshold, scale });
            }
            let parity = parity.told(1);
            let logged = Logged {
                probability,
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
    Ok(Explained { id, at, logged, model_sha256: model.forest().sha256_hex(), threshold, explanation })
}

/// The record, and how finely the log that it is looked for in is written.
fn found(
    settings: &Settings,
    id: &str,
    window: Option<Window>,
    (columns, scale): (Vec<Column>, f64),
    looking: Looking<'_>,
) -> Result<(engine::Record, ParityTally)> {
    if settings.source.fields.id.is_none() {
        return Err(Fault::setup(
            "source.fields.id: it is not mapped, and --id looks for it; map it, or use --row FILE",
        ));
    }
    let log = Log::open(&settings.source)?;
    let spelled = level(id).map_or_else(|| id.to_owned(), std::borrow::Cow::into_owned);
    let see = |tally: &mut ParityTally, records: &Records| {
        let logged = records.probability.iter().flatten().flatten();
        logged.filter(|logged| (0.0..=1.0).contains(logged)).for_each(|logged| tally.see(logged, scale));
    };
    let Looking { threads, progress } = looking;
    let (found, tallies) =
        engine::find(&log, &Request { columns, window }, &spelled, threads, progress, &ParityTally::default, &see)?;
    let mut parity = ParityTally::default();
    tallies.iter().for_each(|tally| parity.merge(tally));
    let record = found.ok_or_else(|| {
        Fault::setup(format!(
            "--id {}: no record{} has it; is it the one in {}?",
            shown(id),
            within(window),
            described(settings)
        ))
    })?;
    if !record.has_features || record.rows.features.iter().flatten().all(is_missing) {
        return Err(Fault::setup(format!(
            "--id {}: its record holds no inputs (a request that failed?), so there is nothing to explain",
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
    window.map_or(" of the log".to_owned(), |window| format!(" from {} to {}", window.from, window.to))
}
