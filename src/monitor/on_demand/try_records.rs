//! `vigie config check`: tests the mapping on the first records of files, and reads the beginning of labels and feature table.

use vigie_profile::shown::{listed, shown};

use crate::{
    config::Settings,
    delimited::{conversion, is_named_spreadsheet},
    engine::{CheckedSample, check_sample},
    fault::{Fault, Result},
    monitor::run::{
        context::{open_configured_reference, rule},
        first_check::note_naive_times,
    },
    performance::Label,
    source::{FeatureTable, LabelLog, LabelLookup, Log},
};

/// What the first records of files show.
#[derive(Debug)]
pub struct TriedRecords {
    pub sample: CheckedSample,
    /// Doubts, each with its remedy.
    pub notes: Vec<String>,
}

/// Tests the mapping on the first records of some files. Fails as a window of such records would. `None`: a log in a database needs
/// a connection, and what cannot be opened is another check.
pub fn try_records(settings: &Settings) -> Result<Option<TriedRecords>> {
    if settings.source.place.has_connection() {
        return Ok(None);
    }
    let (Ok(reference), Ok(log)) = (open_configured_reference(settings), Log::open(&settings.source)) else {
        return Ok(None);
    };
    let layout = reference.layout();
    let Some(sample) = log.sample(layout.columns())? else { return Ok(None) };
    let sample =
        check_sample(sample, layout, &rule(settings)).map_err(|fault| fault.context("first records of the log"))?;
    let notes = note_naive_times(settings, sample.has_naive_times)
        .into_iter()
        .chain(note_decimal_commas(&sample))
        .chain(note_doubled_names(&sample))
        .chain(note_spreadsheet(&log))
        .collect();
    Ok(Some(TriedRecords { sample, notes }))
}

fn note_doubled_names(sample: &CheckedSample) -> Option<String> {
    const NAMED: usize = 8;
    (!sample.doubled.is_empty()).then(|| {
        format!(
            "names that occur twice in a record or header: {}; of JSON keys the last counts, of columns the first: write each once",
            listed(sample.doubled.iter().map(String::as_str), NAMED)
        )
    })
}

fn note_spreadsheet(log: &Log) -> Option<String> {
    let name = log.skipped_files().into_iter().find(|name| is_named_spreadsheet(name))?;
    Some(format!("{name} is a spreadsheet and is not read; {}", conversion(&name)))
}

fn note_decimal_commas(sample: &CheckedSample) -> Option<String> {
    let example = sample.complaints.decimal_comma()?;
    Some(format!(
        "not a number: {}; if it has a decimal comma, set `csv: {{decimal: \",\"}}` next to source.path (for CSV), or write points",
        shown(example)
    ))
}

/// Reads the first labels of some files. Fails if none of them can be used.
pub fn try_labels(settings: &Settings) -> Result<()> {
    let Some(options) = settings.labels.as_ref().filter(|labels| !labels.place.has_connection()) else { return Ok(()) };
    let Ok(LabelLookup::Found(log)) = LabelLog::open(options, &settings.source) else { return Ok(()) };
    let (mut rows, mut with_id, mut invalid, mut example) = (0, 0, 0, None);
    let scan = log.sample(&mut |id, target| {
        rows += 1;
        with_id += u64::from(id.is_some());
        if Label::parse(target) == Label::Invalid {
            invalid += 1;
            example = example.take().or_else(|| target.map(shown));
        }
    });
    if let Some(lost) = scan.lost.into_iter().next() {
        return Err(Fault::lost(lost, None).context("labels"));
    }
    if let Some(unreadable) = scan.unreadable.first() {
        return Err(Fault::setup(unreadable.to_string()));
    }
    if rows > 0 && with_id == 0 {
        return Err(Fault::setup(format!(
            "labels.id: `{}` is empty in the first {rows} rows; set it to the column of the log's id",
            shown(&options.id)
        )));
    }
    // A regression or several classes have other outcomes.
    if rows > 0 && invalid == rows && settings.source.fields.probability.is_some() {
        return Err(Fault::setup(format!(
            "labels.target: none of the first {rows} labels in `{}` is 0 or 1, such as {}; write outcomes as 0 and 1",
            shown(&options.target),
            example.unwrap_or_default()
        )));
    }
    Ok(())
}

/// Reads the first rows of a feature table in files. Fails if they have no id, or no feature of the reference.
pub fn try_feature_table(settings: &Settings) -> Result<()> {
    let Some(options) = settings.features.as_ref().filter(|table| !table.place.has_connection()) else { return Ok(()) };
    let (Ok(reference), Ok(table)) =
        (open_configured_reference(settings), FeatureTable::open(options, &settings.source))
    else {
        return Ok(());
    };
    let columns = reference.layout().columns();
    let (mut rows, mut has_feature) = (0, false);
    table.sample(&columns, &mut |batch| {
        rows += batch.len;
        has_feature |= batch.features.iter().any(Option::is_some);
    })?;
    if rows > 0 && !has_feature {
        let first = columns.first().map(|column| shown(&column.name)).unwrap_or_default();
        return Err(Fault::setup(format!(
            "features.path: the table has no feature of the reference, such as `{first}`; write its columns with the names of \
             the features, or set features.features to the object that holds them"
        )));
    }
    Ok(())
}
