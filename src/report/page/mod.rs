//! What the page shows, as texts ready to print: one file a part of the page.

pub(crate) mod against;
pub(crate) mod attribution;
mod card;
pub(crate) mod challenger;
pub(crate) mod cost_curve;
mod glance;
mod headline;
pub(crate) mod html;
mod lately;
mod page;
pub(crate) mod performance;
mod provenance;
pub(crate) mod replay;
mod score;
pub(crate) mod score_shift;
pub(crate) mod segments;
mod service;

pub(crate) use lately::Lately;
pub(crate) use page::Page;
