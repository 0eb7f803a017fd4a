//! Reads the levels of categorical features. The code of a level, which the trees hold, is its index.

use crate::{
    error::Result,
    xgboost::{
        file::source::{ModelSource, for_each_element, for_each_key, numbers, parameter, reserve, skip},
        parts::FeatureLevels,
        refusal::{damaged, over_allowance},
    },
};

/// Reads `cats`: for each feature its levels, as text or as numbers.
pub(crate) fn read<'a, S: ModelSource<'a>>(source: &mut S) -> Result<Vec<FeatureLevels>> {
    let (mut reader, mut levels) = (LevelReader::default(), Vec::new());
    for_each_key(source, |source, key| {
        if key != "enc" {
            return skip(source);
        }
        levels.clear();
        for_each_element(source, &mut levels, |source| reader.read(source))
    })?;
    Ok(levels)
}

/// Buffers, kept from feature to feature.
#[derive(Debug, Default)]
struct LevelReader {
    offsets: Vec<i64>,
    bytes: Vec<u8>,
    numbers: Vec<i64>,
}

impl LevelReader {
    /// The levels of a feature: text, with the offsets of levels in the bytes of all, or numbers of a type.
    fn read<'a, S: ModelSource<'a>>(&mut self, source: &mut S) -> Result<FeatureLevels> {
        let (mut kind, mut has_offsets, mut values) = (None, false, None);
        for_each_key(source, |source, key| match key {
            "offsets" => {
                has_offsets = true;
                numbers(key, source, &mut self.offsets)
            }
            "type" => {
                kind = Some(parameter::<i64, _>(key, source)?);
                Ok(())
            }
            "values" => {
                // Its type may follow.
                values = Some(source.clone());
                skip(source)
            }
            _ => skip(source),
        })?;
        let mut values = values.ok_or_else(|| damaged("a feature has no levels"))?;
        match kind {
            None if has_offsets => {
                numbers("levels", &mut values, &mut self.bytes)?;
                self.texts(&values)
            }
            None => Err(damaged("a feature has levels of no type")),
            Some(kind) => self.numbers(kind, &mut values),
        }
    }

    fn texts<'a, S: ModelSource<'a>>(&self, source: &S) -> Result<FeatureLevels> {
        if self.offsets.is_empty() && self.bytes.is_empty() {
            return Ok(FeatureLevels::None);
        }
        let Some(text) = self.offsets.first().filter(|first| **first == 0).and(std::str::from_utf8(&self.bytes).ok())
        else {
            return Ok(FeatureLevels::Broken);
        };
        let mut levels = Vec::new();
        reserve(&mut levels, self.offsets.len() - 1, source.allowance())?;
        let mut end = 0;
        for (start, next) in self.offsets.iter().zip(self.offsets.iter().skip(1)) {
            let range = usize::try_from(*start).ok().zip(usize::try_from(*next).ok());
            let Some(level) = range.and_then(|(start, end)| text.get(start..end)) else {
                return Ok(FeatureLevels::Broken);
            };
            source.allowance().spend(level.len(), 1).ok_or_else(over_allowance)?;
            levels.push(level.to_owned());
            end = range.map_or(0, |(_, end)| end);
        }
        Ok(if end == text.len() { FeatureLevels::Listed(levels) } else { FeatureLevels::Broken })
    }

    /// Numbers as text. The types are those of XGBoost's `Value::ValueKind`: 9 to 16 for `i8`, `u8`, … `u64`,
    /// whose bits the file holds as a signed number of the same width.
    fn numbers<'a, S: ModelSource<'a>>(&mut self, kind: i64, source: &mut S) -> Result<FeatureLevels> {
        numbers("levels", source, &mut self.numbers)?;
        let mut levels = Vec::new();
        reserve(&mut levels, self.numbers.len(), source.allowance())?;
        for number in &self.numbers {
            let level = match kind {
                9 | 11 | 13 | 15 => number.to_string(),
                10 => u8::try_from(number & 0xff).unwrap_or(0).to_string(),
                12 => u16::try_from(number & 0xffff).unwrap_or(0).to_string(),
                14 => u32::try_from(number & 0xffff_ffff).unwrap_or(0).to_string(),
                16 => number.cast_unsigned().to_string(),
                _ => return Err(damaged("a feature has levels of an unknown type")),
            };
            source.allowance().spend(level.len(), 1).ok_or_else(over_allowance)?;
            levels.push(level);
        }
        Ok(FeatureLevels::Listed(levels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{allowance::Allowance, xgboost::file::json::JsonSource};

    fn levels(json: &str) -> Result<Vec<FeatureLevels>> {
        let allowance = Allowance::for_file(json.as_bytes());
        read(&mut JsonSource::new(json.as_bytes(), &allowance))
    }

    fn listed(levels: &[&str]) -> FeatureLevels {
        FeatureLevels::Listed(levels.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn levels_are_text_with_offsets_or_numbers_with_a_type() {
        let all = levels(
            r#"{"enc":[{"offsets":[],"values":[]},{"offsets":[0,1,4,4],"values":[97,98,-61,-87]},
                {"type":15,"values":[-3,700]},{"values":[200,-56],"type":10},{"type":16,"values":[-1]},
                {"type":12,"values":[-1]},{"type":14,"values":[-1]},{"offsets":[0],"values":[]}],
                "feature_segments":[0,0],"sorted_idx":[]}"#,
        );
        let expected = [
            FeatureLevels::None,
            listed(&["a", "bé", ""]),
            listed(&["-3", "700"]),
            listed(&["200", "200"]),
            listed(&["18446744073709551615"]),
            listed(&["65535"]),
            listed(&["4294967295"]),
            listed(&[]),
        ];
        assert_eq!(all.unwrap(), expected);
    }

    #[test]
    fn text_that_offsets_do_not_divide_is_broken() {
        for (offsets, values) in [
            // Characters instead of bytes, as XGBoost 3.2 counts them.
            ("0,1,2", "97,-61"),
            ("0,2,3", "97,-61,-87"),
            ("0,1", "97,98"),
            ("1,2", "97,98"),
            ("0,3", "97,98"),
            ("0,2,1,2", "97,98"),
            ("-1,2", "97,98"),
            ("", "97"),
        ] {
            let all = levels(&format!(r#"{{"enc":[{{"offsets":[{offsets}],"values":[{values}]}}]}}"#));
            assert_eq!(all.unwrap(), [FeatureLevels::Broken], "{offsets}");
        }
    }

    #[test]
    fn levels_of_an_unknown_type_are_refused() {
        for enc in
            [r#"{"type":7,"values":[1]}"#, r#"{"values":[1]}"#, r#"{"offsets":[0,1]}"#, r#"{"type":15,"values":["a"]}"#]
        {
            assert!(levels(&format!(r#"{{"enc":[{enc}]}}"#)).is_err(), "{enc}");
        }
    }
}
