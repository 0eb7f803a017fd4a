//! Alerts that are open, as pages show them.

use crate::{
    alert::{Alert, Phase},
    archive,
    config::Settings,
    fault::Result,
    ledger::{Entry, Ledger},
    report::OpenAlert,
};

/// Of every model that the ledger knows, each with the page of its model's latest report.
pub fn open_alerts(entry: &Entry<'_>) -> Result<Vec<OpenAlert>> {
    let mut open: Vec<OpenAlert> = Vec::new();
    for alert in entry.live_alerts(None)? {
        if alert.phase != Phase::Open {
            continue;
        }
        let known = open.iter().find(|other| other.model == alert.key.model).map(|other| other.report.clone());
        let report = match known {
            Some(report) => report,
            None => entry.latest(&alert.key.model, 100)?.into_iter().find_map(|run| run.report),
        };
        open.push(shown(alert, report));
    }
    Ok(open)
}

fn shown(alert: Alert, report: Option<String>) -> OpenAlert {
    OpenAlert {
        // One that was read from the ledger has a number.
        id: alert.id.unwrap_or_default(),
        model: alert.key.model,
        feature: alert.key.feature,
        test: alert.key.test,
        severity: alert.severity,
        since: alert.since,
        sentence: alert.sentence,
        value: alert.value,
        limit: alert.limit,
        report,
        is_acknowledged: alert.acknowledged,
    }
}

/// Writes the list of reports with the alerts that are open. A ledger that cannot be read costs the alerts, not the list.
pub fn index(settings: &Settings) -> Result<std::path::PathBuf> {
    let read = || Ledger::read(&settings.state).ok()??.view(open_alerts).ok();
    archive::write_index(&settings.reports, settings.language, read())
}
