//! Random ensembles and rows: every kernel and every division of the rows gives the bits of the definition.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "numbers in tests are small, and cut random numbers are random"
)]

mod random;
mod scoring;
mod shap;
mod validation;
