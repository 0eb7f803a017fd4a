//! A raw table with all that follows from it.

use super::{
    column::RawColumn,
    derived::{CellTest, DerivedColumn, RowRule},
    feature::{FeatureColumn, FeatureSource},
};

/// The declaration of one raw table.
#[derive(Debug, Clone)]
pub struct RawTable {
    /// The file is `<name>.parquet`.
    pub name: &'static str,
    /// What a row is, in the plural.
    pub rows: &'static str,
    /// The column that rows are grouped by: the key of the parent table's row.
    pub key: &'static str,
    /// The column that is unique, if inner tables refer to it or it must not repeat.
    pub row_key: Option<&'static str>,
    /// Columns that rows with the same key are sorted by, so that sums do not depend on the order of rows in the file.
    pub order: &'static [&'static str],
    /// Columns of the file that features are made of, keys included.
    pub columns: Vec<RawColumn>,
    /// Texts that mean "missing" in every text column of the table.
    pub missing_texts: &'static [&'static str],
    /// Texts that get another name: (text in the file, level).
    pub renamed: &'static [(&'static str, &'static str)],
    /// Columns computed row by row.
    pub derived: Vec<DerivedColumn>,
    /// Tables whose features are joined to the rows of this one by `row_key`.
    pub inner: Vec<RawTable>,
    /// What the table contributes, in order.
    pub features: Vec<FeatureColumn>,
}

impl RawTable {
    /// The name of the table's file.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.parquet", self.name)
    }

    /// The declared raw column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&RawColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The derived column of this name.
    #[must_use]
    pub fn derived_column(&self, name: &str) -> Option<&DerivedColumn> {
        self.derived.iter().find(|column| column.name == name)
    }

    /// The inner table with this feature, and the feature.
    #[must_use]
    pub fn inner_feature(&self, name: &str) -> Option<(&RawTable, &FeatureColumn)> {
        self.inner.iter().find_map(|table| {
            let feature = table.features.iter().find(|feature| feature.name == name)?;
            Some((table, feature))
        })
    }

    /// Names that rules and features use although nothing declares them; empty for a sound declaration.
    #[must_use]
    pub fn undeclared(&self) -> Vec<String> {
        let rules = self.derived.iter().flat_map(|column| column.rule.inputs());
        let sources = self.features.iter().filter_map(|feature| match &feature.source {
            FeatureSource::Cell(column) | FeatureSource::Stat(column, _) => Some(column.as_str()),
            FeatureSource::Holds(test) | FeatureSource::Count(test) | FeatureSource::Share(test) => Some(test.column()),
            FeatureSource::Rows => None,
        });
        let keys = self.row_key.into_iter().chain([self.key]).chain(self.order.iter().copied());
        let known = |name: &&str| {
            self.column(name).is_some() || self.derived_column(name).is_some() || self.inner_feature(name).is_some()
        };
        let own =
            keys.chain(rules).chain(sources).filter(|name| !known(name)).map(|name| format!("{}.{name}", self.name));
        own.chain(self.inner.iter().flat_map(RawTable::undeclared)).collect()
    }

    /// A derived column that is 1 for rows without any row in an inner table, else 0. `marker` is a feature of that table
    /// that is never missing for a row that has some.
    #[must_use]
    pub fn without_rows(name: &str, marker: &str) -> DerivedColumn {
        DerivedColumn {
            name: name.to_owned(),
            rule: RowRule::Indicator(CellTest::Missing(marker.to_owned())),
            unit: "1 or 0",
            what: "",
        }
    }
}
