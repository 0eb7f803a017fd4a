//! Checks a sample of a log's records as if it were a window, before any window is.

use std::mem;

use vigie_profile::{
    batch::{Complaints, Reason},
    layout::Layout,
    profile::Traffic,
};

use super::{
    losses::{ReadRows, check_files},
    sift::{Eligibility, sift},
};
use crate::{
    fault::Result,
    source::{Field, LogSample},
};

/// What a check would make of a sample.
#[derive(Debug, Default)]
pub struct CheckedSample {
    /// Records that match `where` and are no failed requests, and those of them that count.
    pub requests: u64,
    pub used: u64,
    /// Why the others do not.
    pub complaints: Complaints,
    /// The first and the last time, in microseconds since 1970.
    pub span: Option<(i64, i64)>,
    /// Whether times have no time zone.
    pub has_naive_times: bool,
    /// Names that occur twice in a record or header.
    pub doubled: Vec<String>,
    /// Features of the reference that no record has, and how the records spell them.
    pub absent: Vec<(String, Option<String>)>,
}

/// Fails if a window of such records would be lost as a whole.
pub fn check_sample(mut sample: LogSample, layout: &Layout, rule: &Eligibility) -> Result<CheckedSample> {
    let times = || sample.records.iter().flat_map(|records| &records.timestamp).copied();
    let span = times().min().zip(times().max());
    let (mut traffic, mut complaints) = (Traffic::default(), Complaints::default());
    let mut absent = vec![true; layout.features().len()];
    let mut used = 0;
    for records in &mut sample.records {
        complaints.merge(mem::take(&mut records.complaints));
        for (absent, column) in absent.iter_mut().zip(&records.features) {
            *absent &= records.len == 0 || column.is_none();
        }
        let Ok(sifted) = sift(records, None, rule, &mut traffic, &mut complaints) else {
            return Ok(CheckedSample::default());
        };
        used += (sifted.used.len + sifted.other_version.len) as u64;
    }
    if traffic.requests == 0 {
        check_files(&sample.found, &sample.unreadable)?;
    }
    let may_join = sample.fields.contains_key(&Field::Id)
        && [Reason::NoFeatures, Reason::NoProbability].iter().all(|reason| complaints.count(*reason) > 0);
    let rows = ReadRows {
        found: &sample.found,
        complaints: &complaints,
        fields: sample.fields,
        requests: traffic.requests,
        used,
    };
    rows.check_timestamps()?;
    rows.check_fields()?;
    // Inputs and outputs may be two events, which are joined in a window.
    if !may_join {
        rows.check_rows()?;
    }
    rows.check_features(layout, &absent)?;
    let absent = layout.features().iter().zip(&absent).filter(|(_, absent)| **absent);
    let absent: Vec<&str> = absent.map(|(feature, _)| feature.name.as_str()).collect();
    let mut spelled = sample.found.other_spellings(absent.iter().copied());
    Ok(CheckedSample {
        requests: traffic.requests,
        used,
        absent: absent.iter().map(|name| ((*name).to_owned(), spelled.remove(*name))).collect(),
        has_naive_times: sample.found.has_naive_times,
        doubled: sample.found.doubled.iter().map(ToOwned::to_owned).collect(),
        span,
        complaints,
    })
}
