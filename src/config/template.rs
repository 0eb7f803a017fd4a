//! The config that comes with vigie: annotated, and a start for one's own.

/// `config/vigie.yaml` of the repository.
pub const TEMPLATE: &str = include_str!("../../config/vigie.yaml");
