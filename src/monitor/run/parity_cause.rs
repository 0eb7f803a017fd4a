//! Why logged scores differ from the model's: collects a sample of the rows, and reads the model file with other options.

use std::{path::Path, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, StringArray};
use vigie_models::{InputKind, Iterations, ModelOptions};
use vigie_profile::batch::{for_each_number, texts};

use super::{
    context::{MODEL_FILE, RunContext, SAMPLE, WindowData, with_missing_inputs},
    parity_request::ParityRequest,
};
use crate::{
    engine::{self, KeyedRows, RowQuery},
    fault::Result,
    monitor::model::{options, place, read_with},
    replay::{
        IterationsUsed, LEAST_DIFFERING, Parity, ParityCause, ParitySample, ParityTally, Rereadings, Rescorer,
        ScoringModel, find_cause,
    },
};

/// Adds the cause, if scores differ and the rows show why.
pub(crate) fn with_cause(
    run: &RunContext<'_>,
    model: &Rescorer,
    data: &WindowData,
    request: ParityRequest,
    (tally, parity): (&ParityTally, Parity),
) -> Result<Parity> {
    if parity.mismatches < LEAST_DIFFERING as u64 {
        return Ok(parity);
    }
    let sample = collect(run, model, data, request)?;
    let importance = run.reference.importance();
    let of_column = |place: &Option<usize>| importance.get((*place)?).copied().flatten();
    let importance: Vec<f64> = model.columns().iter().map(|place| of_column(place).unwrap_or(0.0)).collect();
    let Some(file) = run.model_file.as_ref().map(|file| file.path.as_path()) else { return Ok(parity) };
    let first = |count: u32| {
        let choices = options(&run.settings.model.choices());
        let iterations = Iterations::First(usize::try_from(count).ok()?);
        // An option that the file does not have is not a hypothesis.
        reread(run, file, &ModelOptions { iterations, ..choices }, run.settings.model.class.as_deref()).ok()
    };
    let rereadings = Rereadings { whole: rereadings(run, model, file), first: &first };
    let cause = find_cause(model, tally.row_judge(request.options), &sample, &rereadings, &importance)?;
    Ok(Parity { cause, ..parity })
}

/// Values of one feature of the model.
enum CollectedValues {
    Numbers(Vec<f64>),
    Levels(Vec<Option<String>>),
}

/// Rows in the order in which they are read.
struct CollectedSample {
    keys: Vec<u128>,
    logged: Vec<f64>,
    /// One per feature of the model.
    columns: Vec<CollectedValues>,
}

impl CollectedSample {
    fn empty(model: &Rescorer) -> Self {
        let column = |kind: InputKind| match kind {
            InputKind::Numeric => CollectedValues::Numbers(Vec::new()),
            InputKind::Categorical => CollectedValues::Levels(Vec::new()),
        };
        let columns = model.model().features().iter().map(|feature| column(feature.kind)).collect();
        Self { keys: Vec::new(), logged: Vec::new(), columns }
    }

    fn take(&mut self, keyed: &KeyedRows, logged: &[Option<f64>], model: &Rescorer) {
        let rows = keyed.rows.len;
        self.keys.extend_from_slice(&keyed.keys);
        self.logged.extend(logged.iter().map(|score| score.unwrap_or(f64::NAN)));
        for (values, place) in self.columns.iter_mut().zip(model.input_columns()) {
            let column = place.and_then(|place| keyed.rows.features.get(place)?.as_ref());
            match (values, column) {
                (CollectedValues::Numbers(values), Some(column)) => {
                    for_each_number(column.as_ref(), &mut |value| values.push(value));
                }
                (CollectedValues::Numbers(values), None) => values.resize(values.len() + rows, f64::NAN),
                (CollectedValues::Levels(values), Some(column)) => {
                    values.extend(texts(column).iter().map(|level| level.map(ToOwned::to_owned)));
                }
                (CollectedValues::Levels(values), None) => values.resize(values.len() + rows, None),
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.logged.extend(other.logged);
        for (ours, theirs) in self.columns.iter_mut().zip(other.columns) {
            match (ours, theirs) {
                (CollectedValues::Numbers(ours), CollectedValues::Numbers(theirs)) => ours.extend(theirs),
                (CollectedValues::Levels(ours), CollectedValues::Levels(theirs)) => ours.extend(theirs),
                _ => {}
            }
        }
    }

    /// The rows in the order of their keys, without those that have no score or are not scorable.
    fn sorted(self) -> ParitySample {
        let mut order: Vec<(u128, usize)> = self.keys.into_iter().zip(0..).collect();
        order.retain(|(_, row)| self.logged.get(*row).is_some_and(|logged| !logged.is_nan()));
        order.sort_unstable();
        let column = |values: CollectedValues| -> ArrayRef {
            match values {
                CollectedValues::Numbers(values) => {
                    let ordered =
                        order.iter().map(|(_, row)| values.get(*row).copied().filter(|value| !value.is_nan()));
                    Arc::new(ordered.collect::<Float64Array>())
                }
                CollectedValues::Levels(values) => {
                    let ordered = order.iter().map(|(_, row)| values.get(*row).and_then(Option::as_deref));
                    Arc::new(ordered.collect::<StringArray>())
                }
            }
        };
        ParitySample {
            columns: self.columns.into_iter().map(|values| Some(column(values))).collect(),
            logged: order.iter().filter_map(|(_, row)| self.logged.get(*row).copied()).collect(),
        }
    }
}

/// Reads the sample that a plain check compares.
fn collect(run: &RunContext<'_>, model: &Rescorer, data: &WindowData, request: ParityRequest) -> Result<ParitySample> {
    let below = SAMPLE.below(data.counted.profile.rows());
    let query = RowQuery { extra_columns: model.extra_columns(), key_below: below, ..RowQuery::default() };
    let empty = || (CollectedSample::empty(model), None);
    let scanned =
        engine::scan(&run.job(data.window), &data.counted, query, &empty, &|(rows, fault), keyed| match scorable(
            model, &keyed, request,
        ) {
            Ok(logged) => rows.take(&keyed, &logged, model),
            Err(why) => *fault = Some(why),
        })?;
    let mut all = CollectedSample::empty(model);
    for (rows, fault) in scanned.tallies {
        if let Some(fault) = fault {
            return Err(fault);
        }
        all.add(rows);
    }
    Ok(all.sorted())
}

/// The logged scores of rows; none for a row that the library refuses.
fn scorable(model: &Rescorer, keyed: &KeyedRows, request: ParityRequest) -> Result<Vec<Option<f64>>> {
    let refused = model.model().refused_rows(&model.inputs(&keyed.rows)?, 0..keyed.rows.len);
    let logged = request.logged(keyed).into_iter().enumerate();
    Ok(logged.map(|(row, logged)| logged.filter(|_| refused.binary_search(&row).is_err())).collect())
}

/// The model file read with other options, each with the cause that it stands for. Files that leave nothing open have none.
fn rereadings(run: &RunContext<'_>, model: &Rescorer, file: &Path) -> Vec<(ParityCause, Rescorer)> {
    let choices = run.settings.model.choices();
    let chosen = options(&choices);
    let iterations = [
        (Iterations::All, IterationsUsed::All),
        (Iterations::Best, IterationsUsed::Best),
        (Iterations::AsLibrary, IterationsUsed::Default),
    ];
    let others = iterations.into_iter().filter(|(iterations, _)| *iterations != chosen.iterations);
    let others = others
        .map(|(iterations, uses)| (ParityCause::Iterations { uses }, ModelOptions { iterations, ..chosen.clone() }));
    let rounding = if chosen.single_inputs { ParityCause::InputsNotRounded } else { ParityCause::InputsRounded };
    let inputs = (rounding, ModelOptions { single_inputs: !chosen.single_inputs, ..chosen.clone() });
    let class = run.settings.model.class.as_deref();
    // An option that the file does not have is not a hypothesis.
    let reread =
        |(cause, options): (ParityCause, ModelOptions)| Some((cause, reread(run, file, &options, class).ok()?));
    let mut all: Vec<(ParityCause, Rescorer)> = others.chain([inputs]).filter_map(reread).collect();
    all.extend(other_classes(run, model, file, &chosen));
    all
}

/// The probabilities of the other ones of several classes.
fn other_classes(
    run: &RunContext<'_>,
    model: &Rescorer,
    file: &Path,
    options: &ModelOptions,
) -> Vec<(ParityCause, Rescorer)> {
    const TRIED: usize = 20;
    if model.model().output_count() < 2 {
        return Vec::new();
    }
    let others = model.model().classes().iter().filter(|class| run.settings.model.class.as_ref() != Some(*class));
    let others = others.take(TRIED).filter_map(|class| {
        let rescorer = reread(run, file, options, Some(class)).ok()?;
        Some((ParityCause::AnotherClass { class: class.clone() }, rescorer))
    });
    others.collect()
}

/// The model file, read with these options and for a class.
fn reread(run: &RunContext<'_>, file: &Path, options: &ModelOptions, class: Option<&str>) -> Result<Rescorer> {
    let model = read_with(MODEL_FILE, file, options)?;
    let scoring = ScoringModel::new(MODEL_FILE, model, class)?;
    let rescorer = Rescorer::for_reference(&place(MODEL_FILE, file), scoring, run.reference.layout())?;
    with_missing_inputs(rescorer, run.settings)
}
