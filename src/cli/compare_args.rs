//! Arguments of `vigie compare`.

use std::path::PathBuf;

use clap::Args;

use super::{
    args::{HoldoutArg, OutputFormat},
    csv_args::CsvArgs,
    model_args::ModelArgs,
};

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
