//! What the objective of a model decides: how the base score becomes a raw output, and raw outputs predictions.

use crate::{
    catboost::file::refusal::excerpt,
    error::Result,
    xgboost::{
        output::{XgBoostOutput, logit},
        parts::LibraryVersion,
        refusal::unsupported,
    },
};

/// Objectives that are read, for the message about others.
const KNOWN: &str = "those of xgboost 3.4 except `reg:expectileerror`";

/// What an objective decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectiveRule {
    pub rule: XgBoostOutput,
    /// Whether the raw output may stand for log-odds: its objective does not say what it is.
    pub is_open: bool,
}

impl ObjectiveRule {
    /// The objective of this name. A user-defined objective leaves the name of the default, `reg:squarederror`.
    /// `version`: of the library that wrote the file.
    pub(crate) fn of_name(name: &str, outputs: usize, version: LibraryVersion) -> Result<Self> {
        let rule = match name {
            "binary:logistic" | "reg:logistic" => XgBoostOutput::Logistic { outputs },
            "binary:hinge" => XgBoostOutput::Hinge,
            "multi:softprob" | "multi:softmax" => XgBoostOutput::Softmax,
            "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => {
                XgBoostOutput::Exponential
            }
            "reg:quantileerror" if outputs > 1 && version.is_at_least(3, 4) => XgBoostOutput::Quantiles,
            "binary:logitraw"
            | "reg:squarederror"
            | "reg:linear"
            | "reg:squaredlogerror"
            | "reg:absoluteerror"
            | "reg:pseudohubererror"
            | "reg:quantileerror"
            | "rank:pairwise"
            | "rank:ndcg"
            | "rank:map" => XgBoostOutput::Identity,
            _ => {
                let name = excerpt(name);
                return Err(unsupported(format_args!(
                    "has the objective {name:?}, which vigie does not know; train it with one of those it reads: {KNOWN}"
                )));
            }
        };
        Ok(Self { rule, is_open: matches!(name, "binary:logitraw" | "reg:squarederror") })
    }

    /// The raw output that a base score stands for. Source: `ProbToMargin` of each objective.
    pub(crate) fn raw_of_base(self, base: f32) -> f32 {
        match self.rule {
            XgBoostOutput::Logistic { .. } => logit(base),
            XgBoostOutput::Exponential => base.ln(),
            XgBoostOutput::Identity | XgBoostOutput::Softmax | XgBoostOutput::Hinge | XgBoostOutput::Quantiles => base,
        }
    }

    /// Reads the raw output as the log-odds of the second of two classes.
    pub(crate) fn with_sigmoid(self, outputs: usize) -> Result<XgBoostOutput> {
        match self.rule {
            XgBoostOutput::Logistic { .. } => Ok(self.rule),
            XgBoostOutput::Identity if self.is_open && outputs == 1 => Ok(XgBoostOutput::Logistic { outputs }),
            _ => Err(unsupported(
                "has an objective whose raw outputs are not log-odds; leave out the link `sigmoid` from its options",
            )),
        }
    }
}
