//! Ticks: at the moments of each model's cron line, in its zone, a number comes out. A tick only says "look".

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
    /// Seconds east of UTC for each model's zone. The scheduler takes a zone as a fixed offset, so it is made anew
    /// when the clocks change.
    offsets: Vec<i32>,
}

impl Cron {
    /// Starts ticking: the number of the model goes into `ticks`.
    pub(super) async fn start(fleet: &[Settings], ticks: &Sender<usize>, now: Instant) -> Result<Self> {
        let broken = |error: tokio_cron_scheduler::JobSchedulerError| {
            Fault::setup(format!("the scheduler cannot be started: {error}"))
        };
        let scheduler = JobScheduler::new().await.map_err(broken)?;
        for (number, settings) in fleet.iter().enumerate() {
            let ticks = ticks.clone();
            let line = settings.schedule.cron.as_str();
            let refused = |_| {
                Fault::setup(format!(
                    "schedule.cron `{line}` of {} has no moment that ever comes; write it as \"0 15 6 * * *\"",
                    settings.model.name
                ))
            };
            let job = JobBuilder::new()
                .with_timezone(zone(settings, now))
                .with_cron_job_type()
                .with_schedule(line)
                .map_err(refused)?
                .with_run_async(Box::new(move |_, _| {
                    // A full channel has a tick of every model in it already.
                    let _ = ticks.try_send(number);
                    Box::pin(async {})
                }))
                .build()
                .map_err(refused)?;
            scheduler.add(job).await.map_err(broken)?;
        }
        scheduler.start().await.map_err(broken)?;
        Ok(Self { scheduler, offsets: offsets(fleet, now) })
    }

    /// Whether a zone's clock has changed since the start.
    pub(super) fn is_stale(&self, fleet: &[Settings], now: Instant) -> bool {
        self.offsets != offsets(fleet, now)
    }

    /// Ends it.
    pub(super) async fn stop(mut self) {
        let _ = self.scheduler.shutdown().await;
    }
}

fn offsets(fleet: &[Settings], now: Instant) -> Vec<i32> {
    fleet.iter().map(|settings| settings.schedule.zone.to_offset(now.timestamp()).seconds()).collect()
}

fn zone(settings: &Settings, now: Instant) -> FixedOffset {
    let seconds = settings.schedule.zone.to_offset(now.timestamp()).seconds();
    // Offsets of the time zone database are within a day.
    FixedOffset::east_opt(seconds).unwrap_or_else(|| chrono::Utc.fix())
}
