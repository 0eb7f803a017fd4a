//! What may be typed, and what it means.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use vigie_profile::{layout::Precision, window::Span};

use super::log::{Log, LogFormat};
use crate::reference::Holdout;

/// Drift monitoring for scoring models: reads prediction logs, compares them with a reference, says
/// what moved and whether to believe it.
#[derive(Debug, Parser)]
#[command(name = "vigie", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub(super) verb: Verb,
    /// How the log on standard error is written: human, json, journald, auto
    #[arg(long, global = true, default_value = "auto", value_name = "FORMAT", hide_possible_values = true)]
    log_format: LogFormat,
}

impl Cli {
    /// Begins to log as was asked for.
    #[must_use]
    pub fn begin_log(&self) -> Log {
        Log::begin(self.log_format)
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Learn a reference from training or hold-out rows
    Learn(LearnArgs),
    /// Check one window of the log now, and write its report
    Check(CheckArgs),
    /// The daemon: look whenever schedule.cron says so, write reports, tell people
    Run(RunArgs),
    /// What the ledger knows: last runs, open alerts, what is due next, undelivered mail
    Status(StatusArgs),
    /// Alerts by hand
    Alert {
        #[command(subcommand)]
        verb: AlertVerb,
    },
    /// Score the logged inputs of a range of days again, and compare with what was logged
    Replay(ReplayArgs),
    /// Explain one prediction: what each feature added to its score
    Explain(ExplainArgs),
    /// Score a file with a CatBoost model, equal to the official library to the bit
    Score(ScoreArgs),
    /// Check or show the config
    Config {
        #[command(subcommand)]
        verb: ConfigVerb,
    },
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

/// What `learn` shows besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ShowArg {
    Cost,
}

#[derive(Debug, Args)]
pub(super) struct LearnArgs {
    /// Training or hold-out rows: .parquet, .csv or .ndjson files with the same columns, or `postgres:TABLE`
    #[arg(long, required_unless_present_any = ["distributions", "show"], num_args = 1.., value_name = "FILE")]
    pub data: Vec<PathBuf>,
    /// Instead of rows: a stored table of distributions (feature, kind, `bins_json`, `ref_dist_json`, `n_ref`), for PSI only
    #[arg(long, conflicts_with_all = ["data", "target", "features", "categorical", "ignore", "precision"], value_name = "FILE")]
    pub distributions: Option<PathBuf>,
    /// Count the rows of the config's `segments` as well, so that a window's segment has its own rows to be compared with
    #[arg(long, conflicts_with = "distributions")]
    pub segments: bool,
    /// Where `postgres:TABLE` (or `postgres:SELECT …`) is, and what `--segments` are: the config; prices of `--show cost` too
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Where the reference is written
    #[arg(long, value_name = "REF")]
    pub out: PathBuf,
    /// The model: names the features, their order and kinds, scores the rows, and says which features matter
    #[arg(long, value_name = "M", conflicts_with_all = ["features", "categorical", "ignore", "precision"])]
    pub model: Option<PathBuf>,
    /// The outcome's column: not a feature
    #[arg(long, value_name = "COL")]
    pub target: Option<String>,
    /// The model's probability: not a feature, watched as the score
    #[arg(long, value_name = "COL")]
    pub probability: Option<String>,
    /// The features, in the model's order (default: every other column)
    #[arg(long, value_name = "A,B or @FILE")]
    pub features: Option<String>,
    /// Features that are categories though they hold numbers
    #[arg(long, value_name = "A,B or @FILE")]
    pub categorical: Option<String>,
    /// Columns that are not features
    #[arg(long, value_name = "A,B or @FILE")]
    pub ignore: Option<String>,
    /// Whether the rows were held out of training: a score learnt on training rows is too good
    #[arg(long, default_value = "unknown")]
    pub holdout: HoldoutArg,
    /// Print besides what each threshold would cost, and the cheapest; without --data, of the reference that --out names
    #[arg(long, value_name = "WHAT")]
    pub show: Option<ShowArg>,
    /// How --show prints it: lines, or JSON
    #[arg(long, default_value = "text", requires = "show")]
    pub format: Format,
    /// How the model compares numbers (default: f32 if the table stores its fractions so)
    #[arg(long)]
    pub precision: Option<PrecisionArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The config
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Start of the window: RFC 3339 or a date (midnight in schedule.timezone)
    #[arg(long, requires = "to", value_name = "T")]
    pub from: Option<String>,
    /// End of the window, not part of it
    #[arg(long, requires = "from", value_name = "T")]
    pub to: Option<String>,
    /// The model, when the config watches several
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Send what there is to tell now; without it that is left to the daemon
    #[arg(long)]
    pub send: bool,
    /// What is printed: a table, or the report's JSON
    #[arg(long, default_value = "text")]
    pub format: Format,
    /// Exit with 1 if the run is an alarm
    #[arg(long)]
    pub exit_code: bool,
    /// How many threads read the log (default: one a core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The config
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Look at everything that is due, send what is to be sent, and end: for timers and cron
    #[arg(long)]
    pub once: bool,
}

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The config
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// What is printed: lines, or JSON
    #[arg(long, default_value = "text")]
    pub format: Format,
    /// Read runs and trends anew from the reports; a damaged ledger is set aside first
    #[arg(long)]
    pub rebuild: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum AlertVerb {
    /// Pending and open alerts, and the latest that are over
    List(AlertListArgs),
    /// Somebody looks after it: no reminders until it recovers
    Ack {
        /// Its number in the list
        id: i64,
        #[command(flatten)]
        of: ConfigArgs,
    },
    /// Tell nobody of a feature for a while
    Mute {
        /// A feature, or a test of the run itself: latency, volume, score
        feature: String,
        /// Until then: RFC 3339 or a date
        #[arg(long, value_name = "T")]
        until: String,
        /// Of this model only
        #[arg(long, value_name = "NAME")]
        model: Option<String>,
        #[command(flatten)]
        of: ConfigArgs,
    },
    /// Send one real mail, to see that it arrives
    Test(ConfigArgs),
}

#[derive(Debug, Args)]
pub(super) struct AlertListArgs {
    /// The config
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// What is printed: lines, or JSON
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The config
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// Start of the range: RFC 3339 or a date (midnight in schedule.timezone)
    #[arg(long, value_name = "T")]
    pub from: String,
    /// End of the range, not part of it
    #[arg(long, value_name = "T")]
    pub to: String,
    /// Another model than the config's: what it would have decided is compared with what was logged
    #[arg(long, value_name = "M")]
    pub model: Option<PathBuf>,
    /// The length of a window, each with a report of its own: 1d, 6h (default: schedule.window)
    #[arg(long, value_name = "SPAN")]
    pub each: Option<Span>,
    /// What is printed: a table, or the summary's JSON
    #[arg(long, default_value = "text")]
    pub format: Format,
    /// Exit with 1 if a logged score is not the model's, or a window is an alarm
    #[arg(long)]
    pub exit_code: bool,
    /// How many threads read the log (default: one a core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("record").required(true))]
pub(super) struct ExplainArgs {
    /// The config, which names the model
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
    /// The record of the log with this id
    #[arg(long, value_name = "ID", group = "record")]
    pub id: Option<String>,
    /// A JSON file with one record as it is logged, or with its inputs alone
    #[arg(long, value_name = "FILE", group = "record")]
    pub row: Option<PathBuf>,
    /// Where in the log to look for the id: from here
    #[arg(long, requires = "to", value_name = "T")]
    pub from: Option<String>,
    /// To here, not part of it
    #[arg(long, requires = "from", value_name = "T")]
    pub to: Option<String>,
    /// What is printed: a sorted list with bars, or JSON
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputArg {
    Raw,
    Probability,
    Decision,
    Shap,
}

#[derive(Debug, Args)]
pub(super) struct ScoreArgs {
    /// The model: a .cbm file of CatBoost, or its JSON
    #[arg(long, value_name = "M")]
    pub model: PathBuf,
    /// The rows: a .parquet, .csv or .ndjson file with the model's features as columns
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Where the scores are written: .parquet or .csv
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// What is written of each row
    #[arg(long, value_delimiter = ',', default_value = "probability")]
    pub output: Vec<OutputArg>,
    /// A column that goes along
    #[arg(long, value_name = "COL")]
    pub id: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigVerb {
    /// Name all problems at once, with line and key
    Check {
        #[command(flatten)]
        config: ConfigArgs,
        /// Connect to the database, and try the mapping on 100 records
        #[arg(long)]
        connect: bool,
    },
    /// Print what was understood, with defaults filled in and secrets masked
    Show(ConfigArgs),
    /// Print the JSON schema of the config
    Schema,
}

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// The config
    #[arg(long, default_value = "config/vigie.yaml", value_name = "FILE")]
    pub config: PathBuf,
}
