//! Reads a small text file about features: importance, or a data dictionary.

use std::{fs::File, io::Read, path::Path};

use vigie_profile::shown::shown;

use crate::{
    delimited::{conversion, is_spreadsheet},
    fault::describe_io,
};

/// Greatest size of a file in bytes: a dictionary of 1,700 features takes half of one megabyte.
pub(super) const MAX_BYTES: u64 = 16 << 20;

/// Reads the text, or says why it cannot be read.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| describe_io(&error))?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| describe_io(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("the file is larger than 16 MB".to_owned());
    }
    if is_spreadsheet(&bytes) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        return Err(format!("this is a spreadsheet; {}", conversion(&shown(&name))));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let lines = error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count();
        format!("line {} is not UTF-8", lines + 1)
    })
}
