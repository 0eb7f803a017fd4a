//! `vigie explain`: reason codes for one prediction.

use std::{fmt::Write as _, num::NonZero};

use serde_json::{Value, json};
use vigie_profile::{
    decision::{DecisionRule, HighScore},
    shown::{harmless, shown},
};

use super::{
    ExitStatus,
    args::{ExplainArgs, OutputFormat},
    check::window,
    print::print,
    progress::ProgressLine,
};
use crate::{
    config::{Problems, Settings},
    fault::{Fault, Result},
    judge::number,
    monitor::{ExplainRequest, ExplainedPrediction, ScanOptions, explain, with_registry_values},
    reference::FeatureDescription,
    replay::{FeatureContribution, FeatureValue, ReferencePosition},
    report::Language,
};

/// Maximum number of features listed, and of reasons.
const LISTED: usize = 15;
const REASONS: usize = 4;
/// Why a predicted number has no decision.
const NO_DECISION: &str = "the model predicts a number, from which no decision follows";
/// Length of the longest bar, in characters.
const BAR: f64 = 24.0;

pub(super) fn run(args: &ExplainArgs) -> Result<ExitStatus> {
    let settings = Settings::load_one(&args.config, "--model", args.model.as_deref()).map_err(Problems::into_fault)?;
    let settings = with_registry_values(&settings)?;
    let window = match (&args.from, &args.to) {
        (Some(from), Some(to)) => Some(window(from, to, &settings.schedule.zone)?),
        _ => None,
    };
    let request = match (&args.id, &args.row) {
        (Some(id), _) => ExplainRequest::Id(id.clone(), window),
        (None, Some(row)) => ExplainRequest::Row(row.clone()),
        (None, None) => {
            return Err(Fault::setup("specify the prediction: --id ID of a logged record, or --row FILE.json"));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let bar = ProgressLine::new("searching for the record");
    let explained =
        explain(&settings, &request, ScanOptions { threads, progress: &|done, all| bar.update(done, all) })?;
    drop(bar);
    print(&match args.format {
        OutputFormat::Json => to_json(&settings, &explained),
        OutputFormat::Text => to_text(&settings, &explained),
    });
    Ok(ExitStatus::Success)
}

fn decision(refused: bool) -> &'static str {
    if refused { "refused" } else { "accepted" }
}

fn direction(contribution: f64) -> &'static str {
    match contribution {
        up if up > 0.0 => "raises",
        down if down < 0.0 => "lowers",
        _ => "none",
    }
}

/// Reasons in favour of the decision, strongest first; all reasons for a predicted number, from which no decision follows.
fn reasons(explained: &ExplainedPrediction) -> impl Iterator<Item = &FeatureContribution> {
    let is_raised = explained.rule.map(|rule| explained.is_refused() == (rule.high_score == HighScore::Bad));
    let supports = move |reason: &&FeatureContribution| match is_raised {
        Some(true) => reason.contribution > 0.0,
        Some(false) => reason.contribution < 0.0,
        None => reason.contribution != 0.0,
    };
    explained.explanation.reasons.iter().filter(supports).take(REASONS)
}

fn to_json(settings: &Settings, explained: &ExplainedPrediction) -> String {
    let explanation = &explained.explanation;
    let contributions: Vec<Value> = explanation
        .reasons
        .iter()
        .map(|reason| {
            let mut contribution = json!({
                "feature": reason.feature,
                "kind": reason.kind,
                "value": match &reason.value {
                    FeatureValue::Missing => Value::Null,
                    FeatureValue::Number(number) => json!(number),
                    FeatureValue::Level(level) => json!(level),
                },
                "contribution": reason.contribution,
                "direction": direction(reason.contribution),
                "beside_the_reference": reason.position.map(words),
            });
            let described = explained.descriptions.get(&reason.feature);
            if let (Some(described), Some(keys)) = (described, contribution.as_object_mut()) {
                keys.insert("description".to_owned(), json!(described.sentence));
                keys.insert("unit".to_owned(), json!(described.unit));
                keys.insert("source_table".to_owned(), json!(described.table));
            }
            contribution
        })
        .collect();
    let logged = explained.logged.as_ref().map(|logged| {
        json!({
            "probability": logged.score.filter(|_| explained.rule.is_some()),
            "prediction": logged.score.filter(|_| explained.rule.is_none()),
            "decision": logged.decision,
            "refused": logged.refused,
            "model_version": logged.model_version,
            "agrees": logged.agrees,
            "difference": logged.difference,
            "precision": Language::English.logged_precision(&logged.precision),
        })
    });
    let document = json!({
        "model": { "name": settings.model.name, "version": settings.model.version, "sha256": explained.model_sha256 },
        "id": explained.id,
        "timestamp": explained.at,
        "logged": logged,
        "probability": explained.rule.map(|_| explanation.score),
        "prediction": explained.rule.is_none().then_some(explanation.score),
        "threshold": explained.rule.map(|rule| rule.threshold),
        "high_score": explained.rule.map(|rule| rule.high_score),
        "decision": explained.rule.map(|_| decision(explained.is_refused())),
        "decision_by_score": explained.rule.map(|_| decision(explained.called_to_refuse())),
        // Why there are no decisions, if so.
        "reason": explained.rule.is_none().then_some(NO_DECISION),
        "raw": explanation.raw,
        "expected_value": explanation.expected,
        "reasons": reasons(explained).map(|reason| sentence(reason, high_score(explained))).collect::<Vec<_>>(),
        "contributions": contributions,
    });
    format!("{document:#}\n")
}

fn to_text(settings: &Settings, explained: &ExplainedPrediction) -> String {
    let explanation = &explained.explanation;
    let mut text = String::new();
    let record = match (&explained.id, &explained.at) {
        (Some(id), Some(at)) => format!("{} logged at {at}", shown(id)),
        _ => "input row".to_owned(),
    };
    let _ = writeln!(text, "{}  {record}", settings.model.name);
    let (decided, called) = (explained.is_refused(), explained.called_to_refuse());
    let decided_word = capitalised(decision(decided));
    let by_score = format!("probability {:.6}", explanation.score);
    let _ = match explained.rule {
        Some(DecisionRule { threshold, .. }) if decided == called => {
            writeln!(text, "{decided_word}: {by_score}, threshold {threshold}")
        }
        Some(DecisionRule { threshold, .. }) => {
            let other = if called { "refusal" } else { "acceptance" };
            writeln!(text, "{decided_word} in the log, although {by_score} and threshold {threshold} call for {other}")
        }
        None => writeln!(text, "predicted: {} ({NO_DECISION})", explanation.score),
    };
    if let Some(logged) = &explained.logged {
        let decided = logged.decision.as_ref().map_or(String::new(), |word| format!(", {}", shown(word)));
        let _ = match logged.score {
            Some(score) if logged.agrees => writeln!(text, "logged: {score}{decided}"),
            Some(score) => {
                let far = logged.difference.map_or(String::new(), |far| format!(": off by {far:.1e}, logged to "));
                let precision = Language::English.logged_precision(&logged.precision);
                writeln!(text, "logged: {score}{decided}; this is not the score of this model file{far}{precision}")
            }
            None if explained.rule.is_none() => writeln!(text, "logged: no prediction{decided}"),
            None => writeln!(text, "logged: no probability{decided}"),
        };
    }
    let _ = writeln!(text, "\nreasons, in units of the raw score:");
    for (index, reason) in reasons(explained).enumerate() {
        let _ = writeln!(text, "  {}. {}", index + 1, sentence(reason, high_score(explained)));
        if let Some(described) = explained.descriptions.get(&reason.feature) {
            let _ = writeln!(text, "     {}", about(described));
        }
    }
    let listed: Vec<&FeatureContribution> =
        explanation.reasons.iter().filter(|reason| reason.contribution != 0.0).take(LISTED).collect();
    let names: Vec<String> = listed.iter().map(|reason| shown(&reason.feature)).collect();
    let values: Vec<String> = listed.iter().map(|reason| value(&reason.value)).collect();
    let wide = |texts: &[String], least: usize| {
        texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).clamp(least, 44)
    };
    let (name_wide, value_wide) = (wide(&names, 7), wide(&values, 5));
    let largest = listed.first().map_or(1.0, |reason| reason.contribution.abs());
    let _ = writeln!(text, "\n{:<name_wide$}  {:>value_wide$}  adds to the raw score", "feature", "value");
    for ((reason, name), value) in listed.iter().zip(&names).zip(&values) {
        let name: String = name.chars().take(name_wide).collect();
        let value: String = value.chars().take(value_wide).collect();
        let _ = writeln!(text, "{name:<name_wide$}  {value:>value_wide$}  {}", bar(reason.contribution, largest));
    }
    let rest: Vec<f64> = explanation.reasons.iter().skip(listed.len()).map(|reason| reason.contribution).collect();
    if rest.iter().any(|contribution| *contribution != 0.0) {
        let sum = rest.iter().fold(0.0, |sum, contribution| sum + contribution);
        let _ = writeln!(text, "{} more features together {}", rest.len(), signed(sum));
    }
    let sum = explanation.reasons.iter().fold(0.0, |sum, reason| sum + reason.contribution);
    let _ = writeln!(
        text,
        "\nraw score {} = base value {} + contributions {}",
        signed(explanation.raw),
        signed(explanation.expected),
        signed(sum)
    );
    text
}

/// A number and its bar; contributions that lower the score have a lighter shade.
fn bar(contribution: f64, largest: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 24")]
    let length = (contribution.abs() / largest * BAR).round().clamp(0.0, BAR) as usize;
    let shade = if contribution > 0.0 { "█" } else { "░" };
    format!("{}  {}", signed(contribution), shade.repeat(length)).trim_end().to_owned()
}

fn signed(value: f64) -> String {
    Language::English.signed_always(value, 4)
}

fn value(given: &FeatureValue) -> String {
    match given {
        FeatureValue::Missing => "missing".to_owned(),
        FeatureValue::Number(number) => number.to_string(),
        FeatureValue::Level(level) => shown(level),
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// What a high score says; `None` for a predicted number.
fn high_score(explained: &ExplainedPrediction) -> Option<HighScore> {
    explained.rule.map(|rule| rule.high_score)
}

/// A reason code: feature, value, position in the reference, effect.
fn sentence(reason: &FeatureContribution, high_score: Option<HighScore>) -> String {
    let position = reason.position.map_or(String::new(), |position| format!(" ({})", words(position)));
    let is_raised = reason.contribution > 0.0;
    let sign = if is_raised { "+" } else { "−" };
    let towards = match high_score {
        None => "",
        Some(high_score) if is_raised == (high_score == HighScore::Bad) => " (towards refusal)",
        Some(_) => " (towards acceptance)",
    };
    let size = number(reason.contribution.abs());
    format!("{} is {}{position}: {sign}{size}{towards}", shown(&reason.feature), value(&reason.value))
}

/// What a feature is: `Age of the client. (days, from application)`.
fn about(described: &FeatureDescription) -> String {
    let unit = described.unit.as_deref().map(shown);
    let table = described.table.as_deref().map(|table| format!("from {}", shown(table)));
    let origin: Vec<String> = unit.into_iter().chain(table).collect();
    let origin = if origin.is_empty() { String::new() } else { format!(" ({})", origin.join(", ")) };
    format!("{}{origin}", harmless(&described.sentence))
}

fn words(position: ReferencePosition) -> String {
    match position {
        ReferencePosition::BelowAll => "below everything in the reference".to_owned(),
        ReferencePosition::AboveAll => "above everything in the reference".to_owned(),
        ReferencePosition::Among { above, below } if above >= below => {
            format!("higher than {} of the reference", Language::English.percent(above))
        }
        ReferencePosition::Among { below, .. } => {
            format!("lower than {} of the reference", Language::English.percent(below))
        }
        ReferencePosition::Unseen => "a level that is not in the reference".to_owned(),
        ReferencePosition::Level(share) | ReferencePosition::Missing(share) => {
            format!("as in {} of the reference", Language::English.percent(share))
        }
    }
}
