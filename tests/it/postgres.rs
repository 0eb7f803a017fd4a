//! A log in a table of PostgreSQL: a real server, the real program.

mod away;
mod connect;
mod distributions;
mod example;
mod failures;
mod labels;
mod role;
mod same_report;
mod server;
