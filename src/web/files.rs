//! Files of the reports folder: pages and JSON, and nothing outside it.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{content_policy, guard::refuse};

/// No report is larger.
const LARGEST: u64 = 64 * 1_024 * 1_024;

/// The file below `reports` that an address names, still percent-encoded.
pub(super) fn file(reports: &Path, address: &str) -> Response {
    let Some(path) = below(address) else {
        return refuse(StatusCode::BAD_REQUEST, "no such address can be");
    };
    match read(reports, &path) {
        Some(bytes) if path.extension().is_some_and(|ending| ending == "html") => page(bytes),
        Some(bytes) => json(bytes),
        None => refuse(StatusCode::NOT_FOUND, "no such report"),
    }
}

/// A page with the policy that lets its own style and script do their work.
pub(super) fn page(bytes: Vec<u8>) -> Response {
    let policy = content_policy::of_page(&String::from_utf8_lossy(&bytes));
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// JSON as it is.
pub(super) fn json(bytes: impl Into<Body>) -> Response {
    let mut response = bytes.into().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Plain pieces only: no `..`, nothing hidden, no separator or control character in disguise.
fn below(address: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for piece in address.split('/') {
        let piece = decoded(piece)?;
        let is_plain = !piece.is_empty()
            && !piece.starts_with('.')
            && !piece.chars().any(|letter| letter.is_control() || matches!(letter, '/' | '\\' | ':'));
        if !is_plain {
            return None;
        }
        path.push(piece);
    }
    Some(path)
}

/// `%41` is `A`, once: what is encoded twice stays encoded.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let value = digit(rest.next())? * 16 + digit(rest.next())?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// `None`: not there, no page and no JSON, or reached by a link that leads outside.
fn read(reports: &Path, path: &Path) -> Option<Vec<u8>> {
    if !path.extension().is_some_and(|ending| ending == "html" || ending == "json") {
        return None;
    }
    let (root, place) = (fs::canonicalize(reports).ok()?, fs::canonicalize(reports.join(path)).ok()?);
    if !place.starts_with(&root) || !fs::metadata(&place).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    fs::File::open(&place).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_leads_out() {
        for address in [
            "", "/", "..", "../x", "a/../b", "%2e%2e/x", "a/%2e%2e", "a%2fb", "a%2Fb", "a%5cb", "a%00b", "a//b",
            ".hidden", "a/.b", "%", "%4", "%zz", "%ff", "c:x", "a%0ab",
        ] {
            assert_eq!(below(address), None, "{address}");
        }
        assert_eq!(
            below("m/20261001T000000Z_20261002T000000Z/report.html"),
            Some("m/20261001T000000Z_20261002T000000Z/report.html".into())
        );
        assert_eq!(below("cr%C3%A9dit%20x/a"), Some("crédit x/a".into()));
        assert_eq!(below("%252e%252e"), Some("%2e%2e".into()));
    }
}
