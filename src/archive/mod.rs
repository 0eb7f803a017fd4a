//! The reports folder: atomic publication, trend files, kept counts, the index and retention.

mod expire;
mod index;
mod left_out;
mod leftovers;
mod profiles;
mod publish;
mod read;
mod recorded;
mod summary;
mod trend;

pub use expire::remove_expired;
pub use index::{model_names, read_index, write_index};
pub use left_out::usual_loss;
pub use leftovers::remove_leftovers;
pub use profiles::{PastWindow, past_windows};
pub use publish::{Published, ReportFiles, next_revision, publish, report_folder};
pub use read::{latest_report, reported_windows, window_folders, window_report};
pub use recorded::{RecordedFeature, RecordedRun, read_runs, reported_version};
pub use summary::{against_folder, publish_summary, replay_folder};
pub use trend::{past_points, write_point};
