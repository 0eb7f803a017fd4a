//! What an operator should know once, at the first check of a model.

use super::context::open_configured_reference;
use crate::{
    archive::window_folders,
    config::Settings,
    fault::Result,
    monitor::learn::{meaning::contradiction, optimism::opposed},
    reference::Reference,
    report::Report,
};

/// Returns whether the model has no report yet.
#[must_use]
pub fn is_first_check(settings: &Settings) -> bool {
    window_folders(&settings.reports.join(&settings.model.name)).is_empty()
}

/// Returns what is doubtful about the reference and the log, for the first check of a model.
#[must_use]
pub fn first_check_notes(settings: &Settings, report: &Report) -> Vec<String> {
    // A reference that cannot be read is an error of the check itself.
    let doubts = open_configured_reference(settings).and_then(|reference| {
        let opposed = note_opposed_scores(&reference)?;
        // Reversed scores have one cause, whatever the event.
        Ok(opposed.or_else(|| contradiction(&reference, &settings.model)))
    });
    doubts.unwrap_or_default().into_iter().chain(note_naive_times(settings, report.examined.has_naive_times)).collect()
}

fn note_opposed_scores(reference: &Reference) -> Result<Option<String>> {
    let auc = opposed(reference)?;
    Ok(auc.map(|auc| {
        format!(
            "the reference's scores run against its outcomes (AUC {auc}), so expected AUC and cost are those of a reversed \
             score: learn the reference again with the probability of its event, or with another --event or --class"
        )
    }))
}

/// A note about times that may be local, unless the config states their zone.
pub(crate) fn note_naive_times(settings: &Settings, is_naive: bool) -> Option<String> {
    (is_naive && !settings.source.is_timezone_set).then(|| {
        "the times of the records have no time zone and are read as UTC; if they are local times, set \
         source.timestamp_timezone, for example to Europe/Paris (or to UTC, if that is right)"
            .to_owned()
    })
}
