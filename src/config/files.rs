//! Checks that the files and folders of a config exist and are usable. Creates nothing.

use std::{fs, path::Path};

use super::{Problem, Settings};
use crate::{
    alert,
    fault::describe_io,
    source::{DatabaseOptions, LabelOptions, SourceKind, check_url, parent_exists},
};

/// Returns a problem for each file or folder that cannot be used.
#[must_use]
pub fn check_files(settings: &Settings) -> Vec<Problem> {
    let reference = settings.reference.display();
    let learn = format!("create it with `vigie learn --data FILE --out {reference}`");
    let mut problems = vec![
        check_readable("reference", &settings.reference, &learn),
        (settings.source.kind == SourceKind::Files).then(|| check_log("source.path", &settings.source.path)).flatten(),
        check_writable("reports.dir", &settings.reports),
        check_writable("state", &settings.state),
    ];
    if let Some(file) = &settings.model.file {
        problems.push(check_readable("model.file", file, "set it to the model's .cbm file, or remove the line"));
    }
    if let Some(file) = &settings.source.database.password_file {
        let hint = "it must contain only the password; make it readable only by the user that runs vigie";
        problems.push(check_readable("source.password_file", file, hint));
    }
    if let Some(file) = &settings.source.database.sslrootcert {
        let hint = "set it to the PEM file of the CA that signed the server's certificate";
        problems.push(check_readable("source.sslrootcert", file, hint));
    }
    if settings.source.kind == SourceKind::Postgres {
        problems.push(check_database_url("source", &settings.source.database));
    }
    if let Some(labels) = &settings.labels {
        problems.extend(check_labels(labels));
    }
    problems.extend(check_channels(settings));
    let with_location = |problem: Problem| {
        let location = settings.locations.get(problem.key.as_str()).copied();
        problem.at(location)
    };
    problems.into_iter().flatten().map(with_location).collect()
}

/// The label file may not exist yet, but its folder must.
fn check_labels(labels: &LabelOptions) -> Vec<Option<Problem>> {
    let password = labels.database.password_file.as_ref();
    let database_files = [
        password.and_then(|file| check_readable("labels.password_file", file, "it must contain only the password")),
        labels
            .database
            .sslrootcert
            .as_ref()
            .and_then(|file| check_readable("labels.sslrootcert", file, "set it to a PEM file")),
    ];
    let is_awaited = !labels.path.exists() && parent_exists(&labels.path);
    let url = (labels.kind == SourceKind::Postgres).then(|| check_database_url("labels", &labels.database)).flatten();
    let path =
        (labels.kind == SourceKind::Files && !is_awaited).then(|| check_log("labels.path", &labels.path)).flatten();
    database_files.into_iter().chain([url, path]).collect()
}

/// Checks that the URL can be parsed. Does not connect.
fn check_database_url(section: &str, database: &DatabaseOptions) -> Option<Problem> {
    let (why, hint) = check_url(section, database.url.as_ref()?)?;
    let key = format!("{section}.url");
    Some(Problem::new(key.as_str(), format!("`{key}` {why}")).hint(hint))
}

/// Checks passwords, tokens and certificates of the channels.
fn check_channels(settings: &Settings) -> Vec<Option<Problem>> {
    let (email, webhook) = (settings.alerts.email.as_ref(), settings.alerts.webhook.as_ref());
    let token = settings.http.as_ref().and_then(|http| http.token_file.as_ref());
    let secret = "it must contain only the secret; make it readable only by the user that runs vigie";
    let trust = "set it to a PEM file, or remove the line to trust only the system's certificates";
    let files = [
        ("alerts.email.password_file", email.and_then(|email| email.password_file.as_ref()), secret),
        ("alerts.email.ca_file", email.and_then(|email| email.ca_file.as_ref()), trust),
        ("alerts.webhook.token_file", webhook.and_then(|webhook| webhook.token_file.as_ref()), secret),
        ("http.token_file", token, secret),
        ("alerts.webhook.ca_file", webhook.and_then(|webhook| webhook.ca_file.as_ref()), trust),
    ];
    let mut problems: Vec<_> = files.into_iter().map(|(key, file, hint)| check_readable(key, file?, hint)).collect();
    problems.push(email.and_then(check_password));
    problems
}

/// Checks that the credential exists. Only possible under systemd.
fn check_password(email: &alert::Email) -> Option<Problem> {
    let is_missing = email.username.is_some() && email.password_file.is_none() && !email.smtp.contains('@');
    let is_service = std::env::var_os("CREDENTIALS_DIRECTORY").is_some();
    if !is_missing || !is_service || alert::credential(alert::PASSWORD_CREDENTIAL).is_some() {
        return None;
    }
    let problem = Problem::new("alerts.email.username", "`alerts.email.username` is set, but there is no password");
    Some(problem.hint(format!("put it in /etc/credstore/{}, or set `password_file`", alert::PASSWORD_CREDENTIAL)))
}

fn unusable(key: &str, path: &Path, why: &str) -> Problem {
    Problem::new(key, format!("`{key}`: {}: {why}", path.display()))
}

fn check_readable(key: &str, path: &Path, hint: &str) -> Option<Problem> {
    let why = match fs::metadata(path).and_then(|found| fs::File::open(path).map(|_| found)) {
        Ok(found) if found.is_dir() => "expected a file, found a folder".to_owned(),
        Ok(_) => return None,
        Err(error) => describe_io(&error),
    };
    Some(unusable(key, path, &why).hint(hint))
}

/// Checks for a file, a folder, or a glob with at least one match.
fn check_log(key: &str, path: &Path) -> Option<Problem> {
    let text = path.to_string_lossy();
    let why = match fs::metadata(path) {
        Ok(found) if found.is_dir() => describe_io(&fs::read_dir(path).err()?),
        Ok(_) => describe_io(&fs::File::open(path).err()?),
        Err(_) if text.contains(['*', '?', '[']) => match glob::glob(&text) {
            Ok(mut found) => match found.find(Result::is_ok) {
                Some(_) => return None,
                None => "no file matches".to_owned(),
            },
            Err(error) => format!("invalid glob: {}", error.msg),
        },
        Err(error) => describe_io(&error),
    };
    Some(
        unusable(key, path, &why)
            .hint("set it to an existing file, a folder, or a glob that matches at least one file"),
    )
}

/// Checks that a folder is writable or can be created, based on its nearest existing ancestor.
fn check_writable(key: &str, path: &Path) -> Option<Problem> {
    let existing = path.ancestors().find(|folder| folder.exists())?;
    let why = match fs::metadata(existing) {
        Ok(found) if !found.is_dir() => format!("{} is a file", existing.display()),
        Ok(found) if found.permissions().readonly() => format!("{} is not writable", existing.display()),
        Ok(_) => return None,
        Err(error) => describe_io(&error),
    };
    Some(unusable(key, path, &why).hint("set it to a folder that vigie can write to"))
}
