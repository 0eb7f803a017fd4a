//! Opinions: which distances are worth a watch or an alarm, on which evidence, and what that makes of the run.

mod cost;
mod evidence;
mod finding;
mod parity;
mod policy;
mod rules;
mod service;
mod verdict;
mod words;

pub use cost::CostMoved;
pub use evidence::{Evidence, Qs};
pub use finding::{Finding, Severity, Test};
pub use policy::{FeatureLimits, Limits, Override, ParityOf, Policy};
pub use service::Service;
pub use verdict::{Case, FeatureVerdict, Verdict, judge, undecided};
pub use words::{number, percent, q_value};
