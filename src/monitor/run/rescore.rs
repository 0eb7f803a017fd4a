//! Rows of a window scored again by a model file, and held against the logged scores.

use vigie_profile::layout::Kind;
use vigie_stats::Price;

use super::{
    attribution::{Attributing, Explaining, not_explained},
    lookout::{Lookout, Seen},
};
use crate::{
    engine::{self, Answered, Sample, Wanted},
    fault::{Fault, Result},
    judge::ParityOf,
    replay::{
        Attribution, AttributionTally, Pair, ParityTally, Reading, Replay, Rescorer, Segments, Shift, ShiftTally,
    },
};

/// Rows that parity and contributions are judged on, unless all are asked for.
pub(crate) const SAMPLE: Sample = Sample { most: 10_000, aim: 9_400 };
/// Decisions are looked at apart by so many features of each kind.
const APART: usize = 3;

/// The rows that will be asked for once a window is counted, if that is a sample.
pub(crate) fn sample_of(lookout: &Lookout<'_>) -> Option<Sample> {
    let is_compared = lookout.model.is_some() && lookout.settings.policy.parity == ParityOf::Sample;
    let is_explained = matches!(lookout.attributing, Attributing::On(_));
    let is_all = lookout.settings.policy.parity == ParityOf::All;
    ((is_compared || is_explained) && !is_all).then_some(SAMPLE)
}

/// What is compared, and how logged probabilities are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    of: ParityOf,
    reading: Reading,
    price: Price,
}

impl Question {
    /// `None` where the config maps no probability.
    pub(crate) fn of(lookout: &Lookout<'_>, of: ParityOf) -> Option<Self> {
        let model = &lookout.settings.model;
        let scale = lookout.settings.source.fields.probability.as_ref()?.scale();
        Some(Self {
            of,
            reading: Reading { threshold: model.threshold, scale },
            price: Price { false_negative: model.cost.false_negative, false_positive: model.cost.false_positive },
        })
    }

    pub(crate) fn told(self, lookout: &Lookout<'_>, shift: &ShiftTally, segments: &[Segments]) -> Shift {
        shift.told(lookout.reference.layout(), segments, self.price, lookout.settings.policy.empty_bins)
    }
}

/// A window scored again, counted.
pub(crate) struct Rescored {
    pub parity: ParityTally,
    pub shift: Option<ShiftTally>,
    pub attribution: Option<Attribution>,
    /// By column that only the model reads: whether a record has it.
    pub read: Vec<bool>,
}

/// The replay section of a plain check, and the drift of contributions. Neither without a model file; the former not
/// where the config maps no probability, the latter only if the policy asks for it.
pub(crate) fn replayed(lookout: &Lookout<'_>, seen: &Seen) -> Result<(Option<Replay>, Option<Attribution>)> {
    let of = lookout.settings.policy.parity;
    let question = Question::of(lookout, of).filter(|_| of != ParityOf::Off);
    let Some(model) = &lookout.model else { return Ok((None, None)) };
    let rescored = rescore(lookout, model, seen, question, &[], false)?;
    let replay = question.map(|_| Replay {
        model_sha256: model.forest().sha256_hex(),
        parity: rescored.parity.told(seen.counted.profile.rows()),
        challenger: None,
    });
    Ok((replay, rescored.attribution))
}

struct Tally {
    parity: ParityTally,
    shift: Option<ShiftTally>,
    attribution: Option<AttributionTally>,
    fault: Option<Fault>,
}

/// Scores the used rows of a window, or a sample of them, and explains the sample: one look for both.
pub(crate) fn rescore(
    lookout: &Lookout<'_>,
    model: &Rescorer,
    seen: &Seen,
    question: Option<Question>,
    segments: &[Segments],
    is_challenger: bool,
) -> Result<Rescored> {
    let layout = lookout.reference.layout();
    let rows = seen.counted.profile.rows();
    let explaining = Explaining::of(lookout, rows);
    let empty = || Tally {
        parity: ParityTally::default(),
        shift: is_challenger.then(|| ShiftTally::empty(layout, segments)),
        attribution: explaining.as_ref().map(Explaining::empty),
        fault: None,
    };
    let observe = |tally: &mut Tally, answered: &Answered| -> Result<()> {
        let inputs = model.inputs(&answered.rows)?;
        if let Some(Question { reading, .. }) = question {
            let replayed = model.probabilities(&inputs, answered.rows.len)?;
            if let Some(shift) = &mut tally.shift {
                shift.observe(&answered.rows, &replayed, reading.threshold, layout, segments);
            }
            for pair in pairs(answered, &replayed) {
                tally.parity.observe(pair, reading);
            }
        }
        match (&explaining, &mut tally.attribution) {
            (Some(explaining), Some(tally)) => explaining.observe(tally, model, &inputs, &answered.keys),
            _ => Ok(()),
        }
    };
    let each = |tally: &mut Tally, answered: Answered| {
        if let Err(why) = observe(tally, &answered) {
            tally.fault = Some(why);
        }
    };
    let mut all = empty();
    let mut read = vec![false; model.more().len()];
    if question.is_some() || explaining.is_some() {
        let of_all = question.is_some_and(|question| question.of == ParityOf::All);
        let below = SAMPLE.below(rows).filter(|_| !of_all);
        let wanted = Wanted { more: model.more(), below, ..Wanted::default() };
        let looked = engine::look(&lookout.job(seen.window), &seen.counted, wanted, &empty, &each)?;
        read = looked.seen;
        for tally in looked.tallies {
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
        }
    }
    let explained = explaining.as_ref().zip(all.attribution.as_ref());
    let attribution = explained.map(|(explaining, tally)| explaining.told(tally, lookout));
    let attribution = attribution.or_else(|| not_explained(lookout));
    Ok(Rescored { parity: all.parity, shift: all.shift, attribution, read })
}

fn pairs<'a>(answered: &'a Answered, replayed: &'a [f64]) -> impl Iterator<Item = Pair<'a>> {
    let logged = answered.rows.probability.iter().flatten();
    let named = answered.names.iter().zip(&answered.keys);
    logged.zip(replayed).zip(named).filter_map(|((logged, replayed), (name, key))| {
        Some(Pair { name, key: *key, logged: logged?, replayed: *replayed })
    })
}

/// The most important features of both kinds, whose levels and bins decisions are looked at apart by.
pub(crate) fn segments(lookout: &Lookout<'_>) -> Vec<Segments> {
    let reference = &lookout.reference;
    let (features, counts) = (reference.layout().features(), reference.profile().features());
    let importance = |feature: usize| reference.importance().get(feature).copied().flatten().unwrap_or(0.0);
    let mut order: Vec<usize> = (0..features.len()).collect();
    order.sort_by(|a, b| importance(*b).total_cmp(&importance(*a)).then(a.cmp(b)));
    let mut chosen: Vec<usize> = [Kind::Categorical, Kind::Numeric]
        .into_iter()
        .flat_map(|kind| {
            let of_kind = order.iter().filter(move |place| features.get(**place).is_some_and(|one| one.kind() == kind));
            of_kind.take(APART).copied()
        })
        .collect();
    chosen.sort_by(|a, b| importance(*b).total_cmp(&importance(*a)).then(a.cmp(b)));
    chosen
        .into_iter()
        .filter_map(|place| {
            let (feature, counts) = (features.get(place)?, counts.get(place)?);
            Some(Segments::of(place, feature, counts, reference.layout().precision()))
        })
        .collect()
}
