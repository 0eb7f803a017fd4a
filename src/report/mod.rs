//! Renders a run as JSON, HTML and text. Only wording and charts live here; every number comes from the run.

mod chart;
mod context;
mod document;
mod index;
mod page;
mod report;
mod terminal;
mod words;

pub use chart::picture::{Picture, picture_of_bins, picture_of_score};
pub use context::Context;
pub use document::{
    DecisionsSection, FeaturePoint, Head, LossCount, LossPoint, PerformancePoint, PredictionsSection, RegistryVersion,
    ReportDocument, ReportedCostCurve, ReportedFeature, SegmentPoint, SkewSection, TrendPoint, report_schema,
    report_schemas, revision, to_json,
};
pub use index::{
    index::{ListedReport, OpenAlert, ReportIndex, to_index},
    summary::{ReplaySummary, ReplayedWindow, to_summary_html, to_summary_json},
};
pub use page::{html::to_html, score_shift::score_shift_sentence};
pub use report::{
    AgainstWindow, BaselineReport, ComparedTables, DecisionReport, EarlierWindow, ExaminedWindow, MonitoredModel,
    RepeatsReport, Report, Run, SegmentReport, SkippedFiles,
};
pub use terminal::to_terminal;
pub use words::{
    Advice, Cause, ChangedDecisions, Language, Lasted, MailLabels, MailWords, Notation, PageLabels, PageWords,
    Restored, ShortHeadline, Since, SkewWords, TerminalLabels, TerminalWords, Words, terminal_words, verdict_in,
    verdict_sentence,
};
