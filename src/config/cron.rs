//! Cron expressions: six fields, seconds first. A classic five-field expression runs at second 0.

/// Normalises an expression to six fields, or describes what is wrong with it.
pub(super) fn normalise(line: &str) -> Result<String, String> {
    let mut fields: Vec<&str> = line.split_whitespace().collect();
    if fields.len() == 5 {
        fields.insert(0, "0");
    }
    if fields.len() != FIELDS.len() {
        return Err(format!("must have 6 fields, not {}", fields.len()));
    }
    for (field, known) in fields.iter().zip(&FIELDS) {
        if !field.split(',').all(|item| known.accepts(item)) {
            return Err(format!("has an invalid {}: `{field}`", known.name));
        }
    }
    Ok(fields.join(" "))
}

struct CronField {
    name: &'static str,
    least: u8,
    most: u8,
    /// Names for the values, starting at `least`.
    names: &'static [&'static str],
}

const FIELDS: [CronField; 6] = [
    CronField { name: "second", least: 0, most: 59, names: &[] },
    CronField { name: "minute", least: 0, most: 59, names: &[] },
    CronField { name: "hour", least: 0, most: 23, names: &[] },
    CronField { name: "day of the month", least: 1, most: 31, names: &[] },
    CronField {
        name: "month",
        least: 1,
        most: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    CronField { name: "day of the week", least: 0, most: 7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

impl CronField {
    /// Accepts `*`, `?`, `5`, `1-5` or `MON-FRI`, each optionally followed by `/step`.
    fn accepts(&self, item: &str) -> bool {
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        let steps = step.is_none_or(|step| step.parse::<u8>().is_ok_and(|step| step > 0));
        let ranges = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => true,
            Some((from, to)) => self.accepts_value(from) && self.accepts_value(to),
            None => self.accepts_value(range),
        };
        steps && ranges
    }

    fn accepts_value(&self, value: &str) -> bool {
        value.parse::<u8>().is_ok_and(|number| (self.least..=self.most).contains(&number))
            || self.names.iter().any(|name| name.eq_ignore_ascii_case(value))
    }
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn five_fields_get_a_second() {
        assert_eq!(normalise("0 15 6 * * *").unwrap(), "0 15 6 * * *");
        assert_eq!(normalise("15 6 * * MON-FRI").unwrap(), "0 15 6 * * MON-FRI");
        assert_eq!(normalise("0 */15 6-20/2 ? jan,Feb *").unwrap(), "0 */15 6-20/2 ? jan,Feb *");
    }

    #[test]
    fn invalid_fields_are_named() {
        assert_eq!(normalise("0 6").unwrap_err(), "must have 6 fields, not 2");
        assert_eq!(normalise("0 75 6 * * *").unwrap_err(), "has an invalid minute: `75`");
        assert_eq!(normalise("0 15 6 0 * *").unwrap_err(), "has an invalid day of the month: `0`");
        assert_eq!(normalise("0 */0 6 * * *").unwrap_err(), "has an invalid minute: `*/0`");
        assert_eq!(normalise("0 15 6 * * SOMEDAY").unwrap_err(), "has an invalid day of the week: `SOMEDAY`");
    }
}
