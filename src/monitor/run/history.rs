//! What a run takes from the counts of earlier windows: rows that come again, and the second baseline.

use tracing::warn;
use vigie_profile::{
    repeat::RepeatTally,
    stored::{StoredError, StoredProfile},
    window::{Instant, Window},
};

use super::context::{RunContext, WindowData};
use crate::{
    archive::{self, PastWindow},
    drift::{RecentDrifts, RecentTerms, WindowBins, compare_recent},
    fault::describe_io,
    judge::{BlockRepeat, RecentVerdicts, Verdict, block_repeats, judge_recent, recent_effect, stale_blocks},
    report::{BaselineReport, EarlierWindow, RepeatsReport},
};

/// Maximum number of earlier windows that show since when a block repeats rows, and which share is usual.
const USUAL_WINDOWS: usize = 28;

/// The counts of earlier windows that are kept.
pub(crate) struct PastCounts<'a> {
    run: &'a RunContext<'a>,
    /// Newest first.
    past: Vec<PastWindow>,
}

/// A window compared with the windows before, not yet judged.
pub(crate) struct RecentPast {
    windows: Vec<EarlierWindow>,
    recent: RecentDrifts,
}

impl<'a> PastCounts<'a> {
    /// Lists the windows before `window`. There are none if another window takes the place of the reference.
    pub(crate) fn open(run: &'a RunContext<'a>, window: Window) -> Self {
        let settings = run.settings;
        let past = match run.against {
            None => archive::past_windows(&settings.reports, &settings.model.name, window),
            Some(_) => Vec::new(),
        };
        Self { run, past }
    }

    /// Reads the counts of a window. Those of another reference are not comparable, and damaged ones are left out.
    fn read(&self, past: &PastWindow) -> Option<StoredProfile> {
        let warn = |why: String| {
            warn!(file = %past.path().display(), "the counts of an earlier window are left out: {why}");
        };
        let bytes = past.read().map_err(|error| warn(describe_io(&error))).ok()?;
        match StoredProfile::from_bytes(&bytes, self.run.reference.layout()) {
            Ok(stored) => Some(stored).filter(|stored| stored.window == past.window),
            Err(StoredError::Layout(_)) => None,
            Err(why) => {
                warn(why.to_string());
                None
            }
        }
    }

    /// Compares rows with those of the previous window. `None` without one, or if there are too few rows for a verdict.
    pub(crate) fn repeats(&self, data: &WindowData) -> Option<RepeatsReport> {
        let plan = self.run.repeats.as_ref()?;
        let window = data.counted.repeats.as_ref()?;
        if data.counted.profile.rows() < self.run.settings.policy.min_rows {
            return None;
        }
        let mut earlier = self.past.iter().filter_map(|past| Some((past, self.read(past)?.repeats?)));
        let (past, previous) = earlier.next()?;
        let blocks = block_repeats(plan, window, &previous)?;
        let mut before: Vec<(Instant, Vec<BlockRepeat>)> = Vec::new();
        if blocks.iter().any(BlockRepeat::is_stale) {
            let mut later: (Window, RepeatTally) = (past.window, previous);
            for (past, tally) in earlier.take(USUAL_WINDOWS) {
                let Some(repeats) = block_repeats(plan, &later.1, &tally) else { break };
                before.push((later.0.from, repeats));
                later = (past.window, tally);
            }
        }
        let stale = stale_blocks(plan, (data.window.from, &blocks), &before);
        Some(RepeatsReport { previous: earlier_window(past), blocks, stale })
    }

    /// Compares a window with the windows before, if the config asks for it.
    pub(crate) fn recent(&self, data: &WindowData) -> Option<RecentPast> {
        let run = self.run;
        let options = run.settings.baseline.filter(|_| run.against.is_none())?;
        let (cadence, policy) = (run.settings.schedule.cadence(), &run.settings.policy);
        let windows = usize::try_from(options.windows).unwrap_or(usize::MAX);
        let alike = |past: &&PastWindow| !options.same_weekday || cadence.same_slot(past.window, data.window);
        // Twice as many as are compared with: those of a fault that lasts are left out.
        let read = self.past.iter().filter(alike).filter_map(|past| {
            let stored = self.read(past).filter(|stored| stored.profile.rows() >= policy.min_rows.max(1))?;
            Some((earlier_window(past), WindowBins::new(&run.reference, &stored.profile)))
        });
        let mut read: Vec<(EarlierWindow, WindowBins)> = read.take(windows.saturating_mul(2)).collect();
        read.reverse();
        let (windows_read, bins): (Vec<EarlierWindow>, Vec<WindowBins>) = read.into_iter().unzip();
        let terms = RecentTerms {
            windows,
            least: usize::try_from(options.least()).unwrap_or(usize::MAX),
            effect: recent_effect(policy),
            p_value: policy.q,
            empty: policy.empty_bins,
        };
        let recent = compare_recent(&run.reference, &data.counted.profile, &bins, &terms);
        Some(RecentPast { windows: windows_read, recent })
    }
}

fn earlier_window(past: &PastWindow) -> EarlierWindow {
    EarlierWindow { window: past.window, revision: past.revision() }
}

impl RecentPast {
    /// Judges the comparison once the verdict is known.
    pub(crate) fn judge(self, run: &RunContext<'_>, verdict: &Verdict) -> Option<BaselineReport> {
        let options = run.settings.baseline?;
        let verdicts: RecentVerdicts = judge_recent(&self.recent, verdict, &run.settings.policy);
        Some(BaselineReport {
            windows: self.windows,
            most: usize::try_from(options.windows).unwrap_or(usize::MAX),
            least: usize::try_from(options.least()).unwrap_or(usize::MAX),
            same_weekday: options.same_weekday,
            verdicts,
        })
    }
}
