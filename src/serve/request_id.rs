//! The id of a request, by which its record is found.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};
use uuid::Uuid;

/// The header that a client may send, and that every response has.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Length of an id that a client may choose.
const MAX_ID: usize = 128;

/// The id of a request.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub Arc<str>);

impl RequestId {
    /// The client's id, if it is one of letters, digits and a few signs; else a new one, which sorts by time.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let own = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        let is_safe = |id: &&str| {
            let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
            !id.is_empty() && id.len() <= MAX_ID && id.bytes().all(is_sign)
        };
        Self(own.filter(is_safe).map_or_else(|| Uuid::now_v7().hyphenated().to_string().into(), Into::into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_clients_are_kept_if_they_are_safe() {
        let id = |text: &str| {
            let headers = HeaderMap::from_iter([(REQUEST_ID, text.parse().unwrap())]);
            RequestId::of(&headers).0.to_string()
        };
        for own in ["r1", "2026-10-01T12:00:00.5_a-b"] {
            assert_eq!(id(own), own);
        }
        for foreign in ["", "a b", "a\"b", "caf\u{e9}", &"a".repeat(129)] {
            assert_eq!(id(foreign).len(), 36, "{foreign}");
        }
        assert_ne!(RequestId::of(&HeaderMap::new()).0, RequestId::of(&HeaderMap::new()).0);
    }
}
