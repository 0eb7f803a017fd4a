//! A log in a table of PostgreSQL: a real server, the real program.

mod connect;
mod example;
mod failures;
mod same_report;
mod server;
