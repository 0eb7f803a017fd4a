//! A table of which the rows of some ids are read, by one query with the ids as its condition.

use std::collections::BTreeSet;

use vigie_profile::{batch::Records, near::suggestions};

use super::{
    access::Access,
    column::{TableColumn, Wire},
    log::TableLog,
    name::{literal, quoted},
    pushdown::{Time, begins},
};
use crate::{
    fault::{Fault, Result},
    source::mapping::{Mapping, ReadSummary},
};

/// A table, view or query that returns rows by id.
#[derive(Debug)]
pub(in crate::source) struct KeyedTable {
    table: TableLog,
    /// The column with the id, if the server can compare it; `None`: it is inside a column.
    id: Option<TableColumn>,
}

impl KeyedTable {
    /// Connects, and checks that the id exists.
    pub(in crate::source) fn open(access: &Access<'_>, id: &str) -> Result<Self> {
        let table = TableLog::connect(access)?;
        let columns = &table.table.columns;
        let own = columns.iter().find(|column| column.name == id).cloned();
        if own.is_none() && !columns.iter().any(|column| begins(id, &column.name)) {
            let key = table.table.relation.key();
            let there = suggestions(id, columns.iter().map(|column| column.name.as_str()));
            return Err(Fault::setup(format!(
                "{}.id: {key} has no column `{id}`; available: {there}",
                access.rows_section
            )));
        }
        Ok(Self { table, id: own })
    }

    /// A condition that the rows of these ids meet, in the type of the column so that an index applies. `None`: all rows are
    /// read.
    pub(in crate::source) fn condition(&self, ids: &BTreeSet<String>) -> Option<String> {
        condition(self.id.as_ref()?, ids)
    }

    /// Streams the rows that meet a condition as records without a time.
    pub(in crate::source) fn read(
        &self,
        mapping: &Mapping,
        condition: Option<&str>,
        tail: &str,
        sink: &mut dyn FnMut(Records),
    ) -> (ReadSummary, Result<()>) {
        self.table.query(mapping, condition, tail, None).stream(mapping, &mut 0, sink)
    }

    /// The server's estimate of the row count.
    pub(in crate::source) fn estimated_rows(&self) -> Result<Option<i64>> {
        Ok(self.table.catalogue(&Time::Unordered(String::new()))?.0)
    }

    /// The config key that names the table.
    pub(in crate::source) fn key(&self) -> String {
        self.table.table.relation.key()
    }

    /// Display name: server, database and table.
    pub(in crate::source) fn shown(&self) -> String {
        format!("PostgreSQL at {}, {}", self.table.table.database, self.table.table.relation.shown())
    }
}

fn condition(column: &TableColumn, ids: &BTreeSet<String>) -> Option<String> {
    let name = format!("log.{}", quoted(&column.name));
    let list = |values: Vec<String>, kind: &str| format!("{name} = ANY(ARRAY[{}]::{kind}[])", values.join(","));
    match column.wire {
        // An id that is not a number matches no row.
        Wire::Int2 | Wire::Int4 | Wire::Int8 => {
            let whole = ids.iter().filter_map(|id| id.parse::<i64>().ok());
            Some(list(whole.map(|id| format!("'{id}'")).collect(), "int8"))
        }
        Wire::Text if !matches!(column.type_name.as_str(), "bpchar" | "char" | "name") => {
            // A text may write an id with zeros after the point.
            let spelled = ids.iter().filter(|id| !id.contains('\0'));
            let spelled = spelled.flat_map(|id| [literal(id), literal(&format!("{id}.0"))]);
            Some(list(spelled.collect(), "text"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::types::Type;

    use super::*;

    #[test]
    fn ids_are_compared_in_the_type_of_the_column() {
        let ids = ["7", "it's", "9000000000"].map(ToOwned::to_owned).into();
        let sql = |kind: &Type| condition(&TableColumn::new("id", kind), &ids);
        assert_eq!(sql(&Type::INT4).unwrap(), "log.\"id\" = ANY(ARRAY['7','9000000000']::int8[])");
        assert_eq!(
            sql(&Type::TEXT).unwrap(),
            "log.\"id\" = ANY(ARRAY[E'7',E'7.0',E'9000000000',E'9000000000.0',E'it''s',E'it''s.0']::text[])"
        );
        assert_eq!(sql(&Type::NUMERIC), None, "1.0 and 1 are the same id");
        assert_eq!(sql(&Type::BPCHAR), None);
    }
}
