//! Checks that the files and folders of a config exist and are usable. Creates nothing.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::{Alerts, MlflowOptions, Overrides, Problem, Settings, mlflow::is_address};
use crate::{
    alert::{self, Channel, KeyKind},
    fault::describe_io,
    source::{PlaceOptions, PlaceSection},
};

/// Returns a note if the reference does not exist yet because `vigie learn --segments` creates it from this config.
#[must_use]
pub fn note_missing_reference(settings: &Settings) -> Option<String> {
    let is_awaited = settings.segments.is_some() && !is_address(&settings.reference) && !settings.reference.exists();
    is_awaited.then(|| {
        format!(
            "`reference`: {} does not exist yet; create it with `vigie learn --data FILE --out {0} --segments --config {}`",
            settings.reference.display(),
            settings.path.display()
        )
    })
}

/// Returns a problem for each file or folder that cannot be used.
#[must_use]
pub fn check_files(settings: &Settings) -> Vec<Problem> {
    let reference = settings.reference.display();
    let learn = format!("create it with `vigie learn --data FILE --out {reference}`");
    let is_awaited = note_missing_reference(settings).is_some();
    let mut problems = vec![
        if is_awaited || is_address(&settings.reference) {
            None
        } else {
            check_readable("reference", &settings.reference, &learn)
        },
        check_writable("reports.dir", &settings.reports),
        check_writable("state", &settings.state),
    ];
    // Addresses are tried when the model is read.
    if let Some(file) = settings.model.file.as_ref().filter(|file| !is_address(file)) {
        problems.push(check_readable("model.file", file, "set it to the model file, or remove the line"));
    }
    problems.extend(check_place(PlaceSection::Log, &settings.source.place));
    if let Some(labels) = &settings.labels {
        problems.extend(check_place(PlaceSection::Labels, &labels.place));
    }
    if let Some(features) = &settings.features {
        problems.extend(check_place(PlaceSection::Features, &features.place));
    }
    problems.extend(check_channels(settings));
    let mut mlflow = settings.mlflow.clone();
    let files = mlflow.iter_mut().flat_map(MlflowOptions::files);
    problems.extend(files.map(|(key, file)| check_readable(key, file, "create the file, or remove the line")));
    let with_location = |problem: Problem| {
        let location = settings.locations.get(problem.key.as_str()).copied();
        problem.at(location)
    };
    problems.into_iter().flatten().map(with_location).collect()
}

/// Returns what is allowed, but probably not meant.
#[must_use]
pub fn warnings(settings: &Settings) -> Vec<Problem> {
    let months = settings.durations.iter().filter_map(|(key, text)| months(settings, key, text.trim()));
    let unused = unused_decisions(settings).into_iter().chain(unused_choices(settings)).chain(unused_terms(settings));
    readable_secrets(settings).into_iter().chain(months).chain(unused).collect()
}

/// Options of a model file, of which the config names none.
fn unused_choices(settings: &Settings) -> Option<Problem> {
    let model = &settings.model;
    let key = model.choices().keys().into_iter().next().filter(|_| model.file.is_none())?;
    let key = format!("model.{key}");
    let problem = Problem::new(key.as_str(), format!("`{key}` has no effect without a model file"));
    Some(problem.hint("name it in `model.file`"))
}

/// Terms of decisions, of which none follows from the score.
fn unused_terms(settings: &Settings) -> Option<Problem> {
    let fields = &settings.source.fields;
    let (score, field) = match (&fields.prediction, &fields.probabilities) {
        (Some(_), _) => ("a predicted number", "prediction"),
        (None, Some(_)) => ("a probability for each class", "probabilities"),
        (None, None) => return None,
    };
    // The location of a key that is missing is that of its section.
    let own = |key: &&str| settings.locations.get(*key).filter(|own| settings.locations.get("model") != Some(*own));
    let key = ["model.threshold", "model.cost", "model.beta"].into_iter().find(|key| own(key).is_some())?;
    let why = format!("`{key}` has no effect, because no decision follows from {score} (`source.fields.{field}`)");
    let problem = Problem::new(key, why).hint("remove it, or map one probability in `source.fields.probability`");
    Some(problem.at(own(&key).copied()))
}

/// Options about logged decisions, of which the config maps none.
fn unused_decisions(settings: &Settings) -> Option<Problem> {
    let model = &settings.model;
    let key = match (&model.decisions, model.overrides) {
        _ if settings.source.fields.decision.is_some() => return None,
        (Some(_), _) => "model.decisions",
        (None, Overrides::Allowed) => "model.overrides",
        (None, Overrides::None) => return None,
    };
    let problem = Problem::new(key, format!("`{key}` has no effect without logged decisions"));
    Some(problem.hint("map them in `source.fields.decision`"))
}

/// Collects the problems of all models, those that models share once.
pub fn of_all(fleet: &[Settings], find: impl Fn(&Settings) -> Vec<Problem>) -> Vec<Problem> {
    let mut all: Vec<Problem> = Vec::new();
    for problem in fleet.iter().flat_map(find) {
        if !all.contains(&problem) {
            all.push(problem);
        }
    }
    all
}

/// A long duration of a few minutes: in many tools, `1m` is a month.
fn months(settings: &Settings, key: &str, text: &str) -> Option<Problem> {
    let minutes: i64 = text.strip_suffix('m')?.parse().ok()?;
    let plural = if minutes == 1 { "" } else { "s" };
    let problem = Problem::new(key, format!("`{key}`: {text} is {minutes} minute{plural}; was a month meant?"));
    let month = if key == "schedule.window" { "month".to_owned() } else { format!("{}d", minutes * 30) };
    let hint = format!("for months write {month}; for minutes write {}s", minutes * 60);
    (minutes <= 12).then(|| problem.hint(hint).at(settings.locations.get(key).copied()))
}

/// Returns a problem for each password or token that every user of this host can read.
fn readable_secrets(settings: &Settings) -> Vec<Problem> {
    let mut alerts = settings.alerts.clone();
    let mut secrets: Vec<(String, &Path)> = Vec::new();
    let channels = alerts.files().into_iter().filter(|(key, _)| !is_certificate(key));
    secrets.extend(channels.map(|(key, file)| (key.to_owned(), &**file)));
    secrets.extend(server_tokens(settings).map(|(key, file)| (key.to_owned(), file)));
    let labels = settings.labels.as_ref().map(|labels| (PlaceSection::Labels, &labels.place));
    let features = settings.features.as_ref().map(|features| (PlaceSection::Features, &features.place));
    for (section, place) in [(PlaceSection::Log, &settings.source.place)].into_iter().chain(labels).chain(features) {
        let passwords = place.required_files().filter(|file| file.key == "password_file");
        secrets.extend(passwords.map(|file| (format!("{}.{}", section.name(), file.key), file.path)));
    }
    let problem = |(key, file): (String, &Path)| {
        let mode = fs::metadata(file).ok()?.permissions().mode() & 0o777;
        let location = settings.locations.get(&key).copied();
        let why = format!("every user of this host can read it (mode {mode:o})");
        let hint = format!("run `chmod go= {}`", file.display());
        (mode & 0o004 != 0).then(|| unusable(&key, file, &why).hint(hint).at(location))
    };
    secrets.into_iter().filter_map(problem).collect()
}

/// The files of the tokens that clients of the HTTP servers send, with their keys.
fn server_tokens(settings: &Settings) -> impl Iterator<Item = (&'static str, &Path)> {
    let reports = settings.http.as_ref().and_then(|http| http.token_file.as_deref());
    let scores = settings.serve.as_ref().and_then(|serve| serve.token_file.as_deref());
    let files = [("http.token_file", reports), ("serve.token_file", scores)];
    files.into_iter().filter_map(|(key, file)| Some((key, file?)))
}

/// Returns whether the key of a channel names certificates, as opposed to a secret.
fn is_certificate(key: &str) -> bool {
    let mut known = Alerts::specs().into_iter().flat_map(|spec| spec.keys);
    known.any(|known| known.key == key && known.kind == KeyKind::CertificateFile)
}

/// Checks the log or the labels, and the files that are needed to read them. Label files may not exist yet.
fn check_place(section: PlaceSection, place: &PlaceOptions) -> Vec<Option<Problem>> {
    let full_key = |key: &str| format!("{}.{key}", section.name());
    let files = place.required_files().map(|file| check_readable(&full_key(file.key), file.path, file.hint));
    let problem = place.problem(section).map(|found| {
        let key = full_key(found.key);
        Problem::new(key.as_str(), format!("`{key}`{}", found.why)).hint(found.hint)
    });
    let losses = if problem.is_none() { place.losses(section) } else { Vec::new() };
    let lost = losses.into_iter().map(|loss| {
        let key = full_key("path");
        let problem = Problem::new(key.as_str(), format!("`{key}`: {}", loss.statement()));
        Some(problem.hint(loss.shape.remedy()))
    });
    [problem].into_iter().chain(lost.collect::<Vec<_>>()).chain(files).collect()
}

/// Checks secrets and certificates of the channels, and the tokens of the HTTP servers.
fn check_channels(settings: &Settings) -> Vec<Option<Problem>> {
    let secret = "it must contain only the secret; make it readable only by the user that runs vigie";
    let trust = "set it to a PEM file, or remove the line to trust only the system's certificates";
    let mut alerts = settings.alerts.clone();
    let files = alerts.files().into_iter();
    let mut problems: Vec<Option<Problem>> = files
        .map(|(name, file)| check_readable(name, file, if is_certificate(name) { trust } else { secret }))
        .collect();
    problems.extend(server_tokens(settings).map(|(key, file)| check_readable(key, file, secret)));
    problems.extend(settings.alerts.channels().into_iter().map(check_secret));
    problems
}

/// Checks that the credential exists if nothing else provides the channel's secret. Only possible under systemd.
fn check_secret(channel: &dyn Channel) -> Option<Problem> {
    let missing = channel.missing_secret()?;
    let name = channel.spec().credential;
    let is_service = std::env::var_os("CREDENTIALS_DIRECTORY").is_some();
    if !is_service || alert::credential(name).is_some() {
        return None;
    }
    let problem = Problem::new(missing.key, missing.problem);
    Some(problem.hint(format!("put it in /etc/credstore/{name}, or set `{}`", missing.file_key)))
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
