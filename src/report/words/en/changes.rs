//! What happened to a feature, in English.

use vigie_profile::shown::shown;

use super::numbers::{exact, number, percent};
use crate::{
    drift::{Change, CommonValue, Respelled},
    report::words::values::Multiple,
};

pub(super) fn change(change: &Change) -> String {
    match change {
        Change::Absent => "in no record".to_owned(),
        Change::Gap { extent } => match rows(*extent) {
            None => "empty in all rows".to_owned(),
            Some(share) => format!("empty in {share} of the rows that should have a value"),
        },
        Change::Filled { extent } => match rows(*extent) {
            None => "no longer empty".to_owned(),
            Some(share) => format!("filled in {share} of the rows that should be empty"),
        },
        Change::Sentinel { value, extent } => format!("{} {}", exact(*value), in_rows(*extent)),
        Change::Atom { value, extent } => format!("{} instead of other values {}", exact(*value), in_rows(*extent)),
        Change::Unit { factor, extent } => {
            let unit = match Multiple::new(*factor) {
                Multiple::Reversed => "sign reversed".to_owned(),
                Multiple::By(factor) => format!("× {}", exact(factor)),
                Multiple::DividedBy(divisor) => format!("÷ {}", exact(divisor)),
            };
            format!("{unit} {}", in_rows(*extent))
        }
        Change::Factor { factor } => format!("all values × {}", number(*factor)),
        Change::Offset { by } if *by < 0.0 => format!("all values − {}", number(-by)),
        Change::Offset { by } => format!("all values + {}", number(*by)),
        Change::Merged { from, into, extent } => {
            format!("“{}” instead of “{}” {}", shown(into), shown(from), in_rows(*extent))
        }
        Change::Repeated { extent } => format!("the values of one row {}", in_rows(*extent)),
        Change::Spelling { levels, extent } => {
            let pair = |Respelled { known, found, rows: _ }: &Respelled| {
                found.as_ref().map(|found| format!("“{}” for “{}”", shown(found), shown(known)))
            };
            let pairs: Vec<String> = levels.iter().filter_map(pair).collect();
            let listed = if pairs.is_empty() { String::new() } else { format!(": {}", pairs.join(", ")) };
            format!("levels spelt differently {}{listed}", in_rows(*extent))
        }
        Change::NewLevel { level: Some(level), others: 0, extent } => {
            format!("new level “{}” {}", shown(level), in_rows(*extent))
        }
        Change::NewLevel { level, others, extent } => {
            let most = level.as_ref().map_or(String::new(), |level| format!(", mostly “{}”", shown(level)));
            let new = if *others == 0 { "a new level".to_owned() } else { format!("{} new levels", others + 1) };
            format!("{new} {}{most}", in_rows(*extent))
        }
        Change::Constant { value: CommonValue::Number(value) } => format!("always {}", exact(*value)),
        Change::Constant { value: CommonValue::Level(Some(level)) } => format!("always “{}”", shown(level)),
        Change::Constant { value: CommonValue::Level(None) } => "always the same level".to_owned(),
        Change::Stale { extent } => format!("values of the previous window again {}", in_rows(*extent)),
        Change::Shift => "another distribution of values".to_owned(),
    }
}

/// A share of rows; `None` if these are all rows.
fn rows(extent: f64) -> Option<String> {
    (extent < 0.995).then(|| percent(extent))
}

fn in_rows(extent: f64) -> String {
    rows(extent).map_or("in all rows".to_owned(), |share| format!("in {share} of rows"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_short_clauses() {
        let level = |text: &str| Some(text.to_owned());
        let spelt = Respelled { known: "Working".to_owned(), found: level("WORKING"), rows: 4 };
        let hidden = Respelled { known: "Working".to_owned(), found: None, rows: 4 };
        let all = [
            (Change::Absent, "in no record"),
            (Change::Gap { extent: 1.0 }, "empty in all rows"),
            (Change::Gap { extent: 0.3 }, "empty in 30.0% of the rows that should have a value"),
            (Change::Filled { extent: 1.0 }, "no longer empty"),
            (Change::Filled { extent: 0.5 }, "filled in 50.0% of the rows that should be empty"),
            (Change::Sentinel { value: 365_243.0, extent: 0.06 }, "365,243 in 6.0% of rows"),
            (Change::Atom { value: 0.0, extent: 0.25 }, "0 instead of other values in 25.0% of rows"),
            (Change::Unit { factor: 1_000.0, extent: 0.3 }, "× 1,000 in 30.0% of rows"),
            (Change::Unit { factor: 1.0 / 7.0, extent: 0.999 }, "÷ 7 in all rows"),
            (Change::Unit { factor: 1.0 / 365.25, extent: 1.0 }, "÷ 365.25 in all rows"),
            (Change::Unit { factor: -1.0, extent: 1.0 }, "sign reversed in all rows"),
            (Change::Factor { factor: 1.3 }, "all values × 1.30"),
            (Change::Offset { by: -365.0 }, "all values − 365"),
            (
                Change::Merged { from: "A".to_owned(), into: "B".to_owned(), extent: 0.13 },
                "“B” instead of “A” in 13.0% of rows",
            ),
            (Change::Repeated { extent: 0.25 }, "the values of one row in 25.0% of rows"),
            (
                Change::Spelling { levels: vec![spelt], extent: 0.2 },
                "levels spelt differently in 20.0% of rows: “WORKING” for “Working”",
            ),
            (Change::Spelling { levels: vec![hidden], extent: 0.2 }, "levels spelt differently in 20.0% of rows"),
            (
                Change::NewLevel { level: level("Platform work"), others: 0, extent: 0.12 },
                "new level “Platform work” in 12.0% of rows",
            ),
            (
                Change::NewLevel { level: level("Gig work"), others: 2, extent: 0.12 },
                "3 new levels in 12.0% of rows, mostly “Gig work”",
            ),
            (Change::NewLevel { level: None, others: 0, extent: 0.12 }, "a new level in 12.0% of rows"),
            (Change::Constant { value: CommonValue::Number(1_007.0) }, "always 1,007"),
            (Change::Constant { value: CommonValue::Level(level("a")) }, "always “a”"),
            (Change::Constant { value: CommonValue::Level(None) }, "always the same level"),
            (Change::Shift, "another distribution of values"),
        ];
        for (what, expected) in all {
            assert_eq!(change(&what), expected);
        }
    }
}
