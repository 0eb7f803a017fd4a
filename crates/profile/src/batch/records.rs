//! Records of a log as columns of equal length, with the values as logged.

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int32Array, StringArray};

use super::Complaints;

/// A batch of records of one window, before unusable records are filtered out. Every column has `len` rows.
///
/// `None` for a mapped column means that none of the records has it (a Parquet file without the column, a JSON chunk in
/// which no record has the key); a null is a record without a value.
#[derive(Debug, Default)]
pub struct Records {
    pub len: usize,
    /// Time of the request, in microseconds since the Unix epoch. A record without a readable timestamp is reported in
    /// `complaints` instead.
    pub timestamp: Vec<i64>,
    /// One column per feature, in the requested order. Numeric: any Arrow numeric or boolean type (NaN is missing, like
    /// null). Categorical: dictionary with `Int32` keys and `Utf8` values in canonical spelling.
    pub features: Vec<Option<ArrayRef>>,
    /// Whether the record has inputs at all (a failed request has none); `None`: all records do.
    pub has_features: Option<BooleanArray>,
    /// Whether the record has inputs in a shape that is not supported; `None`: no record does.
    pub unknown_inputs: Option<BooleanArray>,
    /// The score; of a regression the predicted number.
    pub probability: Option<Float64Array>,
    /// The probability of each class, if the model has several; otherwise empty.
    pub classes: Vec<Option<Float64Array>>,
    pub decision: Option<StringArray>,
    /// Whether the applicant was refused, by the words of `decision`; null without a known decision. Readers leave it empty.
    pub refused: Option<BooleanArray>,
    pub latency_ms: Option<Float64Array>,
    pub status: Option<Int32Array>,
    /// Whether the record marks the request as failed; null counts as false.
    pub error: Option<BooleanArray>,
    pub id: Option<StringArray>,
    /// Id of the applicant, or of whatever the inputs describe, if the config maps it.
    pub entity: Option<StringArray>,
    pub model_version: Option<StringArray>,
    /// Lines that are not records (such as truncated ones), and values that could not be read.
    pub complaints: Complaints,
}
