//! Questions a person asks: explain, score, replay, connect.

pub(crate) mod connect;
pub(crate) mod explain;
pub(crate) mod explained;
pub(crate) mod given;
pub(crate) mod replay;
pub(crate) mod score;
