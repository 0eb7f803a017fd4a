//! Open alerts, as pages show them.

use crate::{
    alert::{Alert, Phase},
    archive,
    config::Settings,
    fault::Result,
    ledger::{Ledger, LedgerTx},
    report::OpenAlert,
};

/// Open alerts of all models in the ledger, each with the page of its model's latest report.
pub fn open_alerts(entry: &LedgerTx<'_>) -> Result<Vec<OpenAlert>> {
    let mut open: Vec<OpenAlert> = Vec::new();
    for alert in entry.live_alerts(None)? {
        if alert.phase != Phase::Open {
            continue;
        }
        let known = open.iter().find(|other| other.model == alert.model).map(|other| other.report.clone());
        let report = match known {
            Some(report) => report,
            None => entry.latest(&alert.model, 100)?.into_iter().find_map(|run| run.report),
        };
        open.push(shown(alert, report));
    }
    Ok(open)
}

fn shown(alert: Alert, report: Option<String>) -> OpenAlert {
    OpenAlert {
        // Alerts read from the ledger always have an id.
        id: alert.id.unwrap_or_default(),
        model: alert.model,
        finding: alert.finding,
        since: alert.since,
        report,
        is_acknowledged: alert.acknowledged,
    }
}

/// Writes the list of reports with the open alerts. If the ledger cannot be read, the list is written without alerts.
pub fn index(settings: &Settings) -> Result<std::path::PathBuf> {
    let read = || Ledger::read(&settings.state).ok()??.view(open_alerts).ok();
    archive::write_index(&settings.reports, settings.language, read())
}
