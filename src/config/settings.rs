//! What the config file means: defaults filled in, paths made absolute, zones looked up.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use vigie_profile::window::{Cadence, Instant, Span};

use super::{
    Alerts, Http, Model, Options, Place, Problem, Problems, ScheduleOptions, SegmentOptions, Watched, cron::cron,
    key::Key, understand::understand,
};
use crate::{fault::spoken, judge::Policy, report::Language, source};

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
    pub labels: Option<source::LabelOptions>,
    /// Rows that are looked at apart.
    pub segments: Option<SegmentOptions>,
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
    /// Where people find the reports folder.
    pub base_url: Option<String>,
    /// The folder of the daemon's own state.
    pub state: PathBuf,
    /// Threads of the daemon, where the file says a number.
    pub threads: Option<u16>,
    /// Who is told, and when.
    pub alerts: Alerts,
    /// Reports and health over HTTP.
    pub http: Option<Http>,
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
    /// The first window that the daemon looks at holds it.
    pub start: Option<Instant>,
    /// How many windows are caught up with.
    pub catch_up: u32,
    /// How many of the latest windows are looked at again.
    pub revise: u32,
}

/// Keys that each of several models has for itself.
const KEYS_OF_A_MODEL: [&str; 9] = [
    "reference",
    "source.path",
    "source.password_file",
    "source.sslrootcert",
    "labels.path",
    "labels.password_file",
    "labels.sslrootcert",
    "model.file",
    "model.name",
];

/// Keys that name files and folders.
const PATHS: [&str; 15] = [
    "reference",
    "source.path",
    "source.password_file",
    "source.sslrootcert",
    "labels.path",
    "labels.password_file",
    "labels.sslrootcert",
    "model.file",
    "reports.dir",
    "state",
    "alerts.email.password_file",
    "alerts.email.ca_file",
    "alerts.webhook.token_file",
    "alerts.webhook.ca_file",
    "http.token_file",
];

impl Settings {
    /// Reads a config file that watches one model; relative paths in it are relative to its folder.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        Self::load_one(path, None)
    }

    /// Reads a config file; of several models the one of that name.
    pub fn load_one(path: &Path, model: Option<&str>) -> Result<Self, Problems> {
        Self::one_of(path, Self::load_all(path)?, model)
    }

    /// Reads a config file: the settings of each model it watches, at least one. What is common to all is in each.
    pub fn load_all(path: &Path) -> Result<Vec<Self>, Problems> {
        let bytes = fs::read(path).map_err(|error| {
            let sentence = format!("the config cannot be read: {}", spoken(&error));
            Problems::new(path, vec![Problem::new("", sentence).hint("name another one with `--config FILE`")])
        })?;
        Self::all_from_bytes(path, &bytes)
    }

    /// What `bytes` mean as the file `path`, which need not be there; it has to watch one model.
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self, Problems> {
        Self::one_of(path, Self::all_from_bytes(path, bytes)?, None)
    }

    /// The same for any number of models.
    pub fn all_from_bytes(path: &Path, bytes: &[u8]) -> Result<Vec<Self>, Problems> {
        Self::meant_by(path, bytes).map_err(|problems| Problems::new(path, problems))
    }

    fn one_of(path: &Path, mut all: Vec<Self>, model: Option<&str>) -> Result<Self, Problems> {
        let names: Vec<&str> = all.iter().map(|settings| settings.model.name.as_str()).collect();
        let names = names.join(", ");
        let found = match model {
            Some(name) => all.iter().position(|settings| settings.model.name == name),
            None => (all.len() == 1).then_some(0),
        };
        found.map(|index| all.swap_remove(index)).ok_or_else(|| {
            let problem = match model {
                Some(name) => Problem::new("", format!("no model is called `{name}`; there are: {names}")),
                None => Problem::new("models", format!("`models` watches several models: {names}"))
                    .hint("say which one is meant with `--model NAME`"),
            };
            Problems::new(path, vec![problem])
        })
    }

    fn meant_by(path: &Path, bytes: &[u8]) -> Result<Vec<Self>, Vec<Problem>> {
        let (options, tree) = understand(bytes)?;
        let folder = folder(path);
        let sha256 = hexadecimal(&Sha256::digest(bytes));
        let mut all: Vec<Self> = Vec::new();
        for (place, watched) in models(&options) {
            let within = |key: &'static str| {
                let own = KEYS_OF_A_MODEL.contains(&key);
                Key::of(&if own { format!("{place}{key}") } else { key.to_owned() })
            };
            if all.iter().any(|other| other.model.name == watched.model.name) {
                let name = &watched.model.name;
                let problem = Problem::new("model.name", format!("two models are called `{name}`"))
                    .hint("reports and alerts are kept by the model's name: choose another");
                return Err(vec![problem.at(tree.place_of(within("model.name").pieces()))]);
            }
            if let Some(problem) = nowhere(&watched) {
                return Err(vec![problem.at(tree.place_of(within("labels.path").pieces()))]);
            }
            let places = PATHS.into_iter().map(|key| (key, tree.place_of(within(key).pieces()))).collect();
            let mut settings = Self {
                path: path.to_owned(),
                sha256: sha256.clone(),
                model: watched.model,
                reference: watched.reference,
                source: watched.source,
                labels: watched.labels,
                segments: watched.segments,
                schedule: Schedule::new(watched.schedule).map_err(|problem| vec![problem])?,
                threads: options.run.threads,
                policy: watched.policy,
                reports: options.reports.dir.clone(),
                keep: options.reports.keep,
                language: options.reports.language,
                base_url: options.reports.base_url.clone(),
                state: options.state.clone(),
                alerts: options.alerts.clone(),
                http: options.http.clone(),
                places,
            };
            for path in settings.paths() {
                *path = from_folder(&folder, path);
            }
            all.push(settings);
        }
        if all.is_empty() {
            let problem = Problem::new("models", "`models` names no model").hint("describe at least one");
            return Err(vec![problem.at(tree.key_place("models"))]);
        }
        Ok(all)
    }

    /// How many threads the daemon reads the log with: as the file says, else half the cores.
    #[must_use]
    pub fn daemon_threads(&self, cores: usize) -> usize {
        self.threads.map_or(cores.div_ceil(2), usize::from).max(1)
    }

    fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut paths = vec![&mut self.reference, &mut self.reports, &mut self.state];
        paths.extend(self.source.paths());
        paths.extend(self.model.file.as_mut());
        paths.extend(self.labels.iter_mut().flat_map(source::LabelOptions::paths));
        if let Some(email) = &mut self.alerts.email {
            paths.extend([&mut email.password_file, &mut email.ca_file].into_iter().flatten());
        }
        if let Some(webhook) = &mut self.alerts.webhook {
            paths.extend([&mut webhook.token_file, &mut webhook.ca_file].into_iter().flatten());
        }
        paths.extend(self.http.as_mut().and_then(|http| http.token_file.as_mut()));
        paths
    }
}

impl Schedule {
    fn new(options: ScheduleOptions) -> Result<Self, Problem> {
        let ScheduleOptions { cron: line, timezone: zone_name, window, lateness, start, catch_up, revise } = options;
        let cron = cron(&line).map_err(|why| Problem::new("schedule.cron", format!("`schedule.cron` {why}")))?;
        let zone = TimeZone::get(&zone_name)
            .map_err(|error| Problem::new("schedule.timezone", format!("`schedule.timezone`: {error}")))?;
        let start = start.and_then(|start| Instant::parse(&start, &zone));
        Ok(Self { cron, zone, zone_name, window, lateness, start, catch_up, revise })
    }

    /// How the schedule tiles time.
    #[must_use]
    pub fn cadence(&self) -> Cadence {
        let days = |_| Cadence::new(Span::from_days(1), self.zone.clone());
        // A window without a length was refused when the config was read.
        Cadence::new(self.window, self.zone.clone()).or_else(days).unwrap_or_else(|_| Cadence::daily())
    }
}

/// The models that a file describes, each with where its section begins.
fn models(options: &Options) -> Vec<(String, Watched)> {
    let Options { model, reference, source, labels, segments, schedule, policy, .. } = options.clone();
    let first = match (model, reference, source) {
        (Some(model), Some(reference), Some(source)) => {
            Some((String::new(), Watched { model, reference, source, labels, segments, schedule, policy }))
        }
        _ => None,
    };
    let further = options.models.iter().enumerate();
    first.into_iter().chain(further.map(|(index, watched)| (format!("models.[{index}]."), watched.clone()))).collect()
}

/// Labels in a database of which nothing says where it is.
fn nowhere(watched: &Watched) -> Option<Problem> {
    let labels = watched.labels.as_ref()?;
    let is_lost = labels.kind == source::Kind::Postgres
        && labels.database.url.is_none()
        && watched.source.kind != source::Kind::Postgres;
    is_lost.then(|| {
        Problem::new("labels.url", "`labels.url` is missing, as the log is in files")
            .hint(Key::of("labels.url").advice())
    })
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
