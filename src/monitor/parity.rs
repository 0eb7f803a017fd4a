//! Rows of a window scored again by the model file, and held against the logged scores.

use super::lookout::{Lookout, Seen};
use crate::{
    engine::{self, Wanted},
    fault::{Fault, Outcome},
    judge::ParityOf,
    replay::{Pair, Parity, ParityTally, Reading, Rescorer},
};

/// Rows of a sample, at most; a little less is aimed at, as the hash of ids decides.
const SAMPLE: u64 = 10_000;
const AIM: u64 = 9_400;

/// How logged probabilities are read; `None` where the config maps none.
pub(super) fn reading(lookout: &Lookout<'_>) -> Option<Reading> {
    let scale = lookout.settings.source.fields.probability.as_ref()?.scale();
    Some(Reading { threshold: lookout.settings.model.threshold, scale })
}

/// Which of so many rows are compared: those with a lesser key. The same rows are, whatever their order or the threads.
pub(super) fn below(of: ParityOf, rows: u64) -> Option<u128> {
    (of == ParityOf::Sample && rows > SAMPLE).then(|| u128::MAX / u128::from(rows) * u128::from(AIM))
}

/// Compares the used rows of a window, or a sample of them.
pub(super) fn parity(
    lookout: &Lookout<'_>,
    model: &Rescorer,
    seen: &Seen,
    of: ParityOf,
    reading: Reading,
) -> Outcome<Parity> {
    let rows = seen.counted.profile.rows();
    let wanted = Wanted { more: model.more(), below: below(of, rows) };
    let empty = || (ParityTally::default(), None::<Fault>);
    let looked =
        engine::look(&lookout.job(seen.window), &seen.counted, wanted, &empty, &|(tally, fault), answered| {
            let Some(logged) = &answered.rows.probability else { return };
            match model.probabilities(&answered.rows) {
                Ok(replayed) => {
                    let named = answered.names.iter().zip(&answered.keys);
                    for ((logged, replayed), (name, key)) in logged.iter().zip(replayed).zip(named) {
                        let Some(logged) = logged else { continue };
                        tally.observe(Pair { name, key: *key, logged, replayed }, reading);
                    }
                }
                Err(why) => *fault = Some(why),
            }
        })?;
    let mut all = ParityTally::default();
    for (tally, fault) in looked.tallies {
        if let Some(fault) = fault {
            return Err(fault);
        }
        all.merge(&tally);
    }
    Ok(all.told(rows))
}
