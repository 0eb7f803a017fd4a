//! Everything a run found out, as one value.

use vigie_profile::window::Instant;

use super::{
    attribution::Attributed,
    lookout::{Lookout, Seen},
    weigh::Weighed,
};
use crate::{
    drift::compare,
    engine::Counted,
    performance::Performance,
    replay::Replay,
    report::{Examined, Model, Report, Run},
    source::Field,
};

/// What was found out beside drift.
pub(crate) struct Told {
    pub replay: Option<Replay>,
    pub attribution: Attributed,
    pub performance: Option<Performance>,
}

pub(crate) fn tell(lookout: &Lookout<'_>, seen: Seen, weighed: Weighed, told: Told, now: Instant) -> Report {
    let (settings, reference, counted) = (lookout.settings, &lookout.reference, seen.counted);
    let other_version = (counted.other_version.rows() > 0)
        .then(|| compare(reference, &counted.other_version, settings.policy.empty_bins, settings.model.threshold).ok())
        .flatten();
    Report {
        run: Run {
            revision: 0,
            created_at: now,
            vigie_version: env!("CARGO_PKG_VERSION").to_owned(),
            config_sha256: settings.sha256.clone(),
            reference_id: reference.id().to_owned(),
            model: Model {
                name: settings.model.name.clone(),
                version: settings.model.version.clone(),
                sha256: lookout.model.as_ref().map(|model| model.forest().sha256_hex()),
                threshold: settings.model.threshold,
            },
            threads: lookout.looking.threads,
            files: counted.files,
            passed_over: lookout.passed_over(),
            seconds: 0.0,
            attribution_seconds: told.attribution.seconds,
        },
        examined: Examined {
            window: seen.window,
            filtered: counted.found.filtered,
            unreadable: counted.unreadable.iter().map(ToString::to_string).collect(),
            lacking: lacking(&counted),
            complaints: counted.complaints,
            empty_later: seen.empty_later,
        },
        reference: reference.provenance().clone(),
        policy: settings.policy.clone(),
        segments: weighed.segments,
        drift: weighed.drift,
        verdict: weighed.verdict,
        importance: reference.importance().to_vec(),
        traffic: counted.traffic,
        other_version,
        replay: told.replay,
        attribution: told.attribution.contributions,
        score_shift: told.attribution.score_shift,
        performance: told.performance,
    }
}

/// Mapped fields that a report can do without, and that no record has.
fn lacking(counted: &Counted) -> Vec<String> {
    let spare = [Field::Decision, Field::LatencyMs, Field::Status, Field::ModelVersion];
    let lacks = |field: &Field| {
        counted.traffic.requests > 0 && counted.mapped.contains_key(field) && !counted.found.fields.contains(field)
    };
    let named = |field: Field| format!("{}: {}", field.key(), counted.mapped.get(&field).map_or("", String::as_str));
    spare.into_iter().filter(lacks).map(named).collect()
}
