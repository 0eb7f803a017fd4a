//! Rows of a window scored again by a model file, and held against the logged scores.

use super::lookout::{Lookout, Seen};
use crate::{
    engine::{self, Answered, Wanted},
    fault::{Fault, Outcome},
    judge::ParityOf,
    layout::Kind,
    replay::{Pair, ParityTally, Reading, Replay, Rescorer, Segments, Shift, ShiftTally},
    stats::Price,
};

/// Rows of a sample, at most; a little less is aimed at, as the hash of ids decides.
const SAMPLE: u64 = 10_000;
const AIM: u64 = 9_400;
/// Decisions are looked at apart by so many features of each kind.
const APART: usize = 3;

/// Which of so many rows are looked at: those with a lesser key. They are the same, whatever their order or the threads.
pub(super) fn below(of: ParityOf, rows: u64) -> Option<u128> {
    (of == ParityOf::Sample && rows > SAMPLE).then(|| u128::MAX / u128::from(rows) * u128::from(AIM))
}

/// What is compared, and how logged probabilities are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    of: ParityOf,
    reading: Reading,
    price: Price,
}

impl Question {
    /// `None` where the config maps no probability.
    pub fn of(lookout: &Lookout<'_>, of: ParityOf) -> Option<Self> {
        let model = &lookout.settings.model;
        let scale = lookout.settings.source.fields.probability.as_ref()?.scale();
        Some(Self {
            of,
            reading: Reading { threshold: model.threshold, scale },
            price: Price { false_negative: model.cost.false_negative, false_positive: model.cost.false_positive },
        })
    }

    pub fn told(self, lookout: &Lookout<'_>, shift: &ShiftTally, segments: &[Segments]) -> Shift {
        shift.told(lookout.reference.layout(), segments, self.price, lookout.settings.policy.empty_bins)
    }
}

/// A window scored again, counted.
pub(super) struct Rescored {
    pub parity: ParityTally,
    pub shift: Option<ShiftTally>,
    /// By column that only the model reads: whether a record has it.
    pub read: Vec<bool>,
}

/// The replay section of a plain check. `None` without a model file, or where the config maps no probability.
pub(super) fn replayed(lookout: &Lookout<'_>, seen: &Seen) -> Outcome<Option<Replay>> {
    let of = lookout.settings.policy.parity;
    let model = lookout.model.as_ref().filter(|_| of != ParityOf::Off);
    let (Some(model), Some(question)) = (model, Question::of(lookout, of)) else { return Ok(None) };
    let rescored = rescore(lookout, model, seen, question, &[], false)?;
    Ok(Some(Replay {
        model_sha256: model.forest().sha256_hex(),
        parity: rescored.parity.told(seen.counted.profile.rows()),
        challenger: None,
    }))
}

struct Tally {
    parity: ParityTally,
    shift: Option<ShiftTally>,
    fault: Option<Fault>,
}

/// Scores the used rows of a window, or a sample of them.
pub(super) fn rescore(
    lookout: &Lookout<'_>,
    model: &Rescorer,
    seen: &Seen,
    question: Question,
    segments: &[Segments],
    is_challenger: bool,
) -> Outcome<Rescored> {
    let layout = lookout.reference.layout();
    let wanted =
        Wanted { more: model.more(), below: below(question.of, seen.counted.profile.rows()), ..Wanted::default() };
    let empty = || Tally {
        parity: ParityTally::default(),
        shift: is_challenger.then(|| ShiftTally::empty(layout, segments)),
        fault: None,
    };
    let each = |tally: &mut Tally, answered: Answered| match model.probabilities(&answered.rows) {
        Ok(replayed) => {
            if let Some(shift) = &mut tally.shift {
                shift.observe(&answered.rows, &replayed, question.reading.threshold, layout, segments);
            }
            for pair in pairs(&answered, &replayed) {
                tally.parity.observe(pair, question.reading);
            }
        }
        Err(why) => tally.fault = Some(why),
    };
    let looked = engine::look(&lookout.job(seen.window), &seen.counted, wanted, &empty, &each)?;
    let mut all = empty();
    for tally in looked.tallies {
        if let Some(fault) = tally.fault {
            return Err(fault);
        }
        all.parity.merge(&tally.parity);
        if let (Some(ours), Some(theirs)) = (&mut all.shift, &tally.shift) {
            ours.merge(theirs);
        }
    }
    Ok(Rescored { parity: all.parity, shift: all.shift, read: looked.seen })
}

fn pairs<'a>(answered: &'a Answered, replayed: &'a [f64]) -> impl Iterator<Item = Pair<'a>> {
    let logged = answered.rows.probability.iter().flatten();
    let named = answered.names.iter().zip(&answered.keys);
    logged.zip(replayed).zip(named).filter_map(|((logged, replayed), (name, key))| {
        Some(Pair { name, key: *key, logged: logged?, replayed: *replayed })
    })
}

/// The most important features of both kinds, whose levels and bins decisions are looked at apart by.
pub(super) fn segments(lookout: &Lookout<'_>) -> Vec<Segments> {
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
