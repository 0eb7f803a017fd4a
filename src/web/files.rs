//! Serves pages and JSON from the reports folder, and nothing outside it.

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

use super::{content_policy, response::refuse};

/// Larger than any report.
const MAX_FILE_SIZE: u64 = 64 * 1_024 * 1_024;

/// Serves a file below `reports`; `path` is percent-encoded.
pub(super) fn file(reports: &Path, path: &str) -> Response {
    let Some(path) = safe_path(path) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid path");
    };
    match read(reports, &path) {
        Some(bytes) if path.extension().is_some_and(|extension| extension == "html") => page(bytes),
        Some(bytes) => json(bytes),
        None => refuse(StatusCode::NOT_FOUND, "no such report"),
    }
}

/// Serves a page with a content security policy that allows its own style and script.
pub(super) fn page(bytes: Vec<u8>) -> Response {
    let policy = content_policy::page_policy(&String::from_utf8_lossy(&bytes));
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Serves JSON.
pub(super) fn json(bytes: impl Into<Body>) -> Response {
    let mut response = bytes.into().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Decodes a relative path. Rejects `..`, hidden files, and encoded separators or control characters.
fn safe_path(encoded: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for segment in encoded.split('/') {
        let segment = percent_decode(segment)?;
        let is_safe = !segment.is_empty()
            && !segment.starts_with('.')
            && !segment.chars().any(|c| c.is_control() || matches!(c, '/' | '\\' | ':'));
        if !is_safe {
            return None;
        }
        path.push(segment);
    }
    Some(path)
}

/// Decodes percent-encoding once. Returns `None` if the encoding or the UTF-8 is invalid.
pub(super) fn percent_decode(text: &str) -> Option<String> {
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

/// Reads a page or JSON file. Returns `None` for missing and other files, and for symbolic links that lead outside.
fn read(reports: &Path, path: &Path) -> Option<Vec<u8>> {
    if !path.extension().is_some_and(|extension| extension == "html" || extension == "json") {
        return None;
    }
    let (root, target) = (fs::canonicalize(reports).ok()?, fs::canonicalize(reports.join(path)).ok()?);
    if !target.starts_with(&root) || !fs::metadata(&target).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    fs::File::open(&target).ok()?.take(MAX_FILE_SIZE).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_paths_are_rejected() {
        for path in [
            "", "/", "..", "../x", "a/../b", "%2e%2e/x", "a/%2e%2e", "a%2fb", "a%2Fb", "a%5cb", "a%00b", "a//b",
            ".hidden", "a/.b", "%", "%4", "%zz", "%ff", "c:x", "a%0ab",
        ] {
            assert_eq!(safe_path(path), None, "{path}");
        }
        assert_eq!(
            safe_path("m/20261001T000000Z_20261002T000000Z/report.html"),
            Some("m/20261001T000000Z_20261002T000000Z/report.html".into())
        );
        assert_eq!(safe_path("cr%C3%A9dit%20x/a"), Some("crédit x/a".into()));
        assert_eq!(safe_path("%252e%252e"), Some("%2e%2e".into()));
    }
}
