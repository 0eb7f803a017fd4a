//! Effective settings: defaults filled in, paths made absolute, time zones resolved.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use vigie_profile::window::{Cadence, Instant, Span};

use super::{
    Alerts, BaselineOptions, ConfigFile, Http, Location, MlflowOptions, ModelSection, Problem, Problems, RunRegistry,
    ScheduleOptions, SegmentOptions, ServeOptions, WatchedModel, cron, key::KeyPath, mlflow::is_address, parse::parse,
    source_keys, tree::YamlNode, versions::side_by_side,
};
use crate::{
    fault::describe_io,
    judge::Policy,
    report::Language,
    source::{self, PlaceSection},
};

/// Settings of one model. Paths are absolute.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The config file, as given by the user.
    pub path: PathBuf,
    /// SHA-256 of the config file, in hexadecimal.
    pub sha256: String,
    /// The model.
    pub model: ModelSection,
    /// The reference file.
    pub reference: PathBuf,
    /// The prediction log and its fields.
    pub source: source::SourceOptions,
    /// The labels.
    pub labels: Option<source::LabelOptions>,
    /// The feature table that logged inputs are compared with.
    pub features: Option<source::FeatureTableOptions>,
    /// Segments to monitor separately.
    pub segments: Option<SegmentOptions>,
    /// Check schedule and window length.
    pub schedule: Schedule,
    /// Limits.
    pub policy: Policy,
    /// The second baseline.
    pub baseline: Option<BaselineOptions>,
    /// Folder for reports.
    pub reports: PathBuf,
    /// Retention of reports.
    pub keep: Span,
    /// Language of reports and messages.
    pub language: Language,
    /// URL of the reports folder.
    pub base_url: Option<String>,
    /// Folder for the daemon's state.
    pub state: PathBuf,
    /// Number of daemon threads, if configured.
    pub threads: Option<u16>,
    /// Alert delivery and conditions.
    pub alerts: Alerts,
    /// HTTP server.
    pub http: Option<Http>,
    /// The MLflow server.
    pub mlflow: Option<MlflowOptions>,
    /// The scoring API.
    pub serve: Option<ServeOptions>,
    /// What addresses of the registry mean in one run; empty as configured.
    pub registry: RunRegistry,
    /// Locations of paths, database URLs and the channels' keys in the file.
    pub(super) locations: BTreeMap<String, Location>,
    /// Durations that may be months, as written.
    pub(super) durations: BTreeMap<&'static str, String>,
}

/// Check schedule and window length.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Six fields, seconds first.
    pub cron: String,
    /// Time zone of the cron expression, of windows in days and of dates on the command line.
    pub zone: TimeZone,
    /// Name of the time zone.
    pub zone_name: String,
    /// Length of a window.
    pub window: Span,
    /// How long to wait for late records after the end of a window.
    pub lateness: Span,
    /// A time in the daemon's first window.
    pub start: Option<Instant>,
    /// Maximum number of missed windows to check after downtime.
    pub catch_up: u32,
    /// Number of recent windows to check for late records.
    pub revise: u32,
}

/// Sections that each entry of `models` has for itself.
const MODEL_KEYS: [&str; 6] = ["reference", "source", "labels", "features", "model", "schedule"];

/// Keys whose values are checked after parsing, in addition to those of `source`, `labels`, `features` and the channels.
const LOCATED_KEYS: [&str; 13] = [
    "reference",
    "model",
    "model.file",
    "model.threshold",
    "model.cost",
    "model.beta",
    "reports.dir",
    "state",
    "http.token_file",
    "mlflow.password_file",
    "mlflow.token_file",
    "mlflow.ca_file",
    "mlflow.client_certificate",
];

/// Durations that may be months.
const LONG_DURATIONS: [&str; 4] = ["schedule.window", "labels.revise", "reports.keep", "alerts.cooldown"];

/// The option of most commands that chooses one of several models.
const MODEL_FLAG: &str = "--model";

/// The time zone of times without one.
const TIMEZONE: &str = "source.timestamp_timezone";

impl Settings {
    /// Loads a config file that defines one model. Relative paths are relative to the file's folder.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        Self::load_one(path, MODEL_FLAG, None)
    }

    /// The line of the config file that sets a key, for messages: `config.yaml:12`; the file if the line is not known.
    #[must_use]
    pub fn line_of(&self, key: &str) -> String {
        let file = self.path.display();
        self.locations.get(key).map_or_else(|| file.to_string(), |location| format!("{file}:{}", location.line))
    }

    /// Loads the given model from a config file, or its only model. `flag` names the option that chooses one.
    pub fn load_one(path: &Path, flag: &str, model: Option<&str>) -> Result<Self, Problems> {
        Self::one_of(path, Self::load_all(path)?, flag, model)
    }

    /// Loads the settings of every model in a config file, at least one. Shared settings are in each.
    pub fn load_all(path: &Path) -> Result<Vec<Self>, Problems> {
        let bytes = fs::read(path).map_err(|error| {
            let message = format!("cannot read the config: {}", describe_io(&error));
            Problems::new(path, vec![Problem::new("", message).hint("specify another file with `--config FILE`")])
        })?;
        Self::all_from_bytes(path, &bytes)
    }

    /// Parses `bytes` as the file `path`, which need not exist; it must define one model.
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self, Problems> {
        Self::one_of(path, Self::all_from_bytes(path, bytes)?, MODEL_FLAG, None)
    }

    /// Parses `bytes` as the file `path`, which may define any number of models.
    pub fn all_from_bytes(path: &Path, bytes: &[u8]) -> Result<Vec<Self>, Problems> {
        Self::parse_all(path, bytes).map_err(|problems| Problems::new(path, problems))
    }

    fn one_of(path: &Path, mut all: Vec<Self>, flag: &str, model: Option<&str>) -> Result<Self, Problems> {
        let names: Vec<&str> = all.iter().map(|settings| settings.model.name.as_str()).collect();
        let names = names.join(", ");
        let found = match model {
            Some(name) => all.iter().position(|settings| settings.model.name == name),
            None => (all.len() == 1).then_some(0),
        };
        found.map(|index| all.swap_remove(index)).ok_or_else(|| {
            let problem = match model {
                Some(name) => Problem::new("", format!("no model is named `{name}`; configured models: {names}")),
                None => Problem::new("models", format!("the config defines several models: {names}"))
                    .hint(format!("choose one with `{flag} NAME`")),
            };
            Problems::new(path, vec![problem])
        })
    }

    fn parse_all(path: &Path, bytes: &[u8]) -> Result<Vec<Self>, Vec<Problem>> {
        let (options, tree) = parse(bytes)?;
        let folder = folder(path);
        let sha256 = to_hex(&Sha256::digest(bytes));
        let mut all: Vec<Self> = Vec::new();
        for (prefix, watched) in models(&options, &tree)? {
            let full_key = |key: &str| {
                let own = MODEL_KEYS.contains(&key.split('.').next().unwrap_or_default());
                KeyPath::from_dotted(&if own { format!("{prefix}{key}") } else { key.to_owned() })
            };
            if all.iter().any(|other| other.model.name == watched.model.name) {
                let name = &watched.model.name;
                let problem = Problem::new("model.name", format!("two models are named `{name}`"))
                    .hint("choose a unique name; reports and alerts are stored under it");
                return Err(vec![problem.at(tree.location_of(full_key("model.name").keys()))]);
            }
            let labels = watched.labels.as_ref().map(|labels| (PlaceSection::Labels, &labels.place));
            let features = watched.features.as_ref().map(|features| (PlaceSection::Features, &features.place));
            for (section, place) in labels.into_iter().chain(features) {
                if let Some(problem) = source_keys::missing_key(section, place, &watched.source.place) {
                    let key = full_key(&format!("{}.path", section.name()));
                    return Err(vec![problem.at(tree.location_of(key.keys()))]);
                }
            }
            if watched.features.is_some() && watched.source.fields.entity.is_none() {
                let problem =
                    Problem::new("features", "`features` is joined by `source.fields.entity`, which is not set")
                        .hint("map it to the log's field that holds the same id as `features.id`");
                return Err(vec![problem.at(tree.location_of(full_key("features.id").keys()))]);
            }
            let channel_keys = Alerts::specs().into_iter().flat_map(|spec| spec.keys).map(|known| known.key);
            let keys = LOCATED_KEYS.into_iter().chain(LONG_DURATIONS).chain(channel_keys).map(ToOwned::to_owned);
            let location = |key: String| (key.clone(), tree.location_of(full_key(&key).keys()));
            let locations = keys.chain(source_keys::located_keys()).map(location).collect();
            let mut source = watched.source;
            // The location of a key that is missing is that of its section.
            let location = |key: &str| tree.location_of(full_key(key).keys());
            source.is_timezone_set = location(TIMEZONE) != location("source");
            let text = |key: &'static str| Some((key, tree.text_at(full_key(key).keys())?.to_owned()));
            let durations = LONG_DURATIONS.into_iter().filter_map(text).collect();
            let mut settings = Self {
                path: path.to_owned(),
                sha256: sha256.clone(),
                model: watched.model,
                reference: watched.reference,
                source,
                labels: watched.labels,
                features: watched.features,
                segments: watched.segments,
                schedule: Schedule::new(watched.schedule).map_err(|problem| vec![problem])?,
                threads: options.run.threads,
                policy: watched.policy,
                baseline: watched.baseline,
                reports: options.reports.dir.clone(),
                keep: options.reports.keep,
                language: options.reports.language,
                base_url: options.reports.base_url.clone(),
                state: options.state.clone(),
                alerts: options.alerts.clone(),
                http: options.http.clone(),
                mlflow: options.mlflow.clone(),
                serve: options.serve.clone(),
                registry: RunRegistry::default(),
                locations,
                durations,
            };
            for path in settings.paths().into_iter().filter(|path| !is_address(path)) {
                *path = resolve(&folder, path);
            }
            if let Some(problem) = nested_folders(&settings.state, &settings.reports) {
                return Err(vec![problem.at(tree.key_location("state").or(tree.key_location("reports")))]);
            }
            all.push(settings);
        }
        if all.is_empty() {
            let problem = Problem::new("models", "`models` is empty").hint("add at least one model");
            return Err(vec![problem.at(tree.key_location("models"))]);
        }
        Ok(all)
    }

    /// Number of threads the daemon reads the log with: as configured, else half the cores.
    #[must_use]
    pub fn daemon_threads(&self, cores: usize) -> usize {
        self.threads.map_or(cores.div_ceil(2), usize::from).max(1)
    }

    fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut paths = vec![&mut self.reference, &mut self.reports, &mut self.state];
        paths.extend(self.source.place.paths());
        paths.extend(self.model.file.as_mut());
        paths.extend(self.labels.iter_mut().flat_map(|labels| labels.place.paths()));
        paths.extend(self.features.iter_mut().flat_map(|features| features.place.paths()));
        paths.extend(self.alerts.files().into_iter().map(|(_, path)| path));
        paths.extend(self.http.as_mut().and_then(|http| http.token_file.as_mut()));
        paths.extend(self.serve.iter_mut().flat_map(ServeOptions::paths));
        paths.extend(self.mlflow.iter_mut().flat_map(MlflowOptions::files).map(|(_, path)| path));
        paths
    }
}

impl Schedule {
    fn new(options: ScheduleOptions) -> Result<Self, Problem> {
        let ScheduleOptions { cron: line, timezone: zone_name, window, lateness, start, catch_up, revise } = options;
        let cron =
            cron::normalise(&line).map_err(|why| Problem::new("schedule.cron", format!("`schedule.cron` {why}")))?;
        let zone = TimeZone::get(&zone_name)
            .map_err(|error| Problem::new("schedule.timezone", format!("`schedule.timezone`: {error}")))?;
        let start = start.and_then(|start| Instant::parse(&start, &zone));
        Ok(Self { cron, zone, zone_name, window, lateness, start, catch_up, revise })
    }

    /// Windows of the schedule.
    #[must_use]
    pub fn cadence(&self) -> Cadence {
        let days = |_| Cadence::new(Span::from_days(1), self.zone.clone());
        // Empty windows were rejected when the config was parsed.
        Cadence::new(self.window, self.zone.clone()).or_else(days).unwrap_or_else(|_| Cadence::daily())
    }
}

/// The models of a file, each with the key prefix of its section. Versions side by side share one.
fn models(options: &ConfigFile, tree: &YamlNode) -> Result<Vec<(String, WatchedModel)>, Vec<Problem>> {
    let ConfigFile { model, reference, source, labels, features, segments, schedule, policy, baseline, .. } =
        options.clone();
    let first = match (model, reference, source) {
        (Some(model), Some(reference), Some(source)) => Some((
            String::new(),
            WatchedModel { model, reference, source, labels, features, segments, schedule, policy, baseline },
        )),
        _ => None,
    };
    let further = options.models.iter().enumerate();
    let further = further.map(|(index, watched)| (format!("models.[{index}]."), watched.clone()));
    let mut all = Vec::new();
    for (prefix, watched) in first.into_iter().chain(further) {
        let versions = side_by_side(watched).map_err(|problem| {
            let key = KeyPath::from_dotted(&format!("{prefix}{}", problem.key));
            vec![problem.at(tree.location_of(key.keys()))]
        })?;
        all.extend(versions.into_iter().map(|version| (prefix.clone(), version)));
    }
    Ok(all)
}

/// A problem if one of the folders contains the other: reports are for others to read, the state is not.
fn nested_folders(state: &Path, reports: &Path) -> Option<Problem> {
    let (state, reports) = (real(state), real(reports));
    let why = match () {
        () if state == reports => "is the folder of `reports.dir`",
        () if state.starts_with(&reports) => "is inside `reports.dir`",
        () if reports.starts_with(&state) => "contains `reports.dir`",
        () => return None,
    };
    let message = format!("`state`: {} {why}, {}", state.display(), reports.display());
    Some(
        Problem::new("state", message)
            .hint("choose two folders next to each other; the state is not for others to read"),
    )
}

/// The path with the links of its existing part resolved.
fn real(path: &Path) -> PathBuf {
    let existing = path.ancestors().find_map(|part| Some((part, fs::canonicalize(part).ok()?)));
    match existing {
        Some((part, real)) => path.strip_prefix(part).map_or(real.clone(), |rest| real.join(rest)),
        None => path.to_owned(),
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Absolute path of the config file's folder.
fn folder(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::canonicalize(folder).or_else(|_| std::path::absolute(folder)).unwrap_or_else(|_| folder.to_owned())
}

/// Resolves `path` relative to `folder`. Applies `..` at the beginning and after existing folders (links excepted), so that
/// messages show the actual path.
fn resolve(folder: &Path, path: &Path) -> PathBuf {
    let mut folder = folder.to_owned();
    let mut rest = path.components();
    loop {
        let before = rest.clone();
        match rest.next() {
            Some(Component::CurDir) => {}
            Some(Component::ParentDir) => {
                folder.pop();
            }
            _ => return normalise(&folder.join(before.as_path())),
        }
    }
}

fn normalise(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, component| {
        if component == Component::ParentDir && normal.is_dir() && !normal.is_symlink() {
            normal.pop();
        } else {
            normal.push(component);
        }
        normal
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_config() {
        let from = |path: &str| resolve(Path::new("/etc/vigie"), Path::new(path)).display().to_string();
        assert_eq!(from("../log/*.ndjson"), "/etc/log/*.ndjson");
        assert_eq!(from("./a/../b"), "/etc/vigie/a/../b");
        assert_eq!(from("/var/log"), "/var/log");
        assert_eq!(from("."), "/etc/vigie");
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("models")).unwrap();
        assert_eq!(resolve(folder.path(), Path::new("models/../a.cbm")), folder.path().join("a.cbm"));
    }
}
