//! `vigie replay`: scores a range of days again.

use std::{fmt::Write as _, num::NonZero};

use vigie_profile::{shown::shown, window::Instant};

use super::{
    ExitStatus,
    args::{OutputFormat, ReplayArgs},
    check::window,
    print::print,
    progress::ProgressLine,
};
use crate::{
    config::{Problems, Settings},
    fault::Result,
    judge::Severity,
    monitor::{ReplayOutput, ReplayRequest, ScanOptions, replay},
    report::{Language, to_summary_json},
};

pub(super) fn run(args: &ReplayArgs) -> Result<ExitStatus> {
    let settings = Settings::load(&args.config).map_err(Problems::into_fault)?;
    let range = ReplayRequest {
        window: window(&args.from, &args.to, &settings.schedule.zone)?,
        each: args.each,
        model: args.model.clone(),
        now: Instant::now(),
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let bar = ProgressLine::new("replaying");
    let scan_options =
        ScanOptions { threads: args.threads.map_or(cores, usize::from), progress: &|done, all| bar.update(done, all) };
    let replayed = replay(&settings, &range, scan_options)?;
    drop(bar);
    print(&match args.format {
        OutputFormat::Json => to_summary_json(&replayed.summary),
        OutputFormat::Text => table(&replayed),
    });
    let summary = &replayed.summary;
    let is_broken = summary.parity.is_broken() && summary.challenge().is_none();
    let is_alarm = is_broken || summary.severity == Severity::Alarm;
    Ok(if args.exit_code && is_alarm { ExitStatus::Alarm } else { ExitStatus::Success })
}

fn table(replayed: &ReplayOutput) -> String {
    let summary = &replayed.summary;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}  {} to {}, each {}, scored by {} ({})",
        summary.model,
        summary.range.from,
        summary.range.to,
        summary.each,
        shown(&summary.file),
        summary.sha256.get(..8).unwrap_or_default()
    );
    let _ = writeln!(text, "{}", summary.sentence());
    if let Some(challenge) = summary.challenge() {
        let _ = writeln!(text, "{challenge}");
    }
    let _ = writeln!(
        text,
        "\n{:<20} {:>8} {:>7} {:>9} {:>7} {:>17}  drift",
        "window from", "compared", "differ", "largest", "flipped", "refused"
    );
    for rerun in &summary.windows {
        let Some(parity) = &rerun.parity else { continue };
        let (logged, again) = parity.refused();
        let share = |share: Option<f64>| share.map_or("–".to_owned(), |share| Language::English.percent(share));
        let _ = writeln!(
            text,
            "{:<20} {:>8} {:>7} {:>9} {:>7} {:>17}  {}",
            rerun.window.from.to_string(),
            parity.compared,
            parity.mismatches,
            parity.max_abs_difference.map_or("–".to_owned(), |far| format!("{far:.1e}")),
            parity.decisions_flipped,
            format!("{} → {}", share(logged), share(again)),
            rerun.severity.word(),
        );
    }
    if !summary.parity.examples.is_empty() {
        let _ = writeln!(text, "\nlargest differences:");
        for one in &summary.parity.examples {
            let _ = writeln!(text, "  {}: logged {}, model {:.6}", shown(&one.id), one.logged, one.replayed);
        }
    }
    let _ = writeln!(text, "\nsummary: {}", replayed.html.display());
    text
}
