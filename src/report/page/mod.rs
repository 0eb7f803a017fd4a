//! What the page shows, as texts ready to print: one file a part of the page.

mod card;
mod glance;
mod headline;
mod lately;
mod page;
mod provenance;
mod score;
mod service;

pub(super) use lately::Lately;
pub(super) use page::Page;
