//! `vigie compare`: two tables, with the numbers of `learn` and `check`.

mod bad_input;
mod equal;
