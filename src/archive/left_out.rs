//! How many rows and labels earlier windows left out, from their trend files.

use std::path::{Path, PathBuf};

use vigie_profile::window::Window;

use super::trend::{earlier_folders, point_from_report, read_head};
use crate::{
    judge::{LeftOutKind, Severity, Test, UsualLoss},
    report::Head,
};

/// Adds up what was left out in the last `limit` judged windows before `window`, of the same length. Windows in which that was
/// an alarm do not count, because a fault must not become usual, however long it lasts.
#[must_use]
pub fn usual_loss(reports: &Path, model: &str, window: Window, limit: usize, kind: LeftOutKind) -> UsualLoss {
    let test = match kind {
        LeftOutKind::Rows => Test::LeftOut,
        LeftOutKind::Labels => Test::Labels,
    };
    let is_usual = |head: &Head| {
        let is_judged = !matches!(head.severity, Severity::TooFew | Severity::NoData)
            && !head.severities.contains_key(&Test::TooFew);
        is_judged && head.severities.get(&test) != Some(&Severity::Alarm)
    };
    let counted = |folder: PathBuf| {
        let head = read_head(&folder).filter(is_usual)?;
        // Trend files of earlier versions do not have it.
        let loss = head.left_out.or_else(|| point_from_report(&folder)?.head.left_out)?;
        match kind {
            LeftOutKind::Rows => Some(loss.rows),
            LeftOutKind::Labels => loss.labels,
        }
    };
    let folders = earlier_folders(reports, model, window).into_iter().rev().map(|(_, folder)| folder);
    folders.filter_map(counted).take(limit).fold(UsualLoss::default(), |usual, loss| UsualLoss {
        left_out: usual.left_out + loss.left_out,
        of: usual.of + loss.of,
        windows: usual.windows + 1,
    })
}
