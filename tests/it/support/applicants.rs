//! Applicants of a small lender: the same data in every log layout.

use std::fmt::Write as _;

use crate::support::draw::Draw;

/// One request and its response.
#[derive(Debug, Clone)]
pub(crate) struct Applicant {
    pub id: String,
    /// Microseconds since 1970.
    pub at: i64,
    pub age: i64,
    pub income: Option<f64>,
    pub rate: f64,
    pub job: Option<&'static str>,
    pub owns: bool,
    pub probability: f64,
    pub latency_ms: f64,
}

const JOBS: [&str; 5] = ["Core staff", "Accordé", "Drivers \"night\"", "a,b", "<b>bold</b>"];

/// 2026-10-01T00:00:00Z in microseconds.
pub(crate) const DAY: i64 = 1_790_812_800_000_000;

/// `rows` applicants spread over the day that begins at `DAY`.
pub(crate) fn applicants(rows: usize, seed: u64) -> Vec<Applicant> {
    let mut draw = Draw::seeded(seed);
    (0..rows)
        .map(|row| {
            let age = 20 + draw.below(50) as i64;
            // Rounded so that text, f64 and JSON represent the same number.
            let income = (!draw.chance(0.1)).then(|| (draw.uniform() * 9e6).round() / 100.0);
            let probability = (draw.uniform() * draw.uniform() * 1e6).round() / 1e6;
            Applicant {
                id: format!("r{seed}-{row:05}"),
                at: DAY + (row as i64 * 86_000_000_000 / rows as i64 / 1000 + 37) * 1000,
                age,
                income,
                rate: (draw.normal() * 100.0).round() / 100.0,
                job: (!draw.chance(0.2)).then(|| JOBS[draw.below(draw_weight(age))]),
                owns: draw.chance(0.3),
                probability,
                latency_ms: (2.0 + draw.uniform() * 9000.0).round() / 1000.0,
            }
        })
        .collect()
}

fn draw_weight(age: i64) -> usize {
    if age > 40 { JOBS.len() } else { 3 }
}

/// A training table as CSV, from different random draws.
pub(crate) fn training_csv(rows: usize) -> String {
    let mut csv = String::from("AGE,INCOME,emp.var.rate,JOB,OWNS,TARGET,p\n");
    for one in applicants(rows, 999) {
        let quoted = one.job.map_or(String::new(), |job| format!("\"{}\"", job.replace('"', "\"\"")));
        let income = one.income.map_or(String::new(), |income| income.to_string());
        let _ = writeln!(
            csv,
            "{},{income},{},{quoted},{},{},{}",
            one.age,
            one.rate,
            u8::from(one.owns),
            u8::from(one.probability > 0.6),
            one.probability
        );
    }
    csv
}

pub(crate) const LEARN: &[&str] =
    &["learn", "--data", "train.csv", "--out", "ref.vigie", "--target", "TARGET", "--probability", "p"];

impl Applicant {
    pub(crate) fn rfc3339(&self) -> String {
        vigie_profile::window::Instant(self.at).to_string()
    }

    /// The inputs as a JSON object.
    pub(crate) fn inputs(&self) -> serde_json::Value {
        serde_json::json!({
            "AGE": self.age, "INCOME": self.income, "emp.var.rate": self.rate, "JOB": self.job, "OWNS": self.owns,
        })
    }

    /// The inputs as an array in the order of `FEATURES`.
    pub(crate) fn array(&self) -> serde_json::Value {
        serde_json::json!([self.age, self.income, self.rate, self.job, self.owns])
    }

    /// The inputs as a CSV line.
    pub(crate) fn csv(&self) -> String {
        let job = self.job.map_or(String::new(), |job| format!("\"{}\"", job.replace('"', "\"\"")));
        let income = self.income.map_or(String::new(), |income| income.to_string());
        format!("{},{income},{},{job},{}", self.age, self.rate, self.owns)
    }
}

pub(crate) const FEATURES: &str = "[AGE, INCOME, emp.var.rate, JOB, OWNS]";
