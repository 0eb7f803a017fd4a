//! A log in a table: described once, planned for a window, read within one snapshot.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vigie_profile::{
    batch::{Reason, Records},
    window::Instant,
};

use super::{
    access::Access, column::TableColumn, connect::endless_row, copy::copy, database::Database, pushdown::Time,
    relation::Relation, selection::Selection, session::Session,
};
use crate::{
    fault::Result,
    source::{
        Latest, SourceOptions,
        mapping::{Mapping, ReadSummary},
        record::RecordReader,
        records_builder::BATCH_ROWS,
    },
};

/// A table, view or query, read within one snapshot.
#[derive(Debug, Clone)]
pub(in crate::source) struct TableLog {
    pub(super) table: Arc<OpenTable>,
}

pub(super) struct OpenTable {
    pub relation: Relation,
    pub columns: Vec<TableColumn>,
    pub database: Arc<Database>,
    session: Mutex<Session>,
}

impl OpenTable {
    /// Locks the connection, which all readers share.
    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A query for the rows of the window, or for the rows without a time.
#[derive(Debug)]
pub(crate) struct TableQuery {
    table: Arc<OpenTable>,
    selection: Selection,
    sql: String,
    /// SQL that returns names of inputs, of which only some are read.
    names: Option<String>,
    /// For rows without a time: SQL that returns whether any other row has one.
    has_timed_rows: Option<String>,
}

/// Maximum length of a record in bytes. A longer one is malformed, and must not exhaust memory.
const MAX_RECORD: usize = 16 << 20;
/// Numbers of latest rows to read until one passes `where`; the last is all rows.
const LATEST_ROWS: [u64; 3] = [200, 20_000, u64::MAX >> 1];

impl TableLog {
    /// Connects, and reads the column types.
    pub(in crate::source) fn open(options: &SourceOptions) -> Result<Self> {
        Self::connect(&Access::for_log(options))
    }

    pub(in crate::source) fn connect(access: &Access<'_>) -> Result<Self> {
        let relation = Relation::new(access.rows_section, access.rows.table.as_deref(), access.rows.query.as_deref())?;
        let database = Arc::new(Database::new(access)?);
        let session = Session::open(&database)?;
        let columns = relation.describe(&session)?;
        Ok(Self { table: Arc::new(OpenTable { relation, columns, database, session: Mutex::new(session) }) })
    }

    /// Plans the queries for the mapping's window.
    pub(in crate::source) fn plan(&self, mapping: &Mapping) -> Result<Vec<TableQuery>> {
        let time = self.time(mapping)?;
        let within = mapping.scanned().and_then(|window| time.within(window, &mapping.times.zone));
        let Some(within) = within else { return Ok(vec![self.query(mapping, None, "", None)]) };
        let timeless = time.timeless().map(|timeless| {
            let has_timed_rows =
                format!("SELECT EXISTS (SELECT 1 FROM {} WHERE NOT ({timeless}))", self.table.relation.from());
            self.query(mapping, Some(&timeless), "", Some(has_timed_rows))
        });
        Ok([self.query(mapping, Some(&within), "", None)].into_iter().chain(timeless).collect())
    }

    /// The time of the latest record before the window's end, if the server can sort by time.
    pub(in crate::source) fn latest(&self, mapping: &Mapping) -> Result<Latest> {
        let time = self.time(mapping)?;
        let within = mapping.window.and_then(|window| time.within(window, &mapping.times.zone));
        let (Some(within), Some(order)) = (within, time.latest_first()) else { return Ok(Latest::Unordered) };
        for limit in LATEST_ROWS {
            let query = self.query(mapping, Some(&within), &format!("ORDER BY {order} LIMIT {limit}"), None);
            let (mut latest, mut read) = (None, 0);
            let (_, result) = query.stream(mapping, &mut read, &mut |records: Records| {
                latest = latest.max(records.timestamp.iter().copied().max());
            });
            result?;
            if latest.is_some() || read < limit {
                return Ok(Latest::Known(latest.map(Instant)));
            }
        }
        Ok(Latest::Known(None))
    }

    pub(super) fn time(&self, mapping: &Mapping) -> Result<Time> {
        Time::new(&self.table.columns, "source.fields.timestamp", &mapping.timestamp, &self.table.relation.key())
    }

    /// Returns a query for the rows that meet `condition`; `tail` is its ORDER BY and LIMIT.
    pub(super) fn query(
        &self,
        mapping: &Mapping,
        condition: Option<&str>,
        tail: &str,
        has_timed_rows: Option<String>,
    ) -> TableQuery {
        let selection = Selection::new(&self.table.columns, mapping);
        let condition = condition.map(|condition| format!("WHERE {condition}")).unwrap_or_default();
        let sql = format!("{} {condition} {tail}", selection.sql(&self.table.relation));
        let names = selection.names_sql(&self.table.relation, &condition);
        TableQuery { table: self.table.clone(), selection, sql, names, has_timed_rows }
    }
}

impl TableQuery {
    /// Streams the rows into `sink` as records.
    pub(in crate::source) fn read(
        &self,
        mapping: &Mapping,
        sink: &mut dyn FnMut(Records),
    ) -> (ReadSummary, Result<()>) {
        let mut read = 0;
        let (mut found, result) = self.stream(mapping, &mut read, sink);
        let result = result.and_then(|()| self.note_timed_rows(read, &mut found));
        let result = result.and_then(|()| self.note_names(read, &mut found));
        (found, result)
    }

    /// Streams the rows into `sink` as records; `read` counts the rows received, even if they are not usable.
    pub(super) fn stream(
        &self,
        mapping: &Mapping,
        read: &mut u64,
        sink: &mut dyn FnMut(Records),
    ) -> (ReadSummary, Result<()>) {
        let mut reader = RecordReader::new(mapping);
        for column in &self.table.columns {
            reader.found.names.note(&column.name);
        }
        let mut line = Vec::new();
        let session = self.table.session();
        let result = session.wait(|client| {
            copy(client, &self.sql, |cells| {
                *read += 1;
                line.clear();
                self.selection.write(cells, &mut line);
                if line.len() > MAX_RECORD {
                    reader.builder.complaints.add(Reason::Malformed, "a record longer than 16 MB");
                    line = Vec::new();
                } else {
                    reader.read_line(&line);
                }
                if reader.builder.rows() >= BATCH_ROWS {
                    sink(reader.builder.take(mapping));
                }
            })
        });
        let result = result.and_then(|is_whole| if is_whole { Ok(()) } else { Err(endless_row(&self.table.database)) });
        drop(session);
        sink(reader.builder.take(mapping));
        (reader.found, result)
    }

    /// Notes the names of inputs that are not read, for messages about those that are not found.
    fn note_names(&self, read: u64, found: &mut ReadSummary) -> Result<()> {
        let Some(sql) = self.names.as_ref().filter(|_| read > 0) else { return Ok(()) };
        let session = self.table.session();
        let names: Vec<String> = session.wait(|client| async move {
            client.query(sql.as_str(), &[]).await?.iter().map(|row| row.try_get(0)).collect()
        })?;
        names.iter().for_each(|name| found.inputs.note(name));
        Ok(())
    }

    /// Rows without a time are a config error only if no row of the whole table has one: otherwise counts one record.
    fn note_timed_rows(&self, read: u64, found: &mut ReadSummary) -> Result<()> {
        let Some(sql) = self.has_timed_rows.as_ref().filter(|_| read > 0) else { return Ok(()) };
        let session = self.table.session();
        let exists: bool =
            session.wait(|client| async move { client.query_one(sql.as_str(), &[]).await?.try_get(0) })?;
        found.records += u64::from(exists);
        Ok(())
    }
}

impl std::fmt::Debug for OpenTable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "OpenTable({:?})", self.relation)
    }
}
