//! `vigie replay`: scores a range of days again.

use std::{fmt::Write as _, num::NonZero};

use vigie_profile::{
    shown::{harmless, shown},
    window::Instant,
};

use super::{
    ExitStatus,
    args::{OutputFormat, ReplayArgs},
    check::window,
    print::print,
    progress::ProgressLine,
};
use crate::{
    config::{Problems, Settings},
    fault::{Fault, Result},
    judge::Severity,
    monitor::{ReplayOutput, ReplayRequest, ScanOptions, replay, with_registry_values},
    replay::Parity,
    report::{Language, to_summary_json},
};

pub(super) fn run(args: &ReplayArgs) -> Result<ExitStatus> {
    let settings = load(args)?;
    let range = ReplayRequest {
        window: window(&args.from, &args.to, &settings.schedule.zone)?,
        each: args.each,
        model: args.model.as_ref().map(|path| args.model_args.file(path, args.class.as_deref())),
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
    let is_broken = summary.parity.as_ref().is_some_and(Parity::is_broken) && summary.challenge().is_none();
    let is_alarm = is_broken || summary.severity == Severity::Alarm;
    Ok(if args.exit_code && is_alarm { ExitStatus::Alarm } else { ExitStatus::Success })
}

/// The model to replay. `--model` is a file here, unlike in `check`.
fn load(args: &ReplayArgs) -> Result<Settings> {
    if let Some(file) = args.model.as_deref().filter(|file| !file.exists()) {
        let all = Settings::load_all(&args.config).map_err(Problems::into_fault)?;
        if let Some(found) = all.iter().find(|settings| file.as_os_str() == settings.model.name.as_str()) {
            let name = &found.model.name;
            return Err(Fault::setup(format!(
                "--model {name}: no such file; to replay the model of that name in the config, use `--name {name}`"
            )));
        }
    }
    let settings = Settings::load_one(&args.config, "--name", args.name.as_deref()).map_err(Problems::into_fault)?;
    Ok(with_registry_values(&settings)?.into_owned())
}

fn table(replayed: &ReplayOutput) -> String {
    let summary = &replayed.summary;
    let mut text = String::new();
    let scored_by = summary.file.as_ref().zip(summary.sha256.as_ref()).map_or(String::new(), |(file, sha256)| {
        format!(", scored by {} ({})", shown(file), sha256.get(..8).unwrap_or_default())
    });
    let _ = writeln!(
        text,
        "{}  {} to {}, each {}{scored_by}",
        summary.model, summary.range.from, summary.range.to, summary.each
    );
    let _ = writeln!(text, "{}", summary.sentence());
    if let Some(cause) = summary.cause() {
        let _ = writeln!(text, "{cause}");
    }
    if let Some(challenge) = summary.challenge() {
        let _ = writeln!(text, "{challenge}");
    }
    let Some(parity) = &summary.parity else {
        let _ = writeln!(text, "\n{:<20} {:<8}", "window from", "drift");
        for rerun in &summary.windows {
            let sentence = Language::English.headline(&rerun.headline).unwrap_or_default();
            let (from, severity) = (rerun.window.from.to_string(), rerun.severity.word());
            let _ = writeln!(text, "{from:<20} {severity:<8} {}", harmless(&sentence));
        }
        let _ = writeln!(text, "\nsummary: {}", replayed.html.display());
        return text;
    };
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
    if !parity.examples.is_empty() {
        let _ = writeln!(text, "\nlargest differences:");
        for one in &parity.examples {
            let _ = writeln!(text, "  {}: logged {}, model {:.6}", shown(&one.id), one.logged, one.replayed);
        }
    }
    let _ = writeln!(text, "\nsummary: {}", replayed.html.display());
    text
}
