//! `vigie import mlflow`: writes a config for a model in the registry.

use super::{
    ExitStatus,
    print::{noun, print, print_error},
    setup_args::{ImportMlflowArgs, ImportVerb},
};
use crate::{
    fault::Result,
    monitor::{ImportRequest, ImportedConfig, import_config},
};

pub(super) fn run(verb: &ImportVerb) -> Result<ExitStatus> {
    let ImportVerb::Mlflow(ImportMlflowArgs { address, out, log }) = verb;
    let imported = import_config(&ImportRequest { address, out, log: log.as_deref() })?;
    let ImportedConfig { name, version, features, notes, next: [first, second] } = imported;
    for note in notes {
        print_error(&format!("note: {note}"));
    }
    let unit = noun(features as u64, "feature");
    print(&format!("{}: {name}, {version}, {features} {unit}\nnext:\n  {first}\n  {second}\n", out.display()));
    Ok(ExitStatus::Success)
}
