//! Context of a run: the reference, the log, the model, and which rows are used.

use std::{collections::BTreeMap, path::Path};

use vigie_models::{Link, Model};
use vigie_profile::{
    decision::DecisionWords,
    near::alternatives,
    repeat::RepeatPlan,
    segment::Segments,
    shown::shown,
    window::{Cadence, Window},
};

use super::{
    attribution_mode::{AttributionMode, attribution_mode},
    leaf_mode::{LeafMode, leaf_mode},
    request::{RunRequest, ScanOptions},
    score_field::check_score_field,
};
use crate::{
    config::{AddressedFile, LocalFile, MissingLevel, ModelChoices, RegisteredFile, RegistryOutage, Settings},
    engine::{self, CountJob, Counted, Eligibility, Sample},
    fault::{Fault, Result, describe_io},
    judge::{ParityOf, SkewCheck, StoryBlock},
    monitor::{
        model::{local_place, read_model_as},
        registry::{local_file::local_file, registry_place::RegistryPlace},
    },
    reference::Reference,
    replay::{MissingInput, OtherModel, Rescorer, ScoreKind, ScoringModel},
    report::{AgainstWindow, ComparedTables, SkippedFiles},
    source::{Log, Scaled},
};

/// Sample used for parity, contributions and leaves, unless all rows are requested.
pub(crate) const SAMPLE: Sample = Sample { max_rows: 10_000, target_rows: 9_400 };

pub(crate) struct RunContext<'a> {
    pub settings: &'a Settings,
    pub reference: Reference,
    pub scan: ScanOptions<'a>,
    /// Model that rescores rows: the config's model file, if it names one.
    pub model: Option<Rescorer>,
    /// The config's model file on this machine.
    pub model_file: Option<LocalFile>,
    /// How that differs from the model that the reference was learnt with.
    pub other_model: Option<OtherModel>,
    /// The reference's file on this machine.
    reference_file: LocalFile,
    /// Whether a sample of the rows is kept, to be compared with the feature table.
    pub keeps_rows: bool,
    /// The comparison with the feature table that the report states already.
    pub former_skew: Option<SkewCheck>,
    pub attribution: AttributionMode,
    /// Whether the leaves of the rows are counted.
    pub leaves: LeafMode,
    /// What the words of logged decisions mean, if the config maps them.
    words: Option<DecisionWords>,
    /// Segments that are compared separately.
    pub segments: Option<Segments>,
    /// Blocks of features whose rows are compared with those of the previous window.
    pub repeats: Option<RepeatPlan>,
    /// The window that takes the place of the reference.
    pub against: Option<AgainstWindow>,
    /// The two tables that are compared, instead of a log and a reference.
    pub tables: Option<ComparedTables>,
    log: Log,
    rule: Eligibility,
}

/// Counts of a window.
pub(crate) struct WindowData {
    pub window: Window,
    pub counted: Counted,
    /// Later complete windows without a record, as one span.
    pub empty_later: Option<Window>,
}

impl WindowData {
    /// Takes the scores of all used rows, and of those decided against the rule, in any order. They are needed only once.
    pub(crate) fn take_scores(&mut self) -> (Vec<f64>, Vec<f64>) {
        (std::mem::take(&mut self.counted.scores), std::mem::take(&mut self.counted.against))
    }
}

impl<'a> RunContext<'a> {
    pub(crate) fn open(settings: &'a Settings, scan: ScanOptions<'a>) -> Result<Self> {
        let mut run = Self::without_model(settings, scan)?;
        if let Some(ConfiguredModel { model, file }) = open_model(settings, &run.reference)? {
            run.other_model = OtherModel::find(run.reference.provenance().model.as_ref(), model.scoring());
            run.set_model(model, None)?;
            run.model_file = Some(file);
        }
        run.keeps_rows = settings.features.is_some();
        run.attribution = attribution_mode(settings, &run.reference, run.model.as_ref())?;
        run.leaves = leaf_mode(&run.reference, run.model.as_ref())?;
        Ok(run)
    }

    /// Sets the model that rescores rows, and learns what stands for a missing level: from the model that the reference
    /// belongs to, if it is another and known.
    pub(crate) fn set_model(&mut self, model: Rescorer, champion: Option<&Rescorer>) -> Result<()> {
        self.reference.count_missing_as(|feature| champion.unwrap_or(&model).missing_word(feature));
        self.segments = segments(self.settings, &self.reference)?;
        self.model = Some(model);
        Ok(())
    }

    /// Opens everything except the config's model file.
    pub(crate) fn without_model(settings: &'a Settings, scan: ScanOptions<'a>) -> Result<Self> {
        let reference_file = configured_reference_file(settings)?;
        let reference = open_reference_file(&reference_file)?;
        check_score_field(settings, &reference)?;
        Ok(Self {
            reference_file,
            segments: segments(settings, &reference)?,
            repeats: repeat_plan(settings, &reference),
            against: None,
            tables: None,
            reference,
            model: None,
            model_file: None,
            other_model: None,
            keeps_rows: false,
            former_skew: None,
            attribution: AttributionMode::Off,
            leaves: LeafMode::Off,
            log: Log::open(&settings.source)?,
            rule: rule(settings),
            words: decision_words(settings),
            settings,
            scan,
        })
    }

    /// The file that is in use because the registry did not state its version now, and why.
    pub(crate) fn kept_file(&self) -> Option<(&RegisteredFile, RegistryOutage)> {
        let files = self.model_file.iter().chain([&self.reference_file]);
        let mut kept = files.filter_map(|file| file.registered.as_ref()).filter_map(|file| Some((file, file.outage?)));
        kept.next()
    }

    /// Files next to the log that are not read.
    pub(crate) fn skipped_files(&self) -> Option<SkippedFiles> {
        SkippedFiles::new(self.log.skipped_files())
    }

    /// The engine's job that counts a window.
    pub(crate) fn job(&self, window: Window) -> CountJob<'_> {
        CountJob {
            log: &self.log,
            layout: self.reference.layout(),
            window,
            rule: &self.rule,
            decision: self.settings.model.rule(),
            words: self.words.as_ref(),
            score_unit: score_unit(self.settings),
            keeps_scores: self.reference.has_outcomes() && self.rule.needs_probability,
            sample: None,
            segments: self.segments.as_ref(),
            repeats: self.repeats.as_ref(),
            threads: self.scan.threads,
            progress: self.scan.progress,
        }
    }

    /// Counts the window asked for, or the latest complete one that holds a record.
    pub(crate) fn count_window(&self, request: RunRequest) -> Result<WindowData> {
        let data = |window, counted, empty_later| Ok(WindowData { window, counted, empty_later });
        let count = |window| engine::count(&CountJob { sample: self.sample(), ..self.job(window) });
        if let Some(window) = request.window {
            return data(window, count(window)?, None);
        }
        let schedule = &self.settings.schedule;
        let cadence = Cadence::new(schedule.window, schedule.zone.clone())
            .map_err(|why| Fault::setup(format!("schedule.window: {why}")))?;
        let newest = cadence.latest_complete(request.now, schedule.lateness);
        let counted = count(newest)?;
        if counted.traffic.requests > 0 {
            return data(newest, counted, None);
        }
        let Some(last) = engine::latest(&self.log, newest.from, self.scan.threads, self.scan.progress)? else {
            return data(newest, counted, None);
        };
        let window = cadence.window_at(last);
        data(window, count(window)?, Window::new(window.to, newest.to))
    }

    /// The sample of rows to keep while a window is counted, if a later step reads one.
    fn sample(&self) -> Option<Sample> {
        let parity = self.settings.policy.parity;
        let is_compared = self.model.is_some() && parity == ParityOf::Sample;
        let is_explained = matches!(self.attribution, AttributionMode::On(..));
        let is_counted = matches!(self.leaves, LeafMode::On(_));
        ((is_compared || is_explained || is_counted || self.keeps_rows) && parity != ParityOf::All).then_some(SAMPLE)
    }
}

/// The config's segments, resolved against the reference's features.
fn segments(settings: &Settings, reference: &Reference) -> Result<Option<Segments>> {
    let Some(options) = &settings.segments else { return Ok(None) };
    if settings.source.fields.probability.is_none() {
        return Err(Fault::setup(
            "segments: there is no score to compare; map `source.fields.probability`, or remove `segments`",
        ));
    }
    let within = reference.features_within_segments();
    Segments::new(&options.definitions(), reference.layout(), reference.profile(), &within)
        .map(Some)
        .map_err(Fault::setup)
}

/// The blocks whose rows are hashed; `None` if there are none, or if repeated rows are not a finding.
///
/// The key is derived from the reference, so that hashes of two hosts, and of two runs, are the same. Nobody who has only
/// the hashes can compute them for a given row.
fn repeat_plan(settings: &Settings, reference: &Reference) -> Option<RepeatPlan> {
    if settings.policy.stale.is_off() {
        return None;
    }
    let key = u64::from_str_radix(reference.id(), 16).unwrap_or_default();
    let plan = RepeatPlan::new(reference.layout(), reference.profile(), key, engine::HASHED_TOGETHER);
    plan.blocks().iter().any(|block| !block.prefix.is_empty()).then_some(plan)
}

/// Names of what an alert of the model can be about, besides its tests: features, blocks of features and segments.
pub fn subjects(settings: &Settings) -> Result<Vec<String>> {
    let reference = open_configured_reference(settings)?;
    let features = reference.layout().features().iter().map(|feature| feature.name.clone());
    let segments = segments(settings, &reference)?;
    let segments = segments.iter().flat_map(|segments| segments.list().iter().map(|segment| segment.name.clone()));
    let blocks = reference.name_blocks().into_iter().map(|block| StoryBlock::name_of(&block.prefix));
    Ok(features.chain(blocks).chain(segments).collect())
}

/// What the words of logged decisions mean; `None` if the config maps none.
pub(crate) fn decision_words(settings: &Settings) -> Option<DecisionWords> {
    let field = settings.source.fields.decision.as_ref()?;
    Some(settings.model.decision_words(field.iter().next().unwrap_or_default()))
}

/// Factor that the reader multiplies logged scores by.
pub(crate) fn score_unit(settings: &Settings) -> f64 {
    settings.source.fields.probability.as_ref().map_or(1.0, Scaled::scale)
}

/// The rule for which records count.
pub(crate) fn rule(settings: &Settings) -> Eligibility {
    let fields = &settings.source.fields;
    Eligibility {
        needs_probability: fields.probability.is_some(),
        needs_prediction: fields.prediction.is_some(),
        classes: fields.probabilities.as_ref().map_or(0, BTreeMap::len),
        model_version: fields.model_version.as_ref().and(settings.model.version.clone()),
    }
}

/// Config key of the reference.
const REFERENCE: &str = "reference";

fn configured_reference_file(settings: &Settings) -> Result<LocalFile> {
    let (what, choices) = (AddressedFile::Reference, ModelChoices::default());
    local_file(REFERENCE, &settings.reference, what, &choices, &RegistryPlace::of(settings))
}

pub(crate) fn open_configured_reference(settings: &Settings) -> Result<Reference> {
    open_reference_file(&configured_reference_file(settings)?)
}

/// Opens the config's reference, which is named by its path or its address.
fn open_reference_file(file: &LocalFile) -> Result<Reference> {
    if file.registered.is_none() {
        return open_reference(REFERENCE, &file.path);
    }
    let shown = file.shown();
    let open = std::fs::File::open(&file.path)
        .map_err(|error| Fault::retry(format!("{REFERENCE}: cannot open {shown}: {}", describe_io(&error))))?;
    Reference::open(&shown, Box::new(open)).map_err(|fault| fault.context(REFERENCE))
}

/// Opens a reference file; `key` is the flag or config key that names it.
pub fn open_reference(key: &str, path: &Path) -> Result<Reference> {
    let shown = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|error| {
        Fault::setup(format!(
            "{key}: cannot open {shown}: {}; create it with `vigie learn --data FILE --out {shown}`",
            describe_io(&error)
        ))
    })?;
    Reference::open(&shown, Box::new(file)).map_err(|fault| fault.context(key))
}

/// Config key of the model file.
pub(crate) const MODEL_FILE: &str = "model.file";

/// The config's model and its file.
pub(crate) struct ConfiguredModel<M> {
    pub model: M,
    pub file: LocalFile,
}

/// The file that the config's path or address of the model means now.
pub(crate) fn configured_model_file(settings: &Settings) -> Result<Option<LocalFile>> {
    let Some(file) = &settings.model.file else { return Ok(None) };
    let at_line = |fault: Fault| fault.context(settings.line_of(MODEL_FILE));
    let (choices, place) = (settings.model.choices(), RegistryPlace::of(settings));
    local_file(MODEL_FILE, file, AddressedFile::Model, &choices, &place).map(Some).map_err(at_line)
}

/// Reads the config's model file, if it names one.
pub(crate) fn read_configured_model(settings: &Settings) -> Result<Option<ConfiguredModel<ScoringModel>>> {
    let Some(file) = configured_model_file(settings)? else { return Ok(None) };
    let at_line = |fault: Fault| fault.context(settings.line_of(MODEL_FILE));
    let choices = settings.model.choices();
    let called = local_place(MODEL_FILE, &file);
    let model = read_model_as(&called, &file.path, &choices).map_err(at_line)?;
    let scoring = ScoringModel::new(&called, model, choices.class.as_deref()).map_err(at_line)?;
    let fields = &settings.source.fields;
    match scoring.kind() {
        ScoreKind::Prediction if fields.probability.is_some() => Err(Fault::setup(format!(
            "source.fields.probability: the model predicts a number and no probability; map `source.fields.prediction` \
             instead{}",
            if may_be_log_odds(scoring.model()) {
                ", or set `model.link: sigmoid` if the service turns the number into a probability"
            } else {
                ""
            }
        ))),
        ScoreKind::Probability if fields.prediction.is_some() => Err(Fault::setup(
            "source.fields.prediction: the model returns a probability; map `source.fields.probability` instead",
        )),
        ScoreKind::Prediction | ScoreKind::Probability => Ok(Some(ConfiguredModel { model: scoring, file })),
    }
}

/// Whether the number that a model predicts may be log-odds: its objective may be one of the user's own.
fn may_be_log_odds(model: &Model) -> bool {
    let leaves_link_open = ["LightGBM", "XGBoost", "ONNX"].iter().any(|library| model.kind().starts_with(library));
    leaves_link_open && model.link() == Link::Identity && model.output_count() == 1
}

pub(crate) fn open_model(settings: &Settings, reference: &Reference) -> Result<Option<ConfiguredModel<Rescorer>>> {
    let Some(ConfiguredModel { model, file }) = read_configured_model(settings)? else { return Ok(None) };
    let rescorer = Rescorer::for_reference(&local_place(MODEL_FILE, &file), model, reference.layout())
        .map_err(|fault| fault.context(settings.line_of(MODEL_FILE)))?;
    Ok(Some(ConfiguredModel { model: with_missing_inputs(rescorer, settings)?, file }))
}

/// Sets what the config states about missing levels.
pub(crate) fn with_missing_inputs(rescorer: Rescorer, settings: &Settings) -> Result<Rescorer> {
    let Some(inputs) = &settings.model.missing_level else { return Ok(rescorer) };
    if let MissingLevel::ByFeature(words) = inputs {
        let names = rescorer.names();
        if let Some(unknown) = words.keys().find(|name| !names.contains(name)) {
            return Err(Fault::setup(format!(
                "model.missing_level: the model has no feature `{}`{}",
                shown(unknown),
                alternatives(unknown, names.iter().map(String::as_str))
            )));
        }
        let missing = words.iter().find(|(_, word)| word.is_none());
        if let Some((name, _)) = missing.filter(|_| rescorer.model().replaces_missing_levels()) {
            return Err(Fault::setup(format!(
                "model.missing_level: `{}` is null, but {} takes no missing levels; name the word that the application passes \
                 instead",
                shown(name),
                rescorer.model().kind()
            )));
        }
    }
    Ok(rescorer.with_missing_inputs(|feature| stated_input(inputs, feature)))
}

/// What the config states about missing levels of a feature.
pub(crate) fn stated_input(inputs: &MissingLevel, feature: &str) -> Option<MissingInput> {
    let word = |word: &str| MissingInput::Word(word.to_owned());
    inputs.is_stated(feature).then(|| inputs.word(feature).map_or(MissingInput::Missing, word))
}
