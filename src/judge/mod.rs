//! Judgement: which distances deserve a watch or an alarm, on which evidence, and the verdict on the run.

mod auc;
mod cost;
mod direction;
mod evidence;
mod facts;
mod failure;
mod finding;
mod headline;
mod note;
mod numbers;
mod parity;
mod policy;
mod rules;
mod segments;
mod service;
mod severity;
mod subject;
mod test;
mod verdict;

pub use auc::AucChange;
pub use cost::CostChange;
pub use direction::Direction;
pub use evidence::{Evidence, QValues};
pub use facts::{BinShare, ExactTest, Facts};
pub use failure::Failure;
pub use finding::Finding;
pub use headline::{DriftedFeatures, Headline, VerdictHeadline};
pub use note::Note;
pub use numbers::{number, percentage, q_value};
pub use policy::{FeatureLimits, Limits, Override, ParityOf, Policy};
pub use segments::{SegmentVerdict, judge_segments};
pub use service::Service;
pub use severity::Severity;
pub use subject::Subject;
pub use test::Test;
pub use verdict::{Case, FeatureVerdict, Verdict, judge, undecided};
