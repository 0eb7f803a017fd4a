//! Formats numbers with the digits that sentences show, in the notation of programs: a point, no unit.

/// Formats with three significant digits, without an exponent between 0.001 and a million.
#[must_use]
pub fn number(value: f64) -> String {
    let size = value.abs();
    // The edge of a bin just below 0 is not 0, but means 0.
    if size < f64::from(f32::MIN_POSITIVE) {
        return "0".to_owned();
    }
    if !(0.001..1e6).contains(&size) {
        return format!("{value:.2e}");
    }
    let digits = if size >= 100.0 {
        0
    } else if size >= 10.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        3
    };
    format!("{value:.digits$}")
}

/// Formats a share as a percentage without its sign, which depends on the language. Only shares of exactly 0 and 1 have no
/// decimals.
#[must_use]
pub fn percentage(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 {
        "0".to_owned()
    } else if share.total_cmp(&1.0).is_eq() {
        "100".to_owned()
    } else if percent.abs() < 0.1 {
        format!("{percent:.2}")
    } else {
        format!("{percent:.1}")
    }
}

/// Formats a q-value; never as zero.
#[must_use]
pub fn q_value(q: Option<f64>) -> String {
    match q {
        None => "none".to_owned(),
        Some(q) if q < 1e-99 => "< 1e-99".to_owned(),
        Some(q) if q < 0.001 => format!("{q:.0e}"),
        Some(q) => format!("{q:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{number, percentage};

    #[test]
    fn numbers_below_the_smallest_float_are_zero() {
        assert_eq!(
            [0.0, -5e-324, 1e-9, 0.25, 1_234.5, 2e6].map(number),
            ["0", "0", "1.00e-9", "0.250", "1234", "2.00e6"]
        );
    }

    #[test]
    fn only_exact_shares_are_whole_percentages() {
        let shown = [0.0, 0.000_4, 0.262, 0.999_99, 1.0, 1.5].map(percentage);
        assert_eq!(shown, ["0", "0.04", "26.2", "100.0", "100", "150.0"]);
    }
}
