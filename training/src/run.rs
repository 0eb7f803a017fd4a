//! The preparation: blocks of clients from the raw tables to the feature table.

use std::path::PathBuf;

use crate::{
    error::PrepareError,
    output::{FeatureWriter, write_dictionary},
    plan::{ClientNeeds, client_rows, output_schema},
    progress::ClientProgress,
    read::{OpenRawTable, UnknownLevels},
    tables::{Specification, TARGET},
};

/// What to prepare and where to write it.
#[derive(Debug, Clone)]
pub struct PrepareOptions {
    /// The folder of the raw tables.
    pub tables: PathBuf,
    /// The feature table to write.
    pub out: PathBuf,
    /// The columns after the client's key and the target; `None` for all.
    pub columns: Option<Vec<String>>,
    /// The clients; `None` for all.
    pub clients: Option<Vec<i64>>,
    /// The data dictionary to write.
    pub dictionary: Option<PathBuf>,
    /// Clients that are prepared at a time.
    pub block: usize,
}

/// What was prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrepareReport {
    /// Rows written.
    pub clients: usize,
    /// Columns written.
    pub columns: usize,
    /// What a reader should know: undeclared levels, rows without a client, an absent target. One sentence each.
    pub notes: Vec<String>,
}

/// Prepares the features of clients in ascending order of their key. On an error nothing is written.
pub fn prepare(options: &PrepareOptions) -> Result<PrepareReport, PrepareError> {
    if options.block == 0 {
        return Err(PrepareError::new("--block: 0 is too few; ask for at least 1 client at a time"));
    }
    let specification = Specification::declared();
    check_outputs(options, &specification)?;
    let needs = ClientNeeds::of(&specification, options.columns.as_deref())?;
    let mut application = OpenRawTable::open(&options.tables, &needs.application)?;
    let grouped = needs.grouped.iter().map(|table| OpenRawTable::open(&options.tables, table));
    let mut grouped: Vec<OpenRawTable<'_>> = grouped.collect::<Result<_, _>>()?;
    let clients = chosen_clients(application.file().row_keys(), options.clients.as_deref())?;
    let mut unknown = UnknownLevels::default();
    let mut writer = FeatureWriter::create(&options.out, output_schema(&needs))?;
    let progress = ClientProgress::new(clients.len());
    for block in clients.chunks(options.block) {
        let rows = application.read(block, &mut unknown)?.frame;
        let grouped_rows = grouped.iter_mut().map(|table| table.read(block, &mut unknown)).collect::<Result<_, _>>()?;
        let features = client_rows(&needs, rows, grouped_rows).and_then(polars::prelude::LazyFrame::collect);
        writer.write(features.map_err(|error| PrepareError::query("the features of a block of clients", &error))?)?;
        progress.add(block.len());
    }
    drop(progress);
    if let Some(path) = &options.dictionary {
        let mut dictionary = specification.dictionary();
        let entries = needs.features.iter().filter_map(|feature| {
            let entry = dictionary.remove(&feature.name)?;
            Some((feature.name.as_str(), entry))
        });
        write_dictionary(path, entries)?;
    }
    writer.finish()?;
    let mut notes = unknown.sentences();
    if application.file().lacks(TARGET) {
        notes.push(format!("{}: the column {TARGET} is absent; it is written as missing", application.file().name()));
    }
    if options.clients.is_none() {
        let unused = grouped.iter().flat_map(OpenRawTable::unused_rows);
        notes.extend(unused.map(|(file, rows)| {
            format!("{file}: {rows} rows belong to no client of {} and are left out", application.file().name())
        }));
    }
    Ok(PrepareReport { clients: clients.len(), columns: needs.features.len(), notes })
}

/// No output may replace a raw table or the other output.
fn check_outputs(options: &PrepareOptions, specification: &Specification) -> Result<(), PrepareError> {
    let outputs = [Some(&options.out), options.dictionary.as_ref()];
    if options.dictionary.as_ref() == Some(&options.out) {
        return Err(PrepareError::new(format!(
            "--out and --dictionary both name {}; name two files",
            options.out.display()
        )));
    }
    let tables = specification.tables().flat_map(|table| table.inner.iter().chain([table]));
    for table in tables {
        let raw = options.tables.join(table.file_name()).canonicalize();
        let replaced = outputs
            .iter()
            .flatten()
            .find(|path| path.canonicalize().is_ok_and(|path| raw.as_ref().is_ok_and(|raw| *raw == path)));
        if let Some(path) = replaced {
            return Err(PrepareError::new(format!("{} is a raw table; write to another file", path.display())));
        }
    }
    Ok(())
}

/// The wanted clients in ascending order; `known` is ascending.
fn chosen_clients(known: &[i64], wanted: Option<&[i64]>) -> Result<Vec<i64>, PrepareError> {
    let Some(wanted) = wanted else { return Ok(known.to_vec()) };
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let absent: Vec<i64> = wanted.iter().copied().filter(|id| known.binary_search(id).is_err()).collect();
    match absent.first() {
        None => Ok(wanted),
        Some(first) => Err(PrepareError::new(format!(
            "--clients: {} of {} ids are not in application.parquet, the first is {first}; remove them from the list",
            absent.len(),
            wanted.len()
        ))),
    }
}
