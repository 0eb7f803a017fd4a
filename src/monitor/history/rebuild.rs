//! Rebuilds the ledger from the reports: restores runs and trends, but not alerts and messages.

use crate::{
    archive::{self, RecordedRun},
    config::Settings,
    fault::Result,
    judge::Headline,
    ledger::{Ledger, RunRow, RunStatus, TrendRow, WatchState},
};

/// Adds every report of the model that has no run in the ledger. Returns the number of added runs, and of folders without a
/// readable report.
pub fn rebuild(settings: &Settings, ledger: &mut Ledger) -> Result<(usize, usize)> {
    let model = settings.model.name.as_str();
    let cadence = settings.schedule.cadence();
    let (recalled, unreadable) = archive::read_runs(&settings.reports, model);
    let added = ledger.write(|entry| {
        let mut watched = entry.watch_state(model)?;
        let known = watched.is_some();
        let mut added = 0;
        for report in &recalled {
            // A report created before its window was complete covers only a part of it.
            let complete = cadence.latest_complete(report.created_at, settings.schedule.lateness);
            let scheduled = cadence.contains(report.window) && report.window.to <= complete.to;
            if !known && scheduled {
                watched = Some(advance(watched, report));
            }
            if entry.current(model, report.window)?.is_some_and(|run| run.status == RunStatus::Reported) {
                continue;
            }
            let line = watched.as_ref().map_or(0, |watched| watched.line);
            entry.put_run(&row(report, scheduled, line), &trends(report))?;
            added += 1;
        }
        if let (Some(watched), false) = (&watched, known) {
            entry.put_watch_state(model, watched)?;
        }
        Ok(added)
    })?;
    Ok((added, unreadable))
}

/// Advances the watch state by one report.
fn advance(watched: Option<WatchState>, report: &RecordedRun) -> WatchState {
    let reference_id = Some(report.reference_id.clone());
    let Some(mut watched) = watched else {
        return WatchState {
            versions: Vec::new(),
            first: report.window.from,
            // Windows in between without a report are due again.
            covered: report.window.from,
            line: 0,
            reference_id,
            model_sha256: report.model_sha256.clone(),
            digest: None,
        };
    };
    if watched.reference_id != reference_id || watched.model_sha256 != report.model_sha256 {
        watched.line += 1;
    }
    watched.reference_id = reference_id;
    watched.model_sha256.clone_from(&report.model_sha256);
    watched
}

fn row(report: &RecordedRun, scheduled: bool, line: i64) -> RunRow {
    RunRow {
        model: report.model.clone(),
        window: report.window,
        revision: report.revision,
        status: RunStatus::Reported,
        scheduled,
        attempts: 1,
        line,
        created_at: report.created_at,
        records: Some(report.records),
        rows_used: Some(report.rows_used),
        severity: Some(report.severity),
        headline: Headline::Stored { sentence: report.sentence.clone(), french: None },
        report: Some(report.report.clone()),
        reference_id: Some(report.reference_id.clone()),
        model_sha256: report.model_sha256.clone(),
        registered: report.registered.clone(),
        note: None,
    }
}

fn trends(report: &RecordedRun) -> Vec<TrendRow> {
    let trend = |feature: &archive::RecordedFeature| TrendRow {
        feature: feature.name.clone(),
        severity: feature.severity,
        psi: feature.psi,
        ks: feature.ks,
        missing: feature.missing,
        q_value: feature.q_value,
    };
    report.features.iter().map(trend).collect()
}
