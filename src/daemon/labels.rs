//! Labels come late: windows of the past are checked again when they have, a few at a time. No alert opens by it but by what
//! labels themselves say, and that is told once for all of them.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use tracing::{info, warn};
use vigie_profile::window::{Instant, Window};

use super::look::{Look, guarded};
use crate::{
    fault::Result,
    ledger::{Ended, LabelLook, RunRow},
    monitor,
    report::Report,
    source::{Kind, LabelLog, LabelOptions, Opened},
};

/// So many windows are checked again in one look: the next window that is due must not wait for the past.
const AT_ONCE: usize = 4;
/// Where labels come all day long, a window is not checked again before.
const AGAIN_US: i64 = 12 * 3_600_000_000;
/// No label has ever come.
const NOTHING: &str = "nothing yet";
/// They could not be read: they are another the next time.
const UNREAD: &str = "unread";

/// A text that changes with the labels; `None`: there are none to look at, or nobody can tell.
pub(super) fn mark(look: &Look<'_>) -> Option<String> {
    let labels = look.settings.labels.as_ref()?;
    let marked = guarded(|| match LabelLog::open(labels, &look.settings.source)? {
        Opened::NotYet(_) => Ok(NOTHING.to_owned()),
        Opened::Found(log) => log.mark(),
    });
    // What is wrong stands in the report of the next window, as a finding.
    marked.inspect_err(|fault| warn!(model = look.settings.model.name, "{fault}")).ok()
}

impl Look<'_> {
    /// A window has just been checked, with the labels there are.
    pub(super) fn note_labels(&mut self, report: &Report) -> Result<()> {
        let Some((mark, labels)) = self.mark.clone().zip(self.settings.labels.as_ref()) else { return Ok(()) };
        let is_whole = report
            .performance
            .as_ref()
            .and_then(|performance| performance.labels.as_ref())
            .is_none_or(|labels| labels.unreadable.is_empty());
        // A file stays as it is until somebody mends it, which shows; a server comes back without a sign.
        let is_settled = is_whole || labels.kind == Kind::Files;
        self.put_label_look(report.examined.window, if is_settled { mark } else { UNREAD.to_owned() })
    }

    fn put_label_look(&mut self, window: Window, mark: String) -> Result<()> {
        let look = LabelLook { window, looked: self.hands.now, mark };
        let model = self.settings.model.name.as_str();
        self.ledger.write(|entry| entry.put_label_look(model, &look))
    }

    /// Windows whose labels have changed since they were checked: those that waited longest first, of these the oldest.
    pub(super) fn revise_labelled(&mut self) -> Result<()> {
        let Some((labels, mark)) = self.settings.labels.as_ref().zip(self.mark.clone()) else { return Ok(()) };
        if mark == NOTHING || self.hands.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let waiting = self.waiting(labels, &mark)?;
        let are_more = waiting.len() > AT_ONCE;
        let mut some: Vec<RunRow> = waiting.into_iter().take(AT_ONCE).collect();
        // As they are counted.
        some.sort_by_key(|run| run.window);
        let windows: Vec<Window> = some.iter().map(|run| run.window).collect();
        if windows.is_empty() {
            return Ok(());
        }
        let counts = match guarded(|| monitor::tally(self.settings, &windows, self.hands.looking)) {
            Ok(counts) => counts,
            // The next tick looks again, and tells people if a window is due.
            Err(fault) => {
                warn!(model = self.settings.model.name, "labels have come, but the log cannot be read: {fault}");
                return Ok(());
            }
        };
        for (run, records) in some.iter().zip(counts) {
            if self.hands.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let model = self.settings.model.name.as_str();
            if run.records.is_some_and(|before| records < before) {
                info!(model, window = %run.window, records, "labels came, but its log is not whole: its report stays");
                // It may be back later; a log that is gone for good is asked for until `labels.revise` is over.
                self.put_label_look(run.window, UNREAD.to_owned())?;
                continue;
            }
            info!(model, window = %run.window, "labels have come or changed: it is checked again");
            let told = self.done.told;
            self.run(run.window, records)?;
            if self.done.told == told {
                // Others have their turn; this one in half a day.
                self.put_label_look(run.window, UNREAD.to_owned())?;
            }
        }
        // Whatever became of them, none of these waits any more: the others may come at once.
        self.done.more = are_more;
        Ok(())
    }

    /// Alerts hear what labels say once all windows that waited were checked again: one story, of the newest. `true`: they told of it.
    pub(super) fn hear_labels(&mut self) -> Result<bool> {
        if self.done.more || self.hands.stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let events = monitor::settle_labels(self.ledger, self.settings, self.hands.now, self.hands.compose)?.len();
        self.done.events += events;
        Ok(events > 0)
    }

    fn waiting(&mut self, labels: &LabelOptions, mark: &str) -> Result<Vec<RunRow>> {
        let (model, now) = (self.settings.model.name.as_str(), self.hands.now);
        let since = Instant(now.0.saturating_sub(labels.revise.microseconds()));
        let stretch = Window { from: self.cadence.window_at(since).from, to: self.newest.to };
        let (runs, looks, watched) = self
            .ledger
            .view(|entry| Ok((entry.runs_in(model, stretch)?, entry.label_looks(model)?, entry.watched(model)?)))?;
        let looks: BTreeMap<Window, LabelLook> = looks.into_iter().map(|look| (look.window, look)).collect();
        let line = watched.map_or(0, |watched| watched.line);
        let waits = |run: &RunRow| {
            // What a former reference or model decided is not judged by the present ones.
            let is_ours = run.ended == Ended::Told && run.scheduled && run.line == line && run.window.to > since;
            is_ours
                && run.rows_used != Some(0)
                && looks
                    .get(&run.window)
                    .is_none_or(|look| look.mark != mark && look.looked.0.saturating_add(AGAIN_US) <= now.0)
        };
        let mut waiting: Vec<RunRow> = runs.into_iter().filter(waits).collect();
        waiting.sort_by_key(|run| (looks.get(&run.window).map(|look| look.looked), run.window));
        Ok(waiting)
    }
}
