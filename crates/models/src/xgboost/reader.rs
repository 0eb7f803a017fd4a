//! Reads an XGBoost model in either format.

use super::{XgBoostModel, build, file, learner};
use crate::{allowance::Allowance, error::Result, options::ModelOptions};

/// Reads a model; `name` prefixes error messages.
pub(crate) fn from_bytes(name: &str, bytes: &[u8], options: &ModelOptions) -> Result<XgBoostModel> {
    read(bytes, options).map_err(|error| error.context(name))
}

fn read(bytes: &[u8], options: &ModelOptions) -> Result<XgBoostModel> {
    let allowance = Allowance::for_file(bytes);
    let is_json = bytes
        .trim_ascii_start()
        .strip_prefix(b"{")
        .is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}')));
    let (parts, format) = if is_json {
        (learner::read(file::json::JsonSource::new(bytes, &allowance))?, "JSON")
    } else {
        (learner::read(file::ubj::UbjSource::new(bytes, &allowance))?, "UBJSON")
    };
    build::build(parts, format, options.fingerprint(bytes), options, &allowance)
}
