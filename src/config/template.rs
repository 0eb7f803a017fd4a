//! The annotated config that ships with vigie.

/// `config/vigie.yaml` of the repository.
pub const TEMPLATE: &str = include_str!("../../config/vigie.yaml");
