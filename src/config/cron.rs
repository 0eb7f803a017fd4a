//! Cron lines: six fields, seconds first. Five fields are the classic line, at second 0.

/// The line with six fields, or what is wrong with it.
pub(super) fn cron(line: &str) -> Result<String, String> {
    let mut fields: Vec<&str> = line.split_whitespace().collect();
    if fields.len() == 5 {
        fields.insert(0, "0");
    }
    if fields.len() != FIELDS.len() {
        return Err(format!("has {} fields, where six are expected", fields.len()));
    }
    for (field, known) in fields.iter().zip(&FIELDS) {
        if !field.split(',').all(|item| known.admits(item)) {
            return Err(format!("has `{field}` as its {}", known.name));
        }
    }
    Ok(fields.join(" "))
}

struct Field {
    name: &'static str,
    least: u8,
    most: u8,
    /// Names, the first of which stands for `least`.
    names: &'static [&'static str],
}

const FIELDS: [Field; 6] = [
    Field { name: "second", least: 0, most: 59, names: &[] },
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of the month", least: 1, most: 31, names: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { name: "day of the week", least: 0, most: 7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

impl Field {
    /// `*`, `?`, `5`, `1-5` or `MON-FRI`, each with `/step` or without.
    fn admits(&self, item: &str) -> bool {
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        let steps = step.is_none_or(|step| step.parse::<u8>().is_ok_and(|step| step > 0));
        let ranges = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => true,
            Some((from, to)) => self.holds(from) && self.holds(to),
            None => self.holds(range),
        };
        steps && ranges
    }

    fn holds(&self, value: &str) -> bool {
        value.parse::<u8>().is_ok_and(|number| (self.least..=self.most).contains(&number))
            || self.names.iter().any(|name| name.eq_ignore_ascii_case(value))
    }
}

#[cfg(test)]
mod tests {
    use super::cron;

    #[test]
    fn six_fields_stay_and_five_get_a_second() {
        assert_eq!(cron("0 15 6 * * *").unwrap(), "0 15 6 * * *");
        assert_eq!(cron("15 6 * * MON-FRI").unwrap(), "0 15 6 * * MON-FRI");
        assert_eq!(cron("0 */15 6-20/2 ? jan,Feb *").unwrap(), "0 */15 6-20/2 ? jan,Feb *");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(cron("0 6").unwrap_err(), "has 2 fields, where six are expected");
        assert_eq!(cron("0 75 6 * * *").unwrap_err(), "has `75` as its minute");
        assert_eq!(cron("0 15 6 0 * *").unwrap_err(), "has `0` as its day of the month");
        assert_eq!(cron("0 */0 6 * * *").unwrap_err(), "has `*/0` as its minute");
        assert_eq!(cron("0 15 6 * * SOMEDAY").unwrap_err(), "has `SOMEDAY` as its day of the week");
    }
}
