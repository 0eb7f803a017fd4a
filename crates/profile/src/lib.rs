//! Mergeable counts of tabular data on a fixed layout.
//!
//! A [`Layout`](layout::Layout) is learnt once from reference data. It fixes how every feature is counted: a numeric
//! feature on fine intervals (cells), a categorical one on its levels. A [`Profile`](profile::Profile) counts rows on a
//! layout. It holds only integers, minima and maxima, so that merging is exact, commutative and associative: the result
//! does not depend on the order of rows or on how they are split over files, threads or machines.
//!
//! | Module | Contents |
//! |---|---|
//! | [`layout`] | features with their kinds, cells, bins and levels, hashed to a [`LayoutId`](layout::LayoutId) |
//! | [`batch`] | batches of rows as Arrow columns, canonical spelling of levels and numbers, complaints about invalid values |
//! | [`decision`] | which scores are refused, what the words of logged decisions mean, and counts of the two against each other |
//! | [`profile`] | counts of rows, moments of numeric features, latency and traffic of the service |
//! | [`segment`] | filters, and counts of the rows that match them |
//! | [`sketch`] | quantiles, frequent values and times of single features, from a second pass over their values |
//! | [`repeat`] | keyed hashes of rows, sampled, to find rows that come again in a later window |
//! | [`stored`], [`bytes`] | counts as a file, and its encoding |
//! | [`window`] | instants, half-open windows, and the cadence that divides time into windows |
//! | [`shown`], [`near`] | text that is safe to display, and suggestions for misspelt names |
//!
//! # Units and conventions
//!
//! - Counts are numbers of rows (`u64`).
//! - Instants are microseconds since 1970 in UTC; latencies are in milliseconds.
//! - Cells and PSI bins are half-open intervals `(lower, upper]`.
//! - Null and NaN are missing values. They are counted separately and belong to no cell or level.
//! - A row is refused if its logged decision says so; without one, if its probability is on the refused side of the threshold.
//!
//! Deciles follow numpy's default quantile method. [`Latency`](profile::Latency) quantiles come from an HDR histogram.
//!
//! # Errors
//!
//! Invalid values in the data are [`Complaints`](batch::Complaints), not errors. A `Result<_, String>` carries a
//! complete message for the user; merging profiles of different layouts fails this way.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::{ArrayRef, Float64Array};
//! use vigie_profile::{
//!     batch::Rows,
//!     layout::{Cells, Feature, Layout, Precision, Shape},
//!     profile::{Counts, Profile},
//! };
//!
//! // Cells are learnt from the sorted distinct values of the reference, with their counts.
//! let cells = Cells::learn(&[(1.0, 40), (2.0, 30), (3.0, 30)], Precision::F64);
//! let income = Feature { name: "income".to_owned(), shape: Shape::Numeric(cells) };
//! let layout = Layout::new(Precision::F64, vec![income], None);
//!
//! let count = |values: Vec<Option<f64>>| {
//!     let len = values.len();
//!     let column: ArrayRef = Arc::new(Float64Array::from(values));
//!     let rows = Rows { len, features: vec![Some(column)], ..Rows::default() };
//!     let mut profile = Profile::empty(&layout);
//!     profile.observe(&rows, &layout, 0.5);
//!     profile
//! };
//!
//! let mut profile = count(vec![Some(1.0), Some(2.0), None]);
//! profile.merge(&count(vec![Some(7.0)])).unwrap();
//!
//! assert_eq!(profile.rows(), 4);
//! let Counts::Numeric(counts) = &profile.features()[0] else { unreachable!() };
//! assert_eq!((counts.present(), counts.missing()), (3, 1));
//! assert_eq!(counts.range(), Some((1.0, 7.0)));
//! ```

pub mod batch;
pub mod bytes;
pub mod decision;
pub mod layout;
pub mod near;
pub mod profile;
pub mod repeat;
pub mod segment;
pub mod shown;
pub mod sketch;
pub mod stored;
pub mod window;
