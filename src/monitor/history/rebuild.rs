//! A ledger from the reports: runs and trends come back, alerts and letters do not.

use crate::{
    archive::{self, Recalled},
    config::Settings,
    fault::Result,
    ledger::{Ended, Ledger, RunRow, Trend, Watched},
};

/// Puts every report of the model into the ledger that has no run there. Answers how many, and how many folders hold
/// no report that can be read.
pub fn rebuild(settings: &Settings, ledger: &mut Ledger) -> Result<(usize, usize)> {
    let model = settings.model.name.as_str();
    let cadence = settings.schedule.cadence();
    let (recalled, unreadable) = archive::recall(&settings.reports, model);
    let added = ledger.write(|entry| {
        let mut watched = entry.watched(model)?;
        let known = watched.is_some();
        let mut added = 0;
        for report in &recalled {
            // One that was made before its window was over has judged a part of it.
            let complete = cadence.latest_complete(report.created_at, settings.schedule.lateness);
            let scheduled = cadence.has(report.window) && report.window.to <= complete.to;
            if !known && scheduled {
                watched = Some(follow(watched, report));
            }
            if entry.current(model, report.window)?.is_some_and(|run| run.ended == Ended::Told) {
                continue;
            }
            let line = watched.as_ref().map_or(0, |watched| watched.line);
            entry.put_run(&row(report, scheduled, line), &trends(report))?;
            added += 1;
        }
        if let (Some(watched), false) = (&watched, known) {
            entry.put_watched(model, watched)?;
        }
        Ok(added)
    })?;
    Ok((added, unreadable))
}

/// How far the model was watched, one report further.
fn follow(watched: Option<Watched>, report: &Recalled) -> Watched {
    let reference_id = Some(report.reference_id.clone());
    let Some(mut watched) = watched else {
        return Watched {
            first: report.window.from,
            // The days between that have no report are due again.
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

fn row(report: &Recalled, scheduled: bool, line: i64) -> RunRow {
    RunRow {
        model: report.model.clone(),
        window: report.window,
        revision: report.revision,
        ended: Ended::Told,
        scheduled,
        attempts: 1,
        line,
        created_at: report.created_at,
        records: Some(report.records),
        rows_used: Some(report.rows_used),
        severity: Some(report.severity),
        sentence: report.sentence.clone(),
        report: Some(report.report.clone()),
        reference_id: Some(report.reference_id.clone()),
        model_sha256: report.model_sha256.clone(),
        note: None,
    }
}

fn trends(report: &Recalled) -> Vec<Trend> {
    let trend = |feature: &archive::RecalledFeature| Trend {
        feature: feature.name.clone(),
        severity: feature.severity,
        psi: feature.psi,
        ks: feature.ks,
        missing: feature.missing,
        q_value: feature.q_value,
    };
    report.features.iter().map(trend).collect()
}
