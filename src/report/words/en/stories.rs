//! Stories in English.

use vigie_profile::shown::shown;

use super::{
    lists::names,
    numbers::{exact, number, percent},
    onsets,
};
use crate::{
    drift::{Change, CommonValue, Onset, Respelled},
    judge::{Story, StoryBrief, StoryReason, StorySide, StoryTable},
    report::words::{
        format::moment,
        values::{Cause, Multiple},
    },
};

/// Extents from here on are all rows.
const ALL_ROWS: f64 = 0.99;

/// States a story with its subject, as a clause: `all 25 features of BUREAU_* are empty since 2026-10-13 14:20 UTC`.
pub(super) fn story(brief: &StoryBrief) -> String {
    let many = brief.only().is_none();
    format!("{} {}{}", who(brief, true), verb(brief, many), since(brief.onset))
}

/// States a story after its subject. `strongest`: what the strongest test of the feature that leads found.
pub(super) fn stated(brief: &StoryBrief, strongest: &str) -> String {
    let since = since(brief.onset);
    if brief.only().is_none() {
        return format!("{} {}{since}", who(brief, false), verb(brief, true));
    }
    match lone_state(brief) {
        Some(state) => format!("{state}{since}: {strongest}"),
        None if since.is_empty() => strongest.to_owned(),
        None => format!("{}: {strongest}", since.trim_start()),
    }
}

/// The state of a single feature, unless the strongest test states it.
fn lone_state(brief: &StoryBrief) -> Option<String> {
    match brief.change {
        Change::Absent | Change::NewLevel { .. } | Change::Stale { .. } | Change::Shift => None,
        Change::Gap { .. }
        | Change::Filled { .. }
        | Change::Sentinel { .. }
        | Change::Atom { .. }
        | Change::Unit { .. }
        | Change::Factor { .. }
        | Change::Offset { .. }
        | Change::Merged { .. }
        | Change::Repeated { .. }
        | Change::Spelling { .. }
        | Change::Constant { .. } => state(brief),
    }
}

fn who(brief: &StoryBrief, is_named: bool) -> String {
    let Some(block) = &brief.block else { return names(&brief.named, brief.more) };
    let of = if is_named { format!(" of {}", shown(&block.name())) } else { String::new() };
    let features = if block.features == 1 { "feature" } else { "features" };
    if block.is_whole() {
        format!("all {} {features}{of}", block.features)
    } else {
        format!("{} of {} {features}{of}", block.affected, block.features)
    }
}

fn verb(brief: &StoryBrief, many: bool) -> String {
    let (be, have) = if many { ("are", "have") } else { ("is", "has") };
    match (state(brief), &brief.change) {
        (Some(state), _) => format!("{be} {state}"),
        (None, Change::NewLevel { level, others, .. }) => {
            let levels = new_levels(level.as_deref(), *others);
            format!("{have} levels not seen in the reference{}{levels}", in_rows(brief))
        }
        (None, Change::Stale { .. }) => format!("repeat the values of the previous window{}", in_rows(brief)),
        (None, _) if many => "have drifted together".to_owned(),
        (None, _) => "has drifted".to_owned(),
    }
}

/// What the features are now, after “are”; `None` if that takes another verb.
fn state(brief: &StoryBrief) -> Option<String> {
    Some(match &brief.change {
        Change::Absent => "in no record".to_owned(),
        Change::Gap { .. } if is_all(brief) => "empty".to_owned(),
        Change::Gap { .. } => format!("missing in {} of the rows that should have a value", extent(brief)),
        Change::Filled { .. } => format!("filled in {} of the rows where the reference has no value", extent(brief)),
        Change::Sentinel { value, .. } => {
            format!("{}{}, a value that the reference does not have", exact(*value), in_rows(brief))
        }
        Change::Atom { value, .. } => {
            format!("{} in {} of rows that would have other values", exact(*value), extent(brief))
        }
        Change::Unit { factor, .. } => format!("{}{}", multiplied(*factor), in_rows(brief)),
        Change::Factor { factor } => format!("multiplied by {}", number(*factor)),
        Change::Offset { by } => format!("shifted by {}", number(*by)),
        Change::Merged { from, into, .. } => {
            format!("no longer “{}” but “{}”{}", shown(from), shown(into), in_rows(brief))
        }
        Change::Repeated { .. } => format!("copied from one row{}", in_rows(brief)),
        Change::Spelling { levels, .. } => format!("spelt differently{}{}", in_rows(brief), spellings(levels)),
        Change::Constant { value: CommonValue::Number(value) } => format!("always {}", exact(*value)),
        Change::Constant { value: CommonValue::Level(Some(level)) } => format!("always “{}”", shown(level)),
        Change::Constant { value: CommonValue::Level(None) } => "always the same level".to_owned(),
        Change::NewLevel { .. } | Change::Stale { .. } | Change::Shift => return None,
    })
}

fn multiplied(factor: f64) -> String {
    match Multiple::new(factor) {
        Multiple::Reversed => "of the opposite sign".to_owned(),
        Multiple::By(factor) => format!("multiplied by {}", exact(factor)),
        Multiple::DividedBy(divisor) => format!("divided by {}", exact(divisor)),
    }
}

fn spellings(levels: &[Respelled]) -> String {
    match levels.first() {
        Some(Respelled { known, found: Some(found), .. }) => format!(" (“{}” for “{}”)", shown(found), shown(known)),
        Some(Respelled { known, found: None, .. }) => format!(" (another spelling of “{}”)", shown(known)),
        None => String::new(),
    }
}

fn new_levels(level: Option<&str>, others: usize) -> String {
    match (level, others) {
        (Some(level), 0) => format!(" (“{}”)", shown(level)),
        (Some(level), others) => format!(" (“{}” and {others} more)", shown(level)),
        (None, _) => String::new(),
    }
}

fn is_all(brief: &StoryBrief) -> bool {
    brief.extent.is_none_or(|(least, _)| least >= ALL_ROWS)
}

fn in_rows(brief: &StoryBrief) -> String {
    if is_all(brief) { " in all rows".to_owned() } else { format!(" in {} of rows", extent(brief)) }
}

fn extent(brief: &StoryBrief) -> String {
    let (least, most) = brief.extent.unwrap_or((1.0, 1.0));
    let (least, most) = (percent(least), percent(most));
    if least == most { least } else { format!("{least} to {most}") }
}

fn since(onset: Option<Onset>) -> String {
    onset.map_or(String::new(), |onset| format!(" {}", onsets::onset(&onset)))
}

/// States what caused a story, as a clause.
pub(super) fn side(story: &Story) -> String {
    let cause = match story.side {
        StorySide::Pipeline => "this looks like a fault in the data pipeline",
        StorySide::Population => "this looks like a change of the applicants",
        StorySide::Unknown => "whether the data pipeline or the applicants changed is not clear",
    };
    if story.reasons.is_empty() { cause.to_owned() } else { format!("{cause}: {}", reasons(story)) }
}

/// Names the source table, with the number of features if not all come from it.
pub(super) fn source_table(table: &StoryTable) -> String {
    let some = format!(" ({} of {} features)", table.features, table.members);
    format!("source table: {}{}", shown(&table.name), if table.is_of_all() { "" } else { &some })
}

pub(super) fn reasons(story: &Story) -> String {
    story.reasons.iter().map(reason).collect::<Vec<_>>().join(", ")
}

/// Why a finding that is not about features has the cause that it has.
pub(super) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Decisions => {
            "the decisions contradict the scores of the same rows, which no change of the applicants can cause"
        }
        Cause::Overrides => "people or rules may override the model, or the service is at fault",
        Cause::Log => "the log, or the service that writes it, is at fault",
        Cause::Service => "the service itself is slow or fails",
        Cause::Model => "another model than the expected one answers",
        Cause::ScoredInputs => "the service changes the inputs between the log and the model",
        Cause::ModelReading => "the service uses the model file in another way than the config says",
        Cause::Skew => "serving has not used the values of the feature table",
        Cause::FeatureTable => "the feature table could not be compared",
        Cause::Volume => "there may be fewer applicants, or a part of the log is missing",
        Cause::Unexplained => "no feature shows why",
    }
}

fn reason(reason: &StoryReason) -> String {
    match reason {
        StoryReason::FieldGone => "no record has the field".to_owned(),
        StoryReason::Emptied => "at least 90% of the values are missing or cannot be read".to_owned(),
        StoryReason::PartlyEmptied => {
            "some of the values are gone, and no change of the applicants explains it".to_owned()
        }
        StoryReason::Filled => "there are values where the reference has none".to_owned(),
        StoryReason::WholeBlock => "it concerns all features of one source".to_owned(),
        StoryReason::Unit => "the factor is that of another unit".to_owned(),
        StoryReason::OutOfRange => "the value is outside the reference’s range".to_owned(),
        StoryReason::Respelled => "known levels are spelt differently".to_owned(),
        StoryReason::Constant => "all rows have one value".to_owned(),
        StoryReason::Repeated => "the source returns old answers".to_owned(),
        StoryReason::OneAnswer => "many rows have the values of one row, as after a wrong join".to_owned(),
        StoryReason::LevelMerged => "one level is gone, and another has its rows".to_owned(),
        StoryReason::Passed { from, until } => {
            format!("it began and ended suddenly, {}", onsets::from_to(*from, *until))
        }
        StoryReason::Began { at } => format!("it began suddenly, at {}", moment(*at)),
        StoryReason::StoodStill { feature } => format!("{}, which usually moves along, did not", shown(feature)),
        StoryReason::MovedAlong { features } => format!("related features moved along ({})", names(features, 0)),
        StoryReason::SharedFactor => {
            "several features share the factor, as with another currency, inflation, or other applicants".to_owned()
        }
        StoryReason::SharedOffset => {
            "features on different scales moved by the same amount, as with another reference date or base value"
                .to_owned()
        }
        StoryReason::PopulationMoved { feature } => format!("the applicants changed as well ({})", shown(feature)),
        StoryReason::PlausibleValue => "applicants can have this value".to_owned(),
        StoryReason::NewLevel => "a new level may be a new product or a new code".to_owned(),
        StoryReason::LevelGone { level } => {
            format!("no row has “{}” any more, and no other level has its rows", shown(level))
        }
        StoryReason::NoRelative => "no other feature is related closely enough".to_owned(),
        StoryReason::TooFewRows => "there are too few rows to compare with related features".to_owned(),
        StoryReason::Mixed => "related features show neither".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use vigie_profile::window::Instant;

    use super::*;
    use crate::{drift::OnsetOf, judge::StoryBlock};

    fn brief(named: &[&str], more: usize, change: Change) -> StoryBrief {
        let extent = change.extent().map(|extent| (extent, extent));
        let named = named.iter().map(|name| (*name).to_owned()).collect();
        StoryBrief { named, more, block: None, change, extent, onset: None }
    }

    #[test]
    fn a_block_and_a_list_are_named() {
        let names = ["B_A", "B_B", "B_C"];
        let at = Instant(1_791_901_200_000_000);
        let block = StoryBrief {
            block: Some(StoryBlock { prefix: "B_".to_owned(), features: 25, affected: 25 }),
            onset: Some(Onset { at, until: None, resolution_s: 60, of: OnsetOf::Missing, before: 0.1, after: 1.0 }),
            ..brief(&names, 22, Change::Gap { extent: 1.0 })
        };
        assert_eq!(story(&block), "all 25 features of B_* are empty since 2026-10-13 14:20 UTC");
        assert_eq!(stated(&block, "missing 0% → 100%"), "all 25 features are empty since 2026-10-13 14:20 UTC");
        let passed = |minutes: i64| StoryBrief {
            onset: block.onset.map(|onset| Onset { until: Some(Instant(at.0 + minutes * 60_000_000)), ..onset }),
            ..block.clone()
        };
        assert_eq!(story(&passed(90)), "all 25 features of B_* are empty from 2026-10-13 14:20 to 15:50 UTC");
        assert_eq!(
            story(&passed(600)),
            "all 25 features of B_* are empty from 2026-10-13 14:20 to 2026-10-14 00:20 UTC"
        );
        let list = brief(&names, 2, Change::Unit { factor: 0.001, extent: 0.302 });
        assert_eq!(story(&list), "B_A, B_B, B_C and 2 more are divided by 1,000 in 30.2% of rows");
        let moved = brief(&names, 0, Change::Shift);
        assert_eq!(story(&moved), "B_A, B_B, B_C have drifted together");
    }

    #[test]
    fn a_single_feature_is_stated_with_its_strongest_test() {
        let said = |change| stated(&brief(&["A"], 0, change), "PSI 1.00");
        assert_eq!(said(Change::Shift), "PSI 1.00");
        assert_eq!(said(Change::Gap { extent: 1.0 }), "empty: PSI 1.00");
        assert_eq!(
            said(Change::Gap { extent: 0.3 }),
            "missing in 30.0% of the rows that should have a value: PSI 1.00"
        );
        assert_eq!(said(Change::Factor { factor: 1.3 }), "multiplied by 1.30: PSI 1.00");
        assert_eq!(
            said(Change::Merged { from: "Widow".to_owned(), into: "Married".to_owned(), extent: 0.05 }),
            "no longer “Widow” but “Married” in 5.0% of rows: PSI 1.00"
        );
        assert_eq!(
            said(Change::Sentinel { value: 365_243.0, extent: 0.06 }),
            "365,243 in 6.0% of rows, a value that the reference does not have: PSI 1.00"
        );
        assert_eq!(said(Change::Constant { value: CommonValue::Number(0.0) }), "always 0: PSI 1.00");
    }
}
