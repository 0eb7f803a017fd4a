//! Rows of a window scored again by a model file, and compared with the logged scores.

use vigie_profile::layout::Kind;

use super::{
    attribution::{RowExplainer, unavailable_attribution},
    context::{RunContext, SAMPLE, WindowData},
    leaves::{LeafCounter, unavailable_leaves},
    parity_cause::with_cause,
    parity_request::ParityRequest,
    skew::SampledRows,
};
use crate::{
    engine::{self, KeyedRows, RowQuery},
    fault::{Fault, Result},
    judge::ParityOf,
    replay::{
        Attribution, AttributionTally, FeatureSegments, LeafCounts, LeafDrift, Pair, Parity, ParityTally, Replay,
        Rescorer, ShiftTally, Unmeasured,
    },
};

/// Number of features of each kind by which a challenger's decisions are broken down.
const SEGMENTED: usize = 3;

/// Tallies of a rescored window.
pub(crate) struct Rescored {
    pub parity: ParityTally,
    pub shift: Option<ShiftTally>,
    pub attribution: Option<Attribution>,
    /// `None` if leaves are not counted; `Err`: the reason why they could not be compared.
    pub leaves: Option<Result<LeafDrift, Unmeasured>>,
    /// For each column that only the model reads: whether any record has it.
    pub read: Vec<bool>,
    /// The sample of the rows, if the run keeps them.
    pub rows: SampledRows,
}

/// What a plain check learns from scoring rows again.
#[derive(Default)]
pub(crate) struct WindowReplay {
    pub replay: Option<Replay>,
    pub contributions: Option<Attribution>,
    pub leaves: Option<Result<LeafDrift, Unmeasured>>,
    /// The sample of the rows, if the run keeps them.
    pub rows: SampledRows,
}

/// The replay section of a plain check, the drift of contributions, and that of leaves. All need a model file; replay also
/// needs a mapped probability, contributions must be enabled in the policy, and leaves be in the reference.
pub(crate) fn replay_window(run: &RunContext<'_>, data: &WindowData) -> Result<WindowReplay> {
    let rows = run.settings.policy.parity;
    let Some(model) = &run.model else {
        let rows = if run.keeps_rows { SampledRows::read(run, data)? } else { SampledRows::default() };
        return Ok(WindowReplay { rows, ..WindowReplay::default() });
    };
    let class = run.settings.model.class.as_deref();
    let request = ParityRequest::new(run, model, class, rows).filter(|_| rows != ParityOf::Off);
    let rescored = rescore(run, model, data, request, &[], false)?;
    let replay = match request {
        Some(request) => Some(Replay {
            model_sha256: model.scoring().sha256_hex().to_owned(),
            parity: explained_parity(run, model, data, request, &rescored.parity)?,
            challenger: None,
        }),
        None => None,
    };
    Ok(WindowReplay { replay, contributions: rescored.attribution, leaves: rescored.leaves, rows: rescored.rows })
}

/// The comparison with the model that made the logged scores, and the cause if they differ.
pub(crate) fn explained_parity(
    run: &RunContext<'_>,
    model: &Rescorer,
    data: &WindowData,
    request: ParityRequest,
    tally: &ParityTally,
) -> Result<Parity> {
    let parity = Parity { promise: Some(model.scoring().promise()), ..tally.finish(data.counted.profile.rows()) };
    with_cause(run, model, data, request, (tally, parity))
}

struct RescoreTally {
    parity: ParityTally,
    shift: Option<ShiftTally>,
    attribution: Option<AttributionTally>,
    leaves: Option<LeafCounts>,
    rows: SampledRows,
    fault: Option<Fault>,
}

/// Scores the used rows of a window, or a sample of them, explains the sample and counts its leaves, in one pass.
pub(crate) fn rescore(
    run: &RunContext<'_>,
    model: &Rescorer,
    data: &WindowData,
    request: Option<ParityRequest>,
    segments: &[FeatureSegments],
    is_challenger: bool,
) -> Result<Rescored> {
    let layout = run.reference.layout();
    let rows = data.counted.profile.rows();
    let explainer = RowExplainer::new(run, rows);
    let counter = LeafCounter::new(run, rows);
    let empty = || RescoreTally {
        parity: ParityTally::default(),
        shift: is_challenger.then(|| ShiftTally::empty(layout, segments)),
        attribution: explainer.as_ref().map(RowExplainer::empty),
        leaves: counter.as_ref().map(LeafCounter::empty),
        rows: SampledRows::default(),
        fault: None,
    };
    let observe = |tally: &mut RescoreTally, keyed: &KeyedRows| -> Result<()> {
        let inputs = model.inputs(&keyed.rows)?;
        let with_leaves = match (&counter, &mut tally.leaves) {
            (Some(counter), Some(counts)) => Some(counter.score(counts, model, &inputs, &keyed.keys)?),
            _ => None,
        };
        if let Some(request) = request {
            let mut replayed = match with_leaves {
                Some(scores) => scores,
                None => model.scores(&inputs, keyed.rows.len)?,
            };
            let refused = model.model().refused_rows(&inputs, 0..keyed.rows.len);
            for row in &refused {
                if let Some(score) = replayed.get_mut(*row) {
                    *score = f64::NAN;
                }
            }
            if let (Some(shift), Some(rule)) = (&mut tally.shift, request.options.rule) {
                shift.observe(&keyed.rows, &replayed, rule, layout, segments);
            }
            tally.parity.leave_out(refused.len() as u64);
            for pair in pairs(keyed, request, &replayed, &refused) {
                tally.parity.observe(pair, request.options);
            }
        }
        match (&explainer, &mut tally.attribution) {
            (Some(explainer), Some(tally)) => explainer.observe(tally, model, &inputs, &keyed.keys),
            _ => Ok(()),
        }
    };
    let each = |tally: &mut RescoreTally, keyed: KeyedRows| {
        let observed = observe(tally, &keyed);
        let kept = observed.and_then(|()| if run.keeps_rows { tally.rows.add(keyed, rows) } else { Ok(()) });
        if let Err(why) = kept {
            tally.fault = Some(why);
        }
    };
    let mut all = empty();
    let mut read = vec![false; model.extra_columns().len()];
    if request.is_some() || explainer.is_some() || counter.is_some() || run.keeps_rows {
        let is_all = request.is_some_and(|request| request.rows == ParityOf::All);
        let below = SAMPLE.below(rows).filter(|_| !is_all);
        let query = RowQuery { extra_columns: model.extra_columns(), key_below: below, ..RowQuery::default() };
        let scanned = engine::scan(&run.job(data.window), &data.counted, query, &empty, &each)?;
        read = scanned.seen;
        for tally in scanned.tallies {
            if let Some(fault) = tally.fault {
                return Err(fault);
            }
            all.parity.merge(&tally.parity);
            if let (Some(ours), Some(theirs)) = (&mut all.shift, &tally.shift) {
                ours.merge(theirs);
            }
            if let (Some(ours), Some(theirs)) = (&mut all.attribution, &tally.attribution) {
                ours.merge(theirs);
            }
            if let (Some(ours), Some(theirs)) = (&mut all.leaves, &tally.leaves) {
                ours.merge(theirs);
            }
            all.rows.merge(tally.rows);
        }
    }
    let leaves = counter.as_ref().zip(all.leaves.as_ref()).map(|(counter, counts)| counter.finish(counts, run, model));
    let leaves = leaves.or_else(|| unavailable_leaves(run));
    let attribution =
        explainer.as_ref().zip(all.attribution.as_ref()).map(|(explainer, tally)| explainer.finish(tally, run));
    let attribution = attribution.or_else(|| unavailable_attribution(run));
    Ok(Rescored { parity: all.parity, shift: all.shift, attribution, leaves, read, rows: all.rows })
}

/// Both scores of each row, except those that the library refuses, in ascending order.
fn pairs<'a>(
    keyed: &'a KeyedRows,
    request: ParityRequest,
    replayed: &'a [f64],
    refused: &'a [usize],
) -> impl Iterator<Item = Pair<'a>> {
    let named = keyed.names.iter().zip(&keyed.keys);
    let scored = request.logged(keyed).into_iter().zip(replayed).zip(named).enumerate();
    scored.filter(|(row, _)| refused.binary_search(row).is_err()).filter_map(
        |(row, ((logged, replayed), (name, key)))| {
            let refused = ParityRequest::refused(keyed, row);
            Some(Pair { name, key: *key, logged: logged?, replayed: *replayed, refused })
        },
    )
}

/// The most important features of both kinds. A challenger's decisions are broken down by their levels and bins.
pub(crate) fn challenger_segments(run: &RunContext<'_>) -> Vec<FeatureSegments> {
    let reference = &run.reference;
    let (features, counts) = (reference.layout().features(), reference.profile().features());
    let importance = |feature: usize| reference.importance().get(feature).copied().flatten().unwrap_or(0.0);
    let mut order: Vec<usize> = (0..features.len()).collect();
    order.sort_by(|a, b| importance(*b).total_cmp(&importance(*a)).then(a.cmp(b)));
    let mut chosen: Vec<usize> = [Kind::Categorical, Kind::Numeric]
        .into_iter()
        .flat_map(|kind| {
            let of_kind = order.iter().filter(move |place| features.get(**place).is_some_and(|one| one.kind() == kind));
            of_kind.take(SEGMENTED).copied()
        })
        .collect();
    chosen.sort_by(|a, b| importance(*b).total_cmp(&importance(*a)).then(a.cmp(b)));
    chosen
        .into_iter()
        .filter_map(|place| {
            let (feature, counts) = (features.get(place)?, counts.get(place)?);
            Some(FeatureSegments::new(place, feature, counts, reference.layout().precision()))
        })
        .collect()
}
