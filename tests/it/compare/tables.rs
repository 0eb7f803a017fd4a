//! Tables of applicants, and what two reports of the same rows have in common.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::applicants::Applicant;

/// The rows of 2 October as CSV. `raise`: what is added to the income of each.
pub(super) fn table(applicants: &[Applicant], raise: f64) -> String {
    let mut text = "request_id,ts,AGE,INCOME,emp.var.rate,OWNS,JOB,EMPTY,TARGET,p\n".to_owned();
    for (row, one) in applicants.iter().enumerate() {
        let hour = row % 24;
        let income = one.income.map_or(String::new(), |income| (income + raise).to_string());
        let job = one.job.map_or(String::new(), |job| format!("\"{}\"", job.replace('"', "\"\"")));
        let (age, rate, owns, p) = (one.age, one.rate, u8::from(one.owns), one.probability);
        let target = u8::from(row % 7 < 1 + usize::from(p > 0.3));
        let _ =
            writeln!(text, "{},2026-10-02T{hour:02}:00:00Z,{age},{income},{rate},{owns},{job},,{target},{p}", one.id);
    }
    text
}

/// Sections that are the same by design: all but `run`, `tables`, and when the reference was learnt.
pub(super) fn comparable(json: &str) -> Value {
    let mut report: Value = serde_json::from_str(json).unwrap();
    report.as_object_mut().unwrap().retain(|key, _| key != "run" && key != "tables");
    report["reference"]["provenance"].as_object_mut().unwrap().remove("created_at").unwrap();
    report
}

/// A config for a log that is the table `cur.csv`, and more sections.
pub(super) fn config(more: &str) -> String {
    format!(
        "reference: r.vigie\nreports: {{dir: reports}}\nstate: state\npolicy: {{stale: {{watch: null, alarm: null}}, cost: {{watch: null, alarm: null}}}}\n\
         source: {{path: cur.csv, fields: {{timestamp: ts, probability: p, id: request_id}}}}\n{more}\n"
    )
}

/// The arguments of a check of 2 October.
pub(super) const CHECK: [&str; 9] =
    ["check", "--config", "vigie.yaml", "--from", "2026-10-02", "--to", "2026-10-03", "--format", "json"];
