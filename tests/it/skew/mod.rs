//! Skew between training and serving: logged inputs compared with a feature table, on the example's log.

mod faults;
mod joined;
mod messages;
mod places;
pub(crate) mod table;
