//! Columns that are not features unless named as such: row numbers, identifiers and times.

use jiff::tz::TimeZone;
use vigie_profile::{
    batch::{Number, for_each_number, number},
    shown::shown,
    window::Instant,
};

use super::columns::{ColumnData, ColumnInfo, ColumnKind, TrainingTable};
use crate::fault::Result;

/// Number of texts by which a column is examined before all of it is.
const FIRST: usize = 100;
/// Fewer rows show nothing about identifiers.
const MIN_ROWS: usize = 20;

/// Returns a note if a column should be left out; `None` if it may be a feature.
pub(super) fn note(table: &dyn TrainingTable, column: usize, info: &ColumnInfo) -> Result<Option<String>> {
    let name = shown(&info.name);
    if info.name.trim().is_empty() {
        let place = column + 1;
        return Ok(Some(format!("column {place} has no name (the index that pandas writes?), left out")));
    }
    if is_pandas_index(&info.name) {
        return Ok(Some(format!("{name}: the index that pandas wrote, left out")));
    }
    if info.kind == ColumnKind::Texts
        && let Some(example) = time(table, column)?
    {
        let example = shown(&example);
        return Ok(Some(format!(
            "{name}: a time, such as {example}, left out; to keep it as a feature, list it in --features or --categorical"
        )));
    }
    if names_an_identifier(&info.name) && table.rows() >= MIN_ROWS && has_distinct_values(&table.load(column)?) {
        return Ok(Some(format!(
            "{name}: an identifier (its values hardly ever repeat), left out; to keep it as a feature, list it in \
             --features or --categorical"
        )));
    }
    Ok(None)
}

/// `__index_level_0__` in Parquet, and `Unnamed: 0` where the column without a name was read and written again.
fn is_pandas_index(name: &str) -> bool {
    let number = name.strip_prefix("__index_level_").and_then(|rest| rest.strip_suffix("__"));
    let number = number.or_else(|| name.strip_prefix("Unnamed: "));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns whether one of the words of a name (`customer_id`, `customerId`, `SK_ID_CURR`) is that of an identifier.
fn names_an_identifier(name: &str) -> bool {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for char in name.chars() {
        if !char.is_alphanumeric() || was_lower && char.is_uppercase() {
            words.push(String::new());
        }
        was_lower = char.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| char.is_alphanumeric()) {
            word.extend(char.to_lowercase());
        }
    }
    words.iter().any(|word| matches!(word.as_str(), "id" | "uuid" | "guid" | "rowid" | "index" | "idx"))
}

/// Returns whether nine of ten values are distinct and, if they are numbers, integers.
fn has_distinct_values(loaded: &ColumnData) -> bool {
    let is_mostly = |distinct: usize, all: u64| all > 0 && distinct as u64 * 10 >= all * 9;
    match loaded {
        ColumnData::Texts { rows, .. } => {
            let is_whole = |text: &String| !matches!(number(text), Number::Value(value) if value.fract() != 0.0);
            is_mostly(rows.len(), rows.values().sum()) && rows.keys().all(is_whole)
        }
        ColumnData::Numbers(arrays) => {
            let mut values: Vec<u64> = Vec::new();
            let mut is_whole = true;
            for array in arrays {
                for_each_number(array.as_ref(), &mut |value| {
                    is_whole &= value.is_nan() || value.fract() == 0.0;
                    values.extend((!value.is_nan()).then(|| value.to_bits()));
                });
            }
            let all = values.len() as u64;
            values.sort_unstable();
            values.dedup();
            is_whole && is_mostly(values.len(), all)
        }
    }
}

/// Returns an example if every text of a column is a time.
fn time(table: &dyn TrainingTable, column: usize) -> Result<Option<String>> {
    let first = table.first_texts(column, FIRST)?;
    if first.is_empty() || !first.iter().all(|text| is_missing_or_time(text)) {
        return Ok(None);
    }
    let ColumnData::Texts { rows, .. } = table.load(column)? else { return Ok(None) };
    let example = rows.keys().find(|text| is_time(text)).cloned();
    Ok(example.filter(|_| rows.keys().all(|text| is_missing_or_time(text))))
}

fn is_missing_or_time(text: &str) -> bool {
    number(text) == Number::Missing || is_time(text)
}

/// Returns whether a text is a day, with or without a time of day, or a month of a year. Plain digits are numbers.
fn is_time(text: &str) -> bool {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) || matches!(number(text), Number::Value(_)) {
        return false;
    }
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    Instant::parse(text, &TimeZone::UTC).is_some() || is_day(day)
}

/// `2018-01-31`, `31.01.2018`, `1/31/2018`, `2018-01`
fn is_day(text: &str) -> bool {
    let Some(separator) = ['-', '/', '.'].into_iter().find(|separator| text.contains(*separator)) else { return false };
    let parts: Option<Vec<u32>> = text
        .split(separator)
        .map(|part| (part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?)
        .collect();
    let is_year = |year: u32| (1900..=2100).contains(&year);
    let is_month = |month: u32| (1..=12).contains(&month);
    let is_pair = |one: u32, other: u32| {
        (1..=31).contains(&one) && (1..=31).contains(&other) && (is_month(one) || is_month(other))
    };
    match parts.as_deref() {
        Some([year, month]) => is_year(*year) && is_month(*month),
        Some([one, other, year]) if is_year(*year) => is_pair(*one, *other),
        Some([year, one, other]) => is_year(*year) && is_pair(*one, *other),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_recognised_and_codes_are_not() {
        for time in [
            "2018-01-31",
            "2018-01-31 08:15:00",
            "2018-01-31T08:15:00+02:00",
            "31.01.2018",
            "1/31/2018",
            "31/1/2018 08:15",
            "2018/01/31",
            "2018-01",
            " 2018-01-31 ",
        ] {
            assert!(is_time(time), "{time}");
        }
        for other in
            ["", "20180131", "2018", "12.5", "2018.01", "1.2.3", "10-20", "2018-13-32", "A-2018-01", "08:15", "1-2-3-4"]
        {
            assert!(!is_time(other), "{other}");
        }
    }

    #[test]
    fn names_of_identifiers_are_recognised_by_their_words() {
        for name in ["id", "ID", "customer_id", "customerId", "SK_ID_CURR", "request-id", "uuid"] {
            assert!(names_an_identifier(name), "{name}");
        }
        for name in ["IDLE", "paid", "valid_from", "AMT_CREDIT", "identity_score", "AGE"] {
            assert!(!names_an_identifier(name), "{name}");
        }
        assert!(is_pandas_index("__index_level_0__") && is_pandas_index("Unnamed: 0"));
        assert!(!is_pandas_index("__index_level___") && !is_pandas_index("Unnamed: x"));
    }
}
