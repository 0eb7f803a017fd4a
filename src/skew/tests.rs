//! Tests of the comparison with the feature table.
