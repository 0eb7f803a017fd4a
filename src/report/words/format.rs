//! Dates as pages show them, grouped digits, and capital letters.

use vigie_profile::window::Instant;

/// Begins a sentence with a capital letter.
pub(crate) fn capitalized(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// Formats the date, and the time unless it is midnight UTC.
pub(crate) fn day(at: Instant) -> String {
    let text = minute(at);
    text.strip_suffix(" 00:00").map_or(text.clone(), ToOwned::to_owned)
}

/// Formats as `2026-10-01 00:00`, with seconds only if they are not zero.
pub(crate) fn minute(at: Instant) -> String {
    let text = at.to_string();
    let text = text.trim_end_matches('Z').replace('T', " ");
    text.strip_suffix(":00").map_or(text.clone(), ToOwned::to_owned)
}

/// Formats a time of day where no time zone is stated nearby, as `2026-10-01 14:20 UTC`.
pub(super) fn moment(at: Instant) -> String {
    format!("{} UTC", minute(at))
}

/// A time with a beginning and an end.
pub(super) struct Period {
    /// The day on which it began, as `2026-10-01`.
    pub day: String,
    /// Time of day of the beginning, as `09:00`.
    pub from: String,
    /// Time of day of the end, with the day if that is another one.
    pub until: String,
    pub ends_same_day: bool,
}

/// Formats a time with a beginning and an end, in UTC.
pub(super) fn period(from: Instant, until: Instant) -> Period {
    let (from, until) = (minute(from), minute(until));
    let (day, time) = from.split_once(' ').unwrap_or((from.as_str(), ""));
    let same = until.strip_prefix(day).map(str::trim_start);
    Period {
        day: day.to_owned(),
        from: time.to_owned(),
        until: same.unwrap_or(until.as_str()).to_owned(),
        ends_same_day: same.is_some(),
    }
}

/// Formats a number of four or more digits as a whole number with a separator; `None` for smaller and for huge ones.
pub(super) fn group_number(value: f64, separator: char) -> Option<String> {
    let size = value.abs().round();
    if !(1e3..1e15).contains(&size) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and below 10^15")]
    let digits = group_digits(size as u64, separator);
    Some(if value < 0.0 { format!("-{digits}") } else { digits })
}

/// Groups the digits of a number written with a point, all of which are kept; `mark` is the decimal separator. Other text stays.
pub(super) fn regroup(number: &str, separator: char, mark: &str) -> String {
    let (sign, size) = number.strip_prefix('-').map_or(("", number), |size| ("-", size));
    let (whole, decimals) = size.split_once('.').map_or((size, None), |(whole, decimals)| (whole, Some(decimals)));
    match whole.parse::<u64>() {
        Ok(count) if whole.len() > 3 => {
            let decimals = decimals.map_or(String::new(), |decimals| format!("{mark}{decimals}"));
            format!("{sign}{}{decimals}", group_digits(count, separator))
        }
        _ => number.replace('.', mark),
    }
}

/// Splits the label of an interval of values, such as `(2, 3.5]`, into its ends.
pub(super) fn interval_ends(label: &str) -> Option<(&str, &str)> {
    label.strip_prefix(['(', '['])?.strip_suffix(']')?.split_once(", ")
}

/// Puts a separator between groups of three digits.
pub(super) fn group_digits(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_and_none_is_lost() {
        let english = |number: &str| regroup(number, ',', ".");
        for (number, grouped) in [
            ("365243", "365,243"),
            ("-19618.2", "-19,618.2"),
            ("450000.5", "450,000.5"),
            ("999.25", "999.25"),
            ("0.123457", "0.123457"),
            ("2.5e12", "2.5e12"),
            ("1.5e-7", "1.5e-7"),
            ("∞", "∞"),
        ] {
            assert_eq!(english(number), grouped);
        }
        assert_eq!(regroup("-19618.2", '\u{202f}', ","), "-19\u{202f}618,2");
        assert_eq!(regroup("1.5e-7", '\u{202f}', ","), "1,5e-7");
    }

    #[test]
    fn intervals_have_two_ends() {
        assert_eq!(interval_ends("[0, 1042.27]"), Some(("0", "1042.27")));
        assert_eq!(interval_ends("(−∞, 5]"), Some(("−∞", "5")));
        assert_eq!(interval_ends("365243"), None);
        assert_eq!(interval_ends("a, b"), None);
    }
}
