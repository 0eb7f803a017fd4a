//! A table as a log: described once, planned for a window, read within one snapshot.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vigie_profile::{
    batch::{Reason, Records},
    window::Instant,
};

use super::{
    access::Access, column::Column, copy::copy, database::Database, pushdown::Time, relation::Relation,
    selection::Selection, session::Session,
};
use crate::{
    fault::Result,
    source::{
        Latest, Options,
        mapping::{Found, Mapping},
        record::RecordReader,
        sheet::SHEET_ROWS,
    },
};

/// A table, a view or a query. All that is read through one of these is one snapshot.
#[derive(Debug, Clone)]
pub struct TableLog {
    pub(super) table: Arc<Table>,
}

pub(super) struct Table {
    pub relation: Relation,
    pub columns: Vec<Column>,
    pub database: Arc<Database>,
    session: Mutex<Session>,
}

impl Table {
    /// The one connection, when nobody else reads.
    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rows to be read: those of the window, or those without a time.
#[derive(Debug)]
pub(crate) struct Rows {
    table: Arc<Table>,
    selection: Selection,
    sql: String,
    /// Rows without a time, while others have one: which these then belong to is only not known.
    timed_elsewhere: Option<String>,
}

/// Bytes of a record; a longer one is none, and must not fill the memory.
const LONGEST: usize = 16 << 20;
/// For the latest record the last so many rows are read, then all: `where` may leave out many.
const LAST: [u64; 3] = [200, 20_000, u64::MAX >> 1];

impl TableLog {
    /// Connects, and looks at what columns there are.
    pub fn open(options: &Options) -> Result<Self> {
        Self::access(&Access::of_log(options))
    }

    pub(in crate::source) fn access(access: &Access<'_>) -> Result<Self> {
        let relation = Relation::of(access.rows, access.wanted.table.as_deref(), access.wanted.query.as_deref())?;
        let database = Arc::new(Database::of(access)?);
        let session = Session::open(&database)?;
        let columns = relation.describe(&session)?;
        Ok(Self { table: Arc::new(Table { relation, columns, database, session: Mutex::new(session) }) })
    }

    /// What has to be read for the mapping's window.
    pub(in crate::source) fn plan(&self, mapping: &Mapping) -> Result<Vec<Rows>> {
        let time = self.time(mapping)?;
        let within = mapping.window.and_then(|window| time.within(window, &mapping.zone));
        let Some(within) = within else { return Ok(vec![self.rows(mapping, None, "", None)]) };
        let timeless = time.timeless().map(|timeless| {
            let others = format!("SELECT EXISTS (SELECT 1 FROM {} WHERE NOT ({timeless}))", self.table.relation.from());
            self.rows(mapping, Some(&timeless), "", Some(others))
        });
        Ok([self.rows(mapping, Some(&within), "", None)].into_iter().chain(timeless).collect())
    }

    /// The time of the latest record before the window's end; where the server can order the times.
    pub(in crate::source) fn latest(&self, mapping: &Mapping) -> Result<Latest> {
        let time = self.time(mapping)?;
        let within = mapping.window.and_then(|window| time.within(window, &mapping.zone));
        let (Some(within), Some(order)) = (within, time.latest_first()) else { return Ok(Latest::Unordered) };
        for limit in LAST {
            let rows = self.rows(mapping, Some(&within), &format!("ORDER BY {order} LIMIT {limit}"), None);
            let (mut latest, mut read) = (None, 0);
            let (_, outcome) = rows.stream(mapping, &mut read, &mut |records: Records| {
                latest = latest.max(records.timestamp.iter().copied().max());
            });
            outcome?;
            if latest.is_some() || read < limit {
                return Ok(Latest::Known(latest.map(Instant)));
            }
        }
        Ok(Latest::Known(None))
    }

    pub(super) fn time(&self, mapping: &Mapping) -> Result<Time> {
        Time::of(&self.table.columns, "source.fields.timestamp", &mapping.timestamp, &self.table.relation.key())
    }

    /// The rows that fulfil `condition`, in the order and number that `tail` says.
    pub(super) fn rows(
        &self,
        mapping: &Mapping,
        condition: Option<&str>,
        tail: &str,
        timed_elsewhere: Option<String>,
    ) -> Rows {
        let selection = Selection::of(&self.table.columns, mapping);
        let condition = condition.map(|condition| format!("WHERE {condition}")).unwrap_or_default();
        let sql = format!("{} {condition} {tail}", selection.sql(&self.table.relation));
        Rows { table: self.table.clone(), selection, sql, timed_elsewhere }
    }
}

impl Rows {
    /// Streams the rows into `sink`, as records.
    pub(in crate::source) fn read(&self, mapping: &Mapping, sink: &mut dyn FnMut(Records)) -> (Found, Result<()>) {
        let mut read = 0;
        let (mut found, outcome) = self.stream(mapping, &mut read, sink);
        let outcome = outcome.and_then(|()| self.note_others(read, &mut found));
        (found, outcome)
    }

    /// As [`Rows::read`]; `read` counts the rows, whatever becomes of them.
    pub(super) fn stream(
        &self,
        mapping: &Mapping,
        read: &mut u64,
        sink: &mut dyn FnMut(Records),
    ) -> (Found, Result<()>) {
        let mut reader = RecordReader::new(mapping);
        for column in &self.table.columns {
            reader.found.name(&column.name);
        }
        let mut line = Vec::new();
        let session = self.table.session();
        let outcome = session.wait(|client| {
            copy(client, &self.sql, |cells| {
                *read += 1;
                line.clear();
                self.selection.write(cells, &mut line);
                if line.len() > LONGEST {
                    reader.sheet.complaints.add(Reason::Malformed, "a record of more than 16 MB");
                    line = Vec::new();
                } else {
                    reader.line(&line);
                }
                if reader.sheet.rows() >= SHEET_ROWS {
                    sink(reader.sheet.take(mapping));
                }
            })
        });
        drop(session);
        sink(reader.sheet.take(mapping));
        (reader.found, outcome)
    }

    /// Only where not one row of the whole table has a time is that a mistake in the config.
    fn note_others(&self, read: u64, found: &mut Found) -> Result<()> {
        let Some(others) = self.timed_elsewhere.as_ref().filter(|_| read > 0) else { return Ok(()) };
        let session = self.table.session();
        let exist: bool =
            session.wait(|client| async move { client.query_one(others.as_str(), &[]).await?.try_get(0) })?;
        found.records += u64::from(exist);
        Ok(())
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Table({:?})", self.relation)
    }
}
