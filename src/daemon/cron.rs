//! Cron ticks: sends the index of a model at the times of its cron expression, in its time zone.

use chrono::{FixedOffset, Offset};
use tokio::sync::mpsc::Sender;
use tokio_cron_scheduler::{JobBuilder, JobScheduler};
use vigie_profile::window::Instant;

use crate::{
    config::Settings,
    fault::{Fault, Result},
};

/// The running scheduler.
pub(super) struct Cron {
    scheduler: JobScheduler,
    /// UTC offset of each model's time zone, in seconds. The scheduler only supports fixed offsets, so it is restarted when
    /// one of them changes.
    offsets: Vec<i32>,
}

impl Cron {
    /// Starts the scheduler, which sends model indexes to `ticks`.
    pub(super) async fn start(fleet: &[Settings], ticks: &Sender<usize>, now: Instant) -> Result<Self> {
        let scheduler_fault = |error: tokio_cron_scheduler::JobSchedulerError| {
            Fault::setup(format!("cannot start the scheduler: {error}"))
        };
        let scheduler = JobScheduler::new().await.map_err(scheduler_fault)?;
        for (index, settings) in fleet.iter().enumerate() {
            let ticks = ticks.clone();
            let expression = settings.schedule.cron.as_str();
            let invalid = |_| {
                Fault::setup(format!(
                    "schedule.cron `{expression}` of {} never matches; write it as \"0 15 6 * * *\"",
                    settings.model.name
                ))
            };
            let job = JobBuilder::new()
                .with_timezone(zone(settings, now))
                .with_cron_job_type()
                .with_schedule(expression)
                .map_err(invalid)?
                .with_run_async(Box::new(move |_, _| {
                    // A full channel already holds a tick for every model.
                    let _ = ticks.try_send(index);
                    Box::pin(async {})
                }))
                .build()
                .map_err(invalid)?;
            scheduler.add(job).await.map_err(scheduler_fault)?;
        }
        scheduler.start().await.map_err(scheduler_fault)?;
        Ok(Self { scheduler, offsets: offsets(fleet, now) })
    }

    /// Returns whether a time zone's UTC offset has changed since the start.
    pub(super) fn is_stale(&self, fleet: &[Settings], now: Instant) -> bool {
        self.offsets != offsets(fleet, now)
    }

    /// Stops the scheduler.
    pub(super) async fn stop(mut self) {
        let _ = self.scheduler.shutdown().await;
    }
}

fn offsets(fleet: &[Settings], now: Instant) -> Vec<i32> {
    fleet.iter().map(|settings| settings.schedule.zone.to_offset(now.timestamp()).seconds()).collect()
}

fn zone(settings: &Settings, now: Instant) -> FixedOffset {
    let seconds = settings.schedule.zone.to_offset(now.timestamp()).seconds();
    // Offsets in the time zone database are always less than a day.
    FixedOffset::east_opt(seconds).unwrap_or_else(|| chrono::Utc.fix())
}
