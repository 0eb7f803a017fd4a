//! Arguments of `vigie score`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{csv_args::CsvArgs, model_args::ModelArgs};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputArg {
    Raw,
    Probability,
    Prediction,
    Decision,
    Shap,
}

#[derive(Debug, Args)]
pub(super) struct ScoreArgs {
    /// Model: a file of CatBoost (.cbm, .json), LightGBM (.txt), XGBoost (.json, .ubj), scikit-learn (.skops) or ONNX, or an
    /// address in MLflow's registry such as `models:/NAME@champion`, on the server that `MLFLOW_TRACKING_URI` names
    #[arg(long, value_name = "M")]
    pub model: PathBuf,
    #[command(flatten)]
    pub model_args: ModelArgs,
    /// Rows: a .parquet, .csv or .ndjson file with the model's features as columns
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    #[command(flatten)]
    pub csv: CsvArgs,
    /// File to write the scores to: .parquet or .csv
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Values to write for each row
    #[arg(long, value_delimiter = ',', default_value = "probability")]
    pub output: Vec<OutputArg>,
    /// Column to copy to the output
    #[arg(long, value_name = "COL")]
    pub id: Option<String>,
}
