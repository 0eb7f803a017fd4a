//! Models and references in an MLflow registry: an address such as `models:/credit-default@champion` stands for a file, which
//! is kept in the state folder.

mod address_book;
pub(crate) mod client;
mod described;
mod fetched_files;
mod import_config;
pub(crate) mod import_model;
mod kept_files;
pub(super) mod learn_command;
mod leftover_files;
pub(crate) mod local_file;
mod query_error;
pub(crate) mod register;
pub(crate) mod registry_place;
pub(crate) mod values;
mod version_query;
