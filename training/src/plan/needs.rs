//! What has to be read and computed for the wanted features.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    error::PrepareError,
    spec::{CellTest, DerivedColumn, FeatureColumn, FeatureSource, RawColumn, RawTable, RowRule},
    tables::{CLIENT, Specification, TARGET},
};

/// The part of a table's declaration that the wanted features need, in the order of the declaration.
#[derive(Debug)]
pub(crate) struct TableNeeds<'s> {
    pub(crate) table: &'s RawTable,
    pub(crate) columns: Vec<&'s RawColumn>,
    pub(crate) derived: Vec<&'s DerivedColumn>,
    pub(crate) tests: Vec<CellTest>,
    pub(crate) features: Vec<&'s FeatureColumn>,
    pub(crate) inner: Vec<TableNeeds<'s>>,
}

impl<'s> TableNeeds<'s> {
    /// `None` if none of the table's features is wanted.
    fn of(table: &'s RawTable, wanted: &BTreeSet<&str>) -> Option<Self> {
        let features: Vec<&FeatureColumn> =
            table.features.iter().filter(|feature| wanted.contains(feature.name.as_str())).collect();
        if features.is_empty() {
            return None;
        }
        let mut open: Vec<&'s str> =
            table.row_key.into_iter().chain([table.key]).chain(table.order.iter().copied()).collect();
        let mut tests = BTreeMap::new();
        for feature in &features {
            match &feature.source {
                FeatureSource::Cell(column) | FeatureSource::Stat(column, _) => open.push(column),
                FeatureSource::Holds(test) | FeatureSource::Count(test) | FeatureSource::Share(test) => {
                    tests.insert(test.id(), test.clone());
                    open.push(test.column());
                }
                FeatureSource::Rows => {}
            }
        }
        let mut seen = BTreeSet::new();
        let mut inner_wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        while let Some(name) = open.pop() {
            if !seen.insert(name) || table.column(name).is_some() {
                continue;
            }
            if let Some(derived) = table.derived_column(name) {
                open.extend(derived.rule.inputs());
                if let RowRule::Indicator(test) = &derived.rule {
                    tests.insert(test.id(), test.clone());
                }
            } else if let Some((inner, feature)) = table.inner_feature(name) {
                inner_wanted.entry(inner.name).or_default().insert(&feature.name);
            }
        }
        let none = BTreeSet::new();
        let inner = table.inner.iter();
        Some(Self {
            table,
            columns: table.columns.iter().filter(|column| seen.contains(column.name.as_str())).collect(),
            derived: table.derived.iter().filter(|column| seen.contains(column.name.as_str())).collect(),
            tests: tests.into_values().collect(),
            features,
            inner: inner.filter_map(|inner| Self::of(inner, inner_wanted.get(inner.name).unwrap_or(&none))).collect(),
        })
    }
}

/// What the rows of clients need, and the order of their columns.
#[derive(Debug)]
pub(crate) struct ClientNeeds<'s> {
    pub(crate) application: TableNeeds<'s>,
    /// Tables with many rows per client.
    pub(crate) grouped: Vec<TableNeeds<'s>>,
    /// The features in the order of the result.
    pub(crate) features: Vec<&'s FeatureColumn>,
}

impl<'s> ClientNeeds<'s> {
    /// All columns, or the client's key, the target and `columns` in their order.
    pub(crate) fn of(specification: &'s Specification, columns: Option<&[String]>) -> Result<Self, PrepareError> {
        let all: BTreeMap<&str, &FeatureColumn> = specification
            .tables()
            .flat_map(|table| &table.features)
            .map(|feature| (feature.name.as_str(), feature))
            .collect();
        let features: Vec<&FeatureColumn> = match columns {
            None => specification.tables().flat_map(|table| &table.features).collect(),
            Some(columns) => {
                let unknown: Vec<&str> =
                    columns.iter().map(String::as_str).filter(|name| !all.contains_key(name)).collect();
                if let Some(first) = unknown.first() {
                    return Err(PrepareError::new(format!(
                        "--columns: {} of {} names are not columns of the specification, the first is {first:?}; \
                         `--dictionary` without `--columns` writes all names",
                        unknown.len(),
                        columns.len()
                    )));
                }
                let mut seen = BTreeSet::from([CLIENT, TARGET]);
                let mut names = vec![CLIENT, TARGET];
                for name in columns.iter().map(String::as_str).filter(|name| ![CLIENT, TARGET].contains(name)) {
                    if !seen.insert(name) {
                        return Err(PrepareError::new(format!(
                            "--columns: {name:?} is named twice; name each column once"
                        )));
                    }
                    names.push(name);
                }
                names.into_iter().filter_map(|name| all.get(name).copied()).collect()
            }
        };
        let wanted: BTreeSet<&str> = features.iter().map(|feature| feature.name.as_str()).collect();
        let Some(application) = TableNeeds::of(&specification.application, &wanted) else {
            return Err(PrepareError::new(
                "the specification has no client key; report this as a fault of the program",
            ));
        };
        let grouped = [&specification.bureau, &specification.previous];
        let grouped = grouped.into_iter().filter_map(|table| TableNeeds::of(table, &wanted)).collect();
        Ok(Self { application, grouped, features })
    }
}
