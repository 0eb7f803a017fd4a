//! Records of a log as columns of one length, values as the log has them.

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int32Array, StringArray};

use super::Complaints;

/// Some records of one window, read but not yet judged usable. Every column has `len` rows.
///
/// `None` for a mapped column means that these records do not hold it at all (a Parquet file
/// without the column, a JSON chunk in which no record has the key); a null is a record without a value.
#[derive(Debug, Default)]
pub struct Records {
    pub len: usize,
    /// When the request was made, in microseconds of UTC. A record without a time that can be read
    /// never gets here: it is a complaint.
    pub timestamp: Vec<i64>,
    /// One a feature, in the order asked for. Numeric: any Arrow number or boolean type
    /// (a NaN is missing, like null). Categorical: dictionary of `Int32` keys and `Utf8` values, canonical spelling.
    pub features: Vec<Option<ArrayRef>>,
    /// Whether the record carries inputs at all (an error row has none); `None`: all do.
    pub has_features: Option<BooleanArray>,
    pub probability: Option<Float64Array>,
    pub decision: Option<StringArray>,
    pub latency_ms: Option<Float64Array>,
    pub status: Option<Int32Array>,
    /// Whether the record says that the request failed; null is no.
    pub error: Option<BooleanArray>,
    pub id: Option<StringArray>,
    pub model_version: Option<StringArray>,
    /// Rows that could not become a record (a torn line), and values that could not be read.
    pub complaints: Complaints,
}
