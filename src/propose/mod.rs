//! Proposes the config of a log from a sample of its records: what is the time, the inputs, the score, the decision, …, each
//! with its evidence. Pure: the sample has been read, and candidates are tried with the readers' own code.

mod decision;
mod filter;
mod found_field;
mod inputs;
mod known;
mod names;
mod proposal;
mod propose;
mod question;
mod render;
mod score;
mod service;
mod survey;
mod time;

pub use known::{DataColumn, Known};
pub use proposal::{Proposal, ProposedScore};
pub use propose::propose;
pub use question::{Answers, OpenPoint, Question};
pub use render::{ConfigText, Volume, render};
