//! Arguments of `vigie compare`.

use std::path::PathBuf;

use clap::Args;

use super::args::{ModelArgs, OutputFormat};

#[derive(Debug, Args)]
pub(in crate::cli) struct CompareArgs {
    /// The table to compare with: a Parquet, CSV or NDJSON file, a folder or a glob
    #[arg(value_name = "REF")]
    pub reference: PathBuf,
    /// The table to compare
    #[arg(value_name = "CUR")]
    pub current: PathBuf,
    /// Column of REF with the outcome: from it and the probability, cost and AUC of CUR are estimated
    #[arg(long, value_name = "COL")]
    pub target: Option<String>,
    /// Column of the score, if it is a probability
    #[arg(long, value_name = "COL")]
    pub probability: Option<String>,
    /// Columns that hold categories although they look like numbers, or @FILE with one per line
    #[arg(long, value_name = "A,B")]
    pub categorical: Option<String>,
    /// Columns to leave out, or @FILE
    #[arg(long, value_name = "A,B")]
    pub ignore: Option<String>,
    /// Column of CUR with the time of its rows, to find out since when something changed
    #[arg(long, value_name = "COL")]
    pub timestamp: Option<String>,
    /// The model of the probability: its features are compared, weighted by their importance
    #[arg(long, value_name = "M", requires = "probability")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub model_args: ModelArgs,
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
