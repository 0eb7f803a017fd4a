//! Reads an XGBoost model in either format.

use super::{XgBoostModel, build, file, learner, parts::LearnerParts};
use crate::{allowance::Allowance, error::Result, options::ModelOptions};

/// Reads a model; `name` prefixes error messages.
pub(crate) fn from_bytes(name: &str, bytes: &[u8], options: &ModelOptions) -> Result<XgBoostModel> {
    read(bytes, options).map_err(|error| error.context(name))
}

fn read(bytes: &[u8], options: &ModelOptions) -> Result<XgBoostModel> {
    let allowance = Allowance::for_file(bytes);
    let (parts, format) = parts(bytes, &allowance)?;
    build::build(parts, format, options.fingerprint(bytes), options, &allowance)
}

/// Reads the booster of an estimator of the scikit-learn wrapper, which is in a `.skops` file. `sha256`: the fingerprint of
/// that file and the options.
pub(crate) fn from_estimator(
    bytes: &[u8],
    sha256: [u8; 32],
    options: &ModelOptions,
    allowance: &Allowance,
) -> Result<XgBoostModel> {
    let (mut parts, _) = parts(bytes, allowance)?;
    // Only `save_model` of the wrapper says so in the booster itself.
    parts.is_scikit_learn = true;
    build::build(parts, ".skops", sha256, options, allowance)
}

/// The parts of a file, and its format.
fn parts(bytes: &[u8], allowance: &Allowance) -> Result<(LearnerParts, &'static str)> {
    let is_json = bytes
        .trim_ascii_start()
        .strip_prefix(b"{")
        .is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}')));
    Ok(if is_json {
        (learner::read(file::json::JsonSource::new(bytes, allowance))?, "JSON")
    } else {
        (learner::read(file::ubj::UbjSource::new(bytes, allowance))?, "UBJSON")
    })
}
