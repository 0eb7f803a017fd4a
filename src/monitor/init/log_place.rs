//! Where the config says that the log is: the path that was given, or a glob that leaves out what is not the log.

use std::path::{Path, PathBuf};

use crate::{
    fault::{Fault, Result},
    source::{RecordSample, log_ending},
};

/// The place of the log in the config. A folder becomes a glob if the config and its reports will be inside it, or if the names
/// of its files do not tell their format, because other files would then be read as records.
pub(super) fn log_place(log: &Path, config: &Path, sample: &RecordSample) -> Result<PathBuf> {
    let whole = |path: &Path| std::fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path });
    let is_around = whole(log).is_ok_and(|log| whole(config).is_ok_and(|config| config.starts_with(log)));
    if !log.is_dir() || sample.format.is_none() && !is_around {
        return Ok(log.to_owned());
    }
    let endings: Vec<Option<String>> = sample.paths.iter().map(|path| log_ending(path)).collect();
    let common = match endings.split_first() {
        Some((Some(first), others)) if others.iter().all(|other| other.as_ref() == Some(first)) => Some(first),
        _ => None,
    };
    let is_flat = sample.paths.iter().all(|path| path.parent() == Some(log));
    match common {
        Some(ending) if is_flat => Ok(log.join(format!("*.{ending}*"))),
        Some(ending) if !is_around => Ok(log.join("**").join(format!("*.{ending}*"))),
        _ if is_around => Err(Fault::setup(format!(
            "--log {}: the config and its reports would be among the files of the log; name only these, such as --log \
             'logs/*.ndjson', or write the config to another folder with --out",
            log.display()
        ))),
        _ => Err(Fault::setup(format!(
            "--log {}: its files have different endings; name those of the log, such as --log 'logs/*.log'",
            log.display()
        ))),
    }
}
