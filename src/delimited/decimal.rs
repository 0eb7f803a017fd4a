//! Numbers with a decimal comma.

use std::borrow::Cow;

/// Writes a number with a decimal comma, such as `1.234,5`, with a point: `1234.5`. Any other text remains as it is.
#[must_use]
pub fn with_point(cell: &str) -> Cow<'_, str> {
    if !cell.contains(',') || !is_number(cell.trim()) {
        return Cow::Borrowed(cell);
    }
    Cow::Owned(cell.chars().filter(|char| *char != '.').map(|char| if char == ',' { '.' } else { char }).collect())
}

/// Whether a text is a number with a decimal comma. Its whole part may have points between thousands.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let Some((whole, rest)) = unsigned.split_once(',') else { return false };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (digits, exponent) = rest.split_once(['e', 'E']).map_or((rest, None), |(digits, e)| (digits, Some(e)));
    let is_exponent = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty() && is_digits(digits)
    };
    let is_grouped = |whole: &str| {
        let mut groups = whole.split('.');
        let first = groups.next().unwrap_or_default();
        (1..=3).contains(&first.len()) && is_digits(first) && groups.all(|group| group.len() == 3 && is_digits(group))
    };
    (is_digits(whole) || is_grouped(whole))
        && is_digits(digits)
        && !(whole.is_empty() && digits.is_empty())
        && exponent.is_none_or(is_exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_change() {
        for (cell, expected) in [
            ("13361,20", "13361.20"),
            ("-0,5", "-0.5"),
            (",5", ".5"),
            ("1.234.567,89", "1234567.89"),
            ("1,5e-3", "1.5e-3"),
            (" 2,5 ", " 2.5 "),
        ] {
            assert_eq!(with_point(cell), expected);
        }
        for cell in ["", ",", "1.5", "1,2,3", "a,b", "1.2345,6", "1,5 EUR", "{\"a\": 1,5}", "1,5e", "Paris, 12"] {
            assert_eq!(with_point(cell), cell);
        }
    }
}
