//! The command line of `vigie-prepare`.

use std::{
    env, fs,
    io::{self, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use clap::Parser;

use crate::{
    error::PrepareError,
    run::{PrepareOptions, PrepareReport, prepare},
};

/// The variable from which polars takes the size of its thread pool, once, when it starts.
const THREADS: &str = "POLARS_MAX_THREADS";

/// Turns the seven raw tables into one row of features per client.
#[derive(Debug, Parser)]
#[command(name = "vigie-prepare", version, max_term_width = 100)]
pub struct PrepareArguments {
    /// Folder of the raw tables, one Parquet file each: `application`, `bureau`, `bureau_balance`, `previous_application`,
    /// `POS_CASH_balance`, `installments_payments` and `credit_card_balance`.
    #[arg(long, value_name = "DIR")]
    tables: PathBuf,
    /// Parquet file to write: one row per client in ascending order of `SK_ID_CURR`.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only these columns, after `SK_ID_CURR` and `TARGET`: names separated by commas, or @FILE with one name a line. Tables
    /// that none of them needs are not read and need not exist.
    #[arg(long, value_name = "NAMES|@FILE")]
    columns: Option<String>,
    /// Only these clients: ids separated by commas, or @FILE with one id a line.
    #[arg(long, value_name = "IDS|@FILE")]
    clients: Option<String>,
    /// JSON file to write: for each column written, a sentence, its unit and its source table.
    #[arg(long, value_name = "FILE")]
    dictionary: Option<PathBuf>,
    /// Clients that are prepared at a time; memory grows with it.
    #[arg(long, value_name = "CLIENTS", default_value_t = 10_000)]
    block: usize,
    /// Threads of the computation; by default one per processor.
    #[arg(long, value_name = "NUMBER")]
    threads: Option<u16>,
}

/// Prepares features and prints a summary to standard error.
pub fn run(arguments: &PrepareArguments) -> Result<(), PrepareError> {
    if let Some(threads) = arguments.threads {
        restart_with(threads)?;
    }
    let options = PrepareOptions {
        tables: arguments.tables.clone(),
        out: arguments.out.clone(),
        columns: arguments.columns.as_deref().map(|text| listed("--columns", text)).transpose()?,
        clients: arguments.clients.as_deref().map(client_ids).transpose()?,
        dictionary: arguments.dictionary.clone(),
        block: arguments.block,
    };
    let started = Instant::now();
    let report = prepare(&options)?;
    let mut out = io::stderr().lock();
    for line in summary(&report, &arguments.out, started.elapsed().as_secs_f64()) {
        // A closed standard error must not turn a finished preparation into a failure.
        let _ = writeln!(out, "{line}");
    }
    Ok(())
}

/// Starts the program anew with the number of threads in its environment, unless it is there already.
fn restart_with(threads: u16) -> Result<(), PrepareError> {
    if threads == 0 {
        return Err(PrepareError::new("--threads: 0 is too few; ask for at least 1"));
    }
    let wanted = threads.to_string();
    if env::var(THREADS).is_ok_and(|given| given == wanted) {
        return Ok(());
    }
    let program =
        env::current_exe().map_err(|error| PrepareError::new(format!("cannot find this program: {error}")))?;
    let error = Command::new(program).args(env::args_os().skip(1)).env(THREADS, wanted).exec();
    Err(PrepareError::new(format!("cannot restart with --threads {threads}: {error}; set {THREADS} instead")))
}

/// `A,B`, or `@FILE` with one entry a line. Empty lines are skipped.
fn listed(option: &str, text: &str) -> Result<Vec<String>, PrepareError> {
    let entries: Vec<String> = match text.strip_prefix('@') {
        Some(file) => {
            let path = Path::new(file);
            let text = fs::read_to_string(path).map_err(|error| PrepareError::io("read", path, &error))?;
            text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
        }
        None => text.split(',').map(|entry| entry.trim().to_owned()).filter(|entry| !entry.is_empty()).collect(),
    };
    if entries.is_empty() {
        return Err(PrepareError::new(format!(
            "{option}: {text} has no entry; give at least one, or leave the option out"
        )));
    }
    Ok(entries)
}

fn client_ids(text: &str) -> Result<Vec<i64>, PrepareError> {
    let ids = listed("--clients", text)?.into_iter();
    ids.map(|entry| {
        entry
            .parse()
            .map_err(|_| PrepareError::new(format!("--clients: {entry:?} is not a client id; ids are integers")))
    })
    .collect()
}

fn summary(report: &PrepareReport, out: &Path, seconds: f64) -> Vec<String> {
    let mut lines = report.notes.clone();
    lines.push(format!(
        "{} clients, {} columns -> {} in {seconds:.1} s",
        report.clients,
        report.columns,
        out.display()
    ));
    lines
}
