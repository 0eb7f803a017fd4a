//! Arguments of the commands that set vigie up: `init`, `import`, `completions`, `man`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The prediction log: a file, a folder or a glob of .parquet, .ndjson or .csv files
    #[arg(long, value_name = "PATH")]
    pub log: PathBuf,
    /// Training or hold-out rows, by whose columns the inputs are recognised
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Model file, or its address in MLflow's registry, by whose features the inputs are recognised
    #[arg(long, value_name = "M")]
    pub model: Option<PathBuf>,
    /// Config file to write
    #[arg(long, default_value = "vigie.yaml", value_name = "FILE")]
    pub out: PathBuf,
    /// Ask nothing: take the likeliest answer where the records leave something open
    #[arg(long)]
    pub yes: bool,
    /// Replace an existing config
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum ImportVerb {
    /// Write a commented config for a model in MLflow's registry; server and login are those of the environment
    Mlflow(ImportMlflowArgs),
}

#[derive(Debug, Args)]
pub(super) struct ImportMlflowArgs {
    /// Address of the model, such as `models:/NAME@champion`
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Config file to write; it must not exist
    #[arg(long, default_value = "vigie.yaml", value_name = "FILE")]
    pub out: PathBuf,
    /// The prediction log: a file, a folder or a glob, relative to the config
    #[arg(long, value_name = "PATH")]
    pub log: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// For bash: `vigie completions bash > ~/.local/share/bash-completion/completions/vigie`
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Folder to write vigie.1 and a page for each command to
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}
