//! Whether the files that a config names are there: looked at, never made.

use std::{fs, path::Path};

use super::{Problem, Settings};
use crate::{
    alert,
    fault::spoken,
    source::{Kind, LabelOptions, may_come},
};

/// All files and folders that are named but cannot be used.
#[must_use]
pub fn check_files(settings: &Settings) -> Vec<Problem> {
    let reference = settings.reference.display();
    let learn = format!("make it with `vigie learn --data FILE --out {reference}`");
    let mut problems = vec![
        readable("reference", &settings.reference, &learn),
        (settings.source.kind == Kind::Files).then(|| log("source.path", &settings.source.path)).flatten(),
        writable("reports.dir", &settings.reports),
        writable("state", &settings.state),
    ];
    if let Some(file) = &settings.model.file {
        problems.push(readable("model.file", file, "name the .cbm file of the model, or remove the line"));
    }
    if let Some(file) = &settings.source.database.password_file {
        let hint = "make it readable for the user of vigie only; it holds the password and nothing else";
        problems.push(readable("source.password_file", file, hint));
    }
    if let Some(file) = &settings.source.database.sslrootcert {
        let hint = "name the PEM file of the authority that signed the server's certificate";
        problems.push(readable("source.sslrootcert", file, hint));
    }
    if let Some(labels) = &settings.labels {
        problems.extend(label_files(labels));
    }
    problems.extend(channel_files(settings));
    let placed = |problem: Problem| {
        let place = settings.places.get(problem.key.as_str()).copied();
        problem.at(place)
    };
    problems.into_iter().flatten().map(placed).collect()
}

/// Labels may still have to come, but then into a folder that is there.
fn label_files(labels: &LabelOptions) -> Vec<Option<Problem>> {
    let password = labels.database.password_file.as_ref();
    let of_database = [
        password.and_then(|file| readable("labels.password_file", file, "it holds the password and nothing else")),
        labels.database.sslrootcert.as_ref().and_then(|file| readable("labels.sslrootcert", file, "name a PEM file")),
    ];
    let is_awaited = !labels.path.exists() && may_come(&labels.path);
    let path = (labels.kind == Kind::Files && !is_awaited).then(|| log("labels.path", &labels.path)).flatten();
    of_database.into_iter().chain([path]).collect()
}

/// Passwords, tokens and certificates of the ways to tell people.
fn channel_files(settings: &Settings) -> Vec<Option<Problem>> {
    let (email, webhook) = (settings.alerts.email.as_ref(), settings.alerts.webhook.as_ref());
    let token = settings.http.as_ref().and_then(|http| http.token_file.as_ref());
    let secret = "make it readable for the user of vigie only; it holds the secret and nothing else";
    let trust = "name a file of certificates in PEM, or remove the line to trust the system's alone";
    let files = [
        ("alerts.email.password_file", email.and_then(|email| email.password_file.as_ref()), secret),
        ("alerts.email.ca_file", email.and_then(|email| email.ca_file.as_ref()), trust),
        ("alerts.webhook.token_file", webhook.and_then(|webhook| webhook.token_file.as_ref()), secret),
        ("http.token_file", token, secret),
        ("alerts.webhook.ca_file", webhook.and_then(|webhook| webhook.ca_file.as_ref()), trust),
    ];
    let mut problems: Vec<_> = files.into_iter().map(|(key, file, hint)| readable(key, file?, hint)).collect();
    problems.push(email.and_then(password));
    problems
}

/// Below systemd it is known whether the password is there; by hand the credential cannot be seen.
fn password(email: &alert::Email) -> Option<Problem> {
    let is_missing = email.username.is_some() && email.password_file.is_none() && !email.smtp.contains('@');
    let is_service = std::env::var_os("CREDENTIALS_DIRECTORY").is_some();
    if !is_missing || !is_service || alert::credential(alert::PASSWORD_CREDENTIAL).is_some() {
        return None;
    }
    let problem = Problem::new("alerts.email.username", "`alerts.email.username` has no password");
    Some(problem.hint(format!("put it into /etc/credstore/{}, or name `password_file`", alert::PASSWORD_CREDENTIAL)))
}

fn cannot(key: &str, path: &Path, why: &str) -> Problem {
    Problem::new(key, format!("`{key}`: {}: {why}", path.display()))
}

fn readable(key: &str, path: &Path, hint: &str) -> Option<Problem> {
    let why = match fs::metadata(path).and_then(|found| fs::File::open(path).map(|_| found)) {
        Ok(found) if found.is_dir() => "it is a folder, where a file is expected".to_owned(),
        Ok(_) => return None,
        Err(error) => spoken(&error),
    };
    Some(cannot(key, path, &why).hint(hint))
}

/// A file, a folder, or a glob that matches something.
fn log(key: &str, path: &Path) -> Option<Problem> {
    let text = path.to_string_lossy();
    let why = match fs::metadata(path) {
        Ok(found) if found.is_dir() => spoken(&fs::read_dir(path).err()?),
        Ok(_) => spoken(&fs::File::open(path).err()?),
        Err(_) if text.contains(['*', '?', '[']) => match glob::glob(&text) {
            Ok(mut found) => match found.find(Result::is_ok) {
                Some(_) => return None,
                None => "no file matches".to_owned(),
            },
            Err(error) => format!("not a glob: {}", error.msg),
        },
        Err(error) => spoken(&error),
    };
    Some(cannot(key, path, &why).hint("set it to a file, a folder or a glob of what is there"))
}

/// A folder that can be written to, or that could be made: the nearest folder above it that is there decides.
fn writable(key: &str, path: &Path) -> Option<Problem> {
    let there = path.ancestors().find(|folder| folder.exists())?;
    let why = match fs::metadata(there) {
        Ok(found) if !found.is_dir() => format!("{} is a file", there.display()),
        Ok(found) if found.permissions().readonly() => format!("{} cannot be written to", there.display()),
        Ok(_) => return None,
        Err(error) => spoken(&error),
    };
    Some(cannot(key, path, &why).hint("name a folder that vigie may write to"))
}
