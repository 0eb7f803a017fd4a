//! The SELECT list: whole columns, or single keys of a JSONB column if only a few are needed.

use super::{column::TableColumn, copy::CopyRow, name::literal, pushdown::begins, relation::Relation};
use crate::source::{
    found_names::{MAX_CHARS, MAX_NAMES},
    mapping::Mapping,
};

/// Maximum number of keys to select one by one. With objects of 125 keys, selecting 50 costs as much as sending all.
const MAX_KEYS: usize = 40;

/// The columns to read, and the conversion of a row to JSON.
#[derive(Debug)]
pub(super) struct Selection {
    items: Vec<SelectItem>,
}

#[derive(Debug)]
enum SelectItem {
    Whole(TableColumn),
    /// Only the given keys of the objects in a JSONB column.
    Keys {
        column: TableColumn,
        keys: Vec<String>,
    },
}

impl Selection {
    /// Selects the columns that the mapping needs.
    pub(super) fn new(columns: &[TableColumn], mapping: &Mapping) -> Self {
        let wanted = columns.iter().filter(|column| wants(mapping, &column.name));
        Self { items: wanted.map(|column| SelectItem::new(column, mapping)).collect() }
    }

    /// `SELECT … FROM …`
    pub(super) fn sql(&self, relation: &Relation) -> String {
        let mut from = relation.from();
        let mut names = Vec::new();
        for item in &self.items {
            match item {
                SelectItem::Whole(column) => names.push(column.sql()),
                SelectItem::Keys { column, keys } => {
                    let (name, object) = (column.sql(), "object.one");
                    // Concatenation with an empty object unpacks the value once per row instead of once per key.
                    from = format!(
                        "{from} CROSS JOIN LATERAL (SELECT CASE WHEN jsonb_typeof({name}) = 'object' \
                         THEN {name} || '{{}}'::jsonb END AS one OFFSET 0) AS object"
                    );
                    let is_plain = format!("({object} IS NOT NULL AND NOT {object} ?& ARRAY['columns', 'data'])");
                    names.push(is_plain.clone());
                    names.push(format!("CASE WHEN NOT {is_plain} THEN {name} END"));
                    names.extend(keys.iter().map(|key| format!("{object} -> {}", literal(key))));
                }
            }
        }
        format!("SELECT {} FROM {from}", names.join(", "))
    }

    /// SQL that returns the names of inputs in the first rows that meet `condition`, if only some keys are selected.
    pub(super) fn names_sql(&self, relation: &Relation, condition: &str) -> Option<String> {
        /// Number of rows.
        const ROWS: usize = 100;
        let column = self.items.iter().find_map(|item| match item {
            SelectItem::Keys { column, keys: _ } => Some(column),
            SelectItem::Whole(_) => None,
        })?;
        let rows = format!("SELECT {} AS one FROM {} {condition}", column.sql(), relation.from());
        let objects = format!("SELECT one FROM ({rows}) AS objects WHERE one IS NOT NULL LIMIT {ROWS}");
        Some(format!(
            "SELECT DISTINCT left(key, {MAX_CHARS}) FROM ({objects}) AS object, jsonb_object_keys(CASE WHEN \
             jsonb_typeof(one) = 'object' AND NOT one ?& ARRAY['columns', 'data'] THEN one END) AS key LIMIT {MAX_NAMES}"
        ))
    }

    /// Writes a row as a line of JSON.
    pub(super) fn write(&self, mut cells: CopyRow<'_>, line: &mut Vec<u8>) {
        for item in &self.items {
            line.push(if line.is_empty() { b'{' } else { b',' });
            let mut next = || cells.next().flatten();
            match item {
                SelectItem::Whole(column) => column.write(next(), line),
                SelectItem::Keys { column, keys } => {
                    let is_plain = next() == Some(&[1]);
                    let whole = next();
                    if is_plain {
                        column.write_object(keys.iter().filter_map(|key| Some((key.as_str(), next()?))), line);
                    } else {
                        for _ in keys {
                            let _ = next();
                        }
                        column.write(whole, line);
                    }
                }
            }
        }
        if line.is_empty() {
            line.push(b'{');
        }
        line.push(b'}');
    }
}

impl SelectItem {
    fn new(column: &TableColumn, mapping: &Mapping) -> Self {
        let inputs = mapping.features.as_deref().unwrap_or_default();
        let only_inputs = inputs == std::slice::from_ref(&column.name)
            && !other_paths(mapping).any(|path| path == column.name || begins(path, &column.name));
        if column.is_jsonb() && only_inputs && mapping.positions.is_none() && mapping.columns.len() <= MAX_KEYS {
            let keys = mapping.columns.iter().map(|column| column.name.clone()).collect();
            return Self::Keys { column: column.clone(), keys };
        }
        Self::Whole(column.clone())
    }
}

/// The paths of everything mapped except the features.
fn other_paths(mapping: &Mapping) -> impl Iterator<Item = &str> {
    let fields = mapping.mapped.iter().flat_map(|mapped| &mapped.paths);
    let only = mapping.only.iter().map(|(path, _)| path);
    mapping.timestamp.iter().chain(fields).chain(only).map(String::as_str)
}

/// Returns whether a column may hold a mapped field.
fn wants(mapping: &Mapping, name: &str) -> bool {
    let leads = |path: &str| path == name || begins(path, name);
    other_paths(mapping).any(leads)
        || match &mapping.features {
            None => mapping.column_of.contains_key(name),
            Some(paths) => paths.iter().any(|path| leads(path)),
        }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::types::Type;

    use super::*;

    #[test]
    fn keys_and_names_are_quoted() {
        let item =
            SelectItem::Keys { column: TableColumn::new("in\"puts", &Type::JSONB), keys: vec!["it's \\".to_owned()] };
        let sql = Selection { items: vec![item] }.sql(&Relation::new("source", Some("log"), None).unwrap());
        assert!(sql.contains("object.one -> E'it''s \\\\'"), "{sql}");
        assert!(sql.contains("jsonb_typeof(log.\"in\"\"puts\")"), "{sql}");
    }
}
