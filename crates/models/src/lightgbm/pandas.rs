//! The last line of a file that Python wrote: the levels of pandas' categorical columns.

use serde_json::value::RawValue;

use super::refusal::{damaged, over_allowance};
use crate::{allowance::Allowance, error::Result};

const KEY: &str = "pandas_categorical:";

/// Reads the lists of levels, one per categorical column of the training table, in the order of the columns. The code of
/// a level is its index. Columns are not named. Numbers are spelled as in the file, and truth values `True` and `False`. `None`: the file has no such
/// line.
pub(crate) fn level_lists<'a>(
    trailer: impl Iterator<Item = &'a str>,
    allowance: &Allowance,
) -> Result<Option<Vec<Vec<String>>>> {
    let Some(json) = trailer.filter_map(|line| line.strip_prefix(KEY)).last().map(str::trim) else {
        return Ok(None);
    };
    // A level between two commas: the text, its place among the others of a list that grows by doubling, and a string.
    let values = json.split(',').count();
    let each = 3 * size_of::<&RawValue>() + size_of::<String>();
    allowance.spend(values, each).and_then(|()| allowance.spend(json.len(), 3)).ok_or_else(over_allowance)?;
    let lists: Option<Vec<Vec<&RawValue>>> = serde_json::from_str(json).map_err(|error| {
        // The line and column count from the beginning of the lists, which would mislead.
        let error = error.to_string();
        let why = error.rsplit_once(" at line ").map_or(&*error, |(why, _)| why);
        damaged(format_args!("its line `{KEY}` is not valid ({why})"))
    })?;
    let lists = lists.unwrap_or_default().into_iter().map(|list| list.into_iter().map(level).collect());
    lists.collect::<Result<_>>().map(Some)
}

fn level(value: &RawValue) -> Result<String> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str(text)
            .map_err(|error| damaged(format_args!("a level in its line `{KEY}` is not valid ({error})"))),
        Some(b'[' | b'{' | b'n') | None => {
            Err(damaged(format_args!("a level in its line `{KEY}` is not a text, number or truth value")))
        }
        Some(b't') => Ok("True".to_owned()),
        Some(b'f') => Ok("False".to_owned()),
        Some(_) => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(line: &str) -> Result<Vec<Vec<String>>> {
        level_lists(["parameters:", line].into_iter(), &Allowance::for_file(line.as_bytes()))
            .map(Option::unwrap_or_default)
    }

    #[test]
    fn levels_are_spelled_as_in_the_file() {
        let found = lists(r#"pandas_categorical:[["a b", "\u00e9", ""], [3, -1], [0.0, 1e-05], [false, true]]"#);
        assert_eq!(
            found.unwrap(),
            [vec!["a b", "é", ""], vec!["3", "-1"], vec!["0.0", "1e-05"], vec!["False", "True"]]
        );
    }

    #[test]
    fn files_without_pandas_have_no_lists() {
        for line in ["pandas_categorical:null", "pandas_categorical:[]", "", "[objective: binary]"] {
            assert_eq!(lists(line).unwrap(), Vec::<Vec<String>>::new(), "{line}");
        }
    }

    #[test]
    fn invalid_lists_are_refused() {
        for (line, why) in [
            ("pandas_categorical:[[\"a\"", "is not valid (EOF"),
            ("pandas_categorical:[1]", "is not valid (invalid type"),
            ("pandas_categorical:[[[1]]]", "is not a text, number or truth value"),
            ("pandas_categorical:[[null]]", "is not a text, number or truth value"),
        ] {
            let message = lists(line).unwrap_err().to_string();
            assert!(message.contains(why), "{message}");
        }
        let many = format!("pandas_categorical:[[{}]]", vec!["1"; 10_000].join(","));
        assert!(lists(&many).unwrap_err().to_string().contains("more than four times"));
    }
}
