//! Where figures go among those that a run has, so that MLflow shows what was logged last: it shows the point with the highest
//! step, of these the latest, of these the largest. Revisions cannot say it, because they start again at 0 when reports are
//! removed, and each installation has its own.

use std::collections::BTreeMap;

use vigie_mlflow::{MetricPoint, MlflowClient, MlflowError, TrackedRun};

use super::figures::Figures;

/// Where the points of one axis are, and their values: in the run of a window the axis is the step, in a step of the trend the
/// time.
#[derive(Debug, Default, PartialEq)]
pub(super) struct LoggedFigures(BTreeMap<String, (i64, f64)>);

/// The figures that are not there yet, and where they go.
#[derive(Debug, PartialEq)]
pub(super) struct PlacedFigures<'a> {
    pub place: i64,
    pub missing: Vec<(&'a str, f64)>,
}

impl LoggedFigures {
    /// The figures of a window's run, by step.
    pub(super) fn by_step(run: &TrackedRun) -> Self {
        Self(run.metrics.values().map(|point| (point.key.clone(), (point.step, point.value))).collect())
    }

    /// The figures of one step of the trend, by time. A run states only the latest point of a metric, so the history is read if that
    /// is one of a later step: for a window that is not the newest, one request for each figure.
    pub(super) fn by_time(
        client: &MlflowClient,
        run: &TrackedRun,
        step: i64,
        figures: &Figures,
    ) -> Result<Self, MlflowError> {
        let mut logged = BTreeMap::new();
        for latest in figures.keys().filter_map(|key| run.metrics.get(key)) {
            let history = if latest.step > step {
                client.metric_history(&run.run_id, &latest.key)?
            } else {
                vec![latest.clone()]
            };
            if let Some(shown) = history.iter().filter(|point| point.step == step).max_by(|a, b| order(a, b)) {
                logged.insert(latest.key.clone(), (shown.timestamp_ms, shown.value));
            }
        }
        Ok(Self(logged))
    }

    /// The place of the figures, `first` or later. If those at the highest place have the same values, an earlier attempt was
    /// interrupted, or everything is there; otherwise something else was logged, and the figures go above it.
    pub(super) fn place<'a>(&self, first: i64, figures: &'a Figures) -> PlacedFigures<'a> {
        let at = |key: &str| self.0.get(key).copied();
        let highest = figures.keys().filter_map(|key| at(key)).map(|(place, _)| place).max();
        let has_place = |place: i64| move |(logged, _): &(i64, f64)| *logged == place;
        let place = match highest {
            None => first,
            Some(highest) => {
                let mut own =
                    figures.iter().filter_map(|(key, value)| Some((at(key).filter(has_place(highest))?, *value)));
                let is_same = own.all(|((_, logged), value)| is_same(logged, value));
                if is_same { highest } else { highest.saturating_add(1).max(first) }
            }
        };
        let missing = figures.iter().filter(|(key, value)| {
            !at(key).filter(has_place(place)).is_some_and(|(_, logged)| is_same(logged, **value))
        });
        PlacedFigures { place, missing: missing.map(|(key, value)| (key.as_str(), *value)).collect() }
    }
}

/// The order in which MLflow chooses the point of a step that it shows.
fn order(a: &MetricPoint, b: &MetricPoint) -> std::cmp::Ordering {
    a.timestamp_ms.cmp(&b.timestamp_ms).then(a.value.total_cmp(&b.value))
}

#[expect(clippy::float_cmp, reason = "figures are logged again unless MLflow has exactly these")]
fn is_same(logged: f64, value: f64) -> bool {
    logged == value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(pairs: &[(&str, f64)]) -> Figures {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect()
    }

    fn logged(points: &[(&str, i64, f64)]) -> LoggedFigures {
        LoggedFigures(points.iter().map(|(key, place, value)| ((*key).to_owned(), (*place, *value))).collect())
    }

    #[test]
    fn what_is_logged_last_is_above_everything_else() {
        let own = figures(&[("a", 1.0), ("b", 2.0)]);
        let all = vec![("a", 1.0), ("b", 2.0)];
        for (points, place, missing) in [
            (&[][..], 5, all.clone()),
            // All there, half there, and there at an earlier place only.
            (&[("a", 7, 1.0), ("b", 7, 2.0)][..], 7, vec![]),
            (&[("a", 7, 1.0)][..], 7, vec![("b", 2.0)]),
            (&[("a", 7, 1.0), ("b", 6, 2.0)][..], 7, vec![("b", 2.0)]),
            // Other values at the same place, smaller and larger, and at a later one.
            (&[("a", 5, 0.5), ("b", 5, 2.0)][..], 6, all.clone()),
            (&[("a", 5, 9.0), ("b", 5, 9.0)][..], 6, all.clone()),
            (&[("a", 5, 1.0), ("b", 8, 3.0)][..], 9, all.clone()),
            // Before the first place: of another schedule.
            (&[("a", 3, 9.0)][..], 5, all.clone()),
            // Metrics of others do not count.
            (&[("c", 99, 1.0)][..], 5, all.clone()),
            (&[("a", i64::MAX, 9.0)][..], i64::MAX, all),
        ] {
            assert_eq!(logged(points).place(5, &own), PlacedFigures { place, missing }, "{points:?}");
        }
        assert_eq!(logged(&[("a", 1, 1.0)]).place(0, &Figures::new()).missing, vec![]);
    }
}
