//! Drafts a config from a sample of the log, tries it on the log, and writes it.

use std::path::{Path, PathBuf};

use vigie_profile::{
    batch::{Complaints, Reason},
    layout::{Column, Kind, LevelSpelling},
    shown::listed,
    window::{Cadence, Instant},
};

use super::{
    commands::{Days, check_command, days, learn_command, regrouped, volume},
    known::known,
    log_place::log_place,
};
use crate::{
    config::{Problems, Settings},
    engine::{count_usable, log_days},
    fault::{Fault, Result},
    monitor::{atomic_file::AtomicFile, registry::import_model::folder_name, run::context::rule},
    propose::{Answers, ConfigText, Known, Proposal, Question, Volume, propose, render},
    source::{Log, RecordSample},
};

/// Maximum number of features that a note names.
const NAMED: usize = 4;

/// The flag that names the log.
const LOG: &str = "--log";

/// A config to write for a log.
#[derive(Debug)]
pub struct InitRequest<'a> {
    /// A file, a folder or a glob.
    pub log: &'a Path,
    /// Training rows.
    pub data: Option<&'a Path>,
    pub model: Option<&'a Path>,
    /// The config to write.
    pub out: &'a Path,
    /// Whether an existing config is replaced.
    pub force: bool,
}

/// What was read of the log, and what is known besides.
#[derive(Debug)]
pub struct InitialConfig<'a> {
    request: InitRequest<'a>,
    sample: RecordSample,
    known: Known,
}

/// A config that was tried on the log.
#[derive(Debug)]
pub struct TriedConfig {
    pub proposal: Proposal,
    pub text: String,
    /// Records of the sample that match `where`, and those of them that can be used.
    pub records: usize,
    pub usable: usize,
    /// What has to be looked at.
    pub notes: Vec<String>,
    /// The commands that come next: learn, check.
    pub next: [String; 2],
}

/// Reads the sample, the model and the table.
pub fn draft(request: InitRequest<'_>) -> Result<InitialConfig<'_>> {
    let out = request.out.display();
    if request.out.exists() && !request.force {
        return Err(Fault::setup(format!(
            "--out {out}: exists already; choose another name, or replace it with --force"
        )));
    }
    let sample = RecordSample::read(LOG, request.log)?;
    let known = known(request.model, request.data)?;
    Ok(InitialConfig { request, sample, known })
}

impl InitialConfig<'_> {
    /// What the records leave open with these answers, and what is proposed without further ones.
    pub fn questions(&self, answers: &Answers) -> Result<Vec<Question>> {
        Ok(propose(&self.sample, &self.known, answers, &self.place())?.questions)
    }

    /// Proposes a config, and tries it on the log.
    pub fn propose(&self, answers: &Answers, now: Instant) -> Result<TriedConfig> {
        let InitRequest { log, data, model, out, .. } = self.request;
        let proposal = propose(&self.sample, &self.known, answers, &self.place())?;
        let folder = out.parent().unwrap_or(Path::new(""));
        let reference = folder.join("reference.vigie");
        let name = name(model);
        let from_config = |path: &Path| relative(path, folder);
        let log = log_place(log, folder, &self.sample)?;
        let (log_path, model_path) = (from_config(&log), model.map(from_config));
        let text = |learn: &str, volume: Volume| {
            render(
                &proposal,
                &ConfigText {
                    name: &name,
                    log: &log_path,
                    files: self.sample.files,
                    model: model_path.as_deref(),
                    reference: "reference.vigie",
                    learn,
                    volume,
                },
            )
        };
        let settings = parse(out, &text("", Volume { window: "1d", min_rows: 500, daily: 0 }))?;
        let opened = Log::open(&settings.source)?;
        let (records, usable) = try_config(&settings, &opened, &proposal)?;
        let zone = &settings.schedule.zone;
        let of = |span| Cadence::new(span, zone.clone()).map_err(|why| Fault::setup(format!("schedule.window: {why}")));
        let daily = log_days(&opened, &of(settings.schedule.window)?, threads(), &|_, _| {})?;
        let volume = volume(&daily, zone);
        let settings = parse(out, &text("", volume))?;
        let cadence = of(settings.schedule.window)?;
        let days = days(&regrouped(&daily, &cadence), zone);
        let is_complete = days
            .as_ref()
            .is_some_and(|days| days.checked.to <= cadence.latest_complete(now, settings.schedule.lateness).to);
        let learn = learn_command(&proposal, &self.known, (out, &reference), (model, data), days.as_ref());
        let check = check_command(out, days.as_ref(), is_complete);
        let text = text(&learn, volume);
        parse(out, &text)?;
        let notes = self.notes(&proposal, (records, usable), days.as_ref());
        Ok(TriedConfig { text, records, usable, notes, next: [learn, check], proposal })
    }

    fn notes(&self, proposal: &Proposal, (records, usable): (usize, usize), days: Option<&Days>) -> Vec<String> {
        let mut notes = Vec::new();
        if usable * 2 < records {
            notes.push(format!(
                "only {usable} of {records} records can be used; `vigie config check --config FILE` states why"
            ));
        }
        if proposal.score.is_none() {
            notes.push(
                "no field looks like a score: only the inputs are watched; set source.fields.probability".to_owned(),
            );
        }
        if proposal.names_from == Some("made up") {
            let width = proposal.feature_names.len();
            let model = self.known.model_width.filter(|own| *own != width);
            let why = model.map_or(String::new(), |own| format!(" (the model has {own})"));
            notes.push(format!("the log has no names for its {width} inputs{why}: correct source.feature_names"));
        }
        let features = self.known.model_features.iter();
        let missing: Vec<&String> = features.filter(|name| !proposal.feature_names.contains(name)).collect();
        if !missing.is_empty() {
            let named = listed(missing.iter().map(|name| name.as_str()), NAMED);
            notes.push(format!("the log lacks {} of the model's features: {named}", missing.len()));
        }
        if self.request.data.is_none() && days.is_some_and(|days| days.is_single) {
            notes.push(
                "the log has only one day, which is then compared with itself; learn from a table of training rows (--data) \
                 instead, or wait for another day"
                    .to_owned(),
            );
        }
        if self.request.data.is_none() && self.known.is_regression && proposal.score.is_none() {
            notes.push("the model predicts a number; set source.fields.prediction".to_owned());
        }
        notes
    }

    /// The log, for messages.
    fn place(&self) -> String {
        format!("{LOG} {}", self.request.log.display())
    }
}

/// Counts the records of the sample, and those that a check would use.
fn try_config(settings: &Settings, log: &Log, proposal: &Proposal) -> Result<(usize, usize)> {
    let names = proposal.feature_names.iter();
    let column =
        |name: &String| Column { name: name.clone(), kind: Kind::Categorical, spelling: LevelSpelling::Canonical };
    let Some(mut sample) = log.sample(names.map(column).collect())? else { return Ok((0, 0)) };
    let (mut records, mut usable) = (0, 0);
    let mut complaints = Complaints::default();
    for batch in &mut sample.records {
        records += batch.len;
        usable += count_usable(batch, &rule(settings), &mut complaints);
    }
    // Inputs and outputs may be two events of one id, which a check joins.
    let halves = [Reason::NoFeatures, Reason::NoProbability].map(|reason| complaints.count(reason));
    let may_join = proposal.id.is_some() && halves.iter().all(|count| *count > 0) && usable == 0;
    Ok(if may_join { (records, records) } else { (records, usable) })
}

/// Writes the config, completely or not at all.
pub fn write_config(out: &Path, text: &str) -> Result<()> {
    let mut file = AtomicFile::create(out)?;
    file.write(text.as_bytes())?;
    file.finish()
}

fn parse(out: &Path, text: &str) -> Result<Settings> {
    Settings::from_bytes(out, text.as_bytes())
        .map_err(|problems: Problems| problems.into_fault().context("the proposed config"))
}

/// The model's name: that of its file, unless it says nothing.
fn name(model: Option<&Path>) -> String {
    let stem = model.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    folder_name(&stem)
}

/// A path relative to the folder of the config, or else absolute.
fn relative(path: &Path, folder: &Path) -> String {
    let text = path.to_string_lossy();
    if folder.as_os_str().is_empty() || folder == Path::new(".") || path.is_absolute() || text.starts_with("models:/") {
        return text.into_owned();
    }
    let inside = path.strip_prefix(folder).map(Path::to_owned);
    let own: PathBuf = inside.or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    own.to_string_lossy().into_owned()
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
