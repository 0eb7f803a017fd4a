//! Headlines that fit in two lines, in English.

use vigie_profile::shown::shown;

use super::{
    findings, headline,
    numbers::{exact, grouped, number, percent, plural, rounded},
    sequence, skew,
};
use crate::{
    drift::{Change, CommonValue},
    judge::{
        DecisionCause, Direction, DriftedFeatures, Facts, Finding, Headline, LeftOutKind, Severity, StoryBrief,
        Subject, Test, UnusableReason, VerdictHeadline,
    },
    report::words::values::{Multiple, ShortHeadline},
};

/// Extents from here on are all rows.
const ALL_ROWS: f64 = 0.99;

/// `clause` states a finding as one clause.
pub(super) fn headline(headline: &Headline, clause: &dyn Fn(&Finding) -> String) -> ShortHeadline {
    match headline {
        Headline::Verdict(verdict) => self::verdict(verdict, clause),
        Headline::Failed { .. } | Headline::Labels { .. } | Headline::Test | Headline::Stored { .. } => {
            ShortHeadline::whole(headline::headline(headline, clause))
        }
    }
}

fn verdict(verdict: &VerdictHeadline, clause: &dyn Fn(&Finding) -> String) -> ShortHeadline {
    let VerdictHeadline { severity, rows, min_rows, features, .. } = verdict;
    let text = match severity {
        Severity::Watch | Severity::Alarm => return worst(verdict, clause),
        Severity::Stable if *features == 1 => "The feature matches the reference".to_owned(),
        Severity::Stable => format!("All {} features match the reference", grouped(*features as u64)),
        Severity::TooFew => {
            format!("Too few rows for a verdict: {} used, {} needed", grouped(*rows), grouped(*min_rows))
        }
        Severity::NoData => "No records in this window".to_owned(),
    };
    ShortHeadline::whole(text)
}

fn worst(verdict: &VerdictHeadline, clause: &dyn Fn(&Finding) -> String) -> ShortHeadline {
    let worst = verdict.others.first().filter(|_| !verdict.is_feature_worst);
    let short = worst.map_or_else(|| verdict.drifted.as_ref().map(drifted), finding);
    ShortHeadline::new(short, headline::clauses(verdict, clause), findings::severity_word(verdict.severity))
}

/// What happened to the worst features, and whether that is all there is to say.
fn drifted(drifted: &DriftedFeatures) -> (String, bool) {
    match &drifted.story {
        Some(story) => self::story(story),
        None => {
            let (moved, is_whole) = direction(&drifted.direction);
            (format!("{} {moved}", shown(&drifted.worst)), is_whole)
        }
    }
}

fn direction(direction: &Direction) -> (String, bool) {
    let short = match direction {
        Direction::Median { .. } | Direction::Mean { .. } | Direction::Unknown | Direction::Absent { near: None } => {
            return (findings::direction(direction), true);
        }
        Direction::Absent { near: Some(_) } => "is in no record",
        Direction::Dead { .. } => "no longer has a value",
        Direction::Constant { .. } => "has the same value everywhere",
        Direction::Missing { from, to } if to > from => "is missing more often",
        Direction::Missing { .. } => "is missing less often",
        Direction::Unseen { .. } => "has levels not seen before",
        Direction::Above { .. } => "exceeds the reference maximum",
        Direction::Below { .. } => "is below the reference minimum",
        Direction::Equals { .. } | Direction::Within { .. } => "has drifted",
    };
    (short.to_owned(), false)
}

fn story(brief: &StoryBrief) -> (String, bool) {
    let many = brief.only().is_none();
    let (state, is_whole) = state(brief, many);
    (format!("{} {state}", who(brief)), is_whole)
}

fn who(brief: &StoryBrief) -> String {
    if let Some(block) = &brief.block {
        let (all, name) = (grouped(block.features as u64), shown(&block.name()));
        let features = if block.features == 1 { "feature" } else { "features" };
        return if block.is_whole() {
            format!("All {all} {features} of {name}")
        } else {
            format!("{} of {all} {features} of {name}", grouped(block.affected as u64))
        };
    }
    let lead = brief.named.first().map(|lead| shown(lead)).unwrap_or_default();
    match (brief.named.len() + brief.more).saturating_sub(1) {
        0 => lead,
        others => format!("{lead} and {others} more"),
    }
}

/// What the features are or have done. Since when is stated elsewhere.
fn state(brief: &StoryBrief, many: bool) -> (String, bool) {
    let (be, have) = if many { ("are", "have") } else { ("is", "has") };
    let most = brief.extent.map_or(1.0, |(_, most)| most);
    let is_all = brief.extent.is_none_or(|(least, _)| least >= ALL_ROWS);
    let partly = if is_all { "" } else { "partly " };
    let short = match &brief.change {
        Change::Absent => return (format!("{be} in no record"), true),
        Change::Gap { .. } if is_all => return (format!("{be} empty"), true),
        Change::Gap { .. } => format!("{have} lost {} of {} values", percent(most), if many { "their" } else { "its" }),
        Change::Filled { .. } => format!("{be} filled where usually empty"),
        Change::Sentinel { value, .. } | Change::Atom { value, .. } => {
            format!("{be} {} in {} of rows", exact(*value), percent(most))
        }
        Change::Unit { factor, .. } => match Multiple::new(*factor) {
            Multiple::Reversed => format!("{be} {partly}of the opposite sign"),
            Multiple::By(factor) => format!("{be} {partly}multiplied by {}", exact(factor)),
            Multiple::DividedBy(divisor) => format!("{be} {partly}divided by {}", exact(divisor)),
        },
        Change::Factor { factor } => return (format!("{be} multiplied by {}", number(*factor)), true),
        Change::Offset { by } => return (format!("{be} shifted by {}", number(*by)), true),
        Change::Merged { .. } => format!("{have} a level logged as another"),
        Change::Repeated { .. } => format!("{be} {partly}copied from one row"),
        Change::Spelling { .. } => format!("{be} {partly}spelt differently"),
        Change::Constant { value: CommonValue::Number(value) } => {
            return (format!("{be} always {}", exact(*value)), true);
        }
        Change::Constant { value: CommonValue::Level(_) } => format!("{be} always the same level"),
        Change::NewLevel { .. } => format!("{have} levels not seen before"),
        Change::Stale { .. } => format!("{} old values", if many { "repeat" } else { "repeats" }),
        Change::Shift if many => return (format!("{have} drifted together"), true),
        Change::Shift => return (format!("{have} drifted"), true),
    };
    // A unit in all rows needs no more words.
    (short, is_all && matches!(brief.change, Change::Unit { .. }))
}

/// A finding about the run, the score or a segment; `None` if its clause is short already.
fn finding(finding: &Finding) -> Option<(String, bool)> {
    let part = |text: String| Some((text, false));
    let whole = |text: String| Some((text, true));
    match &finding.facts {
        Facts::RefusalRate { from, to } => whole(format!("Refusal rate {} → {}", percent(*from), percent(*to))),
        Facts::Decision(found) => {
            let (rows, against) = (grouped(found.rows), grouped(found.accepted + found.refused));
            part(match found.cause {
                DecisionCause::OneWord { refused: true } => format!("All {rows} logged decisions are refusals"),
                DecisionCause::OneWord { refused: false } => format!("All {rows} logged decisions are acceptances"),
                DecisionCause::Reversed => format!("{against} of {rows} decisions are the opposite of the score"),
                DecisionCause::Threshold { followed } => {
                    format!("Decisions follow the threshold {}, not {}", exact(followed), exact(found.threshold))
                }
                DecisionCause::Overrides => format!("{against} of {rows} decisions contradict their score"),
            })
        }
        Facts::UnknownDecisions { rows, unknown, .. } => {
            part(format!("{} of {} decisions have unknown words", grouped(*unknown), grouped(*rows)))
        }
        Facts::Overrides { refused, from, to, .. } => {
            let what = if *refused { "Refusals" } else { "Acceptances" };
            part(format!("{what} against the score: {} → {}", percent(*from), percent(*to)))
        }
        Facts::RowsLeftOut { what, rows, of, reason, .. } => {
            let noun = match what {
                LeftOutKind::Rows => "rows",
                LeftOutKind::Labels => "labels",
            };
            #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
            let share = percent(*rows as f64 / (*of as f64).max(1.0));
            part(match reason {
                UnusableReason::Percentage => format!("{share} of {noun} are left out: scores in percent?"),
                _ => format!("{share} of {noun} are left out, {} of {}", grouped(*rows), grouped(*of)),
            })
        }
        Facts::ScoreNotMapped => part("The score is not monitored: no field is mapped".to_owned()),
        Facts::ModelVersion { share } => part(format!("{} of rows are from another model version", percent(*share))),
        Facts::ErrorRate { share } => whole(format!("{} of requests failed", percent(*share))),
        Facts::Latency { p95_ms } => part(format!("95% of requests took up to {} ms", number(*p95_ms))),
        Facts::NoData { .. } => part("No records in this window".to_owned()),
        Facts::Parity { compared, mismatches, .. } => {
            let differ = plural(*mismatches, "differs", "differ");
            part(format!("{} of {} scores {differ} from the model file", grouped(*mismatches), grouped(*compared)))
        }
        Facts::Cost { by_labels, increase, .. } => {
            let what = if *by_labels { "Cost of labelled decisions" } else { "Expected cost of decisions" };
            part(format!("{what} up by {}", percent(*increase)))
        }
        Facts::Auc { by_labels, drop, window, .. } => {
            let what = if *by_labels { "AUC of labelled rows" } else { "Expected AUC" };
            part(format!("{what} down by {} to {}", number(*drop), number(*window)))
        }
        Facts::SegmentScore { .. } => {
            part(format!("The score of segment “{}” has drifted", shown(finding.subject.name()?)))
        }
        Facts::Disparity { ratio, .. } => {
            let name = shown(finding.subject.name()?);
            part(format!("Segment “{name}” is accepted {} times as often", number(*ratio)))
        }
        Facts::Volume { records, usual, .. } => {
            part(format!("{} records, usually {}", grouped(*records), rounded(*usual)))
        }
        Facts::StaleReference { days, .. } => whole(format!("The reference is {days} days old")),
        Facts::RegistryAway { is_denied: true, .. } => {
            whole("The model registry refuses vigie's credentials".to_owned())
        }
        Facts::RegistryAway { .. } => whole("The model registry cannot be reached".to_owned()),
        Facts::LeftOut(_) | Facts::Lost(_) if finding.test == Test::Labels => {
            part("Labels could not be read".to_owned())
        }
        Facts::LeftOut(_) if finding.test == Test::Skew => part("The feature table could not be compared".to_owned()),
        Facts::LeftOut(_) | Facts::Lost(_) => part("Part of the log could not be read".to_owned()),
        Facts::Skew { causes, more, .. } => part(skew::short(causes, *more)),
        Facts::MissingRecords { missing, dropped, .. } => part(sequence::short(*missing, *dropped)),
        Facts::UnfollowedSequence => part("Missing records cannot be counted".to_owned()),
        Facts::Failed(_) => part("The run failed".to_owned()),
        _ if finding.subject == Subject::Score => part("The score has drifted".to_owned()),
        // Findings about features are stated by stories; the others are of earlier versions.
        Facts::Psi { .. }
        | Facts::Distance { .. }
        | Facts::Missing { .. }
        | Facts::Unseen { .. }
        | Facts::Absent { .. }
        | Facts::Dead { .. }
        | Facts::Constant { .. }
        | Facts::TooFew { .. }
        | Facts::Stale { .. }
        | Facts::Story { .. }
        | Facts::Stored { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use vigie_profile::decision::HighScore;

    use super::*;
    use crate::judge::{Contradictions, StoryBlock};

    fn brief(named: &[&str], more: usize, change: Change) -> StoryBrief {
        let extent = change.extent().map(|extent| (extent, extent));
        let named = named.iter().map(|name| (*name).to_owned()).collect();
        StoryBrief { named, more, block: None, change, extent, onset: None }
    }

    #[test]
    fn stories_fit_in_two_lines() {
        let block = |affected, change| StoryBrief {
            block: Some(StoryBlock { prefix: "PREV_INST_".to_owned(), features: 36, affected }),
            ..brief(&["PREV_INST_A"], 35, change)
        };
        for (story, expected) in [
            (block(36, Change::Gap { extent: 1.0 }), ("All 36 features of PREV_INST_* are empty", true)),
            (block(36, Change::Stale { extent: 1.0 }), ("All 36 features of PREV_INST_* repeat old values", false)),
            (
                block(30, Change::Gap { extent: 0.4 }),
                ("30 of 36 features of PREV_INST_* have lost 40.0% of their values", false),
            ),
            (
                brief(&["AMT_A", "AMT_B", "AMT_C"], 1, Change::Unit { factor: 0.001, extent: 0.08 }),
                ("AMT_A and 3 more are partly divided by 1,000", false),
            ),
            (
                brief(&["AMT_A", "AMT_B"], 0, Change::Unit { factor: 0.001, extent: 1.0 }),
                ("AMT_A and 1 more are divided by 1,000", true),
            ),
            (brief(&["age"], 0, Change::Shift), ("age has drifted", true)),
        ] {
            let (text, is_whole) = self::story(&story);
            assert_eq!((text.as_str(), is_whole), expected);
            assert!(text.chars().count() <= 66, "{text}");
        }
    }

    #[test]
    fn a_short_headline_hides_nothing() {
        let found = Contradictions {
            rows: 700,
            accepted: 0,
            refused: 524,
            threshold: 0.5,
            high_score: HighScore::Bad,
            cause: DecisionCause::OneWord { refused: true },
        };
        let of_run = |test, facts| Finding::of_run(test, Severity::Alarm, facts);
        let mut verdict = VerdictHeadline {
            severity: Severity::Alarm,
            rows: 700,
            min_rows: 500,
            features: 125,
            drifted: None,
            others: vec![
                of_run(Test::Decision, Facts::Decision(found)),
                of_run(Test::ShareRefused, Facts::RefusalRate { from: 0.262, to: 1.0 }),
            ],
            more_others: 0,
            is_feature_worst: false,
        };
        let clause = |finding: &Finding| findings::measure(finding);
        let short = headline(&Headline::Verdict(verdict.clone()), &clause);
        assert_eq!(short.text, "All 700 logged decisions are refusals");
        assert_eq!(short.details.len(), 2, "what the short form leaves out is below: {:?}", short.details);
        verdict.others.remove(0);
        let short = headline(&Headline::Verdict(verdict), &clause);
        assert_eq!((short.text.as_str(), short.details.len()), ("Refusal rate 26.2% → 100%", 0));
    }
}
