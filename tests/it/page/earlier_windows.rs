//! Every word about earlier windows comes from the languages: see `pseudo_language`.

use std::fs;

use vigie::{
    drift::RecentDrift,
    judge::{Pace, RecentVerdict, RecentVerdicts},
    monitor::{RangeRequest, check_range},
    report::{AgainstWindow, BaselineReport, EarlierWindow},
};
use vigie_profile::window::Instant;

use super::{
    pseudo_language::{SCAN, assert_bracketed, assert_bracketed_page, day, names, report_of, settings},
    snapshots::drifted,
};
use crate::support::applicants::DAY;

const DAY_US: i64 = 86_400_000_000;

/// The second baseline, another window instead of the reference, and the summary of a range.
#[test]
fn a_report_with_earlier_windows() {
    let world = drifted();
    let mut report = report_of(&world);
    let recent = |pace, left_out| {
        let drift = RecentDrift { psi: 0.3, p_value: Some(1e-9), rank: 1, windows: 9, left_out };
        Some(RecentVerdict { drift, q_value: Some(1e-9), pace })
    };
    let all = [Some(Pace::Jump), Some(Pace::Slow), Some(Pace::Return), None];
    let features = report.drift.features.len();
    let paces = all.into_iter().cycle().enumerate();
    let verdicts = RecentVerdicts {
        features: paces.take(features).map(|(place, pace)| recent(pace, place % 2)).collect(),
        score: recent(Some(Pace::Jump), 1),
    };
    for (windows, same_weekday) in [(12, false), (12, true), (2, false), (1, false), (0, false)] {
        let windows = (0..windows).map(|number| EarlierWindow { window: day(number - 20), revision: 0 }).collect();
        let verdicts = verdicts.clone();
        report.baseline = Some(BaselineReport { windows, most: 10, least: 7, same_weekday, verdicts });
        assert_bracketed(&report, Vec::new(), &["recent"]);
    }
    for is_exact in [true, false] {
        report.against = Some(AgainstWindow { window: day(-1), rows: 1, is_exact });
        assert_bracketed(&report, Vec::new(), &[]);
    }
    let known = names(&report);
    for each in ["1d", "month"] {
        let request = RangeRequest { range: day(0), each: each.parse().unwrap(), now: Instant(DAY + 2 * DAY_US) };
        let checked = check_range(&settings(&world), &request, SCAN, &mut |_| ()).unwrap();
        assert_bracketed_page(&fs::read_to_string(&checked.html).unwrap(), &known);
    }
}
