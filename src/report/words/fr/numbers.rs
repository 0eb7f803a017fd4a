//! Numbers in French sentences.

use crate::{
    judge::{self, percentage},
    report::words::format::{group_digits, group_number, interval_ends, regroup},
};

/// A number written with a point, with all of its digits: `365 243`, `0,5`.
pub(super) fn digits(number: &str) -> String {
    regroup(number, '\u{202f}', ",")
}

/// All digits of a number.
pub(super) fn exact(value: f64) -> String {
    digits(&value.to_string())
}

/// The values of a bin: `27 000 à 49 500`, or one value.
pub(super) fn values(label: &str) -> String {
    match interval_ends(label) {
        Some((from, to)) => format!("{} à {}", digits(from), digits(to)),
        None => digits(label),
    }
}

/// `0,250`, `1 234`
pub(super) fn number(value: f64) -> String {
    group_number(value, '\u{202f}').unwrap_or_else(|| digits(&judge::number(value)))
}

/// Without decimals.
pub(super) fn rounded(value: f64) -> String {
    group_number(value, '\u{202f}').unwrap_or_else(|| format!("{value:.0}"))
}

/// `26,2 %`, with a no-break space.
pub(super) fn percent(share: f64) -> String {
    format!("{}\u{a0}%", digits(&percentage(share)))
}

pub(super) fn four_decimals(value: f64) -> String {
    digits(&format!("{value:.4}"))
}

pub(super) fn points(share: f64) -> String {
    format!("{}\u{a0}points", number(share * 100.0))
}

pub(super) fn milliseconds(value: f64) -> String {
    format!("{}\u{a0}ms", number(value))
}

pub(super) fn q(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |q| digits(&judge::q_value(Some(q))))
}

/// `1 234 567`, with narrow no-break spaces.
pub(super) fn grouped(number: u64) -> String {
    group_digits(number, '\u{202f}')
}

/// 0 is singular.
pub(super) fn is_plural(number: u64) -> bool {
    number > 1
}

/// `1 ligne`, `1 400 lignes`
pub(super) fn row_count(rows: u64) -> String {
    format!("{} {}", grouped(rows), plural(rows, "ligne", "lignes"))
}

/// Returns the form of a noun or verb that goes with this number.
pub(super) fn plural<'a>(number: u64, one: &'a str, many: &'a str) -> &'a str {
    if is_plural(number) { many } else { one }
}

/// The ending of a noun or adjective that goes with this number.
pub(super) fn s(number: u64) -> &'static str {
    plural(number, "", "s")
}
