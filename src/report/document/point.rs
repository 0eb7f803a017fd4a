//! What a later page has to know of a run: one point of its trends. A short head, read alone by the index, and the features.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vigie_profile::window::Window;

use super::Performed;
use crate::{
    judge::{Finding, Severity, Test},
    report::{
        Report,
        words::{Language, verdict::verdict_in, verdict_sentence},
    },
};

/// A run's figures, as trends show them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub model: String,
    pub window: Window,
    pub revision: u32,
    pub severity: Severity,
    pub sentence: String,
    /// The sentence in French; points of an earlier version have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub french: Option<String>,
    /// How bad the score, the share refused, the latency are, each by itself: the worst finding without a feature.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub own: BTreeMap<Test, Severity>,
    pub rows: u64,
    pub requests: u64,
    pub findings: usize,
    pub score_psi: Option<f64>,
    pub refused_share: Option<f64>,
    pub drifted_share: Option<f64>,
    pub error_rate: Option<f64>,
    pub latency_p95_ms: Option<f64>,
    /// What decisions cost, expected and known; points of an earlier version have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performed: Option<Performed>,
}

/// A feature's part of a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature(pub String, pub Option<f64>, pub Severity);

/// A segment's part of a point: name, share refused, share accepted beside the most favoured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentPoint(pub String, pub Option<f64>, pub Option<f64>);

/// One run among many.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub head: Head,
    /// Name, PSI, severity.
    pub features: Vec<Feature>,
    pub segments: Vec<SegmentPoint>,
}

impl Head {
    fn of(report: &Report) -> Self {
        let (traffic, drift) = (&report.traffic, &report.drift);
        let score = drift.score.as_ref();
        Self {
            model: report.run.model.name.clone(),
            window: report.examined.window,
            revision: report.run.revision,
            severity: report.verdict.severity,
            sentence: verdict_sentence(report),
            french: Some(verdict_in(report, Language::French)),
            own: own(&report.verdict.findings),
            rows: drift.n_window,
            requests: traffic.requests,
            findings: report.verdict.findings.len(),
            score_psi: score.and_then(|score| score.distance.psi.value).map(rounded),
            refused_share: score.and_then(|score| score.refused.window).map(rounded),
            drifted_share: report.verdict.drifted_share.map(rounded),
            #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
            error_rate: (traffic.requests > 0).then(|| rounded(traffic.errors as f64 / traffic.requests as f64)),
            latency_p95_ms: traffic.latency.quantile_ms(0.95),
            performed: report.performance.as_ref().and_then(Performed::of),
        }
    }

    /// What is said of it on a page.
    #[must_use]
    pub fn sentence_in(&self, language: Language) -> Option<&str> {
        match language {
            Language::English => Some(&self.sentence),
            Language::French => self.french.as_deref(),
        }
    }

    /// From the text of a point, its first line alone.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text.lines().next()?).ok()
    }
}

impl Point {
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let judged = report.drift.features.iter().zip(&report.verdict.features);
        let features =
            judged.map(|(drift, verdict)| Feature(drift.name.clone(), drift.psi.value.map(rounded), verdict.severity));
        let segments = report.segments.iter().flat_map(|apart| &apart.drift.list).map(|one| {
            let ratio = one.disparity.as_ref().map(|disparity| rounded(disparity.ratio.value));
            SegmentPoint(one.name.clone(), one.refused.window.map(rounded), ratio)
        });
        Self { head: Head::of(report), features: features.collect(), segments: segments.collect() }
    }

    /// Two lines of JSON; a third where segments are looked at.
    #[must_use]
    pub fn to_text(&self) -> String {
        let line = |json: Result<String, serde_json::Error>| json.unwrap_or_default();
        let mut text =
            format!("{}\n{}\n", line(serde_json::to_string(&self.head)), line(serde_json::to_string(&self.features)));
        if !self.segments.is_empty() {
            text.push_str(&line(serde_json::to_string(&self.segments)));
            text.push('\n');
        }
        text
    }

    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let features = serde_json::from_str(text.lines().nth(1)?).ok()?;
        let segments = match text.lines().nth(2) {
            Some(line) => serde_json::from_str(line).ok()?,
            None => Vec::new(),
        };
        Some(Self { head: Head::from_text(text)?, features, segments })
    }

    /// The segment of that name.
    #[must_use]
    pub fn segment(&self, name: &str) -> Option<&SegmentPoint> {
        self.segments.iter().find(|segment| segment.0 == name)
    }

    /// The feature of that name; most runs have it at the same place.
    #[must_use]
    pub fn feature(&self, place: usize, name: &str) -> Option<&Feature> {
        self.features
            .get(place)
            .filter(|feature| feature.0 == name)
            .or_else(|| self.features.iter().find(|feature| feature.0 == name))
    }
}

fn own(findings: &[Finding]) -> BTreeMap<Test, Severity> {
    let mut own = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.feature.is_none()) {
        let worst = own.entry(finding.test.reported()).or_insert(finding.severity);
        *worst = finding.severity.max(*worst);
    }
    own
}

/// To five decimals: enough for a picture.
fn rounded(value: f64) -> f64 {
    (value * 1e5).round() / 1e5
}

#[cfg(test)]
mod tests {
    use vigie_profile::window::Instant;

    use super::*;

    #[test]
    fn a_point_comes_back_as_it_was_and_half_a_text_is_none() {
        let head = Head {
            model: "m\n\"x\"".to_owned(),
            window: Window { from: Instant(0), to: Instant(86_400_000_000) },
            revision: 1,
            severity: Severity::TooFew,
            sentence: "“too few” <b>".to_owned(),
            french: None,
            own: BTreeMap::from([(Test::Score, Severity::Watch)]),
            rows: 3,
            requests: 4,
            findings: 1,
            score_psi: Some(0.25),
            refused_share: None,
            drifted_share: Some(0.5),
            error_rate: None,
            latency_p95_ms: Some(12.5),
            performed: None,
        };
        let features = vec![
            Feature("a\nb".to_owned(), Some(0.125), Severity::Alarm),
            Feature(String::new(), None, Severity::Stable),
        ];
        let mut point = Point { head, features, segments: Vec::new() };
        let text = point.to_text();
        assert_eq!(Point::from_text(&text).as_ref(), Some(&point));
        assert_eq!(Head::from_text(&text).as_ref(), Some(&point.head));
        for end in 0..text.len() - 1 {
            let part = text.get(..end).unwrap_or_default();
            assert!(Point::from_text(part).is_none(), "{part}");
        }
        point.segments.push(SegmentPoint("x = \"y\"".to_owned(), Some(0.25), None));
        assert_eq!(Point::from_text(&point.to_text()).as_ref(), Some(&point));
        assert_eq!(point.feature(7, "a\nb").map(|feature| feature.2), Some(Severity::Alarm));
    }
}
