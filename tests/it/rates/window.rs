//! A window of rows to edit as a fault would, score as the application would, and write as a log.

use serde_json::{Map, Value, json};
use vigie_models::Model;
use vigie_profile::window::Instant;

use crate::support::{draw::Draw, lab::Data, stories::minutes};

const MINUTE: i64 = 60_000_000;

#[derive(Clone)]
pub(crate) struct Window {
    /// In the order of the model's features.
    pub columns: Vec<(String, Data)>,
    /// Microseconds since midnight, ascending.
    pub times: Vec<i64>,
}

/// Times of day of `rows` requests, busiest around 9 and 13 o'clock UTC, as in the example's generator.
pub(crate) fn times(rows: usize, draw: &mut Draw) -> Vec<i64> {
    let mut times: Vec<i64> = (0..rows)
        .map(|_| {
            let hour = if draw.chance(0.55) { 9.0 + 1.4 * draw.normal() } else { 13.2 + 1.7 * draw.normal() };
            let hour = if (4.6..19.4).contains(&hour) { hour } else { 7.0 + 9.0 * draw.uniform() };
            (hour * 3_600_000.0) as i64 * 1_000
        })
        .collect();
    times.sort_unstable();
    times
}

impl Window {
    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// Names that match any of the patterns; `BUREAU_*` matches all that begin so.
    pub(crate) fn named(&self, patterns: &[&str]) -> Vec<String> {
        let matches = |name: &str| {
            patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix),
                None => name == *pattern,
            })
        };
        let names: Vec<String> =
            self.columns.iter().map(|(name, _)| name.clone()).filter(|name| matches(name)).collect();
        assert!(names.len() >= patterns.len(), "{patterns:?} match only {names:?}");
        names
    }

    pub(crate) fn numbers(&self, feature: &str) -> &[f64] {
        match &self.columns.iter().find(|(name, _)| name == feature).unwrap().1 {
            Data::Numbers(numbers) => numbers,
            Data::Texts(_) => panic!("{feature} is not numeric"),
        }
    }

    pub(crate) fn texts(&self, feature: &str) -> &[Option<String>] {
        match &self.columns.iter().find(|(name, _)| name == feature).unwrap().1 {
            Data::Texts(texts) => texts,
            Data::Numbers(_) => panic!("{feature} is numeric"),
        }
    }

    pub(crate) fn every_row(&self) -> Vec<bool> {
        vec![true; self.len()]
    }

    /// Exactly this share of the rows, at random.
    pub(crate) fn at_random(&self, share: f64, draw: &mut Draw) -> Vec<bool> {
        let chosen = (share * self.len() as f64).round() as usize;
        let mut is_chosen: Vec<bool> = (0..self.len()).map(|row| row < chosen).collect();
        draw.shuffle(&mut is_chosen);
        is_chosen
    }

    /// Rows from one time of day to another, `HH:MM` in UTC.
    pub(crate) fn is_between(&self, from: &str, to: &str) -> Vec<bool> {
        let range = minutes(from) * MINUTE..minutes(to) * MINUTE;
        self.times.iter().map(|time| range.contains(time)).collect()
    }

    /// Changes the numbers of some features in some rows. Missing values are passed as NaN.
    pub(crate) fn edit(&mut self, patterns: &[&str], rows: &[bool], change: impl Fn(f64) -> f64) {
        let names = self.named(patterns);
        for (name, data) in self.columns.iter_mut().filter(|(name, _)| names.contains(name)) {
            let Data::Numbers(numbers) = data else { panic!("{name} is not numeric") };
            for (number, _) in numbers.iter_mut().zip(rows).filter(|(_, is_edited)| **is_edited) {
                *number = change(*number);
            }
        }
    }

    /// Changes the levels of a feature in some rows.
    pub(crate) fn respell(&mut self, feature: &str, rows: &[bool], change: impl Fn(&str) -> String) {
        let (_, data) = self.columns.iter_mut().find(|(name, _)| name == feature).unwrap();
        let Data::Texts(texts) = data else { panic!("{feature} is numeric") };
        for (text, _) in texts.iter_mut().zip(rows).filter(|(_, is_edited)| **is_edited) {
            *text = text.as_deref().map(&change);
        }
    }

    /// Swaps the values of two features.
    pub(crate) fn swap(&mut self, one: &str, other: &str) {
        let place = |feature: &str| self.columns.iter().position(|(name, _)| name == feature).unwrap();
        let (one, other) = (place(one), place(other));
        let values = self.columns[one].1.clone();
        self.columns[one].1 = std::mem::replace(&mut self.columns[other].1, values);
    }

    /// Copies some features of the row `source(row)` of another window into some rows.
    pub(crate) fn copy(&mut self, patterns: &[&str], rows: &[bool], from: &Self, source: impl Fn(usize) -> usize) {
        let names = self.named(patterns);
        for ((name, data), (_, theirs)) in self.columns.iter_mut().zip(&from.columns) {
            if !names.contains(name) {
                continue;
            }
            for row in (0..rows.len()).filter(|row| rows[*row]) {
                match (&mut *data, theirs) {
                    (Data::Numbers(ours), Data::Numbers(theirs)) => ours[row] = theirs[source(row)],
                    (Data::Texts(ours), Data::Texts(theirs)) => ours[row].clone_from(&theirs[source(row)]),
                    _ => panic!("{name} has two kinds"),
                }
            }
        }
    }

    /// Takes whole rows of another window; times stay.
    pub(crate) fn replace_rows(&mut self, other: &Self, rows: &[bool]) {
        self.copy(&["*"], rows, other, |row| row);
    }

    /// The model's probability for each row, rounded to six decimals as the application logs it.
    pub(crate) fn scores(&self, model: &Model) -> Vec<f64> {
        let columns: Vec<_> = self.columns.iter().map(|(_, data)| Some(data.array())).collect();
        let inputs = model.inputs(self.len(), &columns).unwrap();
        let mut scores = vec![0.0; self.len()];
        model.predict_raw(&inputs, 0..self.len(), &mut scores).unwrap();
        assert!(model.probabilities(&mut scores));
        scores.into_iter().map(|score| (score * 1e6).round() / 1e6).collect()
    }

    /// A log of NDJSON, `midnight` in microseconds since 1970.
    pub(crate) fn log(&self, model: &Model, midnight: i64) -> String {
        let scores = self.scores(model);
        let mut lines = String::new();
        for (row, (time, score)) in self.times.iter().zip(scores).enumerate() {
            let inputs: Map<String, Value> = self
                .columns
                .iter()
                .map(|(name, data)| {
                    let value = match data {
                        Data::Numbers(numbers) => json!(numbers[row]),
                        Data::Texts(texts) => json!(texts[row]),
                    };
                    (name.clone(), value)
                })
                .collect();
            let decision = if score >= 0.5 { "REFUSED" } else { "ACCEPTED" };
            let line = json!({
                "ts": Instant(midnight + time).to_string(), "id": format!("{midnight}-{row}"), "inputs": inputs,
                "probability": score, "decision": decision,
            });
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
        lines
    }
}
