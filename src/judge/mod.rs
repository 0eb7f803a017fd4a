//! Opinions: which distances are worth a watch or an alarm, on which evidence, and what that makes of the run.

mod auc;
mod cost;
mod evidence;
mod finding;
mod parity;
mod policy;
mod rules;
mod segments;
mod service;
mod verdict;
mod words;

pub use auc::AucMoved;
pub use cost::CostMoved;
pub use evidence::{Evidence, Qs};
pub use finding::{Finding, Severity, Test};
pub use policy::{FeatureLimits, Limits, Override, ParityOf, Policy};
pub use segments::{SegmentVerdict, judge_segments};
pub use service::Service;
pub use verdict::{Case, FeatureVerdict, Verdict, judge, undecided};
pub use words::{number, percent, q_value};
