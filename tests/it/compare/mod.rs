//! `vigie compare`: two tables, with the numbers of `learn` and `check`.

mod bad_input;
mod columns;
mod equal;
mod outcomes;
mod tables;
