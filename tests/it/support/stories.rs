//! Compares the stories of a report with those that were expected before it was made.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

/// One story that a report should tell.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ExpectedStory {
    /// The kinds that are right, usually one.
    pub kind: Vec<String>,
    /// Features that the story must name; `BUREAU_*` stands for all features whose names begin so.
    pub members: Vec<String>,
    /// Features that it may name.
    #[serde(default)]
    pub may: Vec<String>,
    pub block: Option<String>,
    pub side: String,
    #[serde(default)]
    pub onset: ExpectedOnset,
    pub severity: Option<String>,
    /// It may be told as several stories that name all members together.
    #[serde(default)]
    pub split: bool,
}

/// Since when a story should be told: in JSON a time of day in UTC, null, or no key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Option<String>")]
pub(crate) enum ExpectedOnset {
    #[default]
    Any,
    /// Not inside the window: the rows that changed are everywhere in it.
    None,
    At(String),
}

impl From<Option<String>> for ExpectedOnset {
    fn from(time: Option<String>) -> Self {
        time.map_or(Self::None, Self::At)
    }
}

/// How a report's stories compare with the expected ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Exactly the expected stories, each with its side.
    Right,
    /// The expected stories, but a side is "unknown". This is never counted as right, even where nothing else is true.
    CannotBeTold,
    /// Why it is neither.
    Wrong(String),
}

const UNKNOWN: &str = "unknown";

impl ExpectedStory {
    fn has_kind(&self, story: &Value) -> bool {
        self.kind.iter().any(|kind| story["kind"] == *kind)
    }

    fn required<'f>(&self, features: &'f [String]) -> BTreeSet<&'f str> {
        named(&self.members, features)
    }

    /// Whether the story names only features that it may name.
    fn covers(&self, story: &Value, features: &[String]) -> bool {
        let allowed = &(&self.required(features) | &named(&self.may, features));
        members(story).iter().all(|name| allowed.contains(name))
    }

    /// The first difference in what does not decide which story this is.
    fn difference(&self, story: &Value, tolerance_minutes: i64) -> Option<String> {
        if let Some(block) = &self.block
            && story["block"]["prefix"] != **block
        {
            return Some(format!("its block is {}, not {block}", story["block"]["prefix"]));
        }
        if let Some(severity) = &self.severity
            && story["severity"] != **severity
        {
            return Some(format!("it is {}, not {severity}", story["severity"]));
        }
        let at = onset(story);
        match (&self.onset, &at) {
            (ExpectedOnset::Any, _) | (ExpectedOnset::None, None) => None,
            (ExpectedOnset::At(time), Some(at)) if (minutes(time) - minutes(at)).abs() <= tolerance_minutes => None,
            (expected, _) => Some(format!("its onset is {at:?}, not {expected:?}")),
        }
    }
}

/// Time of day of a story's onset; `None` if it has none inside the window.
fn onset(story: &Value) -> Option<String> {
    let at = story["onset"]["at"].as_str()?;
    Some(at[11..16].to_owned())
}

/// Minutes since midnight of a time of day, `HH:MM`.
pub(crate) fn minutes(time: &str) -> i64 {
    let (hour, minute) = time.split_once(':').unwrap();
    hour.parse::<i64>().unwrap() * 60 + minute.parse::<i64>().unwrap()
}

fn members(story: &Value) -> BTreeSet<&str> {
    story["members"].as_array().unwrap().iter().map(|member| member["feature"].as_str().unwrap()).collect()
}

/// Features that the patterns name. A pattern that names none is a mistake in the expectation.
fn named<'f>(patterns: &[String], features: &'f [String]) -> BTreeSet<&'f str> {
    let mut found = BTreeSet::new();
    for pattern in patterns {
        let before = found.len();
        let is_named = |name: &&str| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => *name == pattern,
        };
        found.extend(features.iter().map(String::as_str).filter(is_named));
        assert!(found.len() > before, "{pattern} names no further feature");
    }
    found
}

fn briefly(story: &Value) -> String {
    let all: Vec<&str> = members(story).into_iter().collect();
    let shown = all.iter().take(4).copied().collect::<Vec<_>>().join(", ");
    let side = story["side"].as_str().unwrap_or("no side");
    format!("{} of {} ({shown}), {side}, onset {:?}", story["kind"], all.len(), onset(story))
}

/// Compares the stories of a report's verdict with the expected ones. Every story must be expected: a second story about
/// the same cause is wrong. `features` are the names that patterns are expanded to.
pub(crate) fn assess(
    report: &Value,
    features: &[String],
    expected: &[ExpectedStory],
    tolerance_minutes: i64,
) -> Outcome {
    let told = report["verdict"]["stories"].as_array().unwrap_or_else(|| panic!("the verdict has no stories"));
    let mut left: Vec<&Value> = told.iter().collect();
    let mut is_unknown = false;
    for story in expected {
        let fits = |told: &&Value| {
            let names_all = story.required(features).is_subset(&members(told));
            story.has_kind(told) && story.covers(told, features) && (names_all || story.split)
        };
        let (ours, others): (Vec<&Value>, Vec<&Value>) = left.into_iter().partition(fits);
        let together: BTreeSet<&str> = ours.iter().flat_map(|told| members(told)).collect();
        if ours.is_empty() || !story.required(features).is_subset(&together) || (ours.len() > 1 && !story.split) {
            let others: Vec<String> = told.iter().map(briefly).collect();
            return Outcome::Wrong(format!(
                "no {} of {:?}; told: {}",
                story.kind.join(" or "),
                story.members,
                others.join("; ")
            ));
        }
        for told in ours {
            if let Some(difference) = story.difference(told, tolerance_minutes) {
                return Outcome::Wrong(format!("{}: {difference}", briefly(told)));
            }
            if told["side"] == UNKNOWN {
                is_unknown = true;
            } else if told["side"] != *story.side {
                return Outcome::Wrong(format!("{}: its side is {}", briefly(told), story.side));
            }
        }
        left = others;
    }
    match left.first() {
        Some(other) => Outcome::Wrong(format!("also told: {}", briefly(other))),
        None if is_unknown => Outcome::CannotBeTold,
        None => Outcome::Right,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn features() -> Vec<String> {
        ["A_1", "A_2", "A_3", "B"].map(str::to_owned).to_vec()
    }

    fn expected(more: &Value) -> ExpectedStory {
        let mut story = json!({"kind": ["gap"], "members": ["A_*"], "side": "pipeline"});
        story.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(story).unwrap()
    }

    fn told(kind: &str, members: &[&str], side: &str) -> Value {
        let members: Vec<Value> = members.iter().map(|name| json!({"feature": name})).collect();
        let block = json!({"prefix": "A_"});
        json!({"kind": kind, "members": members, "block": block, "side": side, "onset": null, "severity": "alarm"})
    }

    fn outcome(told: &[Value], expected: &[ExpectedStory]) -> Outcome {
        assess(&json!({"verdict": {"stories": told}}), &features(), expected, 10)
    }

    const ALL: &[&str] = &["A_1", "A_2", "A_3"];

    #[test]
    fn the_expected_story_is_right() {
        let story = expected(&json!({"block": "A_", "onset": null, "severity": "alarm"}));
        assert_eq!(outcome(&[told("gap", ALL, "pipeline")], &[story]), Outcome::Right);
        assert_eq!(outcome(&[], &[]), Outcome::Right);
    }

    #[test]
    fn an_unknown_side_is_never_right() {
        assert_eq!(outcome(&[told("gap", ALL, "unknown")], &[expected(&json!({}))]), Outcome::CannotBeTold);
        let nobody_can = expected(&json!({"side": "unknown"}));
        assert_eq!(outcome(&[told("gap", ALL, "unknown")], &[nobody_can]), Outcome::CannotBeTold);
    }

    #[test]
    fn anything_else_is_wrong() {
        let is_wrong = |told: &[Value], more: Value| {
            let outcome = outcome(told, &[expected(&more)]);
            assert!(matches!(outcome, Outcome::Wrong(_)), "{told:?} with {more}: {outcome:?}");
        };
        is_wrong(&[], json!({}));
        is_wrong(&[told("shift", ALL, "pipeline")], json!({}));
        is_wrong(&[told("gap", ALL, "population")], json!({}));
        is_wrong(&[told("gap", &["A_1", "A_2"], "pipeline")], json!({}));
        is_wrong(&[told("gap", &["A_1", "A_2", "A_3", "B"], "pipeline")], json!({}));
        is_wrong(&[told("gap", ALL, "pipeline"), told("gap", &["B"], "pipeline")], json!({}));
        is_wrong(&[told("gap", ALL, "pipeline"), told("gap", ALL, "pipeline")], json!({}));
        is_wrong(&[told("gap", ALL, "pipeline")], json!({"block": "B_"}));
        is_wrong(&[told("gap", ALL, "pipeline")], json!({"severity": "watch"}));
        is_wrong(&[told("gap", ALL, "pipeline")], json!({"onset": "14:20"}));
        is_wrong(&[told("gap", ALL, "pipeline")], json!({"side": "unknown"}));
    }

    #[test]
    fn an_onset_may_be_ten_minutes_off() {
        let mut story = told("gap", ALL, "pipeline");
        let mut of = |at: &str, expected_at: Value| {
            story["onset"] = json!({"at": at});
            outcome(std::slice::from_ref(&story), &[expected(&json!({"onset": expected_at}))])
        };
        assert_eq!(of("2026-10-19T14:27:00Z", json!("14:20")), Outcome::Right);
        assert!(matches!(of("2026-10-19T14:31:00Z", json!("14:20")), Outcome::Wrong(_)));
        assert!(matches!(of("2026-10-19T14:20:00Z", json!(null)), Outcome::Wrong(_)));
    }

    #[test]
    fn a_story_may_be_split_only_where_that_is_expected() {
        let halves = [told("gap", &["A_1"], "pipeline"), told("gap", &["A_2", "A_3"], "pipeline")];
        assert_eq!(outcome(&halves, &[expected(&json!({"split": true}))]), Outcome::Right);
        assert!(matches!(outcome(&halves, &[expected(&json!({}))]), Outcome::Wrong(_)));
        assert!(matches!(outcome(&halves[..1], &[expected(&json!({"split": true}))]), Outcome::Wrong(_)));
    }

    #[test]
    fn features_that_may_be_named_need_not_be() {
        let story = || expected(&json!({"may": ["B"]}));
        assert_eq!(outcome(&[told("gap", ALL, "pipeline")], &[story()]), Outcome::Right);
        assert_eq!(outcome(&[told("gap", &["A_1", "A_2", "A_3", "B"], "pipeline")], &[story()]), Outcome::Right);
    }
}
