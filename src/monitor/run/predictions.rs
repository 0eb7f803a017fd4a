//! Performance of a regression or of several classes, where labels have arrived.

use vigie_profile::batch::{Number, level, number};
use vigie_stats::{Multiclass, PredictionErrors};

use super::context::{RunContext, WindowData};
use crate::{
    engine::{self, KeyedRows, RowQuery},
    fault::{Fault, Result},
    performance::{LabelCounts, OutcomeKind, Predictions, RealisedPredictions, ValueJoin},
    source::{LabelLog, LabelLookup, LabelOptions},
};

/// Measures the window's predictions; `None` if the config maps none.
pub(crate) fn predictions(run: &RunContext<'_>, data: &WindowData) -> Result<Option<Predictions>> {
    let fields = &run.settings.source.fields;
    let classes: Option<Vec<String>> = fields.probabilities.as_ref().map(|classes| classes.keys().cloned().collect());
    if fields.prediction.is_none() && classes.is_none() {
        return Ok(None);
    }
    let options = run.settings.labels.as_ref();
    let (labels, realised) = match classes {
        None => {
            let joined = options.map(|options| join_numbers(run, data, options)).transpose()?;
            let (labels, known) = joined.unzip();
            (labels, RealisedPredictions::Numbers(known.and_then(PredictionErrors::new)))
        }
        Some(names) => {
            let joined = options.map(|options| join_classes(run, data, options, &names)).transpose()?;
            let (labels, known) = joined.unzip();
            let measured = known.and_then(|known| Multiclass::new(&known, names.len()));
            (labels, RealisedPredictions::Classes(names, measured))
        }
    };
    Ok(Some(Predictions { rows: data.counted.profile.rows(), labels, realised }))
}

/// The prediction and the actual number of each labelled row.
fn join_numbers(
    run: &RunContext<'_>,
    data: &WindowData,
    options: &LabelOptions,
) -> Result<(LabelCounts, Vec<(f64, f64)>)> {
    let parse = |text: &str| match number(text) {
        Number::Value(value) => Some(value).filter(|value| value.is_finite()),
        Number::Missing | Number::Invalid => None,
    };
    let each = |rows: &mut Vec<(u128, f64)>, keyed: KeyedRows| {
        let predicted = keyed.rows.probability.iter().flatten();
        rows.extend(keyed.keys.iter().zip(predicted).filter_map(|(key, value)| Some((*key, value?))));
    };
    join(run, data, options, OutcomeKind::Number, &parse, &each)
}

/// Adds the predictions of rows by the key of their ids.
type TakePredictions<'a, P> = dyn Fn(&mut Vec<(u128, P)>, KeyedRows) + Sync + 'a;

/// Label counts, and each labelled prediction with its outcome.
type Joined<P, O> = (LabelCounts, Vec<(P, O)>);

/// The probabilities and the actual class of each labelled row.
fn join_classes(
    run: &RunContext<'_>,
    data: &WindowData,
    options: &LabelOptions,
    names: &[String],
) -> Result<Joined<Vec<f64>, usize>> {
    let parse = |text: &str| names.iter().position(|name| level(name).as_deref() == Some(text));
    let each = |rows: &mut Vec<(u128, Vec<f64>)>, keyed: KeyedRows| {
        rows.extend(keyed.keys.into_iter().zip(keyed.classes));
    };
    join(run, data, options, OutcomeKind::Class, &parse, &each)
}

/// Joins labels to the predictions that `each` takes from the window's used rows, which are read again for it.
fn join<P: Send, O: PartialEq>(
    run: &RunContext<'_>,
    data: &WindowData,
    options: &LabelOptions,
    outcome: OutcomeKind,
    parse: &dyn Fn(&str) -> Option<O>,
    each: &TakePredictions<'_, P>,
) -> Result<Joined<P, O>> {
    if run.settings.source.fields.id.is_none() {
        return Err(Fault::setup("labels: labels are joined by id; map `source.fields.id`, or remove `labels`"));
    }
    let nothing = || ValueJoin::new(Vec::new(), outcome, parse);
    let labels = match LabelLog::open(options, &run.settings.source) {
        // Unreadable labels must not prevent the rest of the report.
        Err(fault) => {
            let mut labels = nothing();
            labels.add_problems(0, vec![fault.left_out()], Vec::new());
            labels
        }
        Ok(LabelLookup::NotYet(place)) => {
            let mut labels = nothing();
            labels.not_yet(place);
            labels
        }
        Ok(LabelLookup::Found(log)) => {
            let query = RowQuery { scores_only: true, ..RowQuery::default() };
            let scanned = engine::scan(&run.job(data.window), &data.counted, query, &Vec::new, each)?;
            let mut labels = ValueJoin::new(scanned.tallies.into_iter().flatten(), outcome, parse);
            let read = log.read(Some(data.window.from), &mut |id, target| labels.join(id, target));
            if read.interrupted {
                labels.forget();
            }
            labels.add_problems(read.malformed, read.unreadable, read.lost);
            labels
        }
    };
    Ok(labels.finish())
}
