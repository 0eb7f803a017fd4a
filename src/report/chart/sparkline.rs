//! Sparkline of PSI over the last windows, with the limits as lines.

use std::fmt::Write as _;

use super::mark::{escape_html, mark};
use crate::judge::{Limits, Severity};

/// Number of windows in a sparkline.
pub(crate) const WINDOWS: usize = 30;
const WIDTH: f64 = 116.0;
const HEIGHT: f64 = 22.0;

/// Draws values oldest first; `None` leaves a gap. Heights follow the square root, so that small and large changes are
/// both visible. `few`: for each value, whether its window has too few rows for a verdict; such values are hollow and do not
/// count for the scale. Returns an empty string with fewer than two values. `name` is the tooltip and accessible name; it states
/// the quantity and the dates.
pub(crate) fn sparkline(
    values: &[Option<f64>],
    few: &[bool],
    limits: Limits,
    severity: Severity,
    name: &str,
) -> String {
    let (values, few) = (last_windows(values), last_windows(few));
    if values.iter().flatten().count() < 2 {
        return String::new();
    }
    let is_few = |index: usize| few.get(index).copied().unwrap_or(false);
    let scaled = values.iter().enumerate().filter(|(index, _)| !is_few(*index)).filter_map(|(_, value)| *value);
    let highest = scaled.fold(0.0, f64::max);
    let top = [limits.alarm, limits.watch, Some(highest)].into_iter().flatten().fold(1e-9, f64::max) * 1.05;
    #[expect(clippy::cast_possible_truncation, reason = "a height in pixels")]
    let height = |value: f64| (HEIGHT - (value.max(0.0) / top).min(1.0).sqrt() * HEIGHT).round() as i64 + 1;
    let mut lines = String::new();
    for limit in [limits.watch, limits.alarm].into_iter().flatten() {
        let _ = write!(lines, "M0 {}h{WIDTH}", height(limit));
    }
    let (mut path, mut hollow) = (String::new(), String::new());
    let mut before: Option<i64> = None;
    #[expect(clippy::cast_precision_loss, reason = "30 windows")]
    let step = short(WIDTH / (values.len() - 1) as f64);
    #[expect(clippy::cast_precision_loss, reason = "30 windows")]
    let x = |index: usize| short(WIDTH * index as f64 / (values.len() - 1) as f64);
    for (index, value) in values.iter().enumerate() {
        if let (true, Some(value)) = (is_few(index), value) {
            let _ = write!(hollow, "<circle class=\"h\" cx=\"{}\" cy=\"{}\" r=\"2\"/>", x(index), height(*value));
        }
        let y = value.filter(|_| !is_few(index)).map(height);
        match (before, y) {
            (None, Some(y)) => {
                let _ = write!(path, "M{} {y}", x(index));
            }
            (Some(before), Some(y)) => {
                let down = y - before;
                let _ = write!(path, "l{step}{}{down}", if down < 0 { "" } else { " " });
            }
            _ => {}
        }
        before = y;
    }
    let mut end = String::new();
    if let (Some(y), true) = (before, severity.is_drift()) {
        #[expect(clippy::cast_precision_loss, reason = "a height in pixels")]
        mark(&mut end, severity, WIDTH, y as f64, 3.5);
    }
    format!(
        "<svg class=\"k\" viewBox=\"0 0 122 24\" role=\"img\"><title>{}</title><path class=\"g\" d=\"{lines}\"/><path class=\"l\" d=\"{path}\"/>{hollow}{end}</svg>",
        escape_html(name)
    )
}

/// Rounds to hundredths without trailing zeros.
fn short(value: f64) -> String {
    ((value * 100.0).round() / 100.0).to_string()
}

/// Returns the values that a sparkline shows.
pub(crate) fn last_windows<T>(values: &[T]) -> &[T] {
    values.get(values.len().saturating_sub(WINDOWS)..).unwrap_or(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_value_draws_nothing_and_a_gap_breaks_the_line() {
        let limits = Limits { watch: Some(0.1), alarm: Some(0.25) };
        assert_eq!(sparkline(&[None, Some(0.2)], &[], limits, Severity::Watch, "x"), "");
        let values = [Some(0.0), Some(0.0), None, Some(0.25), Some(0.0)];
        let drawn = sparkline(&values, &[false; 5], limits, Severity::Stable, "PSI < 1");
        assert!(drawn.contains("<title>PSI &#60; 1</title>"), "{drawn}");
        assert!(drawn.contains("d=\"M0 23l29 0M87 2l29 21\""), "{drawn}");
    }

    #[test]
    fn windows_with_too_few_rows_are_hollow_and_out_of_scale() {
        let limits = Limits { watch: None, alarm: None };
        let drawn = |few: &[bool]| sparkline(&[Some(0.1), Some(9.0), Some(0.1)], few, limits, Severity::Stable, "x");
        let (usual, hollow) = (drawn(&[false; 3]), drawn(&[false, true, false]));
        assert!(usual.contains("d=\"M0 21l58-19l58 19\"") && !usual.contains("class=\"h\""), "{usual}");
        // The line has a gap, and its values fill the height.
        assert!(
            hollow.contains("d=\"M0 2M116 2\"") && hollow.contains("<circle class=\"h\" cx=\"58\" cy=\"1\""),
            "{hollow}"
        );
    }
}
