//! Finds the database password: in a file, in systemd's credentials, or in `~/.pgpass`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio_postgres::{Config, config::Host};

use crate::fault::{Fault, Result, describe_io};

/// Name of the systemd credential: `LoadCredential=postgres-password:/etc/vigie/postgres-password`.
const CREDENTIAL: &str = "postgres-password";

/// Returns the password, unless the url contains it. `None` is not an error, as the server may not require one.
pub(super) fn find(section: &str, file: Option<&Path>, config: &Config) -> Result<Option<String>> {
    if let Some(file) = file {
        let text = fs::read_to_string(file).map_err(|error| {
            Fault::setup(format!(
                "{section}.password_file: {}: {}; the file must contain the password and be readable by vigie",
                file.display(),
                describe_io(&error)
            ))
        })?;
        return Ok(Some(trim_line_end(&text)));
    }
    if config.get_password().is_some() {
        return Ok(None);
    }
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join(CREDENTIAL));
    if let Some(text) = credential.and_then(|path| fs::read_to_string(path).ok()) {
        return Ok(Some(trim_line_end(&text)));
    }
    Ok(pgpass_file().and_then(|path| in_pgpass(&fs::read_to_string(path).ok()?, config)))
}

/// Strips only line ends, as a password may end in a space.
fn trim_line_end(text: &str) -> String {
    text.trim_end_matches(['\n', '\r']).to_owned()
}

/// Permission bits of anyone but the owner.
const OTHERS: u32 = 0o077;

/// Returns the path of the pgpass file, if only its owner has access to it, as libpq requires.
fn pgpass_file() -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::var_os("PGPASSFILE")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".pgpass")))?;
    let mode = fs::metadata(&path).ok()?.permissions().mode();
    (mode & OTHERS == 0).then_some(path)
}

/// Returns the password of the first matching line `host:port:database:user:password`; `*` matches anything, and `\`
/// escapes a colon.
fn in_pgpass(text: &str, config: &Config) -> Option<String> {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        Some(Host::Unix(_)) | None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432).to_string();
    let wanted =
        [host.as_str(), port.as_str(), config.get_dbname().unwrap_or_default(), config.get_user().unwrap_or_default()];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let cells = cells(line);
        let (password, keys) = cells.split_last()?;
        let matches =
            keys.len() == wanted.len() && keys.iter().zip(wanted).all(|(key, want)| key == "*" || key == want);
        matches.then(|| password.clone())
    })
}

fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        match char {
            ':' if cells.len() < 5 => cells.push(String::new()),
            _ => {
                let char = if char == '\\' { chars.next().unwrap_or('\\') } else { char };
                if let Some(cell) = cells.last_mut() {
                    cell.push(char);
                }
            }
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pgpass_lines_are_matched_by_four_keys() {
        let text = "# hosts\nother:5432:log:vigie:no\ndb:*:log:vigie:s\\:e\\\\c\ndb:5432:*:*:late\n";
        let password = |url: &str| in_pgpass(text, &url.parse().unwrap());
        assert_eq!(password("postgresql://vigie@db/log").unwrap(), "s:e\\c");
        assert_eq!(password("postgresql://vigie@db/else").unwrap(), "late");
        assert_eq!(password("postgresql://vigie@elsewhere/log"), None);
    }
}
