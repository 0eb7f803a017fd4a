//! Checks that the files and folders of a config exist and are usable. Creates nothing.

use std::{fs, path::Path};

use super::{Problem, Settings};
use crate::{
    alert,
    fault::describe_io,
    source::{PlaceOptions, PlaceSection},
};

/// Returns a problem for each file or folder that cannot be used.
#[must_use]
pub fn check_files(settings: &Settings) -> Vec<Problem> {
    let reference = settings.reference.display();
    let learn = format!("create it with `vigie learn --data FILE --out {reference}`");
    let mut problems = vec![
        check_readable("reference", &settings.reference, &learn),
        check_writable("reports.dir", &settings.reports),
        check_writable("state", &settings.state),
    ];
    if let Some(file) = &settings.model.file {
        problems.push(check_readable("model.file", file, "set it to the model file, or remove the line"));
    }
    problems.extend(check_place(PlaceSection::Log, &settings.source.place));
    if let Some(labels) = &settings.labels {
        problems.extend(check_place(PlaceSection::Labels, &labels.place));
    }
    problems.extend(check_channels(settings));
    let with_location = |problem: Problem| {
        let location = settings.locations.get(problem.key.as_str()).copied();
        problem.at(location)
    };
    problems.into_iter().flatten().map(with_location).collect()
}

/// Checks the log or the labels, and the files that are needed to read them. Label files may not exist yet.
fn check_place(section: PlaceSection, place: &PlaceOptions) -> Vec<Option<Problem>> {
    let full_key = |key: &str| format!("{}.{key}", section.name());
    let files = place.required_files().map(|file| check_readable(&full_key(file.key), file.path, file.hint));
    let problem = place.problem(section).map(|found| {
        let key = full_key(found.key);
        Problem::new(key.as_str(), format!("`{key}`{}", found.why)).hint(found.hint)
    });
    [problem].into_iter().chain(files).collect()
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
