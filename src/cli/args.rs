//! Command-line arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use vigie_profile::{layout::Precision, window::Span};

use super::{
    csv_args::CsvArgs,
    log::{LogFormat, Logging},
    model_args::ModelArgs,
    score_args::ScoreArgs,
    setup_args::{CompletionsArgs, ImportVerb, InitArgs, ManArgs},
};
use crate::{config::Cost, reference::Holdout};

/// Drift monitoring for scoring models: reads prediction logs, compares them with a reference, and
/// reports what drifted and how strong the evidence is.
#[derive(Debug, Parser)]
#[command(name = "vigie", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub(super) verb: Verb,
    /// Format of log messages on standard error: human, json, journald, auto
    #[arg(
        long,
        global = true,
        display_order = 1000,
        default_value = "auto",
        value_name = "FORMAT",
        hide_possible_values = true
    )]
    log_format: LogFormat,
}

impl Cli {
    /// Initialises logging.
    #[must_use]
    pub fn init_logging(&self) -> Logging {
        Logging::init(self.log_format)
    }
}

/// Parses `FN,FP`.
fn cost(text: &str) -> Result<Cost, String> {
    let is_cost = |value: &f64| value.is_finite() && *value >= 0.0;
    let number = |text: &str| text.trim().parse().ok().filter(is_cost);
    let costs = text.split_once(',').and_then(|(missed, refused)| Some((number(missed)?, number(refused)?)));
    let (false_negative, false_positive) = costs.ok_or("expected two numbers of 0 or more, such as 10,1")?;
    Ok(Cost { false_negative, false_positive })
}

fn threads(text: &str) -> Result<u16, String> {
    let count = text.parse::<u16>().ok().filter(|count| (1..=1024).contains(count));
    count.ok_or_else(|| "expected a whole number from 1 to 1024".to_owned())
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Compare two tables: no config, no time column, no score needed
    Compare(CompareArgs),
    /// Write a config for a log that nobody has mapped yet: reads some of its records and proposes what each field is
    Init(InitArgs),
    /// Learn a reference from training or hold-out rows
    Learn(Box<LearnArgs>),
    /// Write a config from what another system knows about a model
    Import {
        #[command(subcommand)]
        verb: ImportVerb,
    },
    /// Check one window of the log now and write its report
    Check(CheckArgs),
    /// Run the daemon: check on the `schedule.cron` schedule, write reports, send alerts
    Run(RunArgs),
    /// Show recent runs, open alerts, what is due next, and undelivered messages
    Status(StatusArgs),
    /// List, acknowledge, mute and test alerts
    Alert {
        #[command(subcommand)]
        verb: AlertVerb,
    },
    /// Rescore the logged inputs of a date range and compare them with the logged scores
    Replay(ReplayArgs),
    /// Explain one prediction: the contribution of each feature to its score
    Explain(ExplainArgs),
    /// Score a file with a model; scores equal those of the model's own library
    Score(ScoreArgs),
    /// Serve the model over HTTP, and log each request so that its score can be verified
    Serve(ServeArgs),
    /// Check or show the config
    Config {
        #[command(subcommand)]
        verb: ConfigVerb,
    },
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Write the manual pages
    Man(ManArgs),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum HoldoutArg {
    Yes,
    No,
    Unknown,
}

impl From<HoldoutArg> for Holdout {
    fn from(arg: HoldoutArg) -> Self {
        match arg {
            HoldoutArg::Yes => Self::Yes,
            HoldoutArg::No => Self::No,
            HoldoutArg::Unknown => Self::Unknown,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum PrecisionArg {
    F32,
    F64,
}

impl From<PrecisionArg> for Precision {
    fn from(arg: PrecisionArg) -> Self {
        match arg {
            PrecisionArg::F32 => Self::F32,
            PrecisionArg::F64 => Self::F64,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// The table to compare with: a Parquet, CSV or NDJSON file, a folder or a glob
    #[arg(value_name = "REF")]
    pub reference: PathBuf,
    /// The table to compare
    #[arg(value_name = "CUR")]
    pub current: PathBuf,
    /// Column with the outcome, 0 or 1: from it and the probability, cost and AUC of CUR are estimated, or measured if CUR has it
    #[arg(long, value_name = "COL")]
    pub target: Option<String>,
    /// The value of the target that is the event, such as `bad`
    #[arg(long, value_name = "VALUE", requires = "target")]
    pub event: Option<String>,
    /// Whether the rows of REF were held out of training; scores on training rows are too optimistic
    #[arg(long, default_value = "unknown")]
    pub holdout: HoldoutArg,
    /// Column of the score, if it is a probability
    #[arg(long, value_name = "COL")]
    pub probability: Option<String>,
    /// Column of the score, if it is the number that a regression predicts
    #[arg(long, value_name = "COL", conflicts_with = "probability")]
    pub prediction: Option<String>,
    /// The event is predicted at this probability or above
    #[arg(long, value_name = "X")]
    pub threshold: Option<f64>,
    /// What a false negative and a false positive cost, such as 10,1; without it, costs are shown but are not a finding
    #[arg(long, value_name = "FN,FP", value_parser = cost)]
    pub cost: Option<Cost>,
    /// Columns to compare (default: all without another role)
    #[arg(long, value_name = "A,B or @FILE")]
    pub features: Option<String>,
    /// Columns that hold categories although they look like numbers
    #[arg(long, value_name = "A,B or @FILE")]
    pub categorical: Option<String>,
    /// Columns to leave out
    #[arg(long, value_name = "A,B or @FILE")]
    pub ignore: Option<String>,
    /// Column of CUR with the time of its rows, to find out since when something changed
    #[arg(long, value_name = "COL")]
    pub timestamp: Option<String>,
    /// A model: its features are compared, weighted by their importance, and tables without a score are scored
    #[arg(long, value_name = "M")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub model_args: ModelArgs,
    #[command(flatten)]
    pub csv: CsvArgs,
    /// Folder of the report
    #[arg(long, default_value = "vigie-report", value_name = "DIR")]
    pub out: PathBuf,
    /// Output: a table, or the report as JSON
    #[arg(long, default_value = "text")]
    pub format: OutputFormat,
    /// Exit with code 1 if the verdict is `alarm`
    #[arg(long)]
    pub exit_code: bool,
    /// Open the report in a browser
    #[arg(long)]
    pub open: bool,
}

/// Extra output of `learn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ShowArg {
    Cost,
}

#[derive(Debug, Args)]
pub(super) struct LearnArgs {
    /// Training or hold-out rows: .parquet, .csv or .ndjson files with the same columns, or `postgres:TABLE`
    #[arg(long, required_unless_present_any = ["distributions", "show", "from"], num_args = 1.., value_name = "FILE")]
    pub data: Vec<PathBuf>,
    #[command(flatten)]
    pub csv: CsvArgs,
    /// Instead of --data, learn from the rows of the config's log from here on: RFC 3339 or a date
    #[arg(long, requires = "to", conflicts_with_all = ["data", "distributions", "target", "probability", "prediction"], value_name = "T")]
    pub from: Option<String>,
    /// End of these rows, exclusive
    #[arg(long, requires = "from", value_name = "T")]
    pub to: Option<String>,
    /// A table of stored distributions (feature, kind, `bins_json`, `ref_dist_json`, `n_ref`) instead of rows; PSI only
    #[arg(long, conflicts_with_all = ["data", "target", "prediction", "features", "categorical", "ignore", "precision"], value_name = "FILE")]
    pub distributions: Option<PathBuf>,
    /// Also build a reference for each of the config's `segments`, so that each segment of a window is compared with its own rows
    #[arg(long, conflicts_with = "distributions")]
    pub segments: bool,
    /// Config with the log for --from, the database for `postgres:TABLE` (or `postgres:SELECT …`), `segments`, and the costs for
    /// `--show cost`
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Model of the config that the reference is for, if the config defines several
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Reference file to write
    #[arg(long, value_name = "REF")]
    pub out: PathBuf,
    /// Model: a file, or an address in MLflow's registry such as `models:/NAME@champion`, on the server that
    /// `MLFLOW_TRACKING_URI` names; provides the features, their order, kinds and importance, and scores the rows
    #[arg(long, value_name = "M", conflicts_with_all = ["categorical", "precision"])]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub model_args: ModelArgs,
    /// The class whose probability is the score, if it is not the second of two
    #[arg(long, value_name = "NAME", requires = "model")]
    pub class: Option<String>,
    /// Also put the reference next to the model in MLflow's registry; `--model` is an address such as `models:/NAME@champion`
    #[arg(long, requires = "model")]
    pub register: bool,
    /// How much each feature matters to a model that vigie cannot read: CSV (feature,importance) or a JSON object
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub importance: Option<PathBuf>,
    /// Data dictionary for the report: JSON as `vigie-prepare` writes it, or CSV (name,sentence,unit,source)
    #[arg(long, value_name = "FILE")]
    pub dictionary: Option<PathBuf>,
    /// Column with the outcome; not a feature
    #[arg(long, value_name = "COL")]
    pub target: Option<String>,
    /// The value of the target that is the event, such as `bad`; the others are not (default: 1, and 0 is not)
    #[arg(long, value_name = "VALUE", requires = "target")]
    pub event: Option<String>,
    /// Column with the model's probability; not a feature, monitored as the score
    #[arg(long, value_name = "COL")]
    pub probability: Option<String>,
    /// Column with the number that a regression predicts; not a feature, monitored as the score
    #[arg(long, value_name = "COL", conflicts_with = "probability")]
    pub prediction: Option<String>,
    /// Features, in the model's order (default: all other columns)
    #[arg(long, value_name = "A,B or @FILE")]
    pub features: Option<String>,
    /// Numeric columns to treat as categorical
    #[arg(long, value_name = "A,B or @FILE")]
    pub categorical: Option<String>,
    /// Columns that are not features
    #[arg(long, value_name = "A,B or @FILE")]
    pub ignore: Option<String>,
    /// Whether the rows were held out of training; scores on training rows are too optimistic
    #[arg(long, default_value = "unknown")]
    pub holdout: HoldoutArg,
    /// Also print the cost of each threshold and the cheapest one; without --data, for the existing reference in --out
    #[arg(long, value_name = "WHAT")]
    pub show: Option<ShowArg>,
    /// Output format of --show
    #[arg(long, default_value = "text", requires = "show")]
    pub format: OutputFormat,
    /// Precision at which the model compares numbers (default: f32 if every non-integer value fits an f32)
    #[arg(long)]
    pub precision: Option<PrecisionArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Config file
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Start of the window: RFC 3339 or a date (midnight in schedule.timezone)
    #[arg(long, requires = "to", value_name = "T")]
    pub from: Option<String>,
    /// End of the window, exclusive
    #[arg(long, requires = "from", value_name = "T")]
    pub to: Option<String>,
    /// Check the range window by window, such as 1d, 7d, week or month; each gets its own report, and the range a summary
    #[arg(long, requires = "from", conflicts_with_all = ["against_from", "send"], value_name = "SPAN")]
    pub each: Option<Span>,
    /// Compare with the window that starts here instead of the reference; the report is kept apart and no alert changes
    #[arg(long, requires_all = ["from", "against_to"], conflicts_with = "send", value_name = "T")]
    pub against_from: Option<String>,
    /// End of the window to compare with, exclusive
    #[arg(long, requires = "against_from", value_name = "T")]
    pub against_to: Option<String>,
    /// Model to check, if the config defines several
    #[arg(long, alias = "name", value_name = "NAME")]
    pub model: Option<String>,
    /// Send due messages now instead of leaving them to the daemon
    #[arg(long)]
    pub send: bool,
    /// Output: a table, or the report as JSON
    #[arg(long, default_value = "text")]
    pub format: OutputFormat,
    /// Exit with code 1 if the verdict is `alarm`; with --each, if that of any window is
    #[arg(long)]
    pub exit_code: bool,
    /// Number of threads that read the log (default: number of cores)
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<u16>,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Config file with a `serve` section (to check its log: `source: {kind: vigie, path: DIR}`)
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Model to serve, if the config defines several
    #[arg(long, alias = "name", value_name = "NAME")]
    pub model: Option<String>,
    /// Number of threads; default: one for each core
    #[arg(long, value_parser = threads, value_name = "N")]
    pub threads: Option<u16>,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Config file
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Check everything that is due, send messages, and exit; for timers and cron
    #[arg(long)]
    pub once: bool,
}

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Config file
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Output format
    #[arg(long, default_value = "text")]
    pub format: OutputFormat,
    /// Rebuild runs and trends from the reports; sets a damaged ledger aside first
    #[arg(long)]
    pub rebuild: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum AlertVerb {
    /// List pending, open and recently recovered alerts
    List(AlertListArgs),
    /// Acknowledge an alert: no reminders until it recovers
    Ack {
        /// Number of the alert, as shown by `list`, or its name: a feature, a group of features, a segment or a run-level test
        alert: String,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Mute a feature, a group of features, a segment or a run-level test until a given time
    Mute {
        /// A feature, a group such as `BUREAU_*`, a segment, or a run-level test such as latency, volume or score
        subject: String,
        /// When the mute ends: RFC 3339 or a date
        #[arg(long, value_name = "T")]
        until: String,
        /// Only for this model
        #[arg(long, value_name = "NAME")]
        model: Option<String>,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Send a real test message on every channel
    Test(ConfigArgs),
}

#[derive(Debug, Args)]
pub(super) struct AlertListArgs {
    /// Config file
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Output format
    #[arg(long, default_value = "text")]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// Config file
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Start of the range: RFC 3339 or a date (midnight in schedule.timezone)
    #[arg(long, value_name = "T")]
    pub from: String,
    /// End of the range, exclusive
    #[arg(long, value_name = "T")]
    pub to: String,
    /// Model file to use instead of the config's, of any supported library; its decisions are compared with the logged ones
    #[arg(long, value_name = "M")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub model_args: ModelArgs,
    /// The class whose probability is the score, if it is not the second of two
    #[arg(long, value_name = "NAME", requires = "model")]
    pub class: Option<String>,
    /// Model of the config to replay, if the config defines several
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Window length, such as 1d or 6h; each window gets its own report (default: schedule.window)
    #[arg(long, value_name = "SPAN")]
    pub each: Option<Span>,
    /// Output: a table, or the summary as JSON
    #[arg(long, default_value = "text")]
    pub format: OutputFormat,
    /// Exit with code 1 if a logged score differs from the model's, or if the verdict of any window is `alarm`
    #[arg(long)]
    pub exit_code: bool,
    /// Number of threads that read the log (default: number of cores)
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<u16>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("record").required(true))]
pub(super) struct ExplainArgs {
    /// Config file, which must set model.file
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Model of the config to explain, if the config defines several
    #[arg(long, alias = "name", value_name = "NAME")]
    pub model: Option<String>,
    /// Explain the record with this id
    #[arg(long, value_name = "ID", group = "record")]
    pub id: Option<String>,
    /// Explain the record in this JSON file: a log record, or only its inputs
    #[arg(long, value_name = "FILE", group = "record")]
    pub row: Option<PathBuf>,
    /// Start of the range to search for the id
    #[arg(long, requires = "to", value_name = "T")]
    pub from: Option<String>,
    /// End of the range to search, exclusive
    #[arg(long, requires = "from", value_name = "T")]
    pub to: Option<String>,
    /// Output: a sorted list with bars, or JSON
    #[arg(long, default_value = "text")]
    pub format: OutputFormat,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigVerb {
    /// Report all problems at once, with line number and key
    Check {
        #[command(flatten)]
        config: ConfigArgs,
        /// Also connect to the database and try the mapping on 100 records
        #[arg(long)]
        connect: bool,
    },
    /// Print the effective config, with defaults filled in and secrets masked
    Show(ConfigArgs),
    /// Print the JSON schema of the config
    Schema {
        /// Print that of report.json instead
        #[arg(long)]
        report: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// Config file
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
}
