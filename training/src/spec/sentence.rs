//! The data dictionary's sentence, unit and source table of a feature.

use super::{
    derived::{CellTest, DerivedColumn, RowRule},
    feature::{FeatureColumn, FeatureSource, GroupStat},
    table::RawTable,
};

/// What the data dictionary says about a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DictionaryEntry {
    /// One sentence with a full stop.
    pub sentence: String,
    /// The unit of the values.
    pub unit: String,
    /// The raw table that the values come from.
    pub table: &'static str,
}

/// A noun phrase without an article, its unit and its source table.
struct Phrase {
    words: String,
    unit: &'static str,
    table: &'static str,
}

/// The dictionary's entry for a feature of `table`.
#[must_use]
pub fn entry(table: &RawTable, feature: &FeatureColumn) -> DictionaryEntry {
    let Phrase { words, unit, table } = feature_phrase(table, feature);
    let mut letters = words.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    DictionaryEntry { sentence: format!("{first}{}.", letters.as_str()), unit: unit.to_owned(), table }
}

fn feature_phrase(table: &RawTable, feature: &FeatureColumn) -> Phrase {
    let rows = table.rows;
    match &feature.source {
        FeatureSource::Cell(column) => column_phrase(table, column),
        FeatureSource::Holds(test) => {
            let (words, source) = test_phrase(table, test);
            Phrase { words: format!("whether {words}"), unit: "true or false", table: source }
        }
        FeatureSource::Stat(column, stat) => {
            if let Some(DerivedColumn { rule: RowRule::Indicator(test), .. }) = table.derived_column(column) {
                return indicator_phrase(table, test, *stat);
            }
            let inner = column_phrase(table, column);
            let (of, unit) = match stat {
                GroupStat::Mean => ("mean", if inner.unit == "1 or 0" { "ratio" } else { inner.unit }),
                GroupStat::Min => ("minimum", inner.unit),
                GroupStat::Max => ("maximum", inner.unit),
                GroupStat::Sum => ("sum", if inner.unit == "1 or 0" { "count" } else { inner.unit }),
                GroupStat::Std => ("standard deviation", inner.unit),
                GroupStat::Distinct => ("number of distinct values", "count"),
                GroupStat::Span => ("maximum minus minimum", inner.unit),
            };
            Phrase { words: format!("{of} over {rows} of {}", with_article(&inner.words)), unit, table: inner.table }
        }
        FeatureSource::Count(test) => {
            let (words, source) = test_phrase(table, test);
            Phrase { words: format!("number of {rows} where {words}"), unit: "count", table: source }
        }
        FeatureSource::Share(test) => {
            let (words, source) = test_phrase(table, test);
            Phrase { words: format!("share of {rows} where {words}"), unit: "ratio", table: source }
        }
        FeatureSource::Rows => Phrase { words: format!("number of {rows}"), unit: "count", table: table.name },
    }
}

/// A statistic of a column that is 1 where the test holds, else 0: its sum is a count, its mean a share.
fn indicator_phrase(table: &RawTable, test: &CellTest, stat: GroupStat) -> Phrase {
    let rows = table.rows;
    let (words, source) = test_phrase(table, test);
    let (words, unit) = match stat {
        GroupStat::Mean => (format!("share of {rows} where {words}"), "ratio"),
        GroupStat::Sum => (format!("number of {rows} where {words}"), "count"),
        GroupStat::Min => (format!("whether {words} for all {rows} (1 or 0)"), "1 or 0"),
        GroupStat::Max => (format!("whether {words} for at least one of the {rows} (1 or 0)"), "1 or 0"),
        GroupStat::Std => (format!("standard deviation over {rows} of 1 where {words} and 0 elsewhere"), "1 or 0"),
        GroupStat::Distinct => (format!("number of distinct values over {rows} of whether {words}"), "count"),
        GroupStat::Span => (format!("whether {words} for some but not all {rows} (1 or 0)"), "1 or 0"),
    };
    Phrase { words, unit, table: source }
}

fn column_phrase(table: &RawTable, name: &str) -> Phrase {
    if let Some(column) = table.column(name) {
        return Phrase { words: column.what.clone(), unit: column.unit, table: table.name };
    }
    if let Some((inner, feature)) = table.inner_feature(name) {
        return feature_phrase(inner, feature);
    }
    let Some(derived) = table.derived_column(name) else {
        return Phrase { words: name.to_owned(), unit: "", table: table.name };
    };
    match &derived.rule {
        RowRule::Copy(column) => column_phrase(table, column),
        RowRule::Indicator(test) => {
            let (words, source) = test_phrase(table, test);
            Phrase { words: format!("1 or 0 for whether {words}"), unit: derived.unit, table: source }
        }
        RowRule::Ratio(..) | RowRule::Difference(..) | RowRule::Total(_) => {
            Phrase { words: derived.what.to_owned(), unit: derived.unit, table: table.name }
        }
    }
}

/// The noun phrase with its article; clauses have none.
fn with_article(words: &str) -> String {
    let is_clause = ["1 or 0 ", "whether "].iter().any(|start| words.starts_with(start));
    if is_clause { words.to_owned() } else { format!("the {words}") }
}

/// The test as a clause, and the source table of its column.
fn test_phrase(table: &RawTable, test: &CellTest) -> (String, &'static str) {
    let Phrase { words, table: source, .. } = column_phrase(table, test.column());
    let words = with_article(&words);
    let clause = match test {
        // The features of an inner table are missing together, when it has no rows.
        CellTest::Missing(column) => match table.inner_feature(column) {
            Some((inner, _)) => format!("there are no {}", inner.rows),
            None => format!("{words} is missing"),
        },
        CellTest::Sentinel(column) => {
            let value = table.column(column).and_then(|column| column.sentinel).unwrap_or_default();
            format!("{words} was the placeholder {value}")
        }
        CellTest::Level(_, level) => format!("{words} is {level}"),
        CellTest::AnyLevel(_, levels) => format!("{words} is one of {}", levels.join(", ")),
        CellTest::Below(_, bound) => format!("{words} is below {bound}"),
        CellTest::Above(_, bound) => format!("{words} is above {bound}"),
        CellTest::Equals(_, value) => format!("{words} is {value}"),
    };
    (clause, source)
}
