//! Tests of the preparation on hand-made and on random raw tables.

mod columns;
mod errors;
mod golden;
mod invariance;
mod levels;
mod random;
mod raw;
