//! Where a password may be kept: a file of its own, systemd's credentials, `~/.pgpass`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio_postgres::{Config, config::Host};

use crate::fault::{Fault, Result, spoken};

/// The name of systemd's credential: `LoadCredential=postgres-password:/etc/vigie/postgres-password`.
const CREDENTIAL: &str = "postgres-password";

/// The password, unless the url has it; `None`: the server may not want one.
pub(super) fn find(section: &str, file: Option<&Path>, config: &Config) -> Result<Option<String>> {
    if let Some(file) = file {
        let text = fs::read_to_string(file).map_err(|error| {
            Fault::setup(format!(
                "{section}.password_file: {}: {}; it has to hold the password and be readable for vigie",
                file.display(),
                spoken(&error)
            ))
        })?;
        return Ok(Some(first_line(&text)));
    }
    if config.get_password().is_some() {
        return Ok(None);
    }
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join(CREDENTIAL));
    if let Some(text) = credential.and_then(|path| fs::read_to_string(path).ok()) {
        return Ok(Some(first_line(&text)));
    }
    Ok(pgpass_file().and_then(|path| in_pgpass(&fs::read_to_string(path).ok()?, config)))
}

/// A password may end in a space, but not in a line's end.
fn first_line(text: &str) -> String {
    text.trim_end_matches(['\n', '\r']).to_owned()
}

/// What anyone but the owner may do.
const OTHERS: u32 = 0o077;

/// As libpq: others must not be able to read it.
fn pgpass_file() -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::var_os("PGPASSFILE")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".pgpass")))?;
    let mode = fs::metadata(&path).ok()?.permissions().mode();
    (mode & OTHERS == 0).then_some(path)
}

/// The first line `host:port:database:user:password` that fits; `*` fits all, `\` takes a colon its meaning.
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
        let fits = keys.len() == wanted.len() && keys.iter().zip(wanted).all(|(key, want)| key == "*" || key == want);
        fits.then(|| password.clone())
    })
}

fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ':' if cells.len() < 5 => cells.push(String::new()),
            _ => {
                let letter = if letter == '\\' { letters.next().unwrap_or('\\') } else { letter };
                if let Some(cell) = cells.last_mut() {
                    cell.push(letter);
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
    fn a_line_of_pgpass_is_found_by_its_four_keys() {
        let text = "# hosts\nother:5432:log:vigie:no\ndb:*:log:vigie:s\\:e\\\\c\ndb:5432:*:*:late\n";
        let of = |url: &str| in_pgpass(text, &url.parse().unwrap());
        assert_eq!(of("postgresql://vigie@db/log").unwrap(), "s:e\\c");
        assert_eq!(of("postgresql://vigie@db/else").unwrap(), "late");
        assert_eq!(of("postgresql://vigie@elsewhere/log"), None);
    }
}
