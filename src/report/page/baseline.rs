//! The window compared with the windows before it: which drift is new, and which has built up slowly.

use vigie_profile::shown::shown;

use crate::{
    judge::{Pace, RecentVerdict, Subject},
    report::{BaselineReport, Report, words::Language},
};

/// Table row of a feature.
pub(crate) struct RecentLine {
    pub name: String,
    pub reference: String,
    pub recent: String,
    pub rank: String,
    pub reading: String,
}

/// Content of the section.
pub(crate) struct BaselineCard {
    pub words: String,
    /// Features that differ from the reference or from the windows before, new ones first.
    pub lines: Vec<RecentLine>,
}

pub(crate) fn card(report: &Report, language: Language) -> Option<BaselineCard> {
    let baseline = report.baseline.as_ref()?;
    let psi = |place: usize| report.drift.features.get(place).and_then(|feature| feature.psi.value);
    let features = baseline.verdicts.features.iter().enumerate().filter_map(|(place, verdict)| {
        let name = shown(&report.drift.features.get(place)?.name);
        Some((name, psi(place), verdict.as_ref()?))
    });
    let score = report.drift.score.as_ref().zip(baseline.verdicts.score.as_ref());
    let score = score.map(|(score, verdict)| (language.labels().score.to_owned(), score.distance.psi.value, verdict));
    let mut named: Vec<(String, Option<f64>, &RecentVerdict)> =
        features.chain(score).filter(|(_, _, verdict)| verdict.pace.is_some()).collect();
    let is_slow = |verdict: &RecentVerdict| verdict.pace == Some(Pace::Slow);
    named.sort_by(|(_, _, a), (_, _, b)| is_slow(a).cmp(&is_slow(b)).then_with(|| b.drift.psi.total_cmp(&a.drift.psi)));
    let lines = named.into_iter().map(|(name, reference, verdict)| RecentLine {
        name,
        reference: language.number_or_dash(reference),
        recent: language.number(verdict.drift.psi),
        rank: language.part_of(verdict.drift.rank as u64, verdict.drift.windows as u64 + 1),
        reading: sentence(baseline, verdict, language).unwrap_or_default(),
    });
    Some(BaselineCard { lines: lines.collect(), words: words(baseline, language) })
}

fn words(baseline: &BaselineReport, language: Language) -> String {
    let windows = baseline.windows.len();
    match baseline.windows.first() {
        Some(first) if windows >= baseline.least => {
            language.recent_windows(windows.min(baseline.most), first.window.from, baseline.same_weekday)
        }
        _ => language.too_few_recent(windows, baseline.least),
    }
}

fn sentence(baseline: &BaselineReport, verdict: &RecentVerdict, language: Language) -> Option<String> {
    let since = baseline.left_out_since(verdict);
    Some(language.pace(verdict.pace?, verdict.drift.psi, verdict.drift.windows, since))
}

/// States how the drift of a feature, or of the score, has come about; `None` without a baseline.
pub(crate) fn pace(report: &Report, subject: &Subject, language: Language) -> Option<String> {
    sentence(report.baseline.as_ref()?, report.recent(subject)?, language)
}
