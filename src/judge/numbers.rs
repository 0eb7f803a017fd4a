//! Formats numbers for sentences.

/// Formats with three significant digits, without an exponent between 0.001 and a million.
#[must_use]
pub fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs();
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

/// Formats a share as a percentage.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 {
        "0 %".to_owned()
    } else if percent.abs() < 0.1 {
        format!("{percent:.2} %")
    } else {
        format!("{percent:.1} %")
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
