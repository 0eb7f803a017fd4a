//! The file with the token that clients must send.

use std::{fs, path::Path};

use crate::fault::{Fault, Result, describe_io};

/// Reads a token; `key`: the config key that names the file.
pub(crate) fn read_token(key: &str, file: &Path) -> Result<String> {
    let fault = |why: String| {
        let file = file.display();
        Fault::setup(format!("{key}: {file}: {why}; the file must contain the token and nothing else"))
    };
    let text = fs::read_to_string(file).map_err(|error| fault(describe_io(&error)))?;
    match text.trim() {
        "" => Err(fault("the file is empty".to_owned())),
        token if token.contains(char::is_control) => {
            Err(fault("it has several lines, or characters that no client can send".to_owned()))
        }
        token => Ok(token.to_owned()),
    }
}
