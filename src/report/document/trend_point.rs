//! What later pages need to know about a run: one point of its trends. The index reads only the short head.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vigie_profile::window::Window;

use super::{LossPoint, PerformancePoint};
use crate::judge::{Headline, OverrideCounts, Severity, Test};

/// Run-level values of a trend point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub model: String,
    pub window: Window,
    pub revision: u32,
    pub severity: Severity,
    /// Points written by earlier versions have the sentence itself.
    #[serde(flatten, with = "headline_or_sentence")]
    pub headline: Headline,
    /// Worst severity by test, over findings about the run and the score.
    #[serde(rename = "own", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub severities: BTreeMap<Test, Severity>,
    pub rows: u64,
    pub requests: u64,
    /// Number of stories, and of findings that are not about features.
    pub findings: usize,
    pub score_psi: Option<f64>,
    pub refused_share: Option<f64>,
    /// Decisions against the score; absent without logged decisions and in points written by earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decisions: Option<OverrideCounts>,
    pub drifted_share: Option<f64>,
    pub error_rate: Option<f64>,
    pub latency_p95_ms: Option<f64>,
    /// Expected and realised cost; absent in points written by earlier versions.
    #[serde(rename = "performed", default, skip_serializing_if = "Option::is_none")]
    pub performance: Option<PerformancePoint>,
    /// Absent in points written by earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LossPoint>,
}

/// A headline as `headline`, or as the `sentence` and the `french` one that earlier versions wrote.
mod headline_or_sentence {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::judge::Headline;

    #[derive(Serialize)]
    struct Written<'a> {
        headline: &'a Headline,
    }

    #[derive(Deserialize)]
    struct Read {
        headline: Option<Headline>,
        sentence: Option<String>,
        french: Option<String>,
    }

    pub(super) fn serialize<S: Serializer>(headline: &Headline, serializer: S) -> Result<S::Ok, S::Error> {
        Written { headline }.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Headline, D::Error> {
        let Read { headline, sentence, french } = Read::deserialize(deserializer)?;
        let stored = sentence.map(|sentence| Headline::Stored { sentence, french });
        headline.or(stored).ok_or_else(|| D::Error::missing_field("headline"))
    }
}

/// Trend values of a feature: name, PSI, severity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeaturePoint(pub String, pub Option<f64>, pub Severity);

/// Trend values of a segment: name, share refused, acceptance ratio to the most favoured segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentPoint(pub String, pub Option<f64>, pub Option<f64>);

/// One run in the trends of its model.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendPoint {
    pub head: Head,
    pub features: Vec<FeaturePoint>,
    pub segments: Vec<SegmentPoint>,
}

impl Head {
    /// Parses the first line of a trend file.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text.lines().next()?).ok()
    }
}

impl TrendPoint {
    /// Renders two lines of JSON, and a third if there are segments.
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

    /// Returns the segment with this name.
    #[must_use]
    pub fn segment(&self, name: &str) -> Option<&SegmentPoint> {
        self.segments.iter().find(|segment| segment.0 == name)
    }

    /// Returns the feature with this name, trying `index` first: most runs have it at the same position.
    #[must_use]
    pub fn feature(&self, index: usize, name: &str) -> Option<&FeaturePoint> {
        self.features
            .get(index)
            .filter(|feature| feature.0 == name)
            .or_else(|| self.features.iter().find(|feature| feature.0 == name))
    }
}

#[cfg(test)]
mod tests {
    use vigie_profile::window::Instant;

    use super::*;
    use crate::report::document::LossCount;

    #[test]
    fn points_round_trip_and_truncated_text_is_rejected() {
        let head = Head {
            model: "m\n\"x\"".to_owned(),
            window: Window { from: Instant(0), to: Instant(86_400_000_000) },
            revision: 1,
            severity: Severity::TooFew,
            headline: Headline::Stored { sentence: "“too few” <b>".to_owned(), french: None },
            severities: BTreeMap::from([(Test::Score, Severity::Watch)]),
            rows: 3,
            requests: 4,
            findings: 1,
            score_psi: Some(0.25),
            refused_share: None,
            decisions: Some(OverrideCounts { rows: 3, accepted: 1, refused: 0 }),
            drifted_share: Some(0.5),
            error_rate: None,
            latency_p95_ms: Some(12.5),
            performance: None,
            left_out: Some(LossPoint { rows: LossCount { left_out: 1, of: 4 }, labels: None }),
        };
        let line = serde_json::to_string(&head).unwrap();
        let former = line.replace(
            r#""headline":{"kind":"stored","sentence":"“too few” <b>","french":null}"#,
            r#""sentence":"A.","french":"B.""#,
        );
        assert_ne!(former, line);
        let stored = Headline::Stored { sentence: "A.".to_owned(), french: Some("B.".to_owned()) };
        assert_eq!(Head::from_text(&former).unwrap().headline, stored);
        let features = vec![
            FeaturePoint("a\nb".to_owned(), Some(0.125), Severity::Alarm),
            FeaturePoint(String::new(), None, Severity::Stable),
        ];
        let mut point = TrendPoint { head, features, segments: Vec::new() };
        let text = point.to_text();
        assert_eq!(TrendPoint::from_text(&text).as_ref(), Some(&point));
        assert_eq!(Head::from_text(&text).as_ref(), Some(&point.head));
        for end in 0..text.len() - 1 {
            let part = text.get(..end).unwrap_or_default();
            assert!(TrendPoint::from_text(part).is_none(), "{part}");
        }
        point.segments.push(SegmentPoint("x = \"y\"".to_owned(), Some(0.25), None));
        assert_eq!(TrendPoint::from_text(&point.to_text()).as_ref(), Some(&point));
        assert_eq!(point.feature(7, "a\nb").map(|feature| feature.2), Some(Severity::Alarm));
    }
}
