//! Models and references in an MLflow registry: an address such as `models:/credit-default@champion` stands for a file, which
//! is kept in the state folder.

pub(crate) mod address_book;
pub(crate) mod client;
mod import_config;
pub(crate) mod import_model;
pub(crate) mod local_file;
pub(crate) mod register;
pub(crate) mod values;
