//! `vigie compare`: two tables, without a config.

use std::{
    io::IsTerminal,
    num::NonZero,
    path::Path,
    process::{Command, Stdio},
};

use super::{
    ExitStatus,
    args::{CompareArgs, OutputFormat},
    left_out::too_many_left_out,
    names::{names, names_or_empty},
    print::{print, print_error},
    progress::ProgressLine,
};
use crate::{
    daemon::Clock,
    fault::Result,
    judge::Severity,
    monitor::{CompareRequest, ScanOptions, compare},
    reference::ColumnRoles,
    report::{terminal_words, to_json, to_terminal},
};

pub(super) fn run(args: &CompareArgs) -> Result<ExitStatus> {
    let request = CompareRequest {
        reference: args.reference.clone(),
        current: args.current.clone(),
        choice: ColumnRoles {
            target: args.target.clone(),
            event: args.event.clone(),
            probability: args.probability.clone(),
            prediction: args.prediction.clone(),
            features: args.features.as_deref().map(|list| names("--features", list)).transpose()?,
            categorical: names_or_empty("--categorical", args.categorical.as_deref())?,
            ignore: names_or_empty("--ignore", args.ignore.as_deref())?,
            is_compared: true,
            ..ColumnRoles::default()
        },
        model: args.model.as_ref().map(|path| args.model_args.file(path, None)),
        holdout: args.holdout.into(),
        threshold: args.threshold,
        cost: args.cost,
        timestamp: args.timestamp.clone(),
        csv: args.csv.csv,
        out: args.out.clone(),
        now: Clock::from_env().now(),
    };
    let bar = ProgressLine::new("comparing");
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let compared = compare(&request, ScanOptions { threads, progress: &|done, all| bar.update(done, all) })?;
    drop(bar);
    for note in &compared.notes {
        print_error(&format!("note: {note}"));
    }
    let page = &compared.published.html;
    print(&match args.format {
        OutputFormat::Json => to_json(&compared.report),
        OutputFormat::Text => {
            let colour =
                std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
            to_terminal(&compared.report, page, colour, terminal_words())
        }
    });
    if args.open {
        open(page);
    }
    if let Some(fault) = too_many_left_out(&compared.report, page) {
        return Err(fault);
    }
    let is_alarm = args.exit_code && compared.report.verdict.severity == Severity::Alarm;
    Ok(if is_alarm { ExitStatus::Alarm } else { ExitStatus::Success })
}

/// Opens the page with the desktop's command. Its path was printed, so a failure is only a note.
fn open(page: &Path) {
    let command = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started = Command::new(command).arg(page).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !started.is_ok_and(|status| status.success()) {
        print_error(&format!("note: --open: `{command}` did not open the page; open {} in a browser", page.display()));
    }
}
