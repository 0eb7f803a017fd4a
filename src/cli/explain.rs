//! `vigie explain`: reason codes of one prediction.

use std::{fmt::Write as _, num::NonZero};

use serde_json::{Value, json};
use vigie_profile::shown::shown;

use super::{
    Ending,
    args::{ExplainArgs, Format},
    check::window,
    progress::Bar,
    say::say,
};
use crate::{
    config::{Problems, Settings},
    fault::{Fault, Result},
    judge::{number, percent},
    monitor::{ExplainAsked, Explained, Looking, explain},
    replay::{Beside, Given, Reason},
};

/// So many features are listed, and so many are reasons.
const LISTED: usize = 15;
const REASONS: usize = 4;
/// Letters of the longest bar.
const BAR: f64 = 24.0;

pub(super) fn run(args: &ExplainArgs) -> Result<Ending> {
    let settings = Settings::load(&args.config).map_err(Problems::into_fault)?;
    let window = match (&args.from, &args.to) {
        (Some(from), Some(to)) => Some(window(from, to, &settings.schedule.zone)?),
        _ => None,
    };
    let asked = match (&args.id, &args.row) {
        (Some(id), _) => ExplainAsked::Id(id.clone(), window),
        (None, Some(row)) => ExplainAsked::Row(row.clone()),
        (None, None) => return Err(Fault::setup("say which prediction: --id ID of the log, or --row FILE.json")),
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let bar = Bar::new("looking for the record");
    let explained = explain(&settings, &asked, Looking { threads, progress: &|done, all| bar.at(done, all) })?;
    drop(bar);
    say(&match args.format {
        Format::Json => json_of(&settings, &explained),
        Format::Text => text_of(&settings, &explained),
    });
    Ok(Ending::Told)
}

fn decision(explained: &Explained) -> &'static str {
    if explained.explanation.probability >= explained.threshold { "refused" } else { "accepted" }
}

fn direction(contribution: f64) -> &'static str {
    match contribution {
        up if up > 0.0 => "raises",
        down if down < 0.0 => "lowers",
        _ => "none",
    }
}

/// Those that speak for the decision, the strongest first.
fn reasons(explained: &Explained) -> impl Iterator<Item = &Reason> {
    let refused = explained.explanation.probability >= explained.threshold;
    let speaks = move |reason: &&Reason| {
        if refused { reason.contribution > 0.0 } else { reason.contribution < 0.0 }
    };
    explained.explanation.reasons.iter().filter(speaks).take(REASONS)
}

fn json_of(settings: &Settings, explained: &Explained) -> String {
    let explanation = &explained.explanation;
    let contributions: Vec<Value> = explanation
        .reasons
        .iter()
        .map(|reason| {
            json!({
                "feature": reason.feature,
                "kind": reason.kind,
                "value": match &reason.given {
                    Given::Missing => Value::Null,
                    Given::Number(number) => json!(number),
                    Given::Level(level) => json!(level),
                },
                "contribution": reason.contribution,
                "direction": direction(reason.contribution),
                "beside_the_reference": reason.beside.map(words),
            })
        })
        .collect();
    let logged = explained.logged.as_ref().map(|logged| {
        json!({
            "probability": logged.probability,
            "decision": logged.decision,
            "model_version": logged.model_version,
            "agrees": logged.agrees,
            "difference": logged.difference,
            "precision": logged.precision,
        })
    });
    let document = json!({
        "model": { "name": settings.model.name, "version": settings.model.version, "sha256": explained.model_sha256 },
        "id": explained.id,
        "timestamp": explained.at,
        "logged": logged,
        "probability": explanation.probability,
        "threshold": explained.threshold,
        "decision": decision(explained),
        "raw": explanation.raw,
        "expected_value": explanation.expected,
        "reasons": reasons(explained).map(sentence).collect::<Vec<_>>(),
        "contributions": contributions,
    });
    format!("{document:#}\n")
}

fn text_of(settings: &Settings, explained: &Explained) -> String {
    let explanation = &explained.explanation;
    let mut text = String::new();
    let whose = match (&explained.id, &explained.at) {
        (Some(id), Some(at)) => format!("{} of {at}", shown(id)),
        _ => "the given row".to_owned(),
    };
    let _ = writeln!(text, "{}  {whose}", settings.model.name);
    let _ = writeln!(
        text,
        "{}: probability {:.6}, refused from {}",
        capitalised(decision(explained)),
        explanation.probability,
        explained.threshold
    );
    if let Some(logged) = &explained.logged {
        let decided = logged.decision.as_ref().map_or(String::new(), |word| format!(", {}", shown(word)));
        let _ = match logged.probability {
            Some(probability) if logged.agrees => writeln!(text, "logged: {probability}{decided}"),
            Some(probability) => {
                let far =
                    logged.difference.map_or(String::new(), |far| format!(": it lies {far:.1e} off, in a log of "));
                let precision = &logged.precision;
                writeln!(
                    text,
                    "logged: {probability}{decided}; this is not the score of this model file{far}{precision}"
                )
            }
            None => writeln!(text, "logged: no probability{decided}"),
        };
    }
    let _ = writeln!(text, "\nreasons, in units of the raw score:");
    for (place, reason) in reasons(explained).enumerate() {
        let _ = writeln!(text, "  {}. {}", place + 1, sentence(reason));
    }
    let listed: Vec<&Reason> =
        explanation.reasons.iter().filter(|reason| reason.contribution != 0.0).take(LISTED).collect();
    let names: Vec<String> = listed.iter().map(|reason| shown(&reason.feature)).collect();
    let values: Vec<String> = listed.iter().map(|reason| value(&reason.given)).collect();
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
        "\nraw score {} = expected {} {} all contributions",
        signed(explanation.raw),
        signed(explanation.expected),
        signed(sum)
    );
    text
}

/// A number and its bar; what lowers the score is drawn in another shade.
fn bar(contribution: f64, largest: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 24")]
    let letters = (contribution.abs() / largest * BAR).round().clamp(0.0, BAR) as usize;
    let shade = if contribution > 0.0 { "█" } else { "░" };
    format!("{}  {}", signed(contribution), shade.repeat(letters)).trim_end().to_owned()
}

fn signed(value: f64) -> String {
    format!("{value:+.4}").replace('-', "−")
}

fn value(given: &Given) -> String {
    match given {
        Given::Missing => "missing".to_owned(),
        Given::Number(number) => number.to_string(),
        Given::Level(level) => shown(level),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// A reason code: feature, value, where it lies, what it does.
fn sentence(reason: &Reason) -> String {
    let beside = reason.beside.map_or(String::new(), |beside| format!(" ({})", words(beside)));
    let towards = if reason.contribution > 0.0 { "refusal" } else { "acceptance" };
    let size = number(reason.contribution.abs());
    format!("{} is {}{beside}: {size} towards {towards}", shown(&reason.feature), value(&reason.given))
}

fn words(beside: Beside) -> String {
    match beside {
        Beside::BelowAll => "below everything in the reference".to_owned(),
        Beside::AboveAll => "above everything in the reference".to_owned(),
        Beside::Among { above, below } if above >= below => format!("higher than {} of the reference", percent(above)),
        Beside::Among { below, .. } => format!("lower than {} of the reference", percent(below)),
        Beside::Unseen => "a level that the reference never had".to_owned(),
        Beside::Level(share) | Beside::Missing(share) => format!("as in {} of the reference", percent(share)),
    }
}
