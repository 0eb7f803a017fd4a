//! Judgement: which distances deserve a watch or an alarm, on which evidence, and the verdict on the run.

mod auc;
mod cost;
mod evidence;
mod finding;
mod numbers;
mod parity;
mod policy;
mod rules;
mod segments;
mod service;
mod verdict;

pub use auc::AucChange;
pub use cost::CostChange;
pub use evidence::{Evidence, QValues};
pub use finding::{Finding, Severity, Test};
pub use numbers::{number, percent, percentage, q_value};
pub use policy::{FeatureLimits, Limits, Override, ParityOf, Policy};
pub use segments::{SegmentVerdict, judge_segments};
pub use service::{NOT_READ, Service, strip_not_read};
pub use verdict::{Case, FeatureVerdict, Verdict, judge, undecided};
