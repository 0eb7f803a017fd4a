//! A log in a PostgreSQL table, tested with a real server and the real binary.

mod connect;
mod distributions;
mod example;
mod failures;
mod features;
mod labels;
mod outage;
mod role;
mod same_report;
mod serve;
mod serve_features;
mod server;
mod values;
