//! What is asked for of each row: whole columns, or a few keys of a JSONB column where few are needed.

use super::{column::Column, copy::Cells, name::literal, pushdown::begins, relation::Relation};
use crate::source::mapping::Mapping;

/// So many keys are picked out by the server. Measured on objects of 125 keys: taking 50 out costs as much as sending all.
const FEW: usize = 40;

/// The columns of one reading, and how a row of them becomes JSON.
#[derive(Debug)]
pub(super) struct Selection {
    items: Vec<Item>,
}

#[derive(Debug)]
enum Item {
    Whole(Column),
    /// A JSONB column's objects without the keys that nobody asked for.
    Keys {
        column: Column,
        keys: Vec<String>,
    },
}

impl Selection {
    /// What the mapping needs of a table's columns.
    pub(super) fn of(columns: &[Column], mapping: &Mapping) -> Self {
        let wanted = columns.iter().filter(|column| wants(mapping, &column.name));
        Self { items: wanted.map(|column| Item::of(column, mapping)).collect() }
    }

    /// `SELECT … FROM …`
    pub(super) fn sql(&self, relation: &Relation) -> String {
        let mut from = relation.from();
        let mut names = Vec::new();
        for item in &self.items {
            match item {
                Item::Whole(column) => names.push(column.sql()),
                Item::Keys { column, keys } => {
                    let (name, object) = (column.sql(), "object.one");
                    // Unpacked once a row, not once a key: what is concatenated with nothing is itself.
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

    /// A row as a line of JSON.
    pub(super) fn write(&self, mut cells: Cells<'_>, line: &mut Vec<u8>) {
        for item in &self.items {
            line.push(if line.is_empty() { b'{' } else { b',' });
            let mut next = || cells.next().flatten();
            match item {
                Item::Whole(column) => column.write(next(), line),
                Item::Keys { column, keys } => {
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

impl Item {
    fn of(column: &Column, mapping: &Mapping) -> Self {
        let inputs = mapping.features.as_deref().unwrap_or_default();
        let only_inputs = inputs == std::slice::from_ref(&column.name)
            && !others(mapping).any(|path| path == column.name || begins(path, &column.name));
        if column.is_jsonb() && only_inputs && mapping.positions.is_none() && mapping.columns.len() <= FEW {
            let keys = mapping.columns.iter().map(|column| column.name.clone()).collect();
            return Self::Keys { column: column.clone(), keys };
        }
        Self::Whole(column.clone())
    }
}

/// The paths of everything mapped but the features.
fn others(mapping: &Mapping) -> impl Iterator<Item = &str> {
    let places = mapping.places.iter().flat_map(|place| &place.paths);
    let only = mapping.only.iter().map(|(path, _)| path);
    mapping.timestamp.iter().chain(places).chain(only).map(String::as_str)
}

/// Whether a column may hold something that is mapped.
fn wants(mapping: &Mapping, name: &str) -> bool {
    let leads = |path: &str| path == name || begins(path, name);
    others(mapping).any(leads)
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
    fn the_name_of_a_key_is_a_text_and_nothing_else() {
        let item = Item::Keys { column: Column::new("in\"puts", &Type::JSONB), keys: vec!["it's \\".to_owned()] };
        let sql = Selection { items: vec![item] }.sql(&Relation::of("source", Some("log"), None).unwrap());
        assert!(sql.contains("object.one -> E'it''s \\\\'"), "{sql}");
        assert!(sql.contains("jsonb_typeof(log.\"in\"\"puts\")"), "{sql}");
    }
}
