//! Content security policy: only the style and script of the page itself are allowed, by hash.

use sha2::{Digest, Sha256};

/// Policy of responses that are not pages.
pub(super) const NONE: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Allows the style in the head and the script at the end of the page, hashed as found so that pages of earlier versions
/// keep working. Scripts elsewhere in the page do not run.
pub(super) fn page_policy(html: &str) -> String {
    let head = html.split("</head>").next().unwrap_or_default();
    let style = head.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).map(|(style, _)| style);
    let script = html
        .trim_end()
        .strip_suffix("</html>")
        .and_then(|html| html.trim_end().strip_suffix("</body>"))
        .and_then(|html| html.trim_end().strip_suffix("</script>"))
        .and_then(|html| html.rsplit_once("<script>"))
        .map(|(_, script)| script);
    let allowed = |source: Option<&str>| {
        source.map_or("'none'".to_owned(), |source| format!("'sha256-{}'", base64(&Sha256::digest(source))))
    };
    format!("{NONE}; style-src {}; script-src {}", allowed(style), allowed(script))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..4 {
            let digit = ALPHABET.get((bits >> (18 - 6 * index) & 63) as usize).copied().unwrap_or(b'=');
            text.push(if index <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_matches_rfc_4648() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("\u{ff}", "w78=")]
        {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn only_the_head_style_and_the_last_script_are_allowed() {
        let hash = |text: &str| format!("'sha256-{}'", base64(&Sha256::digest(text)));
        let page = "<html><head><style>a{}</style></head><body><script>evil()</script><script>good()</script>\n</body>\n</html>\n";
        let policy = page_policy(page);
        assert!(policy.contains(&format!("style-src {}; script-src {}", hash("a{}"), hash("good()"))), "{policy}");
        assert!(!policy.contains(&hash("evil()")) && !policy.contains("unsafe"), "{policy}");
        let bare = page_policy("<html><head></head><body><style>x{}</style><script>evil()</script><p></body></html>");
        assert!(bare.ends_with("style-src 'none'; script-src 'none'"), "{bare}");
    }
}
