//! Content of the page as text ready to render, one file per section.

pub(crate) mod attribution;
pub(crate) mod baseline;
mod card;
pub(crate) mod challenger;
pub(crate) mod cost_curve;
pub(crate) mod decisions;
pub(crate) mod estimate_check;
mod fact;
mod findings;
pub(crate) mod html;
mod key_figures;
pub(crate) mod leaf_drift;
mod page;
pub(crate) mod performance;
pub(crate) mod predictions;
mod provenance;
mod recent;
pub(crate) mod replay;
mod score;
pub(crate) mod score_shift;
pub(crate) mod segments;
mod service;
pub(crate) mod skew;

pub(crate) use page::Page;
pub(crate) use recent::RecentWindows;
