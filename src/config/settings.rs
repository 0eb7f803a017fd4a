//! What the config file means: defaults filled in, paths made absolute, zones looked up.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::{
    Alerts, Http, Labels, Model, Options, Place, Problem, Problems, ScheduleOptions, Watched, cron::cron, key::Key,
    understand::understand,
};
use crate::{judge::Policy, report::Language, source, window::Span};

/// Everything a run has to know. Paths are absolute.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The config file, as it was named.
    pub path: PathBuf,
    /// Of the config file's bytes, in hexadecimal.
    pub sha256: String,
    /// The model that is watched.
    pub model: Model,
    /// The reference file.
    pub reference: PathBuf,
    /// Where the log is, and what its fields are called.
    pub source: source::Options,
    /// Where outcomes are.
    pub labels: Option<Labels>,
    /// When to look, and at how much.
    pub schedule: Schedule,
    /// The limits.
    pub policy: Policy,
    /// The folder of report files.
    pub reports: PathBuf,
    /// How long reports are kept.
    pub keep: Span,
    /// What the pages are written in.
    pub language: Language,
    /// The folder of the daemon's own state.
    pub state: PathBuf,
    /// Who is told, and when.
    pub alerts: Alerts,
    /// Reports and health over HTTP.
    pub http: Option<Http>,
    /// Further models, as the file says them.
    pub models: Vec<Watched>,
    /// Where the paths stand in the file.
    pub(super) places: BTreeMap<&'static str, Place>,
}

/// When to look, and at how much.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Six fields, seconds first.
    pub cron: String,
    /// The zone of the cron line, of windows of whole days and of dates on the command line.
    pub zone: TimeZone,
    /// Its name.
    pub zone_name: String,
    /// How long a window is.
    pub window: Span,
    /// How long after a window's end late records are waited for.
    pub lateness: Span,
}

/// Keys that name files and folders.
const PATHS: [&str; 8] = [
    "reference",
    "source.path",
    "labels.path",
    "model.file",
    "reports.dir",
    "state",
    "alerts.email.password_file",
    "http.token_file",
];

impl Settings {
    /// Reads a config file; relative paths in it are relative to its folder.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        let bytes = fs::read(path).map_err(|error| {
            let sentence = format!("the config cannot be read: {}", spoken(&error));
            Problems::new(path, vec![Problem::new("", sentence).hint("name another one with `--config FILE`")])
        })?;
        Self::from_bytes(path, &bytes)
    }

    /// What `bytes` mean as the file `path`, which need not be there.
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self, Problems> {
        Self::meant_by(path, bytes).map_err(|problems| Problems::new(path, problems))
    }

    fn meant_by(path: &Path, bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        let (options, tree) = understand(bytes)?;
        let places = PATHS.into_iter().map(|key| (key, tree.place_of(Key::of(key).pieces()))).collect();
        let Options { model: Some(model), reference: Some(reference), source: Some(source), .. } = options.clone()
        else {
            let problem =
                Problem::new("models", "`models` is not acted on by this version: a config watches one model")
                    .hint("write `model`, `reference` and `source` at the top, and one config for each model");
            return Err(vec![problem.at(tree.key_place("models"))]);
        };
        let folder = folder(path);
        let mut settings = Self {
            path: path.to_owned(),
            sha256: hexadecimal(&Sha256::digest(bytes)),
            model,
            reference,
            source,
            labels: options.labels,
            schedule: Schedule::new(options.schedule).map_err(|problem| vec![problem])?,
            policy: options.policy,
            reports: options.reports.dir,
            keep: options.reports.keep,
            language: options.reports.language,
            state: options.state,
            alerts: options.alerts,
            http: options.http,
            models: options.models,
            places,
        };
        for path in settings.paths() {
            *path = from_folder(&folder, path);
        }
        Ok(settings)
    }

    fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut paths = vec![&mut self.reference, &mut self.source.path, &mut self.reports, &mut self.state];
        paths.extend(self.model.file.as_mut());
        paths.extend(self.labels.as_mut().map(|labels| &mut labels.path));
        paths.extend(self.alerts.email.as_mut().and_then(|email| email.password_file.as_mut()));
        paths.extend(self.http.as_mut().and_then(|http| http.token_file.as_mut()));
        for watched in &mut self.models {
            paths.extend([&mut watched.reference, &mut watched.source.path]);
            paths.extend(watched.model.file.as_mut());
            paths.extend(watched.labels.as_mut().map(|labels| &mut labels.path));
        }
        paths
    }
}

impl Schedule {
    fn new(options: ScheduleOptions) -> Result<Self, Problem> {
        let ScheduleOptions { cron: line, timezone: zone_name, window, lateness } = options;
        let cron = cron(&line).map_err(|why| Problem::new("schedule.cron", format!("`schedule.cron` {why}")))?;
        let zone = TimeZone::get(&zone_name)
            .map_err(|error| Problem::new("schedule.timezone", format!("`schedule.timezone`: {error}")))?;
        Ok(Self { cron, zone, zone_name, window, lateness })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The absolute folder of the config file.
fn folder(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::canonicalize(folder).or_else(|_| std::path::absolute(folder)).unwrap_or_else(|_| folder.to_owned())
}

/// `path` as seen from `folder`: leading `..` go up, so that messages name the place itself.
fn from_folder(folder: &Path, path: &Path) -> PathBuf {
    let mut folder = folder.to_owned();
    let mut rest = path.components();
    loop {
        let before = rest.clone();
        match rest.next() {
            Some(Component::CurDir) => {}
            Some(Component::ParentDir) => {
                folder.pop();
            }
            _ => return folder.join(before.as_path()).components().collect(),
        }
    }
}

/// A machine's complaint about a file, in plain words.
pub(super) fn spoken(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_folder_of_the_config() {
        let from = |path: &str| from_folder(Path::new("/etc/vigie"), Path::new(path)).display().to_string();
        assert_eq!(from("../log/*.ndjson"), "/etc/log/*.ndjson");
        assert_eq!(from("./a/../b"), "/etc/vigie/a/../b");
        assert_eq!(from("/var/log"), "/var/log");
        assert_eq!(from("."), "/etc/vigie");
    }
}
