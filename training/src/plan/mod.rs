//! From declarations to lazy queries: what the wanted features need, cells, groups, and the row of a client.

mod cells;
mod client;
mod group;
mod needs;
mod rows;

pub(crate) use client::{client_rows, output_schema};
pub(crate) use needs::{ClientNeeds, TableNeeds};
pub(crate) use rows::BlockRows;
