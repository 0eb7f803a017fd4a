//! Learns a reference file from training rows.

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
};

use vigie_profile::{segment::SegmentSpec, window::Instant};

use super::{
    dictionary_file::DictionaryFile,
    importance::{apply_model, measure_contributions},
    importance_file::ImportanceList,
    leaves::count_leaves,
    log_rows::{LogRows, read_log},
    optimism::{self, ScoreOrigin},
    rows::FeatureColumns,
    segments, stray_texts,
    training::{TableOptions, hash_files, open_columns, read_all, read_one},
    writer::{ReferenceWriter, parts},
};
use crate::{
    config::AddressedFile,
    delimited::CsvForm,
    fault::{Fault, Result},
    monitor::{
        atomic_file::AtomicFile,
        model::{ModelFile, local_place, read_model_as},
        registry::{local_file::local_file, register::Registration, registry_place::RegistryPlace},
    },
    reference::{
        self, Block, ColumnRoles, Holdout, Learnt, ParquetTable, Provenance, SourceFile, Training, TrainingTable,
    },
    replay::ScoringModel,
    source,
};

/// The flag that names the model.
const MODEL: &str = "--model";

/// Options of `vigie learn`.
#[derive(Debug, Clone)]
pub struct LearnRequest {
    /// Files, or `postgres:TABLE`.
    pub data: Vec<PathBuf>,
    /// The database for `postgres:TABLE`.
    pub database: Option<source::SourceOptions>,
    /// How CSV is written.
    pub csv: CsvForm,
    /// Instead of data, the rows of the log itself.
    pub log: Option<LogRows>,
    pub out: PathBuf,
    pub choice: ColumnRoles,
    /// The model: determines the features, their order and kinds, scores the rows, and measures importance.
    pub model: Option<ModelFile>,
    /// A file with the importance of each feature, for a model that vigie cannot read.
    pub importance: Option<PathBuf>,
    /// A data dictionary: what each feature is.
    pub dictionary: Option<PathBuf>,
    pub holdout: Holdout,
    /// Whether to put the reference next to the model in the registry.
    pub register: bool,
    /// Segments to count separately as well.
    pub segments: Option<SegmentSpec>,
}

impl LearnRequest {
    fn provenance(&self, now: Instant, rows: usize, columns: usize, files: Vec<SourceFile>) -> Provenance {
        Provenance {
            created_at: now,
            vigie_version: env!("CARGO_PKG_VERSION").to_owned(),
            rows: rows as u64,
            columns,
            files,
            holdout: self.holdout,
            target: None,
            probability: None,
            prediction: None,
            reduced: false,
            model: None,
        }
    }

    /// Reads all rows. Those of the log have a score, if the config maps one.
    fn rows(&self, choice: &mut ColumnRoles, notes: &mut Vec<String>) -> Result<(Training, Vec<SourceFile>)> {
        match &self.log {
            Some(log) => read_log(log, choice, notes),
            None => read_all(&self.data, self.table_options()),
        }
    }

    fn table_options(&self) -> TableOptions<'_> {
        TableOptions { database: self.database.as_ref(), csv: self.csv, with_json: false }
    }

    /// Where the scores of the rows come from.
    fn score_origin(&self) -> ScoreOrigin {
        if self.choice.probability.is_some() { ScoreOrigin::Column } else { ScoreOrigin::Model }
    }

    /// Reads the file with the importance of each feature.
    fn importance_list(&self) -> Result<Option<ImportanceList>> {
        self.importance.as_deref().map(ImportanceList::read).transpose()
    }

    /// Reads the data dictionary.
    fn dictionary_file(&self) -> Result<Option<DictionaryFile>> {
        self.dictionary.as_deref().map(DictionaryFile::read).transpose()
    }

    /// Counts the rows of segments separately.
    fn add_segments(&self, mut learnt: Learnt, training: &Training, choice: &ColumnRoles) -> Result<Learnt> {
        let Some(chosen) = &self.segments else { return Ok(learnt) };
        let Some(probability) = choice.probability.as_deref() else {
            if choice.prediction.is_some() {
                return Err(Fault::setup(
                    "--segments: segments compare a probability, but the score is a predicted number; remove --segments",
                ));
            }
            return Err(Fault::setup("--segments: there is no score to compare; pass --probability or --model"));
        };
        learnt.reference = segments::add_segments(learnt.reference, training, chosen, probability)?;
        Ok(learnt)
    }

    /// Adds what changes no number: the data dictionary, and a note about scores that are too good.
    fn described(&self, learnt: Learnt, dictionary: Option<&DictionaryFile>) -> Result<Learnt> {
        let mut learnt = match dictionary {
            Some(dictionary) => dictionary.describe(learnt),
            None => learnt,
        };
        learnt.notes.extend(optimism::note(&learnt.reference, self.score_origin())?);
        Ok(learnt)
    }

    fn write(&self, learnt: Learnt, dictionary: Option<&DictionaryFile>) -> Result<Learnt> {
        let learnt = self.described(learnt, dictionary)?;
        ReferenceWriter::create(&self.out)?.finish(&parts(&learnt.reference)?)?;
        Ok(learnt)
    }
}

/// Adds the importance of each feature.
fn add_importance(mut learnt: Learnt, importance: Option<&ImportanceList>) -> Result<Learnt> {
    let Some(list) = importance else { return Ok(learnt) };
    let importance = list.by_feature(learnt.reference.layout(), &mut learnt.notes)?;
    learnt.reference = learnt.reference.with_importance(importance);
    Ok(learnt)
}

/// Learns a reference and writes its file, completely or not at all.
pub fn learn(request: &LearnRequest, now: Instant, progress: &mut dyn FnMut(usize, usize)) -> Result<Learnt> {
    let model = request.model.iter().map(|model| (MODEL, model.path.as_path()));
    let importance = request.importance.iter().map(|file| ("--importance", file.as_path()));
    let data = request.data.iter().map(|file| ("--data", file.as_path()));
    let dictionary = request.dictionary.iter().map(|file| ("--dictionary", file.as_path()));
    AtomicFile::is_no_input(&request.out, data.chain(model).chain(importance).chain(dictionary))?;
    // First, because learning may take minutes.
    let dictionary = request.dictionary_file()?;
    if let Some(model) = &request.model {
        return learn_with(model, request, dictionary.as_ref(), now, progress);
    }
    let importance = request.importance_list()?;
    // Segments need whole rows, so columns cannot be read one by one.
    let table = if request.segments.is_some() { None } else { open_columns(&request.data)? };
    let Some(table) = table else {
        let (mut choice, mut notes) = (request.choice.clone(), Vec::new());
        let (mut training, files) = request.rows(&mut choice, &mut notes)?;
        stray_texts::remove(&mut training, &choice, &mut notes);
        let provenance = request.provenance(now, training.rows, training.columns.len(), files);
        require_rows(&training)?;
        let mut learnt = reference::learn_on(threads(), &training, &choice, provenance, &|_, _| {}, progress)?;
        learnt.notes.extend(notes);
        // Segments count the most important features.
        let learnt = add_importance(learnt, importance.as_ref())?;
        return request.write(request.add_segments(learnt, &training, &choice)?, dictionary.as_ref());
    };
    learn_in_columns(&table, request, (importance.as_ref(), dictionary.as_ref()), now, progress)
}

/// Learns column by column. Meanwhile, the input files are hashed and finished blocks are written.
fn learn_in_columns(
    table: &ParquetTable,
    request: &LearnRequest,
    (importance, dictionary): (Option<&ImportanceList>, Option<&DictionaryFile>),
    now: Instant,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Learnt> {
    require_rows(table)?;
    let provenance = request.provenance(now, table.rows(), table.columns().len(), Vec::new());
    let writer = ReferenceWriter::create(&request.out)?;
    let stopped = |_| Fault::setup("a thread panicked; this is a bug in vigie");
    std::thread::scope(|scope| {
        let (sender, blocks) = mpsc::channel();
        let files = scope.spawn(|| hash_files(table, &request.data));
        let writer = scope.spawn(|| writer.write_blocks(blocks));
        let packed = |index: usize, block: &Block| {
            // Sending fails only if the writer has stopped, for example on a full disk. `join` below returns its error.
            let _ = sender.send((index, block.clone()));
        };
        let learnt = reference::learn_on(threads(), table, &request.choice, provenance, &packed, progress);
        drop(sender);
        let mut learnt = add_importance(learnt?, importance)?;
        learnt.reference.set_files(files.join().map_err(stopped)??);
        let learnt = request.described(learnt, dictionary)?;
        let parts = parts(&learnt.reference)?;
        writer.join().map_err(stopped)??.finish(&parts)?;
        Ok(learnt)
    })
}

/// Learns with a model. The model scores and explains whole rows, so all of them are held in memory.
fn learn_with(
    ModelFile { path, choices }: &ModelFile,
    request: &LearnRequest,
    dictionary: Option<&DictionaryFile>,
    now: Instant,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Learnt> {
    let mut registry = RegistryPlace::of_environment();
    let registration = request.register.then(|| Registration::begin(path, &registry)).transpose()?;
    // The alias may be moved before the reference is learnt.
    registry.run.pinned = registration.as_ref().and_then(Registration::version);
    let (mut choice, mut read_notes) = (request.choice.clone(), Vec::new());
    let (mut training, files) = request.rows(&mut choice, &mut read_notes)?;
    require_rows(&training)?;
    let file = local_file(MODEL, path, AddressedFile::Model, choices, &registry)?;
    let called = local_place(MODEL, &file);
    let model = read_model_as(&called, &file.path, choices)?;
    let scoring = ScoringModel::new(&called, model, choices.class.as_deref())?;
    let columns = FeatureColumns::find(scoring.model(), &training, &choice)?;
    let notes = apply_model(&scoring, &columns, &mut training, &mut choice)?;
    let provenance = request.provenance(now, training.rows, training.columns.len(), files);
    let mut learnt = reference::learn_on(threads(), &training, &choice, provenance, &|_, _| {}, progress)?;
    let name = match &file.registered {
        Some(registered) => registered.configured.clone(),
        None => path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
    };
    learnt.notes.extend(read_notes.into_iter().chain(notes));
    let mut rows_explained = 0;
    match measure_contributions(&scoring, &columns, &training)? {
        Ok(contributions) => {
            rows_explained = contributions.rows;
            learnt.reference = learnt.reference.with_explanation(contributions);
        }
        Err(why) => learnt.notes.push(format!(
            "no importance is measured: {why}; pass --importance FILE without --model to weight findings"
        )),
    }
    learnt.reference = learnt.reference.with_model(scoring.source_model(name, rows_explained));
    let mut learnt = request.add_segments(learnt, &training, &choice)?;
    if let Some(leaves) = count_leaves(scoring.model(), &columns, &training, threads())? {
        learnt.reference = learnt.reference.with_leaves(&leaves)?;
    }
    let mut learnt = request.write(learnt, dictionary)?;
    if let Some(registration) = registration {
        let registered = registration.finish(&request.out).map_err(|fault| {
            fault.context(format!(
                "{} was written and is complete, but it is not registered; run the same command again to register it",
                request.out.display()
            ))
        });
        learnt.notes.push(registered?);
    }
    Ok(learnt)
}

fn require_rows(table: &dyn TrainingTable) -> Result<()> {
    if table.rows() > 0 {
        return Ok(());
    }
    Err(Fault::setup(format!(
        "--data {}: the file has no rows; pass a file with training or hold-out rows",
        table.name()
    )))
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Creates a reduced reference from a table of distributions, in a file or `postgres:TABLE`.
pub fn import(request: &LearnRequest, table: &Path, now: Instant) -> Result<Learnt> {
    let dictionary = request.dictionary_file()?;
    let (table, file) =
        read_one("--distributions", table, TableOptions { with_json: true, ..request.table_options() })?;
    let provenance = Provenance { reduced: true, ..request.provenance(now, 0, 0, vec![file]) };
    let learnt = reference::import(&table, request.choice.probability.as_deref(), provenance)?;
    request.write(add_importance(learnt, request.importance_list()?.as_ref())?, dictionary.as_ref())
}
