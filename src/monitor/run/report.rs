//! The report of a run, built from everything it measured.

use vigie_profile::{stored::StoredProfile, window::Instant};

use super::{
    attribution::AttributionResults,
    context::{RunContext, WindowData},
    judge::{JudgedWindow, sequence_check},
};
use crate::{
    config::{Overrides, RegistryOutage},
    drift::compare,
    engine::Counted,
    performance::{Performance, Predictions},
    replay::{LeafDrift, Replay, Unmeasured},
    report::{DecisionReport, ExaminedWindow, MonitoredModel, Report, Run},
    source::{Field, Unreadable},
};

/// Results other than drift.
pub(crate) struct Measurements {
    pub replay: Option<Replay>,
    pub attribution: AttributionResults,
    pub leaves: Option<Result<LeafDrift, Unmeasured>>,
    pub performance: Option<Performance>,
    pub predictions: Option<Predictions>,
}

/// Maximum number of names in a report that occur twice.
const MAX_DOUBLED: usize = 60;

pub(crate) fn build_report(
    run: &RunContext<'_>,
    data: WindowData,
    judged: JudgedWindow,
    measured: Measurements,
    now: Instant,
) -> Report {
    let (settings, reference, counted) = (run.settings, &run.reference, data.counted);
    let missing_fields = missing_fields(&counted);
    let other_version = (counted.other_version.rows() > 0)
        .then(|| compare(reference, &counted.other_version, settings.policy.empty_bins, settings.model.rule()).ok())
        .flatten();
    let profile = StoredProfile { window: data.window, profile: counted.profile, repeats: counted.repeats }.to_bytes();
    Report {
        run: Run {
            revision: 0,
            created_at: now,
            vigie_version: env!("CARGO_PKG_VERSION").to_owned(),
            config_sha256: settings.sha256.clone(),
            reference_id: reference.id().to_owned(),
            kept_version: run.kept_file().map(|(file, _)| file.shown.clone()),
            registry_denied: run.kept_file().is_some_and(|(_, outage)| outage == RegistryOutage::Denied),
            model: MonitoredModel {
                name: settings.model.name.clone(),
                version: settings.model.version.clone(),
                registered: run.model_file.as_ref().and_then(|file| file.registered.as_ref()?.version.clone()),
                sha256: run.model.as_ref().map(|model| model.scoring().sha256_hex().to_owned()),
                threshold: settings.model.threshold,
                high_score: settings.model.high_score(),
                event: settings.model.event().to_owned(),
            },
            threads: run.scan.threads,
            files: counted.files,
            skipped_files: run.skipped_files(),
            seconds: 0.0,
            attribution_seconds: measured.attribution.seconds,
        },
        examined: ExaminedWindow {
            window: data.window,
            filtered: counted.found.filtered,
            unreadable: counted.unreadable.iter().map(Unreadable::left_out).collect(),
            missing_fields,
            doubled_names: counted.found.doubled.iter().take(MAX_DOUBLED).map(ToOwned::to_owned).collect(),
            has_naive_times: counted.found.has_naive_times,
            sequence: counted.found.sequence.missing(data.window).map(sequence_check),
            complaints: counted.complaints,
            empty_later: data.empty_later,
        },
        reference: reference.provenance().clone(),
        policy: settings.policy.clone(),
        segments: judged.segments,
        decisions: judged
            .decisions
            .map(|counts| DecisionReport { counts, overrides_allowed: settings.model.overrides == Overrides::Allowed }),
        repeats: judged.repeats,
        baseline: judged.baseline,
        against: run.against,
        tables: run.tables.clone(),
        skew: judged.skew,
        profile,
        drift: judged.drift,
        verdict: judged.verdict,
        importance: reference.importance().to_vec(),
        descriptions: reference.descriptions().to_vec(),
        traffic: counted.traffic,
        other_version,
        replay: measured.replay,
        attribution: measured.attribution.contributions,
        score_shift: measured.attribution.score_shift,
        leaf_drift: measured.leaves,
        other_model: run.other_model.clone(),
        performance: measured.performance,
        predictions: measured.predictions,
    }
}

/// Optional mapped fields that no record has.
fn missing_fields(counted: &Counted) -> Vec<String> {
    let optional = [Field::Decision, Field::LatencyMs, Field::Status, Field::Entity, Field::ModelVersion];
    let is_missing = |field: &Field| {
        counted.traffic.requests > 0 && counted.mapped.contains_key(field) && !counted.found.fields.contains(field)
    };
    let named = |field: Field| format!("{}: {}", field.key(), counted.mapped.get(&field).map_or("", String::as_str));
    optional.into_iter().filter(is_missing).map(named).collect()
}
